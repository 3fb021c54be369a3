"""The ledger: one row per message that a server holds or held, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    Connection,
    Row,
    bindparam,
    func,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from worker.domain.screening import InboundState
from worker.store.schema import PENDING, dead_letters, epochs, inbound, mailboxes

AT_ONCE_OF_ONE = 20
"""So many mails of one sender stand in line like everybody's; each further one stands back."""
SPACING = timedelta(seconds=1)
_AT_ONCE = 24
"""Senders that one query looks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInbound:
    """A fetched mail, about to enter the ledger."""

    id: int
    uid: int
    sha256: bytes | None
    """None for a mail that the server would not hand over."""
    size_bytes: int
    blob_key: str | None
    internal_date: datetime
    is_old: bool
    state: InboundState = InboundState.RECEIVED
    reason: str | None = None
    sender_key: int | None = None
    """Whose turn it takes (worker.mail.sender_key); None takes nobody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A row that this worker is about to process."""

    id: int
    mailbox: str
    mailbox_id: int
    blob_key: str
    sha256: bytes
    size_bytes: int
    internal_date: datetime
    received_at: datetime
    is_old: bool
    attempts: int
    """With the one that begins now."""
    crashes: int
    is_forced: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The outcome of one row."""

    id: int
    state: InboundState
    reason: str | None = None
    ticket_id: int | None = None
    copy_of: int | None = None
    message_id: str | None = None
    content_digest: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """An inbound row with the same content digest."""

    id: int
    message_id: str | None
    ticket_id: int | None
    mailbox_id: int


def known_uids(tx: Connection, epoch_id: int, uids: Sequence[int]) -> set[int]:
    """Return which of `uids` the ledger has."""
    query = select(inbound.c.uid).where(inbound.c.epoch_id == epoch_id, inbound.c.uid.in_(uids))
    return set(tx.execute(query).scalars())


def add(tx: Connection, epoch_id: int, rows: Sequence[NewInbound], *, now: datetime) -> None:
    """Write rows; one that is there already is left as it is."""
    if not rows:
        return
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    turns = _turns(tx, rows, now=now)
    values = [
        {
            "id": row.id,
            "sender_key": row.sender_key,
            "turn": turns[row.id],
            "epoch_id": epoch_id,
            "uid": row.uid,
            "sha256": row.sha256,
            "size_bytes": row.size_bytes,
            "blob_key": row.blob_key,
            "internal_date": row.internal_date,
            "received_at": now,
            "is_old": row.is_old,
            "state": row.state.value,
            "reason": row.reason,
        }
        for row in rows
    ]
    tx.execute(insert(inbound).on_conflict_do_nothing(), values)


def _turns(tx: Connection, rows: Sequence[NewInbound], *, now: datetime) -> dict[int, datetime]:
    """Say when each row has its turn: now, or later where its sender has many in line.

    Turns of a sender rise, so that nobody overtakes himself. They order the line and delay
    nothing: where nobody else waits, the next turn is taken at once.
    """
    keys = sorted({row.sender_key for row in rows if row.sender_key is not None})
    line: dict[int, list[datetime]] = {}
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        values = {f"k{i}": some[i] if i < len(some) else -1 for i in range(_AT_ONCE)}
        for row in tx.execute(_in_line(), values):
            line.setdefault(row.sender_key, []).append(row.turn)
    found: dict[int, datetime] = {}
    for new in rows:
        if new.sender_key is None:
            found[new.id] = now
            continue
        waiting_turns = line.setdefault(new.sender_key, [])
        last = max(waiting_turns, default=now)
        turn = max(now, last)
        if len(waiting_turns) >= AT_ONCE_OF_ONE:
            turn += SPACING
        waiting_turns.append(turn)
        found[new.id] = turn
    return found


@cache
def _in_line() -> CompoundSelect[int, datetime]:
    """One query for _AT_ONCE senders; each part reads AT_ONCE_OF_ONE rows of an index."""
    parts = [
        select(inbound.c.sender_key, inbound.c.turn)
        .where(inbound.c.sender_key == bindparam(f"k{i}", type_=BigInteger), PENDING)
        .order_by(inbound.c.turn.desc())
        .limit(AT_ONCE_OF_ONE)
        .subquery()
        for i in range(_AT_ONCE)
    ]
    return union_all(*(select(part) for part in parts))


def unacknowledged(tx: Connection, epoch_id: int, *, limit: int) -> tuple[int, ...]:
    """Return UIDs of the ledger that the server was not told of yet, lowest first."""
    query = (
        select(inbound.c.uid)
        .where(inbound.c.epoch_id == epoch_id, inbound.c.acknowledged_at.is_(None))
        .where(inbound.c.blob_key.is_not(None))
        .order_by(inbound.c.uid)
        .limit(limit)
    )
    return tuple(tx.execute(query).scalars())


def mark_acknowledged(
    tx: Connection, epoch_id: int, uids: Sequence[int], *, now: datetime
) -> None:
    """Note that the server was told."""
    tx.execute(
        update(inbound)
        .where(inbound.c.epoch_id == epoch_id, inbound.c.uid.in_(uids))
        .values(acknowledged_at=now)
    )


def claim(
    tx: Connection,
    *,
    worker: str,
    now: datetime,
    limit: int,
    max_bytes: int,
    suspects: bool = False,
) -> tuple[Claimed, ...]:
    """Take rows to process, by their turns, and note the attempt that begins.

    suspects: take one row that was in flight when a worker died, and nothing beside it.
    max_bytes: the batch ends before the mail that would exceed it (but holds at least one).
    """
    due = or_(inbound.c.next_attempt_at.is_(None), inbound.c.next_attempt_at <= now)
    waiting = (inbound.c.state == InboundState.RECEIVED.value) & PENDING & due
    kind = inbound.c.crashes > 0 if suspects else inbound.c.crashes == 0
    query = (
        select(inbound, mailboxes.c.name.label("mailbox"), epochs.c.mailbox_id)
        .join(epochs, epochs.c.id == inbound.c.epoch_id)
        .join(mailboxes, mailboxes.c.id == epochs.c.mailbox_id)
        .where(waiting, kind)
        .order_by(inbound.c.turn, inbound.c.id)
        .limit(1 if suspects else limit)
        .with_for_update(skip_locked=True, of=inbound)
    )
    rows: list[Row[tuple[object, ...]]] = []
    total = 0
    for row in tx.execute(query):
        total += row.size_bytes
        if rows and total > max_bytes:
            break
        rows.append(row)
    if rows:
        tx.execute(
            update(inbound)
            .where(inbound.c.id.in_([row.id for row in rows]))
            .values(
                state=InboundState.CLAIMED.value,
                claimed_by=worker,
                attempts=inbound.c.attempts + 1,
            )
        )
    return tuple(
        Claimed(
            id=row.id,
            mailbox=row.mailbox,
            mailbox_id=row.mailbox_id,
            blob_key=row.blob_key,
            sha256=row.sha256,
            size_bytes=row.size_bytes,
            internal_date=row.internal_date,
            received_at=row.received_at,
            is_old=row.is_old,
            attempts=row.attempts + 1,
            crashes=row.crashes,
            is_forced=row.is_forced,
        )
        for row in rows
    )


def held(tx: Connection, ids: Sequence[int], *, worker: str) -> set[int]:
    """Return which of the claimed rows are still this worker's; they stay so in this `tx`."""
    query = (
        select(inbound.c.id)
        .where(inbound.c.id.in_(ids), inbound.c.claimed_by == worker)
        .where(inbound.c.state == InboundState.CLAIMED.value)
        .with_for_update()
    )
    return set(tx.execute(query).scalars())


def settle(tx: Connection, rows: Sequence[Settlement]) -> None:
    """Write the outcomes of rows that this worker holds."""
    if not rows:
        return
    change = (
        update(inbound)
        .where(inbound.c.id == bindparam("row"))
        .values(claimed_by=None, next_attempt_at=None)
    )
    tx.execute(
        change,
        [
            {
                "row": row.id,
                "state": row.state.value,
                "reason": row.reason,
                "ticket_id": row.ticket_id,
                "copy_of": row.copy_of,
                "message_id": row.message_id,
                "content_digest": row.content_digest,
            }
            for row in rows
        ],
    )


def release(tx: Connection, row_id: int, *, worker: str, next_attempt_at: datetime) -> None:
    """Give a row back to be tried again later; the attempt noted at its claim counts."""
    tx.execute(
        update(inbound)
        .where(inbound.c.id == row_id, inbound.c.claimed_by == worker)
        .values(
            state=InboundState.RECEIVED.value,
            claimed_by=None,
            next_attempt_at=next_attempt_at,
        )
    )


def release_all(tx: Connection, *, worker: str) -> None:
    """Give back every row that this worker holds; the mails were not at fault."""
    tx.execute(
        update(inbound)
        .where(PENDING, inbound.c.state == InboundState.CLAIMED.value)
        .where(inbound.c.claimed_by == worker)
        .values(
            state=InboundState.RECEIVED.value,
            claimed_by=None,
            attempts=inbound.c.attempts - 1,
        )
    )


def recover(
    tx: Connection, *, workers: Sequence[str] | None = None, living: Sequence[str] = ()
) -> int:
    """Give back rows that dead workers held, as suspects; returns how many.

    workers: whose claims; None means everybody's, also of workers that nobody knows.
    living: workers whose claims are left alone.
    """
    held = (inbound.c.state == InboundState.CLAIMED.value) & PENDING
    if workers is not None:
        held &= inbound.c.claimed_by.in_(workers)
    held &= inbound.c.claimed_by.not_in(living)
    done = tx.execute(
        update(inbound)
        .where(held)
        .values(
            state=InboundState.RECEIVED.value,
            claimed_by=None,
            crashes=inbound.c.crashes + 1,
            attempts=inbound.c.attempts - 1,
        )
    )
    return done.rowcount


def make_due(tx: Connection) -> None:
    """Let every waiting row be tried now: the clock stepped, so its time means nothing."""
    tx.execute(
        update(inbound)
        .where(
            PENDING,
            inbound.c.state == InboundState.RECEIVED.value,
            inbound.c.next_attempt_at.is_not(None),
        )
        .values(next_attempt_at=None)
    )


def with_digests(tx: Connection, digests: Sequence[bytes]) -> dict[bytes, list[Earlier]]:
    """Return settled rows by content digest, oldest first."""
    found: dict[bytes, list[Earlier]] = {}
    if not digests:
        return found
    query = (
        select(
            inbound.c.content_digest,
            inbound.c.id,
            inbound.c.message_id,
            inbound.c.ticket_id,
            epochs.c.mailbox_id,
        )
        .join(epochs, epochs.c.id == inbound.c.epoch_id)
        .where(inbound.c.content_digest.in_(digests))
        .where(inbound.c.copy_of.is_(None))
        .order_by(inbound.c.id)
    )
    for row in tx.execute(query):
        found.setdefault(row.content_digest, []).append(
            Earlier(
                id=row.id,
                message_id=row.message_id,
                ticket_id=row.ticket_id,
                mailbox_id=row.mailbox_id,
            )
        )
    return found


def bury(
    tx: Connection,
    *,
    letter_id: int,
    inbound_id: int,
    reason: str,
    detail: str | None,
    attempts: int,
    now: datetime,
) -> None:
    """Write the dead letter of a row; its state is settled beside this."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    tx.execute(
        insert(dead_letters)
        .values(
            id=letter_id,
            inbound_id=inbound_id,
            reason=reason,
            detail=detail,
            attempts=attempts,
            buried_at=now,
        )
        .on_conflict_do_nothing()
    )


def waiting(tx: Connection) -> tuple[int, datetime | None]:
    """Return how many rows wait to be processed, and the earliest time at which one is due."""
    query = select(func.count(), func.min(inbound.c.next_attempt_at)).where(PENDING)
    count, due = tx.execute(query).one()
    return int(count), due
