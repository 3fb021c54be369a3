"""What became of each mail of the ledger, in one view: its decision, its ticket, its answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from worker.store.schema import answers, events, inbound, messages, tickets

TICKET_EVENTS = ("ticket.opened", "ticket.followed_up", "ticket.repeated", "ticket.linked")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerView:
    """The answer to one mail, or its silence."""

    kind: str
    language: str
    state: str
    reason: str | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailView:
    """One row of the ledger and what was made of it."""

    inbound_id: int
    uid: int
    state: str
    reason: str | None
    ticket_number: str | None
    decision: Mapping[str, object]
    """Language, category, urgency, secrets and more, as they were traced; empty before."""
    evidence: tuple[str, ...]
    """Why it stands on its ticket; empty where it opened one."""
    claims: tuple[str, ...]
    """What points to another ticket without proof; empty mostly."""
    answer: AnswerView | None


def mails(tx: Connection) -> tuple[MailView, ...]:
    """Return every mail of the ledger, in order of arrival. For small ledgers."""
    told = _answers(tx)
    decided = _events(tx, ("mail.decided",))
    placed = _events(tx, TICKET_EVENTS)
    ledger = inbound.outerjoin(tickets, inbound.c.ticket_id == tickets.c.id)
    columns = (
        inbound.c.id,
        inbound.c.uid,
        inbound.c.state,
        inbound.c.reason,
        tickets.c.number,
    )
    query = select(*columns).select_from(ledger).order_by(inbound.c.id)
    return tuple(
        MailView(
            inbound_id=row.id,
            uid=row.uid,
            state=row.state,
            reason=row.reason,
            ticket_number=row.number,
            decision=decided.get(row.id, {}),
            evidence=_texts(placed.get(row.id, {}).get("evidence")),
            claims=_texts(placed.get(row.id, {}).get("claims")),
            answer=told.get(row.id),
        )
        for row in tx.execute(query)
    )


def _answers(tx: Connection) -> dict[int, AnswerView]:
    caused = answers.join(messages, answers.c.cause == messages.c.id)
    columns = (
        messages.c.inbound_id,
        answers.c.kind,
        answers.c.language,
        answers.c.state,
        answers.c.reason,
        answers.c.sent_at,
    )
    query = select(*columns).select_from(caused).where(messages.c.inbound_id.is_not(None))
    return {
        row.inbound_id: AnswerView(
            kind=row.kind,
            language=row.language,
            state=row.state,
            reason=row.reason,
            sent_at=row.sent_at,
        )
        for row in tx.execute(query)
    }


def _events(tx: Connection, kinds: Sequence[str]) -> dict[int, dict[str, object]]:
    query = select(events.c.inbound_id, events.c.evidence).where(
        events.c.inbound_id.is_not(None), events.c.kind.in_(kinds)
    )
    rows = tx.execute(query.order_by(events.c.id))
    return {row.inbound_id: row.evidence or {} for row in rows}


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else ()
