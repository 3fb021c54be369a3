"""Answers and silences as operators read them, and what they may do to them."""

from collections.abc import Mapping

from sqlalchemy import Connection, Select, select, update

from worker.domain.delivery import AnswerState
from worker.store.operators.shown import Shown, all_shown, shown
from worker.store.schema import answers, messages, tickets


def listed(tx: Connection, *, state: str | None, ticket: str | None, limit: int) -> list[Shown]:
    """Return answers, the latest first."""
    query = _rows()
    if state is not None:
        query = query.where(answers.c.state == state)
    if ticket is not None:
        query = query.where(tickets.c.number == ticket)
    return all_shown(tx.execute(query.order_by(answers.c.id.desc()).limit(limit)))


def of_ticket(tx: Connection, ticket_id: int) -> list[Shown]:
    """Return the answers of one ticket, in order."""
    query = _rows().where(answers.c.ticket_id == ticket_id)
    return all_shown(tx.execute(query.order_by(answers.c.id)))


def by_id(tx: Connection, answer_id: int) -> Shown | None:
    """Return one answer with its words; those are None until it is composed."""
    query = (
        _rows()
        .add_columns(answers.c.ticket_id, answers.c.mailbox, answers.c.message_id)
        .add_columns(messages.c.subject, messages.c.text, answers.c.cause)
        .outerjoin(
            messages,
            (messages.c.message_id == answers.c.message_id) & (messages.c.direction == "out"),
        )
    )
    row = tx.execute(query.where(answers.c.id == answer_id)).first()
    return None if row is None else shown(row)


def _rows() -> Select[*tuple[object, ...]]:
    names = ("kind", "language", "recipient", "state", "reason", "attempts")
    return select(
        answers.c.id,
        tickets.c.number.label("ticket"),
        *(answers.c[name] for name in names),
        *(answers.c[name] for name in ("queued_at", "sent_at", "next_attempt_at")),
    ).outerjoin(tickets, tickets.c.id == answers.c.ticket_id)


def change(
    tx: Connection,
    answer_id: int,
    *,
    states: tuple[AnswerState, ...],
    values: Mapping[str, object],
) -> bool:
    """Write new values, if the answer still has one of `states`; False when it has not."""
    done = tx.execute(
        update(answers)
        .where(answers.c.id == answer_id)
        .where(answers.c.state.in_([state.value for state in states]))
        .values(dict(values))
    )
    return done.rowcount == 1
