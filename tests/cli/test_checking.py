"""`postclerk check` against real servers, and against none."""

import json
import threading
import time
from pathlib import Path

import pytest

from tests.cli.command import Done, postclerk
from tests.servers.chat_endpoint import chat_endpoint
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.smtp_sink import SmtpSink
from worker import keys

NOWHERE = 1
"""A port where nothing listens."""


def desk(folder: Path, *, imap_port: int, smtp_port: int, user: str = "li-wei") -> None:
    keys.create(folder / "postclerk.key")
    (folder / "config.yaml").write_text(f"""\
desk: {{domain: desk.example}}
mailboxes:
  - name: support
    address: {user}@desk.example
    host: 127.0.0.1
    port: {imap_port}
    tls: insecure-plaintext
    username: {user}
    password: {PASSWORD}
smtp:
  host: 127.0.0.1
  port: {smtp_port}
  tls: insecure-plaintext
limits: {{network_deadline: 10s}}
""")


def failed(done: Done) -> dict[str, str]:
    assert "Traceback" not in done.err
    rows = [json.loads(line) for line in done.out.splitlines()]
    return {row["check"]: row["found"] for row in rows if not row["ok"]}


def test_check_proves_a_good_desk(
    tmp_path: Path, dovecot: Dovecot, smtp_sink: SmtpSink
) -> None:
    desk(tmp_path, imap_port=dovecot.port, smtp_port=smtp_sink.port)

    done = postclerk("check", "--json", cwd=tmp_path)

    assert failed(done) == {}
    assert done.status == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.yaml", "postclerk.key"]
    assert smtp_sink.messages == []


def test_check_proves_language_model_and_customer_lookup(
    tmp_path: Path, dovecot: Dovecot, smtp_sink: SmtpSink
) -> None:
    desk(tmp_path, imap_port=dovecot.port, smtp_port=smtp_sink.port)
    config = tmp_path / "config.yaml"
    plain = config.read_text()
    with chat_endpoint() as endpoint:
        outside = f"language_model: {{url: '{endpoint.url}', model: m}}\nurgency:\n  lookup:\n"
        config.write_text(plain + outside + "    command: [echo, '{\"tier\": null}']\n")
        good = postclerk("check", "--json", cwd=tmp_path)
        endpoint.status = 401
        config.write_text(plain + outside + "    command: ['false']\n")
        bad = postclerk("check", "--json", cwd=tmp_path)

    assert failed(good) == {}
    assert failed(bad) == {
        "customer tier": "false ended with status 1",
        "language model opinion": "the endpoint answers 401; check key",
    }


def test_check_says_what_is_wrong_with_the_servers(tmp_path: Path) -> None:
    desk(tmp_path, imap_port=NOWHERE, smtp_port=NOWHERE)

    done = postclerk("check", "--json", cwd=tmp_path)

    assert done.status == 1
    assert set(failed(done)) == {"mailbox support connection", "smtp connection"}


def test_check_names_a_refused_login(
    tmp_path: Path, dovecot: Dovecot, smtp_sink: SmtpSink
) -> None:
    desk(tmp_path, imap_port=dovecot.port, smtp_port=smtp_sink.port)
    config = tmp_path / "config.yaml"
    config.write_text(config.read_text().replace(PASSWORD, "not the password"))

    done = postclerk("check", "--json", cwd=tmp_path)

    assert set(failed(done)) == {"mailbox support login"}
    assert "not the password" not in done.out + done.err


@pytest.mark.parametrize(
    ("change", "check", "said"),
    [
        pytest.param("no-key", "keys", "does not exist", id="missing-key"),
        pytest.param("open-key", "keys", "Others may read", id="key-open-to-others"),
        pytest.param("blob-file", "blobs", "is no folder", id="blobs-are-a-file"),
        pytest.param("bad-template", "templates", "received.md", id="broken-template"),
    ],
)
def test_check_says_what_is_wrong_on_this_machine(
    tmp_path: Path, change: str, check: str, said: str
) -> None:
    desk(tmp_path, imap_port=NOWHERE, smtp_port=NOWHERE)
    match change:
        case "no-key":
            (tmp_path / "postclerk.key").unlink()
        case "open-key":
            (tmp_path / "postclerk.key").chmod(0o644)
        case "blob-file":
            (tmp_path / "var").write_text("a file")
        case _:
            own = tmp_path / "templates/en"
            own.mkdir(parents=True)
            (own / "received.md").write_text("---\nsubject: x\n---\n{{ nothing_known }}\n")
            with (tmp_path / "config.yaml").open("a") as config:
                config.write("templates: templates\n")

    found = failed(postclerk("check", "--json", cwd=tmp_path))

    assert said in found[check]


def test_check_says_that_the_folders_cannot_be_written(tmp_path: Path) -> None:
    desk(tmp_path, imap_port=NOWHERE, smtp_port=NOWHERE)
    with (tmp_path / "config.yaml").open("a") as config:  # where not even root may write
        config.write("blobs: {folder: /proc/blobs}\ndatabase: {url: sqlite:////proc/desk.db}\n")

    found = failed(postclerk("check", "--json", cwd=tmp_path))

    assert "/proc/blobs" in found["blobs"]
    assert "/proc" in found["database"]


def test_round_trip_that_never_arrives_says_so(
    tmp_path: Path, dovecot: Dovecot, smtp_sink: SmtpSink
) -> None:
    desk(tmp_path, imap_port=dovecot.port, smtp_port=smtp_sink.port, user="never")

    done = postclerk("check", "--round-trip", "--wait", "1", "--json", cwd=tmp_path)

    assert done.status == 1
    assert "is not in INBOX" in failed(done)["round trip support"]
    (sent,) = smtp_sink.messages
    assert sent.recipients == ("never@desk.example",)
    assert b"Auto-Submitted: auto-generated" in sent.raw


def test_round_trip_finds_its_mail_and_leaves_it(
    tmp_path: Path, dovecot: Dovecot, smtp_sink: SmtpSink
) -> None:
    desk(tmp_path, imap_port=dovecot.port, smtp_port=smtp_sink.port, user="comes-home")
    mailbox = dovecot.mailbox("comes-home")
    mailbox.append(b"From: ana@example.com\nSubject: older\n\nHello.\n")

    def deliver() -> None:
        while not smtp_sink.messages:
            time.sleep(0.05)
        mailbox.append(smtp_sink.messages[0].raw)

    server = threading.Thread(target=deliver, daemon=True)
    server.start()
    done = postclerk("check", "--round-trip", "--wait", "30", "--json", cwd=tmp_path)
    server.join(5)

    assert failed(done) == {}
    assert mailbox.uids() == [1, 2]
    assert mailbox.flags() == {1: set(), 2: set()}
