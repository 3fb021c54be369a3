"""The configuration file: what it accepts, and what it says about what it does not."""

import json
import os
import re
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from worker.config import Config
from worker.config_file import doubts, load, masked, need_mailboxes, without_password
from worker.config_keys import example_of, keys_of, shipped
from worker.config_values import duration, duration_text, size
from worker.errors import ConfigError

ROOT = Path(__file__).parents[1]
KEYS = [key for key, _ in keys_of()]
SMALL = """\
desk: {domain: desk.example}
mailboxes:
  - name: support
    address: support@desk.example
    host: imap.desk.example
    username: support
    password: correct horse
smtp: {host: smtp.desk.example}
"""


def read(folder: Path, text: str, **environ: str) -> Config:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, environ=environ)


def complaints(folder: Path, text: str, **environ: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(folder, text, **environ)
    return [line.removeprefix(f"{folder}/") for line in caught.value.complaints]


def test_smallest_configuration_has_every_default(tmp_path: Path) -> None:
    config = read(tmp_path, SMALL)

    assert config.mailboxes[0].folder == "INBOX"
    assert config.mailboxes[0].schedule.every == timedelta(seconds=60)
    assert config.limits.parse_time == timedelta(seconds=10)
    assert config.smtp.envelope_from == ""


def test_example_is_loaded_and_names_every_key(tmp_path: Path) -> None:
    text = shipped("config.example.yaml").read_text(encoding="utf-8")

    config = read(tmp_path, text, SUPPORT_PASSWORD="one", SMTP_PASSWORD="two")

    assert config.desk.domain == "exchange.example"
    last_names = {key.rpartition(".")[2] for key in KEYS}
    assert {name for name in last_names if not re.search(rf"\b{name}:", text)} == set()


def test_example_shows_the_defaults(tmp_path: Path) -> None:
    text = shipped("config.example.yaml").read_text(encoding="utf-8")
    example = masked(read(tmp_path, text, SUPPORT_PASSWORD="one", SMTP_PASSWORD="two"))
    small = masked(read(tmp_path, SMALL))

    for section in (
        "database",
        "blobs",
        "keys",
        "answers",
        "tickets",
        "urgency",
        "language_model",
        "delivery",
        "limits",
        "log",
    ):
        assert example[section] == small[section]


def test_every_key_has_an_example_that_its_model_accepts() -> None:
    sections = {key.rpartition(".")[0].removesuffix("[]") for key in KEYS}
    lists = {"desk.own_addresses", "desk.trusted_authserv_ids", "answers.caps.public_domains"}
    without = {key for key in KEYS if example_of(key) is None} - sections - lists

    assert without == set()
    for key in KEYS:
        assert yaml.safe_load(example_of(key) or "{}") is not None


def test_every_key_stands_in_the_manual() -> None:
    manual = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")

    assert [key for key in KEYS if f"`{key}`" not in manual] == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            "    host:",
            "    foldr: Archive\n    host:",
            'config.yaml:5: mailboxes[0].foldr: unknown key; did you mean "folder"?'
            " For example: folder: INBOX",
            id="misspelt-key",
        ),
        pytest.param(
            "    host: ",
            "    server: ",
            'config.yaml:5: mailboxes[0].server: unknown key; did you mean "host"?'
            " For example: host: imap.exchange.example",
            id="habit-of-other-programs",
        ),
        pytest.param(
            "desk: {domain",
            "desk: {time_zone: Mars/Olympus, domain",
            "config.yaml:1: desk.time_zone: must be a time zone that this machine knows:"
            ' Asia/Shanghai, not "Mars/Olympus". For example: time_zone: Asia/Shanghai',
            id="time-zone",
        ),
        pytest.param(
            "smtp:",
            "quiet_period: 2h\nsmtp:",
            "config.yaml:8: quiet_period: unknown key; it belongs to answers.quiet_period",
            id="key-in-the-wrong-section",
        ),
        pytest.param(
            "    host: imap.desk.example\n",
            "",
            "config.yaml:3: mailboxes[0].host: missing."
            " For example: host: imap.exchange.example",
            id="missing-key",
        ),
        pytest.param(
            "    host:",
            "    tls: none\n    host:",
            "config.yaml:5: mailboxes[0].tls: must be one of implicit, starttls or"
            ' insecure-plaintext, not "none". For example: tls: implicit',
            id="unknown-word",
        ),
        pytest.param(
            "    host:",
            "    port: imaps\n    host:",
            'config.yaml:5: mailboxes[0].port: must be a whole number, not "imaps".'
            " For example: port: 993",
            id="number",
        ),
        pytest.param(
            "    host:",
            "    after: {action: move}\n    host:",
            "config.yaml:5: mailboxes[0].after: action move needs a folder to move to",
            id="move-without-folder",
        ),
        pytest.param(
            "    host:",
            '    schedule: {cron: "61 * * * *"}\n    host:',
            "config.yaml:5: mailboxes[0].schedule.cron: must be five cron fields: minute hour"
            ' day month weekday, not "61 * * * *". For example: cron: "*/5 8-20 * * mon-fri"',
            id="cron",
        ),
        pytest.param(
            "    host:",
            "    schedule: {every: 60}\n    host:",
            "config.yaml:5: mailboxes[0].schedule.every: write a duration as 90s, 5m, 12h"
            ' or 7d, not "60". For example: every: 60s',
            id="duration-without-unit",
        ),
        pytest.param(
            "smtp:",
            "limits: {message: big}\nsmtp:",
            "config.yaml:8: limits.message: write a size as 500kB, 25MB or 1GB,"
            ' not "big". For example: message: 25MB',
            id="size",
        ),
        pytest.param(
            "domain: desk.example",
            "domain: support@desk.example",
            "config.yaml:1: desk.domain: write only what stands behind the @,"
            ' not "support@desk.example". For example: domain: exchange.example',
            id="domain-with-at",
        ),
        pytest.param(
            "address: support@desk.example",
            "address: Support <support@desk.example>",
            "config.yaml:4: mailboxes[0].address: must be one mail address, without a name and"
            ' without < >, not "Support <support@desk.example>".'
            " For example: address: support@exchange.example",
            id="address-with-name",
        ),
        pytest.param(
            "password: correct horse",
            "password: ${IMAP_PASSWORD}",
            "config.yaml:7: mailboxes[0].password: the environment variable IMAP_PASSWORD"
            " is not set",
            id="missing-variable",
        ),
        pytest.param(
            "password: correct horse",
            "password: {env: IMAP_PASSWORD}",
            "config.yaml:7: mailboxes[0].password: the environment variable IMAP_PASSWORD"
            " is not set",
            id="missing-variable-by-name",
        ),
        pytest.param(
            "password: correct horse",
            "password: {command: [false]}",
            "config.yaml:7: mailboxes[0].password: false ended with status 1",
            id="failing-command",
        ),
        pytest.param(
            "password: correct horse",
            "password: {vault: x}",
            "config.yaml:7: mailboxes[0].password: write {env: NAME}, {file: PATH} or"
            " {command: [WORD, ...]}",
            id="unknown-source",
        ),
        pytest.param(
            "password: correct horse",
            'password: ""',
            "config.yaml:7: mailboxes[0].password: must not be empty."
            " For example: password: ${SUPPORT_PASSWORD}",
            id="empty-password",
        ),
        pytest.param(
            "smtp: {host: smtp.desk.example}",
            "smtp: {host: smtp.desk.example, username: support}",
            "config.yaml:8: smtp: a login needs both username and password, or neither",
            id="half-a-login",
        ),
        pytest.param(
            "smtp: {host: smtp.desk.example}",
            "smtp: [smtp.desk.example]",
            "config.yaml:8: smtp: must be a section of keys",
            id="list-for-a-section",
        ),
        pytest.param(
            "smtp: {host: smtp.desk.example}\n",
            "",
            "config.yaml:1: smtp: missing",
            id="missing-section",
        ),
        pytest.param(
            "    host:",
            "    name: other\n    host:",
            "config.yaml:5: mailboxes[0].name: written twice; the first is in line 3",
            id="key-written-twice",
        ),
        pytest.param(
            "smtp:",
            "database: {url: 'sqlite://'}\nsmtp:",
            "config.yaml:8: database.url: must name a file: sqlite:///var/postclerk.db."
            " For example: url: sqlite:///var/postclerk.db",
            id="database-in-memory",
        ),
    ],
)
def test_one_fault_is_one_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert SMALL.count(old) == 1

    assert complaints(tmp_path, SMALL.replace(old, new)) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "",
            "config.yaml:1: the file is empty; `postclerk config init` writes one",
            id="empty",
        ),
        pytest.param(
            "# all out\n",
            "config.yaml:1: the file is empty; `postclerk config init` writes one",
            id="comments-only",
        ),
        pytest.param(
            "desk:\n\tdomain: x\n",
            "config.yaml:2:1: a tab; YAML is indented by spaces",
            id="tab",
        ),
        pytest.param(
            "desk: {domain: x\nsmtp:\n",
            "config.yaml:2:5: expected ',' or '}', but got ':' (what began in line 1)",
            id="unclosed-bracket",
        ),
        pytest.param(
            "desk: {name: ${NAME}}\n",
            'config.yaml:1:15: inside { } and [ ] a variable needs quotes: "${NAME}"'
            " (what began in line 1)",
            id="unquoted-variable",
        ),
        pytest.param(
            "desk: x: y\n",
            "config.yaml:1:8: mapping values are not allowed here",
            id="two-colons",
        ),
        pytest.param(
            "a: 1\n---\nb: 2\n",
            "config.yaml:2:1: but found another document (what began in line 1)",
            id="two-documents",
        ),
        pytest.param(
            "- desk\n",
            "config.yaml:1: the file must hold keys with values, such as `desk:`",
            id="list",
        ),
        pytest.param(
            "desk: \x07\n",
            "config.yaml:1:7: YAML does not allow the character U+0007",
            id="control-character",
        ),
        pytest.param(
            "desk: &d {domain: *d}\nsmtp: {host: x}\n",
            "config.yaml:1: desk.domain: refers to itself or repeats without end",
            id="endless-alias",
        ),
    ],
)
def test_what_is_no_configuration_is_said_with_its_place(
    tmp_path: Path, text: str, expected: str
) -> None:
    assert complaints(tmp_path, text)[0] == expected


def test_file_that_is_not_utf_8_is_said_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_bytes("desk:\n  name: 支持\n".encode("gbk"))

    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "config.yaml", environ={})

    assert caught.value.complaints == (f"{tmp_path}/config.yaml:2: is not UTF-8 text",)


def test_missing_file_and_folder_are_one_line_each(tmp_path: Path) -> None:
    for path, words in ((tmp_path / "no.yaml", "no such file"), (tmp_path, "is a directory")):
        with pytest.raises(ConfigError) as caught:
            load(path, environ={})
        assert len(caught.value.complaints) == 1
        assert words in caught.value.complaints[0]


def test_all_faults_are_told_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    text = SMALL.replace("    host:", "    foldr: X\n    port: no\n    host:")
    text += "log: {level: '${LEVEL}', stile: json}\nlimits: {attempts: 0}\n"

    found = complaints(tmp_path, text)

    assert [line.split(": ")[1] for line in found] == [
        "mailboxes[0].foldr",
        "mailboxes[0].port",
        "log.level",
        "log.stile",
        "limits.attempts",
    ]


def test_two_mailboxes_share_neither_name_nor_folder(tmp_path: Path) -> None:
    second = SMALL.split("mailboxes:\n")[1].split("smtp:")[0]
    second = second.replace("username: support", "username: support\n    folder: inbox")

    found = complaints(tmp_path, SMALL.replace("smtp:", f"{second}smtp:"))

    assert found == [
        'config.yaml:8: mailboxes[1].name: "support" is the name of mailboxes[0] too;'
        " each needs its own",
        "config.yaml:12: mailboxes[1].folder: INBOX of support at imap.desk.example"
        " is mailboxes[0] already",
    ]


def test_words_and_numbers_stay_as_they_are_written(tmp_path: Path) -> None:
    text = SMALL.replace("correct horse", "0123").replace("name: support", "name: no")
    text = text.replace(
        "domain: desk.example", "domain: 163.com, own_addresses: ['12@163.com']"
    )

    config = read(tmp_path, text)

    assert config.mailboxes[0].password.get_secret_value() == "0123"
    assert config.mailboxes[0].name == "no"
    assert config.desk.domain == "163.com"


def test_key_without_a_value_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    config = read(tmp_path, f"{SMALL}log:\nlimits:\n  attempts:\n")

    assert config.limits.attempts == 3


def test_sections_can_be_shared_by_anchor(tmp_path: Path) -> None:
    second = "  - {<<: *first, name: second, folder: Junk}\n"
    text = SMALL.replace("  - name: support", "  - &first\n    name: support")

    config = read(tmp_path, text.replace("smtp:", f"{second}smtp:"))

    assert [(box.name, box.folder) for box in config.mailboxes] == [
        ("support", "INBOX"),
        ("second", "Junk"),
    ]


def test_variables_fill_any_text_and_numbers_too(tmp_path: Path) -> None:
    text = SMALL.replace("    host: imap.desk", "    port: ${PORT}\n    host: ${WHERE}.desk")
    text = text.replace("correct horse", "a$${PORT}$b")

    box = read(tmp_path, text, PORT="31143", WHERE="mail").mailboxes[0]

    assert (box.port, box.host) == (31143, "mail.desk.example")
    assert box.password.get_secret_value() == "a${PORT}$b"


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("{env: SECRET}", id="env"),
        pytest.param("{file: secret.txt}", id="file"),
        pytest.param(
            f"{{command: ['{sys.executable}', -c, 'print(\"s3 $x\")']}}", id="command"
        ),
    ],
)
def test_password_comes_from_elsewhere(tmp_path: Path, written: str) -> None:
    (tmp_path / "secret.txt").write_text("s3 $x\n")

    config = read(tmp_path, SMALL.replace("correct horse", written), SECRET="s3 $x")

    assert config.mailboxes[0].password.get_secret_value() == "s3 $x"


def test_secret_is_in_no_complaint_and_not_in_what_is_shown(tmp_path: Path) -> None:
    url = "database: {url: 'mysql://clerk:hunter2@db.example/x'}\n"
    text = f"{SMALL}{url}log: {{level: '${{WORD}}'}}\n"

    shown = " ".join(complaints(tmp_path, text, WORD="hunter2"))
    good = url.replace("mysql", "postgresql")
    dumped = json.dumps(
        masked(read(tmp_path, SMALL.replace("correct horse", "hunter2") + good))
    )

    assert "database.url" in shown
    assert "hunter2" not in shown
    assert "hunter2" not in dumped
    assert "postgresql://clerk:***@db.example/x" in dumped


def test_password_in_the_query_of_a_url_is_hidden() -> None:
    shown = without_password("postgresql:///x?host=/run&password=hunter2")

    assert shown == "postgresql:///x?host=/run&password=***"


def test_relative_paths_start_from_the_files_folder(tmp_path: Path) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()

    config = read(folder, f"{SMALL}templates: mine\nblobs: {{folder: /srv/blobs}}\n")

    assert config.keys.file == folder / "postclerk.key"
    assert config.templates == folder / "mine"
    assert config.blobs.folder == Path("/srv/blobs")
    assert config.database.url == f"sqlite:///{folder}/var/postclerk.db"


def test_absolute_database_path_stays(tmp_path: Path) -> None:
    config = read(tmp_path, f"{SMALL}database: {{url: 'sqlite:////srv/x.db?timeout=5'}}\n")

    assert config.database.url == "sqlite:////srv/x.db?timeout=5"


def test_configuration_without_mailboxes_is_good_until_one_is_needed(tmp_path: Path) -> None:
    config = read(tmp_path, "desk: {domain: desk.example}\nsmtp: {host: smtp.desk.example}\n")

    with pytest.raises(ConfigError) as caught:
        need_mailboxes(config, Path("config.yaml"))

    assert caught.value.complaints[0].startswith("config.yaml:1: mailboxes: at least one")


def test_plain_text_to_a_far_host_is_allowed_by_its_word_and_doubted(tmp_path: Path) -> None:
    plain = SMALL.replace("    host:", "    tls: insecure-plaintext\n    host:")

    assert "mailbox support" in doubts(read(tmp_path, plain))[0]
    assert doubts(read(tmp_path, plain.replace("imap.desk.example", "127.0.0.1"))) == ()


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("90s", 90), ("1.5h", 5400), ("500ms", 0.5), ("7d", 604800), ("0", 0)],
)
def test_durations_are_read_and_written_back(written: str, seconds: float) -> None:
    assert duration(written) == timedelta(seconds=seconds)
    assert duration(duration_text(timedelta(seconds=seconds))) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "written", ["", "5", "-5s", "five minutes", "99999999999d", "1w", True]
)
def test_what_is_no_duration_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="write a duration"):
        duration(written)


def test_sizes_are_read() -> None:
    assert [size(word) for word in ("10", "1.5kB", "25 MB", "1GB")] == [
        10,
        1500,
        25 * 10**6,
        10**9,
    ]


def test_loading_leaves_the_environment_alone(tmp_path: Path) -> None:
    before = dict(os.environ)

    read(tmp_path, SMALL)

    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("section", "complaint"),
    [
        pytest.param(
            "urgency: {tiers: [{name: vip, members: [fund.example]}]}",
            "must be an address, @domain, or a pattern",
            id="member without at sign",
        ),
        pytest.param(
            'urgency: {tiers: [{name: vip, members: ["*@*"]}]}',
            "must be an address, @domain, or a pattern",
            id="everybody is vip",
        ),
        pytest.param(
            "language_model: {url: 'ftp://x.example', model: m}",
            "must begin with https:// or http://",
            id="scheme",
        ),
        pytest.param(
            "language_model: {url: 'https://u:p@x.example/v1', model: m}",
            "must hold no login",
            id="login in the url",
        ),
        pytest.param(
            "language_model: {url: 'https://x.example/v1'}",
            "url and model go together",
            id="no model",
        ),
    ],
)
def test_what_speaks_for_urgency_is_checked(
    tmp_path: Path, section: str, complaint: str
) -> None:
    found = complaints(tmp_path, f"{SMALL}{section}\n")
    assert any(complaint in line for line in found), found


def test_language_model_is_off_by_default_and_its_key_is_never_shown(tmp_path: Path) -> None:
    assert read(tmp_path, SMALL).language_model.url is None
    section = "language_model: {url: 'https://x.example/v1/', model: m, key: sk-secret-word}\n"
    config = read(tmp_path, SMALL + section)
    assert config.language_model.url == "https://x.example/v1"
    assert "sk-secret-word" not in json.dumps(masked(config))


def test_language_model_over_plain_http_is_doubted_but_on_this_machine(tmp_path: Path) -> None:
    for host, is_doubted in (("10.0.0.9", True), ("127.0.0.1", False)):
        section = f"language_model: {{url: 'http://{host}/v1', model: m}}\n"
        assert bool(doubts(read(tmp_path, SMALL + section))) is is_doubted
