"""What happened, to which ticket or ledger row, by whom, why, and on what evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert

from worker.store.schema import events


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    id: int
    at: datetime
    kind: str
    """A noun and a verb in the past, such as ticket.opened."""
    actor: str
    """worker, or the operator's name."""
    ticket_id: int | None = None
    inbound_id: int | None = None
    reason: str | None = None
    evidence: dict[str, object] | None = None


def add(tx: Connection, rows: Sequence[NewEvent]) -> None:
    """Write events."""
    if rows:
        names = NewEvent.__slots__
        tx.execute(insert(events), [{n: getattr(row, n) for n in names} for row in rows])
