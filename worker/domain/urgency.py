"""Decides how urgent a mail is: by the facts it tells, never by its tone.

A fact is a constellation of concepts within reach of each other; the highest fact decides. Caps
(solved, already secured) bound it. Facts that only the subject tells yield to a body that
speaks against them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Set
from operator import attrgetter
from typing import NamedTuple

from worker.domain.judgement import Hit, Urgency
from worker.domain.phrases import Mention
from worker.domain.reading import Reading
from worker.domain.rules import Cap, Fact, RuleSet

_EVERYWHERE = -1
"""All bits: told in every sentence."""
_SENTENCE = attrgetter("sentence")


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
    places = {n for concept in told for n in rules.facts_by_concept.get(concept, ())}
    sentences = _Sentences(reading, beyond, is_doubted=doubted)
    found: list[_Found] = []
    for fact in (rules.facts[place] for place in sorted(places)):
        match = _match(fact, reading, told, sentences)
        if match is not None:
            number, words = match
            found.append(_Found(fact, Hit(fact.name, words, fact.points), number))
    secret = rules.secret_fact
    if has_secret and secret:
        found.append(_Found(secret, Hit(secret.name, "", secret.points), 0))
    caps = [c for c in rules.caps if _applies(c, told)]
    return _settle(found, caps, reading, rules)


def _match(
    fact: Fact, reading: Reading, told: Set[str], sentences: "_Sentences"
) -> tuple[int, str] | None:
    """Where and in which words `reading` tells `fact`; None when it does not."""
    if not fact.unless.isdisjoint(reading.all_told):
        return None
    if fact.reach < 0:
        if not _is_met(fact.all_of, told) or not fact.none_of.isdisjoint(told):
            return None
        return 0, _words(fact, reading, reading.told)
    window = sentences.window_of(fact)
    if window is None:
        return None
    first, last = window
    # In order of sentences, as they are in order of words.
    begin = bisect_left(reading.told, first, key=_SENTENCE)
    end = bisect_right(reading.told, last, begin, key=_SENTENCE)
    return first, _words(fact, reading, reading.told[begin:end])


class _Sentences:
    """Where each concept is told, as bits: the n-th is the n-th sentence that tells anything.

    A window opens at a sentence and holds as many of the next ones as a fact has reach, and
    none further away than twice its reach.
    """

    def __init__(self, reading: Reading, beyond: frozenset[str], *, is_doubted: bool) -> None:
        self._numbers = sorted(reading.by_sentence)
        self._told = dict.fromkeys(beyond, _EVERYWHERE)
        for place, number in enumerate(self._numbers):
            for concept in reading.by_sentence[number]:
                self._told[concept] = self._told.get(concept, 0) | 1 << place
        counting = (1 << len(self._numbers)) - 1
        if is_doubted:
            # The body speaks against what only the subject tells.
            counting &= _EVERYWHERE << bisect_left(self._numbers, reading.body_starts)
        self._counting = counting
        self._near: dict[int, list[tuple[int, int]]] = {}

    def window_of(self, fact: Fact) -> tuple[int, int] | None:
        """The first window, as its first and last sentence, that tells `fact`."""
        near = self._near_of(fact.reach)
        opening = _opening(self._counting, near)
        for group in fact.all_of:
            opening &= _opening(self._anywhere(group), near)
            if not opening:
                return None
        if fact.none_of:
            opening &= ~_opening(self._anywhere(fact.none_of), near)
        if not opening:
            return None
        place = (opening & -opening).bit_length() - 1
        reached = sum(bits >> place & 1 for _, bits in near)
        return self._numbers[place], self._numbers[place + reached]

    def _anywhere(self, concepts: frozenset[str]) -> int:
        bits = 0
        for concept in concepts & self._told.keys():
            bits |= self._told[concept]
        return bits

    def _near_of(self, reach: int) -> list[tuple[int, int]]:
        """For 1 to `reach` steps: the sentences whose window holds one so many steps on."""
        if reach not in self._near:
            self._near[reach] = [
                (steps, self._whose_next(steps, reach * 2)) for steps in range(1, reach + 1)
            ]
        return self._near[reach]

    def _whose_next(self, steps: int, most: int) -> int:
        pairs = zip(self._numbers, self._numbers[steps:], strict=False)
        return sum(
            1 << place
            for place, (number, onward) in enumerate(pairs)
            if onward - number <= most
        )


def _opening(told: int, near: list[tuple[int, int]]) -> int:
    """Where windows open in which a sentence of `told` stands."""
    bits = told
    for steps, whose in near:
        bits |= told >> steps & whose
    return bits


def _is_met(groups: tuple[frozenset[str], ...], told: Set[str]) -> bool:
    return not any(group.isdisjoint(told) for group in groups)


def _words(fact: Fact, reading: Reading, told: list[Mention]) -> str:
    """The words of the first mention for each group of `fact`."""
    firsts = (next((m for m in told if m.concept in group), None) for group in fact.all_of)
    return reading.words_of(m for m in firsts if m is not None)


def _applies(cap: Cap, told: Set[str]) -> bool:
    return _is_met(cap.all_of, told) and cap.unless.isdisjoint(told)


def _settle(found: list[_Found], caps: list[Cap], reading: Reading, rules: RuleSet) -> Verdict:
    found.sort(key=lambda f: -f.hit.points)
    told = [(cap, _sentences_of(cap, reading)) for cap in caps]
    levels = [_capped(f, told, reading) for f in found if f.fact.urgency is not None] or [
        rules.default_urgency
    ]
    hits = [f.hit for f in found] + [Hit(c.name, _cap_words(c, reading), -1) for c in caps]
    return Verdict(
        max(levels, key=lambda level: level.rank), tuple(hits), tuple(f.fact for f in found)
    )


def _capped(found: _Found, caps: list[tuple[Cap, list[int]]], reading: Reading) -> Urgency:
    level = found.fact.urgency or Urgency.LOW
    if found.fact.is_firm:
        return level
    for cap, told in caps:
        if _concerns(cap, found.fact) and _comes_after(told, found.sentence, reading):
            level = min(level, cap.urgency, key=lambda u: u.rank)
    return level


def _sentences_of(cap: Cap, reading: Reading) -> list[int]:
    """The sentences that tell of `cap`, in order."""
    concepts = frozenset[str]().union(*cap.all_of)
    return [m.sentence for m in reading.told if m.concept in concepts]


def _comes_after(told: list[int], sentence: int, reading: Reading) -> bool:
    """Whether a cap is `told` no earlier than a fact: in the end it is how things stand.

    What the subject says holds for all that follows.
    """
    return not told or told[-1] >= sentence or told[0] < reading.body_starts


def _concerns(cap: Cap, fact: Fact) -> bool:
    return not cap.applies_to or any(fact.name.startswith(p) for p in cap.applies_to)


def _cap_words(cap: Cap, reading: Reading) -> str:
    return reading.words_of(
        [m for g in cap.all_of for m in reading.told if m.concept in g][: len(cap.all_of)]
    )
