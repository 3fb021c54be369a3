"""Notices that many different customers tell the same matter in a short time. Pure.

Each new ticket leaves signals: what it names, a topic, bands of a MinHash over its words. A
surge is one signal from many customers inside a window; a topic must also come far more often
than it usually does, since every day brings deposits that did not arrive.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from worker.domain.judgement import Judgement
from worker.domain.traits import Traits

WORDS, TOPIC = "words", "topic"
NAMED = ("txid", "order_id", "address")
MOST_NAMED, MOST_COINS, MOST_CONCEPTS = 4, 2, 3
"""A mail with more of them is a list; the first ones are taken."""
FEWEST_STEMS = 8
"""Shorter texts say the same by chance."""
BINS, BAND = 12, 3
LONGEST = 120
READ = 80
"""Sightings of one signal that are looked at, latest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """How many customers make an incident of each kind; 0: it is never one."""

    window: timedelta
    same_words: int
    same_identifier: int
    same_topic: int
    surge: float
    """A topic must come so many times as often as usual."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A ticket that left a signal."""

    at: datetime
    ticket_id: int
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Surge:
    """One signal from many customers, and why it is more than chance."""

    key: str
    customers: int
    tickets: tuple[int, ...]
    usual: float | None
    """Customers that the window would bring on other days; None where nobody can tell."""

    @property
    def title(self) -> str:
        kind, _, rest = self.key.partition(":")
        what = "the same words" if kind == WORDS else f"{kind} {rest.replace(':', ' ')}"
        return f"{self.customers} customers: {what}"


def signals_of(judged: Judgement, traits: Traits, stems: frozenset[str]) -> tuple[str, ...]:
    """Return the signals of a mail that opens a ticket; more than one, and never many.

    stems: of the writer's own words (likeness.words_of).
    """
    named = [
        f"{kind}:{value.lower()}"
        for kind in NAMED
        for value in getattr(judged.identifiers, kind)[:MOST_NAMED]
    ]
    topics = []
    if judged.category and judged.category != "other":
        about = (
            *judged.identifiers.coin[:MOST_COINS],
            *sorted(traits.concepts)[:MOST_CONCEPTS],
        )
        topics = [f"{TOPIC}:{judged.category}:{one}" for one in about]
    found = (*named[:MOST_NAMED], *topics, *bands(stems))
    return tuple(dict.fromkeys(key[:LONGEST] for key in found))


def bands(stems: frozenset[str]) -> tuple[str, ...]:
    """Return signals that texts share the likelier, the more of their words they share.

    MinHash by one permutation; an empty bin borrows from its neighbour.
    """
    if len(stems) < FEWEST_STEMS:
        return ()
    least: list[int | None] = [None] * BINS
    for stem in stems:
        digest = hashlib.blake2b(stem.encode("utf-8", "replace"), digest_size=8).digest()
        value = int.from_bytes(digest, "big")
        place = value % BINS
        held = least[place]
        least[place] = value if held is None else min(held, value)
    filled = [next(v for v in (*least[i:], *least) if v is not None) for i in range(BINS)]
    return tuple(
        f"{WORDS}:{start}:"
        + hashlib.blake2b(
            repr(filled[start : start + BAND]).encode(), digest_size=8
        ).hexdigest()
        for start in range(0, BINS, BAND)
    )


def needed(key: str, rules: Thresholds) -> int:
    """Return how many customers must have left a signal; 0: no number is enough."""
    kind = key.partition(":")[0]
    return {WORDS: rules.same_words, TOPIC: rules.same_topic}.get(kind, rules.same_identifier)


def notice(key: str, sightings: Sequence[Sighting], rules: Thresholds) -> Surge | None:
    """Say whether a signal has become a surge.

    sightings: the latest READ of this signal, or all there are; the newest first.
    """
    need = needed(key, rules)
    if not need or len(sightings) < need:
        return None
    start = sightings[0].at - rules.window
    lately = [one for one in sightings if one.at >= start]
    before = sightings[len(lately) :]
    customers = len({one.sender for one in lately})
    usual = _usual(before, start, rules.window)
    if key.startswith(f"{TOPIC}:"):
        # Without a past nobody knows what is usual here.
        need = 2 * need if usual is None else max(need, int(rules.surge * usual))
    if customers < need:
        return None
    tickets = tuple(dict.fromkeys(one.ticket_id for one in lately))
    return Surge(key=key, customers=customers, tickets=tickets, usual=usual)


def _usual(before: Sequence[Sighting], start: datetime, window: timedelta) -> float | None:
    if not before:
        return None
    span = max(start - before[-1].at, window)
    return round(len({one.sender for one in before}) * (window / span), 1)


def text_for(texts: Mapping[str, str], language: str, *, default: str) -> str | None:
    """Choose what to tell customers: in their language, else the nearest, else the desk's."""
    by_tag = {tag.lower(): text for tag, text in texts.items() if text}
    for wanted in (language, default, "en"):
        tag = wanted.lower()
        base = tag.partition("-")[0]
        near = [known for known in by_tag if known.partition("-")[0] == base]
        for known in (tag, base, *near):
            if known in by_tag:
                return by_tag[known]
    return next(iter(by_tag.values()), None)
