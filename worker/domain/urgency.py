"""Decides how urgent a mail is: by the facts it tells, never by its tone.

A fact is a constellation of concepts within reach of each other; the highest fact decides. Caps
(solved, already secured) bound it. Facts that only the subject tells yield to a body that
speaks against them.
"""

from collections.abc import Iterable
from typing import NamedTuple

from worker.domain.judgement import Hit, Urgency
from worker.domain.phrases import Mention
from worker.domain.reading import Reading
from worker.domain.rules import Cap, Fact, RuleSet


class _Found(NamedTuple):
    fact: Fact
    hit: Hit
    sentence: int
    """The last in which it is told."""


class Verdict(NamedTuple):
    urgency: Urgency
    hits: tuple[Hit, ...]
    """Strongest first."""
    facts: tuple[Fact, ...]
    """Those that count, strongest first."""


def decide(
    reading: Reading, *, known: Iterable[str], has_secret: bool, rules: RuleSet
) -> Verdict:
    """Weigh what `reading` tells.

    known: concepts that hold for the whole mail without being words of it, such as sums.
    """
    beyond = frozenset(known)
    told = reading.all_told | beyond
    doubted = any(
        m.concept in rules.modality.doubt and m.sentence >= reading.body_starts
        for m in reading.topics
    )
    found: list[_Found] = []
    for fact in rules.facts:
        if all(not group.isdisjoint(told) for group in fact.all_of):
            match = _match(fact, reading, beyond, doubted=doubted)
            if match is not None:
                sentence, words = match
                found.append(_Found(fact, Hit(fact.name, words, fact.points), sentence))
    secret = rules.secret_fact
    if has_secret and secret:
        found.append(_Found(secret, Hit(secret.name, "", secret.points), 0))
    caps = [c for c in rules.caps if _applies(c, told)]
    return _settle(found, caps, reading, rules)


def _match(
    fact: Fact, reading: Reading, beyond: frozenset[str], *, doubted: bool
) -> tuple[int, str] | None:
    """Where and in which words `reading` tells `fact`; None when it does not.

    doubted: the body speaks against what only the subject tells.
    """
    if not fact.unless.isdisjoint(reading.all_told):
        return None
    if fact.reach < 0:
        if not fact.none_of.isdisjoint(reading.all_told | beyond):
            return None
        return 0, _words(fact, reading, None)
    numbers = sorted(reading.by_sentence)
    for place, number in enumerate(numbers):
        window = numbers[place : place + fact.reach + 1]
        window = [n for n in window if n - number <= fact.reach * 2]
        if doubted and window[-1] < reading.body_starts:
            continue
        concepts: set[str] = set(beyond)
        for n in window:
            concepts |= reading.by_sentence[n]
        if all(not g.isdisjoint(concepts) for g in fact.all_of) and fact.none_of.isdisjoint(
            concepts
        ):
            return number, _words(fact, reading, window)
    return None


def _words(fact: Fact, reading: Reading, window: list[int] | None) -> str:
    chosen: list[Mention] = []
    for group in fact.all_of:
        for m in reading.told:
            if m.concept in group and (window is None or m.sentence in window):
                chosen.append(m)
                break
    return reading.words_of(chosen)


def _applies(cap: Cap, told: frozenset[str] | set[str]) -> bool:
    return all(not g.isdisjoint(told) for g in cap.all_of) and cap.unless.isdisjoint(told)


def _settle(found: list[_Found], caps: list[Cap], reading: Reading, rules: RuleSet) -> Verdict:
    found.sort(key=lambda f: -f.hit.points)
    levels = [_capped(f, caps, reading) for f in found if f.fact.urgency is not None] or [
        rules.default_urgency
    ]
    hits = [f.hit for f in found] + [Hit(c.name, _cap_words(c, reading), -1) for c in caps]
    return Verdict(
        max(levels, key=lambda level: level.rank), tuple(hits), tuple(f.fact for f in found)
    )


def _capped(found: _Found, caps: list[Cap], reading: Reading) -> Urgency:
    level = found.fact.urgency or Urgency.LOW
    if found.fact.is_firm:
        return level
    for cap in caps:
        if _concerns(cap, found.fact) and _comes_after(cap, found.sentence, reading):
            level = min(level, cap.urgency, key=lambda u: u.rank)
    return level


def _comes_after(cap: Cap, sentence: int, reading: Reading) -> bool:
    """Whether `cap` is told no earlier than a fact: in the end it is how things stand.

    What the subject says holds for all that follows.
    """
    told = [m.sentence for m in reading.told if any(m.concept in g for g in cap.all_of)]
    return not told or max(told) >= sentence or min(told) < reading.body_starts


def _concerns(cap: Cap, fact: Fact) -> bool:
    return not cap.applies_to or any(fact.name.startswith(p) for p in cap.applies_to)


def _cap_words(cap: Cap, reading: Reading) -> str:
    return reading.words_of(
        [m for g in cap.all_of for m in reading.told if m.concept in g][: len(cap.all_of)]
    )
