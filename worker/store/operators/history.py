"""What happened, as operators read it, and what became of one mail."""

from collections.abc import Sequence

from sqlalchemy import Connection, Text, cast, select

from worker.store.operators.shown import Shown, all_shown, shown
from worker.store.schema import answers, events, messages

_COLUMNS = (events.c.at, events.c.kind, events.c.actor, events.c.reason, events.c.evidence)


def of_ticket(tx: Connection, ticket_id: int) -> list[Shown]:
    """Return the events of a ticket, in order."""
    query = select(*_COLUMNS).where(events.c.ticket_id == ticket_id)
    return all_shown(tx.execute(query.order_by(events.c.id)))


def marks_of(tx: Connection, ticket_ids: Sequence[int]) -> dict[int, list[str]]:
    """Return what mails on tickets were marked with, each mark once, in order."""
    found: dict[int, list[str]] = {}
    if not ticket_ids:
        return found
    query = (
        select(events.c.ticket_id, events.c.evidence)
        .where(events.c.ticket_id.in_(ticket_ids), events.c.kind == "mail.decided")
        # Most mails have none: they stay where they are.
        .where(cast(events.c.evidence, Text).like('%"marks"%'))
        .order_by(events.c.id)
    )
    for row in tx.execute(query):
        marks = row.evidence.get("marks", ()) if isinstance(row.evidence, dict) else ()
        known = found.setdefault(row.ticket_id, [])
        known += [name for name, *_ in marks if name not in known]
    return found


def of_mail(tx: Connection, inbound_id: int) -> list[Shown]:
    """Return the events of one row of the ledger, in order."""
    query = select(*_COLUMNS).where(events.c.inbound_id == inbound_id)
    return all_shown(tx.execute(query.order_by(events.c.id)))


def answer_to(tx: Connection, inbound_id: int) -> Shown | None:
    """Return the latest answer, or silence, that a mail caused."""
    query = (
        select(answers.c.id, answers.c.kind, answers.c.language, answers.c.state)
        .add_columns(answers.c.reason)
        .join(messages, messages.c.id == answers.c.cause)
        .where(messages.c.inbound_id == inbound_id)
        .order_by(answers.c.id.desc())
    )
    row = tx.execute(query.limit(1)).first()
    return None if row is None else shown(row)
