"""The verbs about tickets, mail, answers and dead letters, on a real desk filled from files."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Done, postclerk, postclerk_process
from worker import keys
from worker.domain import ticket_numbers
from worker.store.session import Database, sole_worker

CONFIG = """\
desk: {domain: desk.example}
mailboxes:
  - {name: support, address: support@desk.example, host: 127.0.0.1, username: u, password: p}
smtp: {host: 127.0.0.1}
"""
MAIL = """\
From: Li Wei <li.wei@example.com>
To: support@desk.example
Subject: {subject}
Message-ID: <{name}@example.com>
Date: Fri, 20 Nov 2026 12:00:00 +0000
{more}Content-Type: text/plain; charset=utf-8

{body}
"""
NUMBER = ticket_numbers.make(bytes(range(1, 9)))
Row = dict[str, Any]
Verb = Callable[..., list[Row]]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with one ticket of one mail, whose answer waits, and a newsletter."""
    desk = tmp_path_factory.mktemp("filled")
    keys.create(desk / "postclerk.key")
    (desk / "config.yaml").write_text(CONFIG)
    mails = desk / "mails"
    mails.mkdir()
    body = "My withdrawal has been pending since yesterday. UID 88123456\x1b[2J"
    (mails / "1.eml").write_text(MAIL.format(name="one", subject="Pending", more="", body=body))
    (mails / "2.eml").write_text(
        MAIL.format(name="two", subject="News", more="List-Id: <news.example>\n", body="Hello.")
    )
    done = postclerk("import", "mails", "--answer", "--json", cwd=desk)
    assert done.status == 0, done.err
    return desk


@pytest.fixture
def folder(filled: Path, tmp_path: Path) -> Path:
    """A copy of it to work on."""
    return shutil.copytree(filled, tmp_path / "desk")


def lines(done: Done) -> list[Row]:
    assert done.status == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


def only(found: list[Row]) -> Row:
    (row,) = found
    return row


def the_ticket(folder: Path) -> Row:
    return only(lines(postclerk("tickets", "list", "--json", cwd=folder)))


def the_mail(folder: Path, state: str) -> Row:
    return only(lines(postclerk("mail", "list", "--state", state, "--json", cwd=folder)))


def the_answer(folder: Path) -> Row:
    return only(lines(postclerk("outbox", "list", "--state", "queued", "--json", cwd=folder)))


def test_import_tells_what_became_of_each_mail(folder: Path) -> None:
    done = postclerk("import", "mails", cwd=folder)

    assert [line.split()[:2] for line in done.out.splitlines()] == [
        ["1.eml", "copy"],
        ["2.eml", "copy"],
    ]


def test_ticket_number_of_the_list_pastes_into_the_next_verb(folder: Path) -> None:
    number = the_ticket(folder)["number"]
    table = postclerk("tickets", "list", cwd=folder)

    shown = postclerk("tickets", "show", f"#{number.lower()}", cwd=folder)

    assert number in table.out
    assert shown.status == 0
    assert re.search(rf"^number: +{number}$", shown.out, re.MULTILINE)
    assert "My withdrawal has been pending" in shown.out
    assert "\x1b" not in shown.out


def test_tickets_are_merged_split_and_unlinked(folder: Path) -> None:
    first = the_ticket(folder)["number"]
    body = "My card was charged twice. UID 55123456"
    (folder / "mails" / "3.eml").write_text(
        MAIL.format(name="three", subject="Card", more="", body=body).replace("li.wei", "ana")
    )
    lines(postclerk("import", "mails/3.eml", "--json", cwd=folder))
    second = lines(postclerk("tickets", "list", "--json", cwd=folder))[0]["number"]

    merged = only(lines(postclerk("tickets", "merge", second, first, "--json", cwd=folder)))
    shown = only(lines(postclerk("tickets", "show", first, "--json", cwd=folder)))
    moved = shown["messages"][-1]
    page = postclerk("tickets", "show", first, cwd=folder)
    split = postclerk("tickets", "split", first, moved["id"], cwd=folder)
    unlinked = postclerk("tickets", "unlink", second, cwd=folder)

    assert (merged["number"], merged["messages"]) == (first, 2)
    assert moved["origin"] == second
    assert f"first on ticket {second}" in page.out
    assert split.out == f"Ticket {second} has 1 mail now, taken off {first}.\n"
    assert (unlinked.status, unlinked.out) == (1, "")
    assert unlinked.err == f"postclerk: Ticket {second} is linked to nothing.\n"


def test_ticket_is_closed_left_out_of_the_list_and_reopened(folder: Path) -> None:
    number = the_ticket(folder)["number"]

    closed = lines(
        postclerk("tickets", "close", number, "--reason", "phone", "--json", cwd=folder)
    )
    listed = postclerk("tickets", "list", cwd=folder)
    every = lines(postclerk("tickets", "list", "--all", "--json", cwd=folder))
    opened = lines(postclerk("tickets", "reopen", number, "--json", cwd=folder))
    shown = only(lines(postclerk("tickets", "show", number, "--json", cwd=folder)))

    assert only(closed)["status"] == "closed"
    assert listed.out == "No ticket.\n"
    assert only(every)["number"] == number
    assert only(opened)["status"] == "open"
    acts = [event for event in shown["events"] if event["actor"].startswith("cli:")]
    assert {event["reason"] for event in acts} >= {"phone"}


def test_ticket_is_corrected(folder: Path) -> None:
    number = the_ticket(folder)["number"]

    done = postclerk("tickets", "set", number, "--urgency", "critical", cwd=folder)

    assert done.out == f"Ticket {number} has urgency critical now.\n"
    assert the_ticket(folder)["urgency"] == "critical"


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("tickets", "show", NUMBER), id="ticket"),
        pytest.param(("mail", "show", "999999"), id="mail"),
        pytest.param(("mail", "why", "nonsense"), id="no-number"),
        pytest.param(("dead", "show", "999999"), id="dead"),
        pytest.param(("outbox", "cancel", "999999"), id="answer"),
    ],
)
def test_what_is_not_there_is_one_line_and_status_1(
    folder: Path, words: tuple[str, ...]
) -> None:
    done = postclerk(*words, cwd=folder)

    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("postclerk: ")
    assert done.err.count("\n") == 1


def test_mail_says_why(folder: Path) -> None:
    recorded, newsletter = the_mail(folder, "recorded"), the_mail(folder, "screened_out")

    page = postclerk("mail", "why", recorded["id"], cwd=folder)
    why = only(lines(postclerk("mail", "why", newsletter["id"], "--json", cwd=folder)))

    assert "What decided its urgency" in page.out
    assert why["kind"] == "list"
    assert why["kind_reasons"] != []


def test_raw_mail_comes_out_byte_for_byte(folder: Path) -> None:
    mail = the_mail(folder, "recorded")

    done = postclerk("mail", "show", mail["id"], "--raw", cwd=folder)

    assert done.out == (folder / "mails/1.eml").read_text()


def test_sender_is_blocked_listed_and_let_in_again(folder: Path) -> None:
    block = ("mail", "block")

    postclerk(*block, "spam@example.com", "--reason", "phishing", cwd=folder)
    listed = lines(postclerk(*block, "--list", "--json", cwd=folder))
    again = postclerk(*block, "spam@example.com", "--remove", cwd=folder)

    assert only(listed)["address"] == "spam@example.com"
    assert only(listed)["reason"] == "phishing"
    assert again.out == "spam@example.com is let in again.\n"
    assert postclerk(*block, "--list", cwd=folder).out == "Nobody is blocked.\n"


def test_answer_is_cancelled_and_put_in_line_again(folder: Path) -> None:
    answer = the_answer(folder)["id"]

    cancelled = only(lines(postclerk("outbox", "cancel", answer, "--json", cwd=folder)))
    shown = postclerk("outbox", "show", answer, cwd=folder)

    assert cancelled["state"] == "cancelled"
    assert "recipient: " in shown.out
    assert "li.wei@example.com" in shown.out


def test_no_dead_letter_is_said(folder: Path) -> None:
    assert postclerk("dead", "list", cwd=folder).out == "No dead letter.\n"
    assert lines(postclerk("dead", "retry", "--all", "--json", cwd=folder)) == []


def test_mailboxes_are_listed_before_their_first_poll(folder: Path) -> None:
    row = only(lines(postclerk("mailboxes", "--json", cwd=folder)))

    assert (row["name"], row["last_good_poll_at"]) == ("support", None)


def test_export_gives_every_line_its_type_and_ends_with_the_check(folder: Path) -> None:
    rows = lines(postclerk("export", "--verify", cwd=folder))

    assert rows[-1]["type"] == "check"
    assert rows[-1]["integrity"] == "ok"
    assert {"ticket", "inbound", "message", "answer", "event"} <= {row["type"] for row in rows}


def test_doctor_names_what_waits_and_ends_with_status_1(folder: Path) -> None:
    done = postclerk("doctor", "--json", cwd=folder)

    rows = {row["check"]: row for row in map(json.loads, done.out.splitlines())}
    assert done.status == 1
    assert rows["mailbox support"]["found"] == "no poll has ended well"
    assert rows["dead letters"]["ok"] is True


def test_simulate_keeps_nothing(tmp_path: Path) -> None:
    told = [
        {"id": "a", "from": "li.wei@example.com", "subject": "Fee", "body": "What is the fee?"},
        {"id": "b", "from": "ana@example.com", "subject": "KYC", "body": "My KYC was refused."},
    ]
    (tmp_path / "told.jsonl").write_text("".join(json.dumps(one) + "\n" for one in told))

    found = lines(postclerk("simulate", "told.jsonl", "--jsonl", cwd=tmp_path))

    assert sorted((row["id"], row["outcome"]) for row in found) == [
        ("a", "opened"),
        ("b", "opened"),
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["told.jsonl"]


def test_once_with_an_unreachable_server_names_it_and_ends_with_status_1(folder: Path) -> None:
    config = (folder / "config.yaml").read_text()
    config = config.replace("host: 127.0.0.1,", "host: 127.0.0.1, port: 1,")
    (folder / "config.yaml").write_text(
        config.replace("{host: 127.0.0.1}", "{host: 127.0.0.1, port: 1}")
    )

    done = postclerk("once", cwd=folder)

    assert done.status == 1
    assert "support: the IMAP server 127.0.0.1:1" in done.out
    assert "Traceback" not in done.err


def test_second_worker_on_one_sqlite_is_told_to_try_again(folder: Path) -> None:
    database = Database(f"sqlite:///{folder}/var/postclerk.db")
    try:
        with sole_worker(database, patience=0.0):
            done = postclerk_process("once", cwd=folder)
    finally:
        database.close()

    assert done.status == 75
    assert "Another worker" in done.err
