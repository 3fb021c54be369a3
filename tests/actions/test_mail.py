"""The ledger as operators read it, and mail that is processed once more."""

from typing import Any

import pytest

from tests.builders import LI_WEI, a_mail
from tests.pipeline.house import House
from worker import actions
from worker.actions import NotFound, Refused
from worker.context import Desk

Row = dict[str, Any]
ME = "cli:anna"


def listed(house: House, *, limit: int = 50, **wanted: str) -> list[Row]:
    any_value = dict.fromkeys(("mailbox", "state", "sender", "ticket"))
    return actions.list_mail(house.desk, limit=limit, **any_value | wanted)


def test_every_mail_is_listed_with_its_sender_and_what_became_of_it(
    house: House, number: str, newsletter: str, dead_mail: str
) -> None:
    rows = listed(house)

    assert [row["state"] for row in rows] == ["dead", "screened_out", "recorded"]
    assert [row["from"] for row in rows] == [LI_WEI, "news@list.example", LI_WEI]
    assert [row["ticket"] for row in rows] == [None, None, number]
    assert [row["id"] for row in rows[:2]] == [dead_mail, newsletter]
    assert listed(house, limit=2) == rows[:2]


def test_no_list_shows_a_secret(house: House, newsletter: str) -> None:
    (row,) = listed(house)

    assert row["subject"] == "Our password: [removed: password] week"


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"state": "screened_out"}, 1),
        ({"state": "copy"}, 0),
        ({"mailbox": "support"}, 2),
        ({"mailbox": "sales"}, 0),
        ({"sender": "NEWS@list.example"}, 1),
        ({"sender": LI_WEI}, 1),
        ({"sender": "nobody@x.example"}, 0),
    ],
)
def test_mails_are_chosen_by_what_they_are(
    house: House, number: str, newsletter: str, wanted: dict[str, str], count: int
) -> None:
    assert len(listed(house, **wanted)) == count


def test_mails_of_one_ticket_are_found(house: House, number: str, newsletter: str) -> None:
    house.take(a_mail())  # a copy
    assert [row["state"] for row in listed(house, ticket=number)] == ["copy", "recorded"]


def test_a_mail_is_shown_as_it_was_read(house: House, number: str) -> None:
    (row,) = listed(house)
    found = actions.show_mail(house.desk, row["id"])

    assert (found["kind"], found["from"]) == ("request", LI_WEI)
    assert found["to"] == ["support@desk.example"]
    assert found["text"].startswith("I sent 20 USDT")
    assert found["message_id"] == "first@customer.example"
    assert found["authentication"]["result"] == "none"


def test_a_screened_out_mail_is_read_again_to_be_shown(house: House, newsletter: str) -> None:
    found = actions.show_mail(house.desk, newsletter)

    assert (found["kind"], found["kind_reasons"]) == ("list", ["list: list-id"])
    assert found["text"] == "Ten tips."
    assert found["secrets"] == ["password"]


def test_a_dead_mail_is_shown_without_reading_it(house: House, dead_mail: str) -> None:
    found = actions.show_mail(house.desk, dead_mail)

    assert (found["subject"], found["from"]) == ("Poison", LI_WEI)
    assert (found["text"], found["kind"]) == (None, None)


def test_raw_bytes_come_out_as_they_came_in(house: House) -> None:
    raw = a_mail("Umlauts: äöü\n")
    (outcome,) = house.take(raw)

    assert actions.raw_mail(house.desk, str(outcome.inbound_id), actor=ME) == raw
    event = house.rows("events")[-1]
    assert (event["kind"], event["actor"]) == ("mail.unsealed", ME)
    assert event["evidence"] == {"shown": "raw"}


def test_unsealing_shows_the_secret_and_keeps_who_saw_it_and_why(house: House) -> None:
    (outcome,) = house.take(a_mail("my password is Zebra-4417, help\n"))
    mail_id = str(outcome.inbound_id)
    assert "Zebra" not in actions.show_mail(house.desk, mail_id)["text"]

    found = actions.unseal_mail(house.desk, mail_id, actor=ME, reason="asked to by legal")

    assert "my password is Zebra-4417" in found["text"]
    event = house.rows("events")[-1]
    assert (event["kind"], event["actor"]) == ("mail.unsealed", ME)
    assert event["reason"] == "asked to by legal"
    assert "Zebra" not in str(house.rows("events"))
    shown = actions.show_ticket(house.desk, str(found["ticket"]))
    assert shown["events"][-1]["kind"] == "mail.unsealed"


def test_nothing_is_unsealed_without_a_reason(house: House) -> None:
    (outcome,) = house.take(a_mail())
    with pytest.raises(Refused, match="Say why"):
        actions.unseal_mail(house.desk, str(outcome.inbound_id), actor=ME, reason=" ")
    assert "mail.unsealed" not in {event["kind"] for event in house.rows("events")}


def test_a_mail_that_was_never_read_is_not_unsealed(house: House, dead_mail: str) -> None:
    with pytest.raises(Refused, match="never read"):
        actions.unseal_mail(house.desk, dead_mail, actor=ME, reason="why not")


@pytest.mark.parametrize("written", ["999", "0", "-1", "abc", "", "1e3", "９", "9" * 40])
def test_an_id_that_is_nowhere_is_said(house: House, written: str) -> None:
    def raw(desk: Desk, mail_id: str) -> bytes:
        return actions.raw_mail(desk, mail_id, actor=ME)

    for look in (actions.show_mail, raw, actions.why_mail):
        with pytest.raises(NotFound, match="There is no mail"):
            look(house.desk, written)


def test_why_tells_the_whole_decision(house: House, number: str) -> None:
    (row,) = listed(house)
    why = actions.why_mail(house.desk, row["id"])

    assert (why["ticket"], why["category"], why["language"]) == (number, "deposit", "en")
    assert {"rule", "text", "points"} == set(why["hits"][0])
    assert (why["answer"]["kind"], why["answer"]["state"]) == ("received", "sent")
    assert why["silence"] is None
    assert [event["kind"] for event in why["events"]] == ["ticket.opened", "mail.decided"]


def test_why_tells_the_evidence_for_a_ticket(house: House, number: str) -> None:
    answer = house.row("answers")
    (outcome,) = house.take(house.reply_to(answer))
    why = actions.why_mail(house.desk, str(outcome.inbound_id))

    assert why["ticket"] == number
    assert any(answer["message_id"] in one for one in why["evidence"])


def test_why_tells_the_reason_of_a_silence(house: House) -> None:
    (outcome,) = house.take(a_mail(fields={"Auto-Submitted": "no", "Precedence": "bulk"}))
    (other,) = house.take(
        a_mail("Again.\n", message_id="2@x.example", fields={"Reply-To": "a@b.example"})
    )
    house.execute("UPDATE answers SET state = 'suppressed', reason = 'quiet_period'")
    why = actions.why_mail(house.desk, str(other.inbound_id))

    assert outcome.inbound_id != other.inbound_id
    assert (why["answer"], why["silence"]) == (None, "quiet_period")


def test_why_tells_what_screened_a_mail_out(house: House, newsletter: str) -> None:
    why = actions.why_mail(house.desk, newsletter)

    assert (why["state"], why["reason"], why["kind"]) == ("screened_out", "list_mail", "list")
    assert why["kind_reasons"] == ["list: list-id"]


def test_a_screened_out_mail_becomes_a_ticket_when_told_so(
    house: House, newsletter: str
) -> None:
    row = actions.reprocess_mail(house.desk, newsletter, actor=ME)
    assert row["state"] == "received"
    (outcome,) = house.process()
    why = actions.why_mail(house.desk, newsletter)

    assert outcome.number is not None
    assert why["silence"] == "forced_by_operator"
    told = next(event for event in why["events"] if event["kind"] == "mail.reprocessed")
    assert told["actor"] == ME
    assert told["evidence"] == {"state": "screened_out", "reason": "list_mail"}


def test_a_dead_mail_is_tried_again(house: House, dead_mail: str) -> None:
    actions.reprocess_mail(house.desk, dead_mail, actor=ME)
    (outcome,) = house.process()

    assert outcome.number is not None
    assert house.rows("dead_letters") == []


def test_a_mail_that_stands_somewhere_is_not_processed_twice(house: House, number: str) -> None:
    house.take(a_mail())
    copy, recorded = listed(house)

    with pytest.raises(Refused, match=f"on ticket {number} already"):
        actions.reprocess_mail(house.desk, recorded["id"], actor=ME)
    with pytest.raises(Refused, match=f"a copy of mail {recorded['id']}"):
        actions.reprocess_mail(house.desk, copy["id"], actor=ME)
    assert house.process() == []


def test_a_mail_in_line_is_left_there(house: House, newsletter: str) -> None:
    actions.reprocess_mail(house.desk, newsletter, actor=ME)

    with pytest.raises(Refused, match="in line already"):
        actions.reprocess_mail(house.desk, newsletter, actor=ME)
