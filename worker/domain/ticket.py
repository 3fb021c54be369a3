"""What a ticket can be, and what happens to its state when mail comes. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum


class TicketStatus(StrEnum):
    OPEN = "open"
    WAITING = "waiting"
    ON_HOLD = "on_hold"
    CLOSED = "closed"
    MERGED = "merged"


def may_reopen(*, closed_at: datetime | None, now: datetime, window: timedelta) -> bool:
    """Tell whether mail on a closed ticket reopens it; later it opens a linked one instead."""
    return closed_at is None or now - closed_at <= window
