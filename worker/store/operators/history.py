"""What happened, as operators read it, and what became of one mail."""

from sqlalchemy import Connection, select

from worker.store.operators.shown import Shown, all_shown, shown
from worker.store.schema import answers, events, messages

_COLUMNS = (events.c.at, events.c.kind, events.c.actor, events.c.reason, events.c.evidence)


def of_ticket(tx: Connection, ticket_id: int) -> list[Shown]:
    """Return the events of a ticket, in order."""
    query = select(*_COLUMNS).where(events.c.ticket_id == ticket_id)
    return all_shown(tx.execute(query.order_by(events.c.id)))


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
