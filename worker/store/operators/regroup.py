"""Moves mails from ticket to ticket; remembers which tickets must not come together again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from worker.domain.judgement import Urgency
from worker.store.schema import (
    answers,
    identifiers,
    inbound,
    kept_apart,
    messages,
    participants,
    tickets,
)

_AT_ONCE = 500
MERGED = "merge"
"""What `participants.added_by` says of those who came with another ticket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A mail that stands on a ticket, as moving it needs it."""

    message: int
    inbound_id: int | None
    sender: str
    subject: str
    language: str
    urgency: Urgency
    category: str
    recorded_at: datetime
    origin: int | None
    """The ticket on which it was recorded first; None when that is where it stands."""


def mails_on(tx: Connection, ticket_id: int) -> list[Standing]:
    """Return the mails that came in and stand on a ticket, oldest first."""
    query = (
        select(messages)
        .where(messages.c.ticket_id == ticket_id, messages.c.direction == "in")
        .order_by(messages.c.id)
    )
    return [
        Standing(
            message=row.id,
            inbound_id=row.inbound_id,
            sender=row.sender,
            subject=row.subject,
            language=row.language,
            urgency=Urgency(row.urgency),
            category=str((row.traits or {}).get("category") or "other"),
            recorded_at=row.recorded_at,
            origin=row.origin_ticket_id,
        )
        for row in tx.execute(query)
    ]


def move_all(tx: Connection, source: int, target: int) -> None:
    """Let all that stands on `source` stand on `target`; each message keeps its origin."""
    query = select(messages.c.id).where(messages.c.ticket_id == source)
    _move(tx, list(tx.scalars(query)), source, target)
    for table in (identifiers, answers):
        tx.execute(update(table).where(table.c.ticket_id == source).values(ticket_id=target))
    speaking = select(participants.c.addr_spec).where(participants.c.ticket_id == source)
    let_speak(tx, target, list(tx.scalars(speaking)), added_by=MERGED)


def move(tx: Connection, mails: Sequence[int], source: int, target: int) -> None:
    """Let mails stand on `target`, with the answers that they caused."""
    for some in _portions(mails):
        ours = select(answers.c.message_id).where(answers.c.cause.in_(some))
        out = select(messages.c.id).where(
            messages.c.message_id.in_(ours),
            messages.c.direction == "out",
            messages.c.ticket_id == source,
        )
        _move(tx, [*some, *tx.scalars(out)], source, target)
        tx.execute(
            update(identifiers)
            .where(identifiers.c.message_id.in_(some))
            .values(ticket_id=target)
        )
        tx.execute(update(answers).where(answers.c.cause.in_(some)).values(ticket_id=target))


def verify(tx: Connection, mails: Sequence[int]) -> None:
    """Let mails be the word of their ticket's own sender."""
    for some in _portions(mails):
        tx.execute(update(messages).where(messages.c.id.in_(some)).values(is_unverified=False))


def _move(tx: Connection, ids: Sequence[int], source: int, target: int) -> None:
    for some in _portions(ids):
        tx.execute(
            update(messages)
            .where(messages.c.id.in_(some))
            .values(ticket_id=target)
            .values(origin_ticket_id=_origin(source, target))
        )
        rows = select(messages.c.inbound_id).where(messages.c.id.in_(some))
        digests = select(inbound.c.content_digest).where(inbound.c.id.in_(rows))
        copies = inbound.c.content_digest.in_(digests) & inbound.c.copy_of.in_(rows)
        for which in (inbound.c.id.in_(rows), copies):
            tx.execute(update(inbound).where(which).values(ticket_id=target))


def _origin(source: int, target: int) -> object:
    """The first ticket is remembered, unless the mail comes home to it: then the last one."""
    first = func.coalesce(messages.c.origin_ticket_id, source)
    return func.coalesce(func.nullif(first, target), source)


def let_speak(
    tx: Connection, ticket_id: int, addresses: Sequence[str], *, added_by: str
) -> None:
    """Make addresses participants; those who are it already stay as they are."""
    if not addresses:
        return
    into = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    rows = [
        {"ticket_id": ticket_id, "addr_spec": address, "added_by": added_by}
        for address in addresses
    ]
    tx.execute(into(participants).on_conflict_do_nothing(), rows)


def silence_guests(tx: Connection, ticket_id: int) -> list[str]:
    """Remove participants who came with another ticket and whose mails have left again."""
    there = select(messages.c.sender).where(
        messages.c.ticket_id == ticket_id, messages.c.direction == "in"
    )
    gone = (
        (participants.c.ticket_id == ticket_id)
        & (participants.c.added_by == MERGED)
        & participants.c.addr_spec.not_in(there)
    )
    found = list(tx.scalars(select(participants.c.addr_spec).where(gone)))
    if found:
        tx.execute(delete(participants).where(gone))
    return found


def keep_apart(tx: Connection, one: int, other: int, *, actor: str, now: datetime) -> None:
    """Remember that two tickets, or a ticket and an incident, do not belong together."""
    into = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    low, high = sorted((one, other))
    row = {"one": low, "other": high, "at": now, "actor": actor}
    tx.execute(into(kept_apart).values(row).on_conflict_do_nothing())


def let_together(tx: Connection, one: int, other: int) -> bool:
    """Forget that they were taken apart; True when they had been."""
    low, high = sorted((one, other))
    done = tx.execute(
        delete(kept_apart).where(kept_apart.c.one == low, kept_apart.c.other == high)
    )
    return done.rowcount > 0


def numbers_of(tx: Connection, ids: Sequence[int]) -> dict[int, str]:
    """Return ticket numbers by id."""
    query: Select[int, str] = select(tickets.c.id, tickets.c.number)
    return {row.id: row.number for row in tx.execute(query.where(tickets.c.id.in_(ids)))}


def unlink(tx: Connection, one: int, other: int) -> None:
    """Take back that one of two tickets is a duplicate, sure or possible, of the other."""
    for column in (tickets.c.duplicate_of, tickets.c.possible_duplicate_of):
        tx.execute(
            update(tickets)
            .where(
                or_(
                    (tickets.c.id == one) & (column == other),
                    (tickets.c.id == other) & (column == one),
                )
            )
            .values({column.name: None})
        )


def _portions(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]
