"""Writes the event of an operator's act beside its change."""

from sqlalchemy import Connection

from worker.context import Desk
from worker.store import events

NEEDED = 1
"""Ids that an act needs; call `desk.ids.ensure` before its transaction."""


def tell(
    desk: Desk,
    tx: Connection,
    kind: str,
    *,
    actor: str,
    reason: str = "",
    ticket_id: int | None = None,
    inbound_id: int | None = None,
    evidence: dict[str, object] | None = None,
) -> None:
    """Note what `actor` did; an empty reason is none."""
    event = events.NewEvent(
        id=desk.ids.next(),
        at=desk.now(),
        kind=kind,
        actor=actor,
        ticket_id=ticket_id,
        inbound_id=inbound_id,
        reason=reason or None,
        evidence=evidence,
    )
    events.add(tx, [event])
