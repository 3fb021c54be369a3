"""What of a mail is kept so that later mails can be compared with it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from worker.domain.judgement import Identifiers, Urgency
from worker.domain.traits import Traits


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What one mail tells, new or earlier."""

    subject: str
    """Without reply and forward prefixes."""
    words: str
    """What this person wrote, without quotes and signature."""
    whole: str = ""
    """The whole text where it holds more than `words`; needed of a new mail only."""
    identifiers: Identifiers = field(default_factory=Identifiers)
    traits: Traits = field(default_factory=Traits)
    urgency: Urgency = Urgency.NORMAL
    language: str = "und"
    at: datetime
    """When the desk took it in, aware UTC."""
    sent_at: datetime | None = None
    """When its sender says it was written: a desk may take in many days of mail at once."""
    ticket_id: int = 0
    inbound_id: int | None = None
    is_same_party: bool = True
    """Earlier mails: whether the new mail's sender is a participant of their ticket."""
    is_closed: bool = False
    """Earlier mails: whether their ticket is closed."""


def gap_between(new: Telling, told: Telling) -> timedelta:
    """The time between two mails; the longer of what the desk and what the senders say."""
    gap = new.at - told.at
    if new.sent_at is None or told.sent_at is None:
        return gap
    return max(gap, new.sent_at - told.sent_at)
