"""Tickets, their participants, messages, attachments and identifiers; written in batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from worker.domain.judgement import Urgency
from worker.domain.message import Attachment
from worker.domain.ticket import TicketStatus
from worker.store.schema import attachments, identifiers, messages, participants, tickets


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A ticket as the next decision needs it."""

    id: int
    number: str
    subject: str
    status: TicketStatus
    urgency: Urgency
    category: str
    language: str
    requester: str
    mailbox_id: int | None
    team: str
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None
    merged_into: int | None = None
    duplicate_of: int | None = None
    possible_duplicate_of: int | None = None
    claims: str | None = None
    """Numbers of tickets that its mail points to without proof, comma-separated."""
    incident_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """One mail on a ticket."""

    id: int
    ticket_id: int
    inbound_id: int | None
    direction: str
    kind: str
    message_id: str | None
    sender: str
    sender_name: str
    subject: str
    sent_at: datetime | None
    text: str
    own_words: str | None
    """None when they are the whole text."""
    sha256: bytes
    is_unverified: bool
    language: str
    urgency: str
    recorded_at: datetime
    traits: dict[str, object] | None = None
    """See worker.domain.traits; None for mail that is never compared."""
    origin_ticket_id: int | None = None
    """Where it was recorded first, if an operator moved it; a new one was not."""


def add(tx: Connection, rows: Sequence[Ticket]) -> None:
    """Open tickets."""
    if rows:
        tx.execute(insert(tickets), [_values(row) for row in rows])


def change(tx: Connection, rows: Sequence[Ticket]) -> None:
    """Write the present state of tickets that are there already."""
    if not rows:
        return
    values = [{**_values(row), "row": row.id} for row in rows]
    for value in values:
        del value["id"]
    tx.execute(update(tickets).where(tickets.c.id == bindparam("row")), values)


def _values(row: Ticket) -> dict[str, object]:
    return {
        "id": row.id,
        "number": row.number,
        "subject": row.subject,
        "status": row.status.value,
        "urgency": row.urgency.value,
        "category": row.category,
        "language": row.language,
        "requester": row.requester,
        "mailbox_id": row.mailbox_id,
        "team": row.team,
        "opened_at": row.opened_at,
        "updated_at": row.updated_at,
        "closed_at": row.closed_at,
        "merged_into": row.merged_into,
        "duplicate_of": row.duplicate_of,
        "possible_duplicate_of": row.possible_duplicate_of,
        "claims": row.claims,
        "incident_id": row.incident_id,
    }


def with_ids(tx: Connection, ids: Sequence[int]) -> dict[int, Ticket]:
    """Return tickets by id; locked until the transaction ends, where the database can."""
    if not ids:
        return {}
    query = select(tickets).where(tickets.c.id.in_(sorted(ids))).order_by(tickets.c.id)
    return {
        row.id: Ticket(
            id=row.id,
            number=row.number,
            subject=row.subject,
            status=TicketStatus(row.status),
            urgency=Urgency(row.urgency),
            category=row.category,
            language=row.language,
            requester=row.requester,
            mailbox_id=row.mailbox_id,
            team=row.team,
            opened_at=row.opened_at,
            updated_at=row.updated_at,
            closed_at=row.closed_at,
            merged_into=row.merged_into,
            duplicate_of=row.duplicate_of,
            possible_duplicate_of=row.possible_duplicate_of,
            claims=row.claims,
            incident_id=row.incident_id,
        )
        for row in tx.execute(query.with_for_update())
    }


def ids_of_numbers(tx: Connection, numbers: Sequence[str]) -> dict[str, int]:
    """Return ticket ids by number."""
    if not numbers:
        return {}
    query = select(tickets.c.number, tickets.c.id).where(tickets.c.number.in_(numbers))
    return {row.number: row.id for row in tx.execute(query)}


def participants_of(tx: Connection, ids: Sequence[int]) -> dict[int, set[str]]:
    """Return the participants' addresses, lower case, by ticket."""
    found: dict[int, set[str]] = {ticket_id: set() for ticket_id in ids}
    if ids:
        query = select(participants.c.ticket_id, participants.c.addr_spec)
        for row in tx.execute(query.where(participants.c.ticket_id.in_(ids))):
            found[row.ticket_id].add(row.addr_spec)
    return found


def add_participants(tx: Connection, rows: Sequence[tuple[int, str]], *, added_by: str) -> None:
    """Let addresses speak on tickets; rows are (ticket id, addr-spec in lower case)."""
    if not rows:
        return
    into = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    values = [{"ticket_id": t, "addr_spec": a, "added_by": added_by} for t, a in rows]
    tx.execute(into(participants).on_conflict_do_nothing(), values)


def add_messages(tx: Connection, rows: Sequence[NewMessage]) -> None:
    """Put mails on tickets."""
    if rows:
        names = NewMessage.__slots__
        tx.execute(insert(messages), [{n: getattr(row, n) for n in names} for row in rows])


def add_attachments(tx: Connection, rows: Sequence[tuple[int, int, Attachment]]) -> None:
    """Note what came with mails; rows are (id, message id, attachment)."""
    values = [
        {
            "id": row_id,
            "message_id": message_id,
            "part": found.part,
            "filename": found.filename,
            "content_type": found.content_type,
            "size_bytes": found.size_bytes,
            "sha256": bytes.fromhex(found.sha256),
            "is_inline": found.is_inline,
            "content_id": found.content_id,
            "is_decoration": found.is_decoration,
        }
        for row_id, message_id, found in rows
    ]
    if values:
        tx.execute(insert(attachments), values)


def add_identifiers(tx: Connection, rows: Sequence[tuple[int, int, str, str]]) -> None:
    """Note what names a case; rows are (ticket id, message id, kind, value)."""
    if not rows:
        return
    into = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    values = [
        {"ticket_id": t, "message_id": m, "kind": kind, "value": value}
        for t, m, kind, value in rows
    ]
    tx.execute(into(identifiers).on_conflict_do_nothing(), values)


def link_inbound(tx: Connection, rows: Sequence[tuple[int, int]]) -> None:
    """Name the ledger rows in which our messages were found; (message id, inbound id) pairs."""
    if rows:
        tx.execute(
            update(messages)
            .where(messages.c.id == bindparam("row"))
            .values(inbound_id=bindparam("found")),
            [{"row": message, "found": inbound} for message, inbound in rows],
        )
