"""Answers that ask for replies to a signed address, and the replies that come there."""

from email import message_from_bytes, policy
from typing import Any

import pytest

from tests.builders import SUPPORT, a_mail
from tests.pipeline.conftest import Build
from tests.pipeline.house import House
from worker import keys

DESK = {"name": "Desk", "domain": "desk.example", "reply_address": "plus"}
STRANGER = "Mallory <mallory@elsewhere.example>"
NEWS = "The identity document you asked about is a passport of 2021.\n"
PLACES = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")


@pytest.fixture
def house(build: Build) -> House:
    return build(desk=DESK)


def reply_to(house: House) -> str:
    """The address that the last answer asks replies to be sent to."""
    house.deliver()
    sent = message_from_bytes(house.way_out.sent[-1].raw, policy=policy.default)
    return str(sent["Reply-To"].addresses[0].addr_spec) if sent["Reply-To"] else ""


def a_reply(address: str, place: str = "To", **more: Any) -> bytes:
    fields = {place: address} if place != "Cc" else {"Cc": f"x@y.example, {address}"}
    plain: dict[str, Any] = {"subject": "Hello", "message_id": "r@x.example", "fields": fields}
    return a_mail(NEWS, **plain | more)


def opened(house: House) -> tuple[str, str]:
    (first,) = house.take(a_mail())
    return str(first.number), reply_to(house)


def event(house: House, kind: str) -> dict[str, Any]:
    (found,) = [row["evidence"] for row in house.rows("events") if row["kind"] == kind]
    evidence: dict[str, Any] = found
    return evidence


@pytest.mark.parametrize("place", PLACES)
def test_reply_to_the_signed_address_joins_wherever_it_is_named(
    house: House, place: str
) -> None:
    number, address = opened(house)
    (outcome,) = house.take(a_reply(f"<{address.upper()}>", place))
    assert (outcome.outcome, outcome.number) == ("followed_up", number)
    told = event(house, "ticket.followed_up")
    assert told == {"as": "participant", "evidence": [f"signed_address {address}"]}


def test_stranger_who_knows_the_address_is_a_side_message(house: House) -> None:
    number, address = opened(house)
    (outcome,) = house.take(a_reply(address, sender=STRANGER))
    assert outcome.number == number
    assert house.rows("messages")[-1]["is_unverified"]
    assert house.answers()[-1][1:] == ("suppressed", "not_a_participant")


def test_forged_address_opens_a_ticket_and_is_told(house: House) -> None:
    number, address = opened(house)
    forged = f"{address.partition('@')[0][:-2]}zz@desk.example"
    (outcome,) = house.take(a_reply(forged, sender=STRANGER))
    assert outcome.outcome == "opened"
    assert outcome.number != number
    assert outcome.evidence == (f"seal is not ours: {forged}",)
    assert house.rows("events")[-1]["kind"] == "mail.decided"
    told = [row for row in house.rows("events") if row["kind"] == "ticket.opened"]
    assert told[-1]["evidence"] == {"refused": [f"seal is not ours: {forged}"]}
    assert house.rows("tickets")[-1]["claims"] is None


def test_reply_to_a_merged_ticket_by_its_address_follows(house: House) -> None:
    from worker import actions

    number, address = opened(house)
    house.take(a_mail(NEWS, sender=STRANGER, message_id="2@x.example", subject="Papers"))
    other = house.rows("tickets")[1]["number"]
    actions.merge_ticket(house.desk, number, other, actor="ann", reason="")
    (outcome,) = house.take(a_reply(address))
    assert (outcome.outcome, outcome.number) == ("followed_up", other)


def test_retired_key_still_proves_an_address(house: House) -> None:
    number, address = opened(house)
    file = house.desk.config.keys.file
    before = file.read_text()
    file.unlink()
    keys.create(file, name="k2")
    file.write_text(file.read_text() + before)
    house.hire()
    house.clock.advance(hours=1)
    (outcome,) = house.take(a_reply(address))
    assert outcome.number == number


def test_address_stays_valid_when_it_is_switched_off(build: Build) -> None:
    first = build(desk=DESK)
    number, address = opened(first)
    later = build()
    later.folder = first.folder
    (outcome,) = later.take(a_reply(address))
    assert outcome.number == number


def test_answers_carry_no_reply_to_by_default(build: Build) -> None:
    house = build()
    house.take(a_mail())
    assert reply_to(house) == ""


@pytest.mark.parametrize("tag", ["anything", "k7m4-2qxd.aaaaaaaaaaaaaaaa"])
def test_mail_from_a_tagged_own_address_is_never_answered(house: House, tag: str) -> None:
    local, _, domain = SUPPORT.partition("@")
    house.take(a_mail(sender=f"{local}+{tag}@{domain}"))
    assert [state for _, state, _ in house.answers()] == ["suppressed"]
    (ticket,) = house.rows("tickets")
    assert ticket["requester"] == f"{local}+{tag}@{domain}"
