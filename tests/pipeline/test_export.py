"""What moves out of the desk, and that it is one true picture of it."""

import hashlib
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.builders import LI_WEI, SUPPORT, a_mail
from tests.pipeline.house import House
from worker.adapters.children import Unreadable
from worker.adapters.render import Templates
from worker.pipeline import export

Row = dict[str, Any]


def rows(house: House, kind: str, *, verify: bool = False) -> list[Row]:
    return [row for row in export.rows(house.desk, verify=verify) if row["type"] == kind]


def row(house: House, kind: str, *, verify: bool = False) -> Row:
    (only,) = rows(house, kind, verify=verify)
    return only


def blob_path(house: House) -> Path:
    """The file of the only raw mail."""
    (path,) = (p for p in house.desk.config.blobs.folder.rglob("*") if p.is_file())
    return path


def with_picture() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = LI_WEI, SUPPORT, "Screenshot"
    mail["Message-ID"] = "<picture@customer.example>"
    mail.set_content("See the picture.")
    mail.add_attachment(b"\x89PNG\r\n\x1a\n" + b"0" * 90, "image", "png", filename="屏幕.png")
    return mail.as_bytes()


def test_an_empty_desk_is_one_good_check(house: House) -> None:
    (only,) = export.rows(house.desk, verify=True)

    assert (only["type"], only["integrity"]) == ("check", "ok")


def test_sqlite_says_how_it_keeps_its_promises(tmp_path: Path, templates: Templates) -> None:
    house = House(tmp_path, None, templates)
    check = row(house, "check")
    house.desk.close()

    assert (check["database"], check["journal_mode"]) == ("sqlite", "wal")
    assert check["synchronous"] == "full"


def test_a_mail_and_its_answer_come_out_whole(house: House) -> None:
    raw = a_mail()
    house.take(raw)
    house.deliver()
    ticket, inbound = row(house, "ticket"), row(house, "inbound")
    came, went = rows(house, "message", verify=True)
    answer = row(house, "answer")

    assert inbound["state"] == "recorded"
    assert inbound["sha256"] == came["sha256"] == hashlib.sha256(raw).hexdigest()
    assert came["raw_sha256"] == came["sha256"]
    assert (came["inbound_id"], came["ticket_id"]) == (inbound["id"], ticket["id"])
    assert (came["from"], came["date"]) == (LI_WEI, "2026-03-04T11:59:00Z")
    assert went["raw_sha256"] == hashlib.sha256(house.way_out.sent[0].raw).hexdigest()
    assert (went["direction"], went["inbound_id"]) == ("out", None)
    assert (answer["cause"], answer["state"]) == (came["id"], "sent")
    assert answer["message_id"] == went["message_id"]
    assert answer["recipient"] == LI_WEI
    assert row(house, "check", verify=True)["integrity"] == "ok"


def test_ids_are_texts_and_absent_values_are_null(house: House) -> None:
    house.take(a_mail(message_id=None))
    found = row(house, "inbound")

    assert found["id"].isdigit()
    assert (found["message_id"], found["copy_of"]) == (None, None)
    assert row(house, "ticket")["merged_into"] is None


def test_raw_digests_cost_reading_and_are_only_there_when_asked_for(house: House) -> None:
    house.take(a_mail())

    assert "raw_sha256" not in row(house, "message")


def test_attachments_name_their_message(house: House) -> None:
    house.take(with_picture())
    found = row(house, "attachment")

    assert found["message"] == rows(house, "message")[0]["id"]
    assert (found["filename"], found["content_type"]) == ("屏幕.png", "image/png")
    assert (found["size"], found["inline"]) == (98, False)
    assert len(found["sha256"]) == 64


def test_copies_and_screened_out_mail_stand_in_the_ledger_alone(house: House) -> None:
    news = a_mail(message_id="news@list.example", fields={"List-Id": "<list.example>"})
    house.take(a_mail(), a_mail(), news)
    first, copy, screened_out = rows(house, "inbound")

    assert (copy["state"], copy["copy_of"]) == ("copy", first["id"])
    assert (screened_out["state"], screened_out["ticket_id"]) == ("screened_out", None)
    assert [m["inbound_id"] for m in rows(house, "message")] == [first["id"]]


def test_a_silence_is_a_row_with_its_reason(build: Any) -> None:
    house: House = build(answers={"enabled": False})
    house.take(a_mail())
    found = row(house, "answer")

    assert found["state"] == "suppressed"
    assert found["reason"]
    assert found["message_id"] is None


def test_dead_letters_name_their_mail(build: Any) -> None:
    house: House = build(limits={"attempts": 1})
    house.reader.alter = lambda _: Unreadable("crashed", "the child was killed")
    raw = a_mail()
    house.take(raw)
    letter = row(house, "dead_letter", verify=True)

    assert letter["inbound_id"] == row(house, "inbound")["id"]
    assert letter["sha256"] == hashlib.sha256(raw).hexdigest()
    assert (letter["reason"], letter["attempts"]) == ("crashed", 1)


def test_events_tell_who_did_what_and_why(house: House) -> None:
    house.take(a_mail())
    opened, decided = rows(house, "event")

    assert (opened["kind"], opened["actor"]) == ("ticket.opened", "worker")
    assert decided["kind"] == "mail.decided"
    assert decided["evidence"]["category"] == "deposit"


def test_no_secret_comes_out(house: House) -> None:
    house.take(
        a_mail("My password: hunter2hunter2 please help\n", subject="password: Tr0ub4dor&3")
    )
    told = repr(list(export.rows(house.desk, verify=True)))

    assert "hunter2" not in told
    assert "Tr0ub4dor" not in told


def test_a_missing_raw_mail_is_told_and_ends_nothing(house: House) -> None:
    house.take(a_mail())
    blob_path(house).unlink()
    house.hire()  # nothing is remembered
    message = rows(house, "message", verify=True)[0]

    assert message["raw_sha256"] is None
    assert f"message {message['id']}: The raw mail" in check_of(house)


def test_a_damaged_raw_mail_of_no_ticket_is_told_as_well(house: House) -> None:
    house.take(a_mail(fields={"List-Id": "<list.example>"}))
    path = blob_path(house)
    path.write_bytes(path.read_bytes()[:-3] + b"???")
    house.hire()

    assert "is damaged" in check_of(house)


def check_of(house: House) -> str:
    return str(row(house, "check", verify=True)["integrity"])


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("DELETE FROM messages", "1 recorded mails without a message"),
        ("UPDATE inbound SET state = 'dead'", "1 dead mails without a dead letter"),
        ("UPDATE inbound SET state = 'copy'", "1 copies that name no mail"),
        ("UPDATE inbound SET state = 'claimed'", "1 messages whose mail is not recorded"),
    ],
)
def test_rows_that_do_not_agree_are_told(build: Any, statement: str, told: str) -> None:
    house: House = build(answers={"enabled": False})
    house.take(a_mail())
    house.execute("DELETE FROM answers")
    house.execute("DELETE FROM identifiers")
    house.execute(statement)

    assert told in check_of(house)


def test_an_export_is_one_moment_however_long_it_takes(house: House) -> None:
    house.take(a_mail())
    export_rows = export.rows(house.desk, verify=False)
    first = next(export_rows)
    house.take(a_mail("Another matter altogether.\n", message_id="second@customer.example"))
    seen = [first, *export_rows]

    assert sum(one["type"] == "ticket" for one in seen) == 1
    assert sum(one["type"] == "inbound" for one in seen) == 1
    assert len(rows(house, "inbound")) == 2


def test_ids_stay_when_everything_goes_on(house: House) -> None:
    house.take(a_mail())
    before = {(one["type"], one.get("id")) for one in export.rows(house.desk, verify=False)}
    house.deliver()
    house.hire()
    house.clock.advance(minutes=5)  # the lease of the one before is over
    house.take(a_mail("More.\n", message_id="second@customer.example"))
    after = {(one["type"], one.get("id")) for one in export.rows(house.desk, verify=False)}

    assert before <= after


def test_an_export_that_nobody_reads_to_its_end_holds_nothing(house: House) -> None:
    house.take(a_mail(), a_mail("More.\n", message_id="second@customer.example"))
    export_rows = iter(export.rows(house.desk, verify=False))
    next(export_rows)
    export_rows.close()  # type: ignore[attr-defined]

    house.execute("DELETE FROM answers")
    assert rows(house, "answer") == []
