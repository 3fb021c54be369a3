"""One sender, hundreds of mails in minutes: one ticket, and nobody else waits for it."""

from typing import Any

import pytest

from tests.builders import LI_WEI, a_mail
from tests.pipeline.conftest import Build
from tests.pipeline.house import House
from worker.pipeline import process

WORDS = ("ledger", "invoice", "passport", "coupon", "referral", "staking", "gift", "fee")


def a_flood(count: int, first: int = 0, **more: Any) -> list[bytes]:
    """Mails of Li Wei, each about something else."""
    return [
        a_mail(
            f"Number {n * 7919}: the {WORDS[n % 8]} of my {WORDS[n // 8 % 8]} {n} is odd.\n",
            subject=f"{WORDS[n % 8]} {WORDS[n // 8 % 8]} {n * 7919}",
            message_id=f"{n}@flood.example",
            **more,
        )
        for n in range(first, first + count)
    ]


def requesters(house: House) -> list[str]:
    return [row["requester"] for row in house.rows("tickets")]


def test_flood_stands_on_one_ticket_with_its_reason(build: Build) -> None:
    house = build(floods={"mails": 5})
    house.take(*a_flood(40))
    tickets = house.rows("tickets")
    assert len(tickets) <= 5
    assert len(house.rows("messages")) == 40
    evidence = [row["evidence"] for row in house.rows("events") if row["evidence"]]
    floods = [e for e in evidence if "flood" in str(e.get("evidence"))]
    assert len(floods) >= 20  # the others join as repeats
    assert "mails or more in 10 minutes" in str(floods[0])


def test_flood_is_not_answered(build: Build) -> None:
    house = build(floods={"mails": 5})
    house.take(*a_flood(40))
    answers = house.answers()
    assert sum(state == "queued" for _, state, _ in answers) <= 5
    assert [reason for *_, reason in answers].count("flood") >= 20


def test_sender_who_writes_again_later_is_no_flood(build: Build) -> None:
    house = build(floods={"mails": 5})
    house.take(*a_flood(5))
    house.clock.advance(hours=1)
    house.take(*a_flood(1, 5))
    assert "flood" not in [reason for *_, reason in house.answers()]


@pytest.mark.parametrize("floods", [{"mails": 0}, {"mails": 5, "exempt": [LI_WEI]}])
def test_exempt_sender_is_never_held_together(build: Build, floods: dict[str, object]) -> None:
    house = build(floods=floods)
    house.take(*a_flood(30))
    assert "flood" not in [reason for *_, reason in house.answers()]


def test_flood_that_failed_authentication_gets_no_word_on_the_ticket(build: Build) -> None:
    desk = {
        "name": "Desk",
        "domain": "desk.example",
        "trusted_authserv_ids": ["mx.desk.example"],
    }
    house = build(floods={"mails": 5}, desk=desk)
    failed = "mx.desk.example; dmarc=fail header.from=customer.example"
    house.take(*a_flood(5), *a_flood(10, 5, fields={"Authentication-Results": failed}))
    assert all(row["is_unverified"] for row in house.rows("messages")[5:])


def test_mail_of_others_is_not_held_up_by_a_flood(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "BATCH_MAILS", 30)
    house = build()
    house.folder.append(*a_flood(300))
    house.poll()
    house.folder.append(a_mail(sender="Ana <ana@third.example>", message_id="ana@x"))
    house.poll()
    house.processing.step()
    assert "ana@third.example" in requesters(house)
    states = [state for state, _ in house.states()]
    assert states.count("recorded") == 30


def test_sender_overtakes_nobody_and_not_himself(build: Build) -> None:
    house = build(floods={"mails": 0})
    house.folder.append(*a_flood(60))
    house.poll()
    house.folder.append(*a_flood(5, 60))
    house.poll()
    outcomes = house.process()
    rows = [row["id"] for row in house.rows("inbound")]
    assert [outcome.inbound_id for outcome in outcomes] == rows


def test_mails_without_a_sender_keep_their_order(house: House) -> None:
    nameless = [
        a_mail(sender="", message_id=f"{n}@x.example", subject=f"{n}") for n in range(30)
    ]
    outcomes = house.take(*nameless)
    assert [outcome.inbound_id for outcome in outcomes] == [
        row["id"] for row in house.rows("inbound")
    ]
