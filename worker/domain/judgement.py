"""What a mail is about: the value that judging makes and tickets, answers and people read.

Each finding carries its reasons. Nothing here judges: see language, identifiers, secrets,
urgency.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Urgency(StrEnum):
    """How soon a person has to look."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for low up to 3 for critical."""
        return list(Urgency).index(self)


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that spoke, the words that made it speak, and what it weighed."""

    rule: str
    text: str
    points: int


@dataclass(frozen=True, slots=True)
class Mark:
    """Something noted beside the urgency, which it never decides."""

    name: str
    """self_harm, legal_letter, asks_human, anger, or what the desk's rules name."""
    text: str
    """The words that made it known."""
    hits: tuple[str, ...] = ()
    """Names of the hits that say the same."""


@dataclass(frozen=True, slots=True)
class Amount:
    value: float
    """万, k and the like expanded."""
    coin: str
    """Ticker or fiat code in upper case."""


@dataclass(frozen=True, slots=True)
class Instant:
    """A time that the words tell plainly."""

    words: str
    """As written; one of Identifiers.time."""
    at: datetime
    """Aware UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifiers:
    """What names the case, as the customer wrote it, each once, in order of appearance."""

    uid: tuple[str, ...] = ()
    txid: tuple[str, ...] = ()
    order_id: tuple[str, ...] = ()
    ticket_id: tuple[str, ...] = ()
    address: tuple[str, ...] = ()
    amount: tuple[Amount, ...] = ()
    coin: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    mistyped_address: tuple[str, ...] = ()
    """In the form of an address whose checksum does not hold; none of `address`."""
    instants: tuple[Instant, ...] = ()
    """Those of `time` that are plain (domain.instants)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A text without its secrets."""

    text: str
    """Each secret replaced by a note such as `[removed: mnemonic, 12 words]`."""
    kinds: tuple[str, ...] = ()
    """password private_key mnemonic api_key otp id_number card; each once, as they appear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    language: str
    """BCP-47, e.g. en, zh-Hans, zh-Hant; "und" when nothing tells."""
    category: str
    urgency: Urgency
    score: int
    hits: tuple[Hit, ...] = ()
    identifiers: Identifiers = field(default_factory=Identifiers)
    missing: tuple[str, ...] = ()
    """What a good report of this category would hold and this one does not."""
    told: tuple[str, ...] = ()
    """Concepts that the writer tells, sorted; they are the same in every language."""
    marks: tuple[Mark, ...] = ()
    """Each name once, in the order of the rules."""
    at_stake: float | None = None
    """Rough worth of the largest sum named, in dollars; None where none is known."""

    @property
    def mark_names(self) -> tuple[str, ...]:
        return tuple(mark.name for mark in self.marks)
