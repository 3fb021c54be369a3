"""Signals of new tickets, and the incidents that were noticed in them or named by operators."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import (
    CompoundSelect,
    Connection,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from worker.domain.incidents import READ, Sighting
from worker.domain.ticket import TicketStatus
from worker.store.schema import (
    incident_keys,
    incidents,
    kept_apart,
    signals,
    tickets,
)

_AT_ONCE = 24
"""Signals that one query looks for."""
PURGED = 500
"""Old signals that one batch removes at most."""
OPEN, CLOSED = "open", "closed"
ENDED = (TicketStatus.CLOSED.value, TicketStatus.MERGED.value)


@dataclass(frozen=True, slots=True)
class NewSignal:
    key: str
    at: datetime
    ticket_id: int
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    id: int
    title: str
    opened_at: datetime
    opened_by: str
    status: str = OPEN
    closed_at: datetime | None = None
    why: dict[str, object] | None = None
    texts: dict[str, str] | None = None
    """What customers are told, by language."""


def add_signals(tx: Connection, rows: Sequence[NewSignal]) -> None:
    """Note what new tickets are about."""
    if not rows:
        return
    into = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    values = [
        {"key": row.key, "at": row.at, "ticket_id": row.ticket_id, "sender": row.sender}
        for row in rows
    ]
    tx.execute(into(signals).on_conflict_do_nothing(), values)


def forget_signals(tx: Connection, *, before: datetime) -> int:
    """Remove signals that nothing looks at any more, a bounded number; returns how many."""
    columns = (signals.c.key, signals.c.at, signals.c.ticket_id)
    old = select(*columns).where(signals.c.at < before).order_by(signals.c.at).limit(PURGED)
    return tx.execute(delete(signals).where(tuple_(*columns).in_(old))).rowcount


def sightings(tx: Connection, keys: Sequence[str]) -> dict[str, list[Sighting]]:
    """Return the latest READ sightings of each signal, newest first."""
    found: dict[str, list[Sighting]] = {}
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        values = {f"k{i}": some[i] if i < len(some) else "" for i in range(_AT_ONCE)}
        for row in tx.execute(_latest(), values):
            sighting = Sighting(row.at, row.ticket_id, row.sender)
            found.setdefault(row.key, []).append(sighting)
    for each in found.values():
        each.sort(key=lambda one: (one.at, one.ticket_id), reverse=True)
    return found


@cache
def _latest() -> CompoundSelect[*tuple[object, ...]]:
    parts = [
        select(signals)
        .where(signals.c.key == bindparam(f"k{i}", type_=Text))
        .order_by(signals.c.at.desc())
        .limit(READ)
        .subquery()
        for i in range(_AT_ONCE)
    ]
    return union_all(*(select(part) for part in parts))


def signals_of(tx: Connection, ticket_ids: Sequence[int]) -> dict[int, set[str]]:
    """Return what signals tickets have left."""
    found: dict[int, set[str]] = {}
    query = select(signals.c.ticket_id, signals.c.key)
    for row in tx.execute(query.where(signals.c.ticket_id.in_(ticket_ids))):
        found.setdefault(row.ticket_id, set()).add(row.key)
    return found


def followed(tx: Connection, keys: Sequence[str]) -> dict[str, int]:
    """Return the open incidents whose tickets leave these signals."""
    if not keys:
        return {}
    query = select(incident_keys).where(incident_keys.c.key.in_(keys))
    return {row.key: row.incident_id for row in tx.execute(query)}


def texts_of(tx: Connection, ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Return what customers of open incidents are told, by language."""
    if not ids:
        return {}
    query = select(incidents.c.id, incidents.c.texts).where(
        incidents.c.id.in_(ids), incidents.c.status == OPEN
    )
    return {row.id: dict(row.texts or {}) for row in tx.execute(query)}


def add(tx: Connection, incident: Incident) -> None:
    """Open an incident."""
    names = Incident.__slots__
    tx.execute(insert(incidents).values({name: getattr(incident, name) for name in names}))


def follow(tx: Connection, incident_id: int, keys: Iterable[str]) -> None:
    """Let new tickets with these signals belong to an incident."""
    into = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    values = [{"key": key, "incident_id": incident_id} for key in sorted(set(keys))]
    if values:
        tx.execute(into(incident_keys).on_conflict_do_nothing(), values)


def link(tx: Connection, incident_id: int, ticket_ids: Sequence[int]) -> list[int]:
    """Let tickets belong to an incident; those of another, and those taken out of it, do not.

    Returns the ones that came.
    """
    out = select(kept_apart.c.one).where(kept_apart.c.other == incident_id)
    query = (
        select(tickets.c.id)
        .where(tickets.c.id.in_(sorted(set(ticket_ids))), tickets.c.incident_id.is_(None))
        .where(tickets.c.id.not_in(out))
        .order_by(tickets.c.id)
        .with_for_update()
    )
    found = list(tx.scalars(query))
    if found:
        tx.execute(
            update(tickets).where(tickets.c.id.in_(found)).values(incident_id=incident_id)
        )
    return found


def incidents_of(tx: Connection, ticket_ids: Sequence[int]) -> dict[int, int]:
    """Return the incidents that tickets belong to, the closed ones left out."""
    query = (
        select(tickets.c.id, tickets.c.incident_id)
        .join(incidents, incidents.c.id == tickets.c.incident_id)
        .where(tickets.c.id.in_(ticket_ids), incidents.c.status == OPEN)
    )
    return {row.id: row.incident_id for row in tx.execute(query)}


def with_id(tx: Connection, incident_id: int, *, is_held: bool = False) -> Incident | None:
    """Return an incident; is_held: for as long as the transaction lasts, nobody changes it."""
    query = select(incidents).where(incidents.c.id == incident_id)
    row = tx.execute(query.with_for_update() if is_held else query).first()
    if row is None:
        return None
    return Incident(**{name: getattr(row, name) for name in Incident.__slots__})


def listed(tx: Connection, *, every: bool, limit: int) -> list[tuple[Incident, int]]:
    """Return incidents with the number of their tickets, the latest first."""
    count = (
        select(func.count())
        .where(tickets.c.incident_id == incidents.c.id, tickets.c.incident_id.is_not(None))
        .scalar_subquery()
    )
    query = select(incidents, count.label("tickets")).order_by(incidents.c.id.desc())
    if not every:
        query = query.where(incidents.c.status == OPEN)
    return [
        (Incident(**{name: getattr(row, name) for name in Incident.__slots__}), row.tickets)
        for row in tx.execute(query.limit(limit))
    ]


def tickets_of(
    tx: Connection, incident_id: int, *, living: bool = False
) -> list[tuple[int, str]]:
    """Return id and number of an incident's tickets; living: not closed, not merged."""
    query = select(tickets.c.id, tickets.c.number).where(
        tickets.c.incident_id == incident_id, tickets.c.incident_id.is_not(None)
    )
    if living:
        query = query.where(tickets.c.status.not_in(ENDED))
    return [(row.id, row.number) for row in tx.execute(query.order_by(tickets.c.id))]


def say(tx: Connection, incident_id: int, texts: dict[str, str]) -> None:
    """Set what customers are told."""
    tx.execute(update(incidents).where(incidents.c.id == incident_id).values(texts=texts))


def close(tx: Connection, incident_id: int, *, now: datetime) -> bool:
    """Close an incident and follow it no longer; False when it was closed before."""
    tx.execute(delete(incident_keys).where(incident_keys.c.incident_id == incident_id))
    done = tx.execute(
        update(incidents)
        .where(incidents.c.id == incident_id, incidents.c.status == OPEN)
        .values(status=CLOSED, closed_at=now)
    )
    return done.rowcount == 1
