"""The states of an answer and how long to wait before it is tried again. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum


class AnswerState(StrEnum):
    """queued -> sending -> sent | queued (deferred) | uncertain | failed.

    Whether an answer is suppressed is decided before it is queued.
    """

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    """The server may have taken it; it is tried again with the same bytes and Message-ID."""
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"


MIN_ATTEMPTS = 8
"""A clock that jumps ahead must not bury answers: age alone gives nothing up."""


def backoff(attempts: int, *, first: timedelta, longest: timedelta, jitter: float) -> timedelta:
    """Return the wait after `attempts` tries: first, x2 each, at most `longest`.

    jitter: 0 to 1, spreads the wait by up to a quarter, so that rows do not march in step.
    """
    wait = min(first * 2 ** min(attempts - 1, 30), longest) if attempts > 0 else first
    return wait * (1 + jitter / 4)


def is_given_up(
    attempts: int, *, queued_at: datetime, now: datetime, give_up_after: timedelta
) -> bool:
    """Tell whether an answer is old and was tried often enough (RFC 5321 section 4.5.4.1)."""
    return attempts >= MIN_ATTEMPTS and now - queued_at >= give_up_after
