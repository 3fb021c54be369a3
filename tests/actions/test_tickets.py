"""Tickets as operators list, read and change them."""

from typing import Any

import pytest

from tests.builders import LI_WEI, NOON, a_mail
from tests.pipeline.house import House
from worker import actions
from worker.actions import NotFound, Refused

Row = dict[str, Any]
ME = "cli:anna"


def listed(house: House, *, active: bool = True, limit: int = 50, **wanted: str) -> list[Row]:
    any_value = dict.fromkeys(("status", "urgency", "category", "mailbox", "requester"))
    return actions.list_tickets(house.desk, active=active, limit=limit, **any_value | wanted)


TXID = "9f" * 32


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        ("64495720", True),
        (" 64495720 ", True),
        ("6449572", False),
        (TXID, True),
        (TXID.upper(), True),
        (TXID[:-1], False),
        ("withdrawal gone", True),
        ("GONE", True),
        ("withdrawal lost", False),
        ("100%", False),
        ("nothing", False),
    ],
)
def test_tickets_are_found_by_whole_identifiers_and_by_words_of_the_subject(
    house: House, words: str, is_found: bool
) -> None:
    text = f"My UID is 64495720, the TxID is {TXID}.\n"
    (taken,) = house.take(a_mail(text, subject="Where has my withdrawal gone"))
    assert [row["number"] for row in listed(house, search=words)] == [taken.number] * is_found


def test_tickets_are_found_by_their_number(house: House, number: str) -> None:
    for words in (number, f"#{number}", number.lower()):
        assert [row["number"] for row in listed(house, search=words)] == [number]


def shown(house: House, number: str, *, html: bool = False) -> Row:
    return actions.show_ticket(house.desk, number, html=html)


def a_page(html: str) -> bytes:
    """A mail that is HTML alone."""
    return a_mail(html).replace(b"text/plain", b"text/html")


def last_event(house: House, number: str) -> Row:
    events: list[Row] = shown(house, number)["events"]
    return events[-1]


def test_tickets_are_listed_latest_first(house: House, number: str) -> None:
    (later,) = house.take(a_mail("The card is refused.\n", message_id="2@x.example"))
    found = listed(house)

    assert [row["number"] for row in found] == [later.number, number]
    assert listed(house, limit=1) == found[:1]
    assert found[1]["requester"] == LI_WEI
    assert found[1]["messages"] == 2
    assert found[1]["opened_at"] == NOON


@pytest.mark.parametrize(
    ("wanted", "is_found"),
    [
        ({"status": "open"}, True),
        ({"status": "closed"}, False),
        ({"category": "deposit"}, True),
        ({"category": "kyc"}, False),
        ({"mailbox": "support"}, True),
        ({"mailbox": "sales"}, False),
        ({"requester": LI_WEI.upper()}, True),
        ({"requester": "%"}, False),
    ],
)
def test_tickets_are_chosen_by_what_they_are(
    house: House, number: str, wanted: dict[str, str], is_found: bool
) -> None:
    assert [row["number"] for row in listed(house, **wanted)] == [number] * is_found


def test_a_ticket_shows_everything_that_happened(house: House, number: str) -> None:
    found = shown(house, number)
    came, went = found["messages"]

    assert (came["direction"], came["from"], came["verified"]) == ("in", LI_WEI, True)
    assert came["text"].startswith("I sent 20 USDT")
    assert (went["direction"], went["inbound_id"]) == ("out", None)
    assert [answer["state"] for answer in found["answers"]] == ["sent"]
    assert [event["kind"] for event in found["events"]] == ["ticket.opened", "mail.decided"]
    assert "txid" in found["missing"]
    assert found["identifiers"]["amount"] == ["20 USDT"]


def test_ids_in_what_is_shown_are_texts(house: House, number: str) -> None:
    found = shown(house, number)

    assert isinstance(found["id"], str)
    assert isinstance(found["messages"][0]["inbound_id"], str)
    assert isinstance(found["answers"][0]["id"], str)


def test_a_number_that_is_nowhere_is_said(house: House) -> None:
    with pytest.raises(NotFound, match="There is no ticket K7M4-2QXD"):
        shown(house, "K7M4-2QXD")
    with pytest.raises(NotFound):
        actions.close_ticket(house.desk, "K7M4-2QXD", actor=ME, reason="")


def test_html_is_what_may_stand_in_a_frame(house: House) -> None:
    page = (
        '<p onclick="x()">Hello <b>desk</b></p><script>alert(1)</script>'
        '<img src="http://tracker.example/a.gif">'
    )
    (outcome,) = house.take(a_page(page))
    html = shown(house, outcome.number or "", html=True)["messages"][0]["html"]

    assert "<b>desk</b>" in html
    for danger in ("script", "onclick", "tracker"):
        assert danger not in html


def test_text_without_html_is_escaped(house: House) -> None:
    (outcome,) = house.take(a_mail("Look: <script>alert(1)</script>\n"))
    html = shown(house, outcome.number or "", html=True)["messages"][0]["html"]

    assert html == "<pre>Look: &lt;script&gt;alert(1)&lt;/script&gt;</pre>"


def test_html_with_a_secret_gives_way_to_the_sealed_text(house: House) -> None:
    page = "<p>Please help.</p><p>My password: <b>hunter2hunter2</b></p>"
    (outcome,) = house.take(a_page(page))
    html = shown(house, outcome.number or "", html=True)["messages"][0]["html"]

    assert "hunter2" not in html
    assert "[removed: password]" in html


def test_our_own_answer_is_shown_as_html(house: House, number: str) -> None:
    html = shown(house, number, html=True)["messages"][1]["html"]

    assert number in html
    assert "<p>" in html


def test_a_ticket_is_closed_and_opened_again(house: House, number: str) -> None:
    house.clock.advance(hours=1)
    closed = actions.close_ticket(house.desk, number, actor=ME, reason="solved by phone")
    event = last_event(house, number)

    assert (closed["status"], closed["closed_at"]) == ("closed", house.clock())
    assert (event["kind"], event["actor"]) == ("ticket.closed", ME)
    assert event["reason"] == "solved by phone"
    assert listed(house) == []
    assert [row["number"] for row in listed(house, active=False)] == [number]

    opened = actions.reopen_ticket(house.desk, number, actor=ME, reason="")
    assert (opened["status"], opened["closed_at"]) == ("open", None)
    assert last_event(house, number)["reason"] is None


def test_a_ticket_is_corrected_and_its_history_tells_from_what(
    house: House, number: str
) -> None:
    before = shown(house, number)
    after = actions.set_ticket(
        house.desk,
        number,
        actor=ME,
        urgency="critical",
        team="security",
        status="on_hold",
        reason="stolen account",
    )

    assert (after["urgency"], after["team"], after["status"]) == (
        "critical",
        "security",
        "on_hold",
    )
    assert after["category"] == before["category"]
    assert last_event(house, number)["evidence"] == {
        "urgency": [before["urgency"], "critical"],
        "team": ["support", "security"],
        "status": ["open", "on_hold"],
    }


def test_what_makes_no_sense_is_refused_and_leaves_no_trace(house: House, number: str) -> None:
    with pytest.raises(Refused, match="is not closed"):
        actions.reopen_ticket(house.desk, number, actor=ME, reason="")
    actions.close_ticket(house.desk, number, actor=ME, reason="")
    events = shown(house, number)["events"]

    with pytest.raises(Refused, match="reopen it first"):
        actions.close_ticket(house.desk, number, actor=ME, reason="")
    with pytest.raises(Refused, match="reopen it first"):
        actions.set_ticket(house.desk, number, actor=ME, urgency="low", reason="")
    assert shown(house, number)["events"] == events


def test_a_merged_ticket_names_the_one_to_change(house: House, number: str) -> None:
    (other,) = house.take(a_mail("The card is refused.\n", message_id="2@x.example"))
    house.execute(
        f"UPDATE tickets SET status = 'merged', merged_into = (SELECT id FROM tickets "
        f"WHERE number = '{number}') WHERE number = '{other.number}'"
    )

    with pytest.raises(Refused, match=f"is merged into {number}"):
        actions.close_ticket(house.desk, other.number or "", actor=ME, reason="")
    (row,) = listed(house, active=False, status="merged")
    assert row["merged_into"] == number
