"""Tickets as operators list, read and change them."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    func,
    or_,
    select,
    true,
    update,
)

from worker.domain.ticket import TicketStatus
from worker.store.operators.shown import Shown, all_shown, shown
from worker.store.schema import (
    answers,
    attachments,
    identifiers,
    inbound,
    mailboxes,
    messages,
    tickets,
)

ENDED = (TicketStatus.CLOSED.value, TicketStatus.MERGED.value)


SEARCHED = ("uid", "txid", "order_id", "ticket_id", "address", "mistyped_address")
"""Kinds of identifiers that name one case."""


def listed(
    tx: Connection,
    *,
    active: bool,
    equal: Mapping[str, str | None],
    limit: int,
    search: str | None = None,
) -> list[Shown]:
    """Return tickets, the latest opened first.

    active: leave out closed and merged ones.
    equal: wanted values of status, urgency, category, mailbox, requester; None: any.
    search: an identifier or a number, whole; or words that the subject holds; None: any.
    """
    query = _rows()
    columns = {**tickets.c, "mailbox": mailboxes.c.name}
    for name, wanted in equal.items():
        if wanted is not None:
            query = query.where(columns[name] == wanted)
    if active:
        query = query.where(tickets.c.status.not_in(ENDED))
    if search is not None:
        query = query.where(_named_or_about(search.strip()))
    return all_shown(tx.execute(query.order_by(tickets.c.id.desc()).limit(limit)))


def _named_or_about(words: str) -> ColumnElement[bool]:
    """Tickets that `words` name; else those whose subject holds all of them."""
    forms = {form for whole in (words, words.lstrip("#")) for form in _cases(whole)}
    named = select(identifiers.c.ticket_id).where(
        identifiers.c.kind.in_(SEARCHED), identifiers.c.value.in_(forms)
    )
    subject = func.lower(tickets.c.subject)
    about = [subject.contains(word, autoescape=True) for word in words.lower().split()]
    return or_(tickets.c.id.in_(named), tickets.c.number.in_(forms), and_(true(), *about))


def _cases(value: str) -> tuple[str, str, str]:
    """As written, and as other programs print hexadecimal digits."""
    upper = f"0x{value[2:].upper()}" if value[:2].lower() == "0x" else value.upper()
    return value, value.lower(), upper


def by_number(tx: Connection, number: str) -> Shown | None:
    """Return one ticket."""
    row = tx.execute(_rows().where(tickets.c.number == number)).first()
    return None if row is None else shown(row)


def _rows() -> Select[*tuple[object, ...]]:
    """Tickets with mailbox and count of messages; other tickets stand by their number."""
    count = select(func.count()).where(messages.c.ticket_id == tickets.c.id)
    others = {
        name: select(other.c.number).where(other.c.id == tickets.c[name]).scalar_subquery()
        for name in ("duplicate_of", "possible_duplicate_of", "merged_into")
        for other in (tickets.alias(f"other_{name}"),)
    }
    names = ("id", "number", "status", "urgency", "category", "language", "requester")
    return select(
        *(tickets.c[name] for name in (*names, "subject")),
        mailboxes.c.name.label("mailbox"),
        *(tickets.c[name] for name in ("team", "opened_at", "updated_at", "closed_at")),
        count.scalar_subquery().label("messages"),
        *(other.label(name) for name, other in others.items()),
        tickets.c.claims,
    ).outerjoin(mailboxes, mailboxes.c.id == tickets.c.mailbox_id)


def messages_of(tx: Connection, ticket_id: int) -> list[Shown]:
    """Return what was written on a ticket, in order; attachments stand apart.

    origin: number of the ticket on which it was recorded first; None when that is this one.
    """
    origin = tickets.alias("origin")
    query = (
        select(
            messages.c.id,
            messages.c.inbound_id,
            messages.c.direction,
            messages.c.sent_at.label("date"),
            messages.c.sender.label("from"),
            messages.c.subject,
            messages.c.text,
            messages.c.kind,
            messages.c.is_unverified.is_(False).label("verified"),
            messages.c.message_id,
            origin.c.number.label("origin"),
            inbound.c.blob_key,
        )
        .outerjoin(origin, origin.c.id == messages.c.origin_ticket_id)
        .outerjoin(inbound, inbound.c.id == messages.c.inbound_id)
        .where(messages.c.ticket_id == ticket_id)
        .order_by(messages.c.id)
    )
    return [row | {"verified": bool(row["verified"])} for row in all_shown(tx.execute(query))]


def attachments_of(tx: Connection, ticket_id: int) -> list[Shown]:
    """Return the attachments of all messages of a ticket, with `message`."""
    query = (
        select(
            attachments.c.message_id.label("message"),
            attachments.c.id,
            attachments.c.filename,
            attachments.c.content_type,
            attachments.c.size_bytes.label("size"),
            attachments.c.sha256,
            attachments.c.is_inline.label("inline"),
            attachments.c.is_decoration.label("decoration"),
        )
        .join(messages, messages.c.id == attachments.c.message_id)
        .where(messages.c.ticket_id == ticket_id)
        .order_by(attachments.c.id)
    )
    return [row | {"message": str(row["message"])} for row in all_shown(tx.execute(query))]


def identifiers_of(tx: Connection, ticket_id: int) -> dict[str, list[str]]:
    """Return what names the case, by kind, each value once, in order of appearance."""
    query = (
        select(identifiers.c.kind, identifiers.c.value)
        .where(identifiers.c.ticket_id == ticket_id)
        .order_by(identifiers.c.message_id)
    )
    found: dict[str, dict[str, None]] = {}
    for kind, value in tx.execute(query):
        found.setdefault(kind, {})[value] = None
    return {kind: list(values) for kind, values in found.items()}


def composed(tx: Connection, message_id: str) -> bytes | None:
    """Return the bytes of an answer of ours; None when it has none yet."""
    query = select(answers.c.composed).where(answers.c.message_id == message_id)
    return tx.execute(query).scalar()


def change(
    tx: Connection,
    ticket_id: int,
    *,
    statuses: tuple[TicketStatus, ...],
    values: Mapping[str, object],
    now: datetime,
) -> bool:
    """Write new values, if the ticket still has one of `statuses`; False when it has not."""
    done = tx.execute(
        update(tickets)
        .where(tickets.c.id == ticket_id)
        .where(tickets.c.status.in_([status.value for status in statuses]))
        .values({**values, "updated_at": now})
    )
    return done.rowcount == 1
