"""Many customers, one matter, short time: the operator is told once, and says once."""

from datetime import timedelta
from typing import Any

import pytest

from tests.builders import a_mail
from tests.pipeline.conftest import Build
from tests.pipeline.house import House
from worker import actions, log
from worker.actions import NotFound, Refused

PHISHING = (
    "I got a message that tells me to move all of my coins to a safe address because of an "
    "audit of the exchange. It links to a page that looks exactly like your own. Is it you?\n"
)
TXID = "0x" + "ab12" * 16
HALTED = "Deposits of SOL wait while its network is repaired. Your funds are safe."


def from_customer(number: int, body: str = PHISHING, **more: Any) -> bytes:
    plain = {
        "sender": f"Person {number} <person{number}@p{number}.example>",
        "message_id": f"{number}@p{number}.example",
        "subject": "Strange message",
    }
    return a_mail(body, **plain | more)


def told(house: House, first: int = 0, count: int = 6, body: str = PHISHING) -> None:
    for number in range(first, first + count):
        house.clock.advance(minutes=2)
        house.take(from_customer(number, body))


def belonging(house: House) -> list[bool]:
    return [row["incident_id"] is not None for row in house.rows("tickets")]


def the_incident(house: House) -> str:
    (found,) = actions.list_incidents(house.desk, every=True, limit=10)
    return str(found["id"])


def test_same_words_of_many_customers_open_one_incident(house: House) -> None:
    heard: list[tuple[str, dict[str, object]]] = []
    stop = log.listen(lambda event, facts: heard.append((event, facts)))
    told(house, count=9)
    stop()
    (incident,) = house.rows("incidents")
    assert (incident["status"], incident["opened_by"]) == ("open", "worker")
    assert incident["title"] == "6 customers: the same words"
    assert incident["why"]["customers"] == 6
    assert belonging(house) == [True] * 9
    assert [event for event, _ in heard].count("incident.opened") == 1
    assert [row["status"] for row in house.rows("tickets")] == ["open"] * 9
    kinds = [row["kind"] for row in house.rows("events")]
    assert (kinds.count("incident.opened"), kinds.count("ticket.joined_incident")) == (1, 9)


def test_incident_within_one_batch_is_noticed(house: House) -> None:
    house.take(*(from_customer(number) for number in range(8)))
    assert len(house.rows("incidents")) == 1
    assert belonging(house) == [True] * 8


def test_same_transaction_named_by_many_is_an_incident(house: House) -> None:
    for number in range(5):
        body = f"Case {number} of mine: {'so ' * number}please look at {TXID} for me.\n"
        house.take(from_customer(number, body))
    (incident,) = house.rows("incidents")
    assert incident["why"]["signal"].startswith("txid:")
    assert belonging(house) == [True] * 5


def test_customers_over_days_are_no_incident(house: House) -> None:
    for number in range(8):
        house.clock.advance(hours=7)
        house.take(from_customer(number))
    assert house.rows("incidents") == []


def test_one_customer_who_repeats_is_no_incident(house: House) -> None:
    for number in range(8):
        house.take(from_customer(number, sender="Ana <ana@third.example>"))
    assert house.rows("incidents") == []


def test_backlog_of_old_mail_is_judged_by_when_it_came(house: House) -> None:
    for number in range(8):
        at = house.clock() - timedelta(hours=7 * (9 - number))
        house.folder.append(from_customer(number), at=at)
    house.poll()
    house.process()
    assert house.rows("incidents") == []


def test_nothing_is_looked_for_when_it_is_switched_off(build: Build) -> None:
    house = build(incidents={"same_words": 0, "same_identifier": 0, "same_topic": 0})
    told(house, count=8)
    assert house.rows("incidents") == []
    assert house.rows("signals") == []


def test_thresholds_are_those_of_the_configuration(build: Build) -> None:
    house = build(incidents={"same_words": 3})
    told(house, count=3)
    assert len(house.rows("incidents")) == 1


def test_answers_carry_what_the_operator_says(house: House) -> None:
    told(house)
    actions.say_incident(house.desk, the_incident(house), "en", HALTED, actor="ann")
    house.deliver()
    house.take(from_customer(7))
    house.deliver()
    last = house.way_out.sent[-1].raw.decode()
    assert "Deposits of SOL wait" in last
    assert not [s for s in house.way_out.sent[:-1] if b"Deposits of SOL wait" in s.raw]
    facts = house.rows("answers")[-1]["facts"]
    assert facts["blocks"][-2:] == ["incident", "safety"]


def test_text_taken_back_is_told_no_more(house: House) -> None:
    told(house)
    incident = the_incident(house)
    actions.say_incident(house.desk, incident, "en", HALTED, actor="ann")
    actions.say_incident(house.desk, incident, "en", "", actor="ann")
    house.take(from_customer(7))
    assert house.rows("answers")[-1]["facts"]["incident_text"] is None


def test_closing_answers_each_customer_once(house: House) -> None:
    told(house)
    house.deliver()
    incident = the_incident(house)
    actions.say_incident(house.desk, incident, "en", HALTED, actor="ann")
    numbers = [row["number"] for row in house.rows("tickets")]
    actions.close_ticket(house.desk, numbers[0], actor="ann", reason="")

    done = actions.close_incident(house.desk, incident, answer=True, actor="ann", reason="")

    assert (done["status"], done["queued"], done["silent"]) == ("closed", 5, 0)
    before = len(house.way_out.sent)
    house.deliver()
    sent = house.way_out.sent[before:]
    assert len({one.recipient for one in sent}) == len(sent) == 5
    assert all(b"Deposits of SOL wait" in one.raw for one in sent)
    assert all(b"Auto-Submitted: auto-generated" in one.raw for one in sent)
    with pytest.raises(Refused, match="is closed"):
        actions.close_incident(house.desk, incident, answer=True, actor="ann", reason="")


def test_customer_who_was_never_answered_gets_no_news(build: Build) -> None:
    house = build(answers={"unauthenticated": "silent"})
    told(house)
    incident = the_incident(house)
    actions.say_incident(house.desk, incident, "en", HALTED, actor="ann")
    done = actions.close_incident(house.desk, incident, answer=True, actor="ann", reason="")
    assert (done["queued"], done["silent"]) == (0, 0)


def test_caps_hold_for_news_too(build: Build) -> None:
    house = build(answers={"caps": {"overall_hour": 8}})
    told(house)
    incident = the_incident(house)
    actions.say_incident(house.desk, incident, "en", HALTED, actor="ann")
    done = actions.close_incident(house.desk, incident, answer=True, actor="ann", reason="")
    assert (done["queued"], done["silent"]) == (2, 4)
    assert house.answers()[-1] == ("incident", "suppressed", "cap_overall_hour")


def test_answering_needs_something_said(house: House) -> None:
    told(house)
    with pytest.raises(Refused, match="Nothing was said"):
        actions.close_incident(
            house.desk, the_incident(house), answer=True, actor="ann", reason=""
        )


def test_closed_incident_takes_no_more_tickets(house: House) -> None:
    told(house)
    actions.close_incident(
        house.desk, the_incident(house), answer=False, actor="ann", reason="over"
    )
    house.clock.advance(hours=3)
    house.take(from_customer(9))
    assert belonging(house)[-1] is False


def test_operator_opens_an_incident_for_tickets_like_one(house: House) -> None:
    house.take(from_customer(0))
    (ticket,) = house.rows("tickets")
    done = actions.open_incident(
        house.desk, "A wave of phishing", [ticket["number"]], actor="ann", reason=""
    )
    assert done["numbers"] == [ticket["number"]]
    house.take(from_customer(1), from_customer(2, "My card was charged twice for one order.\n"))
    assert belonging(house) == [True, True, False]
    with pytest.raises(NotFound):
        actions.open_incident(house.desk, "x", ["2222-2222"], actor="ann", reason="")


def test_ticket_unlinked_from_an_incident_does_not_come_back(house: House) -> None:
    told(house)
    number = house.rows("tickets")[2]["number"]
    actions.unlink_ticket(house.desk, number, actor="ann", reason="")
    with house.desk.database.write() as tx:
        from worker.store import incidents

        ids = [row["id"] for row in house.rows("tickets")]
        assert incidents.link(tx, int(the_incident(house)), ids) == []
    assert belonging(house) == [True, True, False, True, True, True]


def test_signals_are_forgotten_when_nothing_looks_at_them(house: House) -> None:
    house.take(from_customer(0))
    first = {row["ticket_id"] for row in house.rows("signals")}
    house.clock.advance(days=3)
    house.take(from_customer(1))
    assert first.isdisjoint(row["ticket_id"] for row in house.rows("signals"))


def test_signals_looked_at_are_bounded(house: House) -> None:
    from worker.domain.incidents import READ
    from worker.store import incidents
    from worker.store.incidents import NewSignal

    many = [NewSignal("k", house.clock(), n, f"{n}@x.example") for n in range(1, 3 * READ)]
    with house.desk.database.write() as tx:
        incidents.add_signals(tx, many)
        found = incidents.sightings(tx, ["k"])["k"]
    assert len(found) == READ


def test_reply_on_a_ticket_of_an_incident_gets_the_text_that_is_new(house: House) -> None:
    told(house)
    house.deliver()
    actions.say_incident(house.desk, the_incident(house), "en", HALTED, actor="ann")
    answer = house.rows("answers")[0]
    house.take(house.reply_to(answer, "Here is more.\n", sender="person0@p0.example"))
    assert house.answers()[-1] == ("follow_up", "queued", None)
    assert "incident" in house.rows("answers")[-1]["facts"]["blocks"]
