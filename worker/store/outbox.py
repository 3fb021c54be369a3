"""The outbox: answers that are owed, in flight, sent, or withheld with their reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, case, func, insert, or_, select, update

from worker.domain.delivery import AnswerState
from worker.store.schema import LEAVING, answers, tickets
from worker.store.schema import WAITING as UNSETTLED

HELD = (AnswerState.SENDING.value,)
WAITING = (AnswerState.QUEUED.value, AnswerState.UNCERTAIN.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAnswer:
    """An answer, or a silence (`state` suppressed, with its reason), as the gate decided it."""

    id: int
    ticket_id: int | None
    cause: int | None
    kind: str
    language: str
    message_id: str | None
    recipient: str
    mailbox: str
    state: AnswerState
    reason: str | None
    queued_at: datetime
    facts: dict[str, object] | None
    in_reply_to: str | None
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An answer that this worker is about to send."""

    id: int
    ticket_id: int
    ticket_number: str
    cause: int | None
    kind: str
    language: str
    message_id: str
    recipient: str
    mailbox: str
    state: AnswerState
    """queued or uncertain: how it stood before it was claimed."""
    attempts: int
    queued_at: datetime
    facts: dict[str, object]
    in_reply_to: str | None
    references: tuple[str, ...]
    composed: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """The first answer that a ticket got, or will get."""

    ticket_id: int
    ticket_number: str
    recipient: str
    mailbox: str
    language: str
    facts: dict[str, object]
    in_reply_to: str | None
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What left lately to one recipient or domain."""

    hour: int
    day: int


# Made once: to build a statement costs more than to run it.
_KEEP_COMPOSED = (
    update(answers)
    .where(answers.c.id == bindparam("row"))
    .values(composed=bindparam("mail"), language=bindparam("worded_in"))
)
_SETTLE = (
    update(answers)
    .where(answers.c.id == bindparam("row"), answers.c.claimed_by == bindparam("holder"))
    .where(answers.c.state.in_(HELD))
    .values(claimed_by=None)
)


def add(tx: Connection, rows: Sequence[NewAnswer]) -> None:
    """Write answers; the key (cause, kind) keeps a second one out."""
    if rows:
        tx.execute(insert(answers), [_values(row) for row in rows])


def _values(row: NewAnswer) -> dict[str, object]:
    return {
        "id": row.id,
        "ticket_id": row.ticket_id,
        "cause": row.cause,
        "kind": row.kind,
        "language": row.language,
        "message_id": row.message_id,
        "recipient": row.recipient,
        "recipient_key": row.recipient.lower(),
        "recipient_domain": row.recipient.lower().rpartition("@")[2],
        "mailbox": row.mailbox,
        "state": row.state.value,
        "reason": row.reason,
        "queued_at": row.queued_at,
        "facts": row.facts,
        "in_reply_to": row.in_reply_to,
        "references": " ".join(row.references) or None,
    }


def claim(tx: Connection, *, worker: str, now: datetime, limit: int) -> tuple[Due, ...]:
    """Take answers to send, oldest first; their outcome is unknown until they are settled."""
    due = or_(answers.c.next_attempt_at.is_(None), answers.c.next_attempt_at <= now)
    query = (
        select(answers, tickets.c.number)
        .join(tickets, tickets.c.id == answers.c.ticket_id)
        .where(UNSETTLED, answers.c.state.in_(WAITING), due)
        .order_by(answers.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=answers)
    )
    rows = tx.execute(query).all()
    if rows:
        tx.execute(
            update(answers)
            .where(answers.c.id.in_([row.id for row in rows]))
            .values(state=AnswerState.SENDING.value, claimed_by=worker)
        )
    return tuple(
        Due(
            id=row.id,
            ticket_id=row.ticket_id,
            ticket_number=row.number,
            cause=row.cause,
            kind=row.kind,
            language=row.language,
            message_id=row.message_id,
            recipient=row.recipient,
            mailbox=row.mailbox,
            state=AnswerState(row.state),
            attempts=row.attempts,
            queued_at=row.queued_at,
            facts=row.facts or {},
            in_reply_to=row.in_reply_to,
            references=tuple((row.references or "").split()),
            composed=row.composed,
        )
        for row in rows
    )


def keep_composed(tx: Connection, composed: dict[int, tuple[bytes, str]]) -> None:
    """Fix the bytes and the language of answers before their first try."""
    if composed:
        rows = [
            {"row": id_, "mail": data, "worded_in": language}
            for id_, (data, language) in composed.items()
        ]
        tx.execute(_KEEP_COMPOSED, rows)


def received(tx: Connection, ticket_ids: Sequence[int]) -> list[Received]:
    """Return the first answer of each ticket that has one; failed ones do not count."""
    found: dict[int, Received] = {}
    for start in range(0, len(ticket_ids), 500):
        query = (
            select(answers, tickets.c.number)
            .join(tickets, tickets.c.id == answers.c.ticket_id)
            .where(answers.c.ticket_id.in_(ticket_ids[start : start + 500]))
            .where(answers.c.kind == "received", LEAVING)
            .where(answers.c.state != AnswerState.FAILED.value)
            .order_by(answers.c.id)
        )
        for row in tx.execute(query):
            first = Received(
                ticket_id=row.ticket_id,
                ticket_number=row.number,
                recipient=row.recipient,
                mailbox=row.mailbox,
                language=row.language,
                facts=row.facts or {},
                in_reply_to=row.in_reply_to,
                references=tuple((row.references or "").split()),
            )
            found.setdefault(row.ticket_id, first)
    return list(found.values())


def tickets_of(tx: Connection, ids: Sequence[int]) -> dict[str, int]:
    """Return on which ticket answers stand now, by their Message-ID."""
    query = select(answers.c.message_id, answers.c.ticket_id).where(answers.c.id.in_(ids))
    return {row.message_id: row.ticket_id for row in tx.execute(query)}


def composed(tx: Connection, message_ids: Sequence[str]) -> dict[str, bytes]:
    """Return the bytes of answers by Message-ID; those not composed yet are left out."""
    if not message_ids:
        return {}
    query = select(answers.c.message_id, answers.c.composed).where(
        answers.c.message_id.in_(message_ids), answers.c.composed.is_not(None)
    )
    return {row.message_id: row.composed for row in tx.execute(query)}


def settle(
    tx: Connection,
    answer_id: int,
    *,
    worker: str,
    state: AnswerState,
    reason: str | None,
    attempts: int,
    now: datetime,
    next_attempt_at: datetime | None = None,
) -> bool:
    """Write the outcome of one try; False when another worker holds the row by now."""
    done = tx.execute(
        _SETTLE,
        {
            "row": answer_id,
            "holder": worker,
            "state": state.value,
            "reason": reason,
            "attempts": attempts,
            "next_attempt_at": next_attempt_at,
            "sent_at": now if state is AnswerState.SENT else None,
        },
    )
    return done.rowcount == 1


def recover(
    tx: Connection,
    *,
    now: datetime,
    workers: Sequence[str] | None = None,
    living: Sequence[str] = (),
) -> int:
    """Give back answers that dead workers held; returns how many.

    One whose bytes were fixed may have reached the server: its outcome is uncertain.
    workers: whose claims; None means everybody's.
    living: workers whose claims are left alone.
    """
    held = (answers.c.state == AnswerState.SENDING.value) & UNSETTLED
    if workers is not None:
        held &= answers.c.claimed_by.in_(workers)
    held &= answers.c.claimed_by.not_in(living)
    state = case(
        (answers.c.composed.is_(None), AnswerState.QUEUED.value),
        else_=AnswerState.UNCERTAIN.value,
    )
    done = tx.execute(
        update(answers).where(held).values(state=state, claimed_by=None, next_attempt_at=now)
    )
    return done.rowcount


def release(
    tx: Connection,
    rows: Sequence[Due],
    *,
    worker: str,
    next_attempt_at: datetime | None = None,
) -> None:
    """Give back answers that were not submitted: as they stood, with no attempt counted."""
    for state in WAITING:
        ids = [row.id for row in rows if row.state.value == state]
        tx.execute(
            update(answers)
            .where(answers.c.id.in_(ids), answers.c.claimed_by == worker)
            .where(answers.c.state.in_(HELD))
            .values(state=state, claimed_by=None, next_attempt_at=next_attempt_at)
        )


def make_due(tx: Connection) -> None:
    """Let every waiting answer be tried now: the clock stepped, so its time means nothing."""
    tx.execute(
        update(answers)
        .where(UNSETTLED, answers.c.state.in_(WAITING), answers.c.next_attempt_at.is_not(None))
        .values(next_attempt_at=None)
    )


def waiting(tx: Connection) -> tuple[int, datetime | None]:
    """Return how many answers are not settled, and the earliest time at which one is due."""
    query = select(func.count(), func.min(answers.c.next_attempt_at)).where(UNSETTLED)
    count, due = tx.execute(query).one()
    return int(count), due


def left_to(
    tx: Connection, column: str, keys: Sequence[str], *, now: datetime
) -> dict[str, Left]:
    """Count answers of the last hour and day by `recipient_key` or `recipient_domain`."""
    if not keys:
        return {}
    key = answers.c[column]
    hour = func.sum(case((answers.c.queued_at > now - timedelta(hours=1), 1), else_=0))
    query = (
        select(key, hour, func.count())
        .where(key.in_(keys), answers.c.queued_at.between(now - timedelta(days=1), now))
        .where(LEAVING)  # the words of the partial indexes
        .group_by(key)
    )
    return {row[0]: Left(hour=int(row[1]), day=int(row[2])) for row in tx.execute(query)}


def left_overall(tx: Connection, *, now: datetime) -> int:
    """Count answers of the last hour."""
    lately = answers.c.queued_at.between(now - timedelta(hours=1), now)
    query = select(func.count()).where(lately, LEAVING)
    return int(tx.execute(query).scalar_one())
