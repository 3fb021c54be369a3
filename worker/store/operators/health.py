"""How the desk is: its mailboxes, the oldest work that waits, and what was given up."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Join, func, select, true

from worker.domain.delivery import AnswerState
from worker.domain.screening import InboundState
from worker.store.schema import answers, dead_letters, epochs, gaps, inbound, mailboxes

UNPROCESSED = (InboundState.RECEIVED.value, InboundState.CLAIMED.value)
UNSENT = (AnswerState.QUEUED.value, AnswerState.SENDING.value, AnswerState.UNCERTAIN.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxState:
    """How one mailbox stands."""

    name: str
    polled_at: datetime | None
    """The last poll that went well; None before the first."""
    failing_since: datetime | None
    error: str | None
    lease_until: datetime | None
    folder: str | None
    uidvalidity: int | None
    cursor: int | None
    backlog: int
    """Mails that are ours and not processed."""
    gaps: int
    """Mails that the server lists but would not hand over so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    count: int
    oldest: datetime | None


def mailbox_states(tx: Connection) -> dict[str, MailboxState]:
    """Return every mailbox that was ever polled, by name; its latest epoch counts."""
    waiting = inbound.join(epochs, epochs.c.id == inbound.c.epoch_id)
    backlog = _by_mailbox(tx, waiting, inbound.c.state.in_(UNPROCESSED))
    missing = _by_mailbox(tx, gaps.join(epochs, epochs.c.id == gaps.c.epoch_id), true())
    latest = {row.mailbox_id: row for row in tx.execute(select(epochs).order_by(epochs.c.id))}
    states = {}
    for row in tx.execute(select(mailboxes)):
        epoch = latest.get(row.id)
        states[row.name] = MailboxState(
            name=row.name,
            polled_at=row.polled_at,
            failing_since=row.failing_since,
            error=row.error,
            lease_until=row.lease_until if row.lease_owner else None,
            folder=epoch.folder if epoch else None,
            uidvalidity=epoch.uidvalidity if epoch else None,
            cursor=epoch.cursor if epoch else None,
            backlog=backlog.get(row.id, 0),
            gaps=missing.get(row.id, 0),
        )
    return states


def _by_mailbox(tx: Connection, rows: Join, wanted: ColumnElement[bool]) -> dict[int, int]:
    query = select(epochs.c.mailbox_id, func.count()).select_from(rows).where(wanted)
    return {row[0]: row[1] for row in tx.execute(query.group_by(epochs.c.mailbox_id))}


def unprocessed(tx: Connection) -> Waiting:
    """Return how many mails wait to be processed, and since when the oldest does."""
    query = select(func.count(), func.min(inbound.c.received_at))
    count, oldest = tx.execute(query.where(inbound.c.state.in_(UNPROCESSED))).one()
    return Waiting(count=count, oldest=oldest)


def unsent(tx: Connection) -> Waiting:
    """Return how many answers are owed, and since when the oldest is."""
    query = select(func.count(), func.min(answers.c.queued_at))
    count, oldest = tx.execute(query.where(answers.c.state.in_(UNSENT))).one()
    return Waiting(count=count, oldest=oldest)


def failed_answers(tx: Connection, *, since: datetime) -> int:
    """Count answers that were given up and queued after `since`."""
    query = select(func.count()).where(
        answers.c.queued_at > since, answers.c.state == AnswerState.FAILED.value
    )
    return int(tx.execute(query).scalar_one())


def dead(tx: Connection) -> Waiting:
    """Return how many dead letters wait for a person, and since when the oldest does."""
    query = select(func.count(), func.min(dead_letters.c.buried_at))
    count, oldest = tx.execute(query.where(dead_letters.c.discarded_at.is_(None))).one()
    return Waiting(count=count, oldest=oldest)
