"""docs/json.md is what programs rely on: fields, samples and words, held by real output."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders import a_mail
from tests.cli.command import postclerk
from tests.pipeline.house import House
from worker import actions
from worker.adapters.children import Unreadable
from worker.adapters.render import Templates
from worker.domain.delivery import AnswerState
from worker.domain.judgement import Urgency
from worker.domain.message import Kind
from worker.domain.screening import InboundState
from worker.domain.ticket import TicketStatus
from worker.pipeline import export

Row = dict[str, Any]
PAGE = (Path(__file__).parents[1] / "docs" / "json.md").read_text("utf-8")
VERBS = ("parse", "classify", "simulate")
TYPES = (
    *("ticket", "participant", "inbound", "message", "attachment", "answer"),
    *("dead_letter", "event", "blocked_sender", "check"),
)
PICTURE = b"\x89PNG\r\n\x1a\n" + b"0" * 90
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def section(name: str) -> str:
    """The text under one heading."""
    found = re.search(rf"^##+ {name}\n(.*?)(?=^##|\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert found is not None, name
    return found[1]


def sample(name: str) -> Row:
    found = re.search(r"^```json\n(.*?)\n```$", section(name), re.DOTALL | re.MULTILINE)
    assert found is not None, name
    told: Row = json.loads(found[1])
    return told


def fields(name: str) -> dict[str, str]:
    """The documented fields and what is said of them."""
    return dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", section(name), re.MULTILINE))


def words(name: str, field: str) -> set[str]:
    """The values that a field is said to have."""
    told = fields(name)[field]
    return set(re.findall(r"`(\w+)`", told))


def a_report() -> bytes:
    """A mail with a picture, a secret, and an address of its own."""
    from email.message import EmailMessage

    mail = EmailMessage()
    mail["From"], mail["To"] = "Li Wei <li.wei@customer.example>", "support@desk.example"
    mail["Subject"], mail["Message-ID"] = "Deposit missing", "<first@customer.example>"
    mail["Date"] = "Wed, 04 Mar 2026 19:59:00 +0800"
    mail.set_content("My 20 USDT did not arrive. Unacceptable! My password: hunter2hunter2\n")
    mail.add_attachment(PICTURE, "image", "png", filename="proof.png")
    return mail.as_bytes()


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    """A line of each verb that reads files."""
    folder = tmp_path_factory.mktemp("mails")
    (folder / "deposit.eml").write_bytes(a_report())
    lines = {}
    for verb in VERBS:
        done = postclerk(verb, "deposit.eml", "--jsonl", cwd=folder)
        assert done.status == 0, done.err
        lines[verb] = json.loads(done.out)
    return lines


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Row]]:
    """A line of each type of the export, as JSON has it."""
    templates = Templates(None, default_language="en", link_hosts=())
    house = House(tmp_path_factory.mktemp("desk"), None, templates, limits={"attempts": 1})
    house.take(a_report())
    house.deliver()
    actions.block_sender(house.desk, "mallory@example.com", actor="cli:anna", reason="phishing")
    house.reader.alter = lambda _: Unreadable("crashed", "killed")
    house.take(a_mail("Poison.\n", message_id="p@x.example"))
    rows: dict[str, Row] = {}
    for row in export.rows(house.desk, verify=True):
        rows.setdefault(str(row["type"]), json.loads(json.dumps(row)))
    yield rows
    house.desk.close()


@pytest.mark.parametrize("name", [*VERBS, *TYPES])
def test_each_sample_has_exactly_the_documented_fields(name: str) -> None:
    assert sample(name).keys() - {"type"} == fields(name).keys()


def test_every_type_of_the_export_is_documented(exported: dict[str, Row]) -> None:
    assert set(exported) == set(TYPES)


@pytest.mark.parametrize("name", TYPES)
def test_each_line_of_the_export_has_exactly_the_documented_fields(
    exported: dict[str, Row], name: str
) -> None:
    assert exported[name].keys() - {"type"} == fields(name).keys()


@pytest.mark.parametrize("name", VERBS)
def test_each_line_of_a_verb_has_exactly_the_documented_fields(
    printed: dict[str, Row], name: str
) -> None:
    names = printed[name].keys() - ({"file", "path"} if name == "simulate" else set())
    assert names == fields(name).keys() - ({"id"} if name == "simulate" else set())


@pytest.mark.parametrize("name", [*VERBS, *TYPES])
def test_values_have_the_types_of_the_samples(
    printed: dict[str, Row], exported: dict[str, Row], name: str
) -> None:
    real = (printed | exported)[name]
    told = sample(name)
    differ = {
        field: (told[field], real[field])
        for field in told.keys() & real.keys()
        if None not in (told[field], real[field])
        and type(told[field]) is not type(real[field])
        and field != "score"
    }
    assert differ == {}


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("parse", "attachments"),
        ("parse", "authentication"),
        ("classify", "hits"),
        ("classify", "identifiers"),
        ("classify", "marks"),
        ("simulate", "answer"),
    ],
)
def test_what_stands_inside_a_field_is_documented_as_it_is(
    printed: dict[str, Row], name: str, field: str
) -> None:
    def names(value: Any) -> set[str]:
        return set(value[0] if isinstance(value, list) else value)

    assert names(printed[name][field]) == names(sample(name)[field])
    assert names(printed[name][field]) <= words(name, field)


@pytest.mark.parametrize(
    ("name", "field", "values"),
    [
        ("parse", "kind", Kind),
        ("classify", "urgency", Urgency),
        ("ticket", "urgency", Urgency),
        ("ticket", "status", TicketStatus),
        ("inbound", "state", InboundState),
        ("answer", "state", AnswerState),
    ],
)
def test_documented_values_are_those_of_the_code(name: str, field: str, values: Any) -> None:
    assert words(name, field) == {one.value for one in values}


def test_times_are_rfc_3339_in_utc(exported: dict[str, Row], printed: dict[str, Row]) -> None:
    told = [
        value
        for row in (*exported.values(), printed["parse"])
        for field, value in row.items()
        if (field.endswith("_at") or field in ("at", "date")) and value is not None
    ]

    assert len(told) > 8
    assert [one for one in told if not TIME.fullmatch(one)] == []


def test_ids_are_texts(exported: dict[str, Row]) -> None:
    names = ("id", "ticket_id", "inbound_id", "message", "cause", "copy_of")
    told = [row[name] for row in exported.values() for name in names if row.get(name)]

    assert len(told) > 8
    assert [one for one in told if not (isinstance(one, str) and one.isdigit())] == []


def test_secrets_stand_in_no_line_but_that_of_parse(
    exported: dict[str, Row], printed: dict[str, Row]
) -> None:
    told = {name: json.dumps(row) for name, row in (exported | printed).items()}

    assert [name for name, line in told.items() if "hunter2" in line] == ["parse"]


def test_a_line_of_jsonl_is_named_by_its_id(tmp_path: Path) -> None:
    told = {"id": "m1", "from": "li.wei@customer.example", "body": "Help.", "sent": None}
    (tmp_path / "told.jsonl").write_text(json.dumps(told) + "\n")
    for verb in ("classify", "simulate"):
        row = json.loads(postclerk(verb, "told.jsonl", "--jsonl", cwd=tmp_path).out)
        assert row["id"] == "m1"
        assert "file" not in row


def test_operators_see_the_documented_fields(tmp_path: Path) -> None:
    templates = Templates(None, default_language="en", link_hosts=())
    house = House(tmp_path, None, templates, limits={"attempts": 1})
    house.take(a_report())
    actions.block_sender(house.desk, "mallory@example.com", actor="cli:anna", reason="")
    house.reader.alter = lambda _: Unreadable("crashed", "killed")
    house.take(a_mail("Poison.\n", message_id="p@x.example"))
    desk = house.desk
    every = dict.fromkeys(("status", "urgency", "category", "mailbox", "requester"))
    mails = actions.list_mail(desk, mailbox=None, state=None, sender=None, ticket=None, limit=1)
    seen = {
        "tickets list": actions.list_tickets(desk, active=True, limit=1, **every)[0],
        "mail list": mails[0],
        "mail why": actions.why_mail(desk, str(mails[0]["id"])),
        "dead list": actions.list_dead(desk, mailbox=None, limit=1)[0],
        "outbox list": actions.list_outbox(desk, state=None, ticket=None, limit=1)[0],
        "mailboxes": actions.list_mailboxes(desk)[0],
        "mail block --list": actions.list_blocked(desk)[0],
    }
    desk.close()
    table = dict(
        re.findall(r"^\| `([^`]+)` \| (.*) \|$", section("What operators see"), re.MULTILINE)
    )

    assert {verb: set(row) for verb, row in seen.items()} == {
        verb: set(re.findall(r"`(\w+)`", table[verb])) for verb in seen
    }
