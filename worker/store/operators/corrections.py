"""What operators corrected of the judgements, with the mail that was judged wrongly."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from worker.store.schema import events, messages, tickets

CHANGED = "ticket.changed"


class Correction(NamedTuple):
    """The last word of the operators on a ticket's urgency and category."""

    ticket: str
    """Its number."""
    opened_at: datetime
    subject: str
    own_words: str
    """Sealed, of the first mail on the ticket."""
    language: str
    urgency: str
    category: str


def corrections(tx: Connection) -> list[Correction]:
    """Return the corrected tickets, in order of their first correction."""
    changed: dict[int, dict[str, str]] = {}
    for ticket_id, name, now in _changes(tx):
        changed.setdefault(ticket_id, {})[name] = now
    found = (_correction(tx, ticket_id, told) for ticket_id, told in changed.items())
    return [one for one in found if one is not None]


def _changes(tx: Connection) -> Iterator[tuple[int, str, str]]:
    query = (
        select(events.c.ticket_id, events.c.evidence)
        .where(events.c.kind == CHANGED, events.c.ticket_id.is_not(None))
        .order_by(events.c.id)
    )
    for ticket_id, evidence in tx.execute(query):
        for name in ("urgency", "category"):
            pair = evidence.get(name) if isinstance(evidence, dict) else None
            if isinstance(pair, list) and len(pair) == 2:
                yield ticket_id, name, str(pair[1])


def _correction(tx: Connection, ticket_id: int, told: dict[str, str]) -> Correction | None:
    """None when the mail is no longer there."""
    ticket = tx.execute(
        select(
            tickets.c.number, tickets.c.opened_at, tickets.c.urgency, tickets.c.category
        ).where(tickets.c.id == ticket_id)
    ).first()
    mail = tx.execute(
        select(messages.c.subject, messages.c.text, messages.c.own_words, messages.c.language)
        .where(messages.c.ticket_id == ticket_id, messages.c.direction == "in")
        .order_by(messages.c.id)
        .limit(1)
    ).first()
    if ticket is None or mail is None:
        return None
    return Correction(
        ticket=ticket.number,
        opened_at=ticket.opened_at,
        subject=mail.subject,
        own_words=mail.own_words if mail.own_words is not None else mail.text,
        language=mail.language,
        urgency=told.get("urgency", ticket.urgency),
        category=told.get("category", ticket.category),
    )


class Told(NamedTuple):
    """The first mail of a ticket, to be judged again."""

    ticket: str
    subject: str
    own_words: str
    urgency: str
    category: str


def first_mails(tx: Connection, *, limit: int) -> list[Told]:
    """Return the first mails of the latest tickets, with how they are judged now."""
    earlier = messages.alias("earlier")
    first = (
        select(func.min(earlier.c.id))
        .where(earlier.c.ticket_id == tickets.c.id, earlier.c.direction == "in")
        .correlate(tickets)
        .scalar_subquery()
    )
    query = (
        select(
            tickets.c.number,
            messages.c.subject,
            func.coalesce(messages.c.own_words, messages.c.text),
            tickets.c.urgency,
            tickets.c.category,
        )
        .select_from(tickets)
        .join(messages, messages.c.id == first)
        .order_by(tickets.c.id.desc())
        .limit(limit)
    )
    return [Told(*row) for row in tx.execute(query)]


def opened_since(tx: Connection, since: datetime) -> list[datetime]:
    """Return when tickets were opened, from `since` on."""
    return list(tx.scalars(select(tickets.c.opened_at).where(tickets.c.opened_at >= since)))
