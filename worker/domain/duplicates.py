"""Decides whether a mail tells a matter that the same sender has told already.

Pure. It compares the words that a person wrote (no quotes, no signature) by the share of
common character runs, which serves Chinese as well as English, and lets identifiers overrule:
another TxID, order or amount in otherwise equal words is another matter.
"""

import functools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from worker.domain.judgement import Identifiers

RUN = 4
"""Characters in a run."""
SURE = 0.6
SURE_WITH_IDENTIFIER = 0.3
LONGEST = 6000
"""Characters of a text that are compared; more would cost much and tell little."""
NOISE = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an earlier mail of the same sender said."""

    ticket_id: int
    inbound_id: int | None
    words: frozenset[int]
    identifiers: Identifiers
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """The same matter again."""

    ticket_id: int
    inbound_id: int | None
    """The mail that told it before."""
    score: float
    evidence: tuple[str, ...]


@functools.lru_cache(maxsize=2000)
def runs(text: str) -> frozenset[int]:
    """Return the hashed character runs of a text, folded and without punctuation.

    The hashes hold within one process only.
    """
    folded = NOISE.sub(" ", unicodedata.normalize("NFKC", text[:LONGEST]).casefold()).strip()
    if len(folded) <= RUN:
        return frozenset((hash(folded),)) if folded else frozenset()
    return frozenset(hash(folded[i : i + RUN]) for i in range(len(folded) - RUN + 1))


def find_repeat(
    words: frozenset[int],
    identifiers: Identifiers,
    earlier: Sequence[Told],
    *,
    now: datetime,
    window: timedelta,
) -> Repeat | None:
    """Return the earlier matter that this mail repeats; the best, None when there is none.

    earlier: mails of the same sender, any order; those older than `window` do not count.
    """
    best: Repeat | None = None
    for told in earlier:
        if now - told.at > window or _differ(identifiers, told.identifiers):
            continue
        common = _common(identifiers, told.identifiers)
        score = _likeness(words, told.words)
        if score < (SURE_WITH_IDENTIFIER if common else SURE):
            continue
        if best is None or score > best.score:
            evidence = (f"same sender, {score:.0%} of the words", *common)
            best = Repeat(
                ticket_id=told.ticket_id,
                inbound_id=told.inbound_id,
                score=round(score, 3),
                evidence=evidence,
            )
    return best


def _likeness(one: frozenset[int], other: frozenset[int]) -> float:
    if not one or not other:
        return 0.0
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)


def _differ(one: Identifiers, other: Identifiers) -> bool:
    pairs = (
        (one.txid, other.txid),
        (one.order_id, other.order_id),
        (one.amount, other.amount),
    )
    return any(a and b and not set(a) & set(b) for a, b in pairs)


def _common(one: Identifiers, other: Identifiers) -> tuple[str, ...]:
    shared = (set(one.txid) & set(other.txid)) | (set(one.order_id) & set(other.order_id))
    return tuple(f"same identifier {value[:6]}…" for value in sorted(shared))
