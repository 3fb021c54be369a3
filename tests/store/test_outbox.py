"""The outbox: who may send what, how often, and how its rows are settled."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.builders import NOON
from tests.store.ledger import Ledger
from worker.domain.delivery import AnswerState
from worker.domain.judgement import Urgency
from worker.domain.ticket import TicketStatus
from worker.store import outbox, tickets
from worker.store.outbox import Due, Left, NewAnswer
from worker.store.schema import answers
from worker.store.session import Conflict
from worker.store.tickets import NewMessage, Ticket

MINUTE = timedelta(minutes=1)
LI_WEI = "Li.Wei@customer.example"


@pytest.fixture
def ticket_id(ledger: Ledger) -> int:
    """A ticket with one message, whose id is one higher."""
    ticket_id = ledger.ids.next()
    ticket = Ticket(
        id=ticket_id,
        number="K7M4-2QXD",
        subject="Deposit",
        status=TicketStatus.OPEN,
        urgency=Urgency.NORMAL,
        category="deposit",
        language="en",
        requester=LI_WEI.lower(),
        mailbox_id=ledger.mailbox_id,
        team="support",
        opened_at=NOON,
        updated_at=NOON,
    )
    message = NewMessage(
        id=ledger.ids.next(),
        ticket_id=ticket_id,
        inbound_id=None,
        direction="in",
        kind="request",
        message_id="first@customer.example",
        sender=LI_WEI.lower(),
        sender_name="Li Wei",
        subject="Deposit",
        sent_at=NOON,
        text="Where is it?",
        own_words=None,
        sha256=b"s" * 32,
        is_unverified=False,
        language="en",
        urgency="normal",
        recorded_at=NOON,
    )
    with ledger.database.write() as tx:
        tickets.add(tx, [ticket])
        tickets.add_messages(tx, [message])
    return ticket_id


def owe(ledger: Ledger, ticket_id: int, **changes: Any) -> int:
    """Queue an answer; return its id."""
    row_id = ledger.ids.next()
    plain: dict[str, Any] = {
        "id": row_id,
        "ticket_id": ticket_id,
        "cause": None,
        "kind": "received",
        "language": "en",
        "message_id": f"{row_id}@desk.example",
        "recipient": LI_WEI,
        "mailbox": "support",
        "state": AnswerState.QUEUED,
        "reason": None,
        "queued_at": NOON,
        "facts": {"event": "received"},
        "in_reply_to": "first@customer.example",
        "references": ("root@customer.example", "first@customer.example"),
    }
    with ledger.database.write() as tx:
        outbox.add(tx, [NewAnswer(**plain | changes)])
    return row_id


def claim(ledger: Ledger, *, worker: str = "worker-1", minutes: int = 0) -> tuple[Due, ...]:
    with ledger.database.write() as tx:
        return outbox.claim(tx, worker=worker, now=NOON + minutes * MINUTE, limit=10)


def settle(
    ledger: Ledger, row_id: int, state: AnswerState, *, worker: str = "worker-1"
) -> bool:
    with ledger.database.write() as tx:
        return outbox.settle(
            tx,
            row_id,
            worker=worker,
            state=state,
            reason=None,
            attempts=1,
            now=NOON,
            next_attempt_at=NOON + MINUTE if state is AnswerState.UNCERTAIN else None,
        )


def row(ledger: Ledger, row_id: int) -> Mapping[str, Any]:
    with ledger.database.read() as tx:
        return dict(tx.execute(select(answers).where(answers.c.id == row_id)).one()._mapping)


def test_an_answer_is_claimed_with_all_that_sending_needs(
    ledger: Ledger, ticket_id: int
) -> None:
    row_id = owe(ledger, ticket_id)
    (due,) = claim(ledger)

    assert (due.id, due.ticket_number, due.recipient) == (row_id, "K7M4-2QXD", LI_WEI)
    assert due.references == ("root@customer.example", "first@customer.example")
    assert due.facts == {"event": "received"}
    assert due.composed is None


def test_an_answer_is_claimed_once(ledger: Ledger, ticket_id: int) -> None:
    owe(ledger, ticket_id)
    claim(ledger)

    assert claim(ledger, worker="worker-2") == ()


def test_a_silence_is_never_claimed(ledger: Ledger, ticket_id: int) -> None:
    owe(ledger, ticket_id, state=AnswerState.SUPPRESSED, reason="quiet_period", message_id=None)

    assert claim(ledger) == ()


def test_one_mail_causes_one_answer_of_a_kind(ledger: Ledger, ticket_id: int) -> None:
    owe(ledger, ticket_id, cause=ticket_id + 1)

    with pytest.raises(Conflict):
        owe(ledger, ticket_id, cause=ticket_id + 1)


def test_only_its_holder_settles_an_answer_and_only_once(
    ledger: Ledger, ticket_id: int
) -> None:
    row_id = owe(ledger, ticket_id)
    claim(ledger)

    assert not settle(ledger, row_id, AnswerState.FAILED, worker="worker-2")
    assert settle(ledger, row_id, AnswerState.SENT)
    assert not settle(ledger, row_id, AnswerState.FAILED)
    assert (row(ledger, row_id)["state"], row(ledger, row_id)["sent_at"]) == ("sent", NOON)


def test_an_uncertain_answer_is_tried_again_later_with_the_same_bytes(
    ledger: Ledger, ticket_id: int
) -> None:
    row_id = owe(ledger, ticket_id)
    claim(ledger)
    with ledger.database.write() as tx:
        outbox.keep_composed(tx, {row_id: (b"the bytes", "zh-Hans")})
    settle(ledger, row_id, AnswerState.UNCERTAIN)

    assert claim(ledger) == ()
    (again,) = claim(ledger, minutes=1)
    assert (again.state, again.composed) == (AnswerState.UNCERTAIN, b"the bytes")
    assert (again.language, again.attempts) == ("zh-Hans", 1)


@pytest.mark.parametrize(
    ("composed", "state"),
    [
        pytest.param(None, "queued", id="not composed: it certainly never left"),
        pytest.param(b"bytes", "uncertain", id="composed: it may have left"),
    ],
)
def test_an_answer_of_a_dead_worker_comes_back(
    ledger: Ledger, ticket_id: int, composed: bytes | None, state: str
) -> None:
    row_id = owe(ledger, ticket_id)
    claim(ledger, worker="dead")
    with ledger.database.write() as tx:
        if composed:
            outbox.keep_composed(tx, {row_id: (composed, "en")})
        assert outbox.recover(tx, workers=["dead"], now=NOON) == 1

    assert row(ledger, row_id)["state"] == state


def test_an_answer_of_a_living_worker_is_left_alone(ledger: Ledger, ticket_id: int) -> None:
    row_id = owe(ledger, ticket_id)
    claim(ledger, worker="alive")
    with ledger.database.write() as tx:
        assert outbox.recover(tx, workers=["dead"], now=NOON) == 0

    assert row(ledger, row_id)["state"] == "sending"


def test_an_answer_given_back_stands_as_before(ledger: Ledger, ticket_id: int) -> None:
    queued, uncertain = owe(ledger, ticket_id), owe(ledger, ticket_id)
    claim(ledger)
    settle(ledger, uncertain, AnswerState.UNCERTAIN)
    with ledger.database.write() as tx:
        outbox.recover(tx, workers=None, now=NOON)
    due = claim(ledger, minutes=1)
    with ledger.database.write() as tx:
        outbox.release(tx, due, worker="worker-1")

    assert row(ledger, queued)["state"] == "queued"
    assert row(ledger, uncertain)["state"] == "uncertain"
    assert row(ledger, uncertain)["attempts"] == 1


def test_a_clock_step_makes_every_waiting_answer_due(ledger: Ledger, ticket_id: int) -> None:
    row_id = owe(ledger, ticket_id)
    claim(ledger)
    settle(ledger, row_id, AnswerState.UNCERTAIN)
    with ledger.database.write() as tx:
        assert outbox.waiting(tx) == (1, NOON + MINUTE)
        outbox.make_due(tx)
        assert outbox.waiting(tx) == (1, None)

    assert len(claim(ledger)) == 1


def test_what_left_is_counted_by_hour_and_day_without_silences(
    ledger: Ledger, ticket_id: int
) -> None:
    owe(ledger, ticket_id, queued_at=NOON - 30 * MINUTE)
    owe(ledger, ticket_id, queued_at=NOON - 90 * MINUTE, recipient=LI_WEI.upper())
    owe(ledger, ticket_id, queued_at=NOON - timedelta(days=2))
    owe(ledger, ticket_id, state=AnswerState.SUPPRESSED, message_id=None)
    address = LI_WEI.lower()
    with ledger.database.read() as tx:
        by_address = outbox.left_to(tx, "recipient_key", [address, "x@y.example"], now=NOON)
        by_domain = outbox.left_to(tx, "recipient_domain", ["customer.example"], now=NOON)
        overall = outbox.left_overall(tx, now=NOON)

    assert by_address == {address: Left(hour=1, day=2)}
    assert by_domain == {"customer.example": Left(hour=1, day=2)}
    assert overall == 1


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
@pytest.mark.postgres
def test_two_workers_send_different_answers(ledger: Ledger, ticket_id: int) -> None:
    rows = [owe(ledger, ticket_id) for _ in range(3)]

    with ledger.database.write() as slow:
        first = outbox.claim(slow, worker="one", now=NOON, limit=1)
        second = claim(ledger, worker="two")

    assert [due.id for due in first] == rows[:1]
    assert [due.id for due in second] == rows[1:]
