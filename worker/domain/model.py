"""Weighs the clues of a mail with weights that were learnt from labelled mail.

One linear model with a column for each kind of case: a rule of the labelling guide (`C1`,
`H2`, ...) in one category, with the urgency that the guide gives it. What is probable for the
kinds adds up to what is probable for an urgency and for a category. Terms are found in one pass
over the words, whatever their number. See worker.adapters.learning for how weights are learnt.
"""

import heapq
import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from worker.domain.judgement import Urgency

_LANE_BITS = 24
"""Room for the sum of 65,536 weights."""
_LANE_BYTES = _LANE_BITS // 8
_SHIFT = 128
"""Added to each weight, so that no lane is negative."""
_REASONS = 3


class Clues(NamedTuple):
    words: str
    """Subject and body: words with a space on either side, characters without; ` . ` parts
    sentences, ` / ` the subject from the body."""
    concepts: frozenset[str]
    """`told:stolen`, `rule:C1.stolen`, `named:txid` and the like."""


class Case(NamedTuple):
    """A kind of case that mail is labelled with."""

    kind: str
    urgency: Urgency
    category: str


class Opinion(NamedTuple):
    """What the model thinks of a mail."""

    urgency: Mapping[Urgency, float]
    """Probabilities; they add up to 1."""
    category: Mapping[str, float]
    likeliest: Case
    """The likeliest kind of the likeliest urgency."""
    reasons: tuple[str, ...]
    """The terms that spoke most for it, strongest first."""


class Weights(NamedTuple):
    """What clues of one sort weigh."""

    by_clue: Mapping[str, Sequence[int]]
    """Clue -> a weight from -127 to 127 for each case."""
    unit: float
    """One unit of weight, as log odds."""


def pack(weights: Sequence[int]) -> int:
    """Put weights side by side into one integer; sums of such hold the sums of each column."""
    lanes = bytearray(len(weights) * _LANE_BYTES)
    lanes[::_LANE_BYTES] = bytes(weight + _SHIFT for weight in weights)
    return int.from_bytes(lanes, "little")


def unpack(total: int, *, summands: int, columns: int) -> list[int]:
    """Take a sum of `summands` packed rows apart."""
    octets = total.to_bytes(columns * _LANE_BYTES, "little")
    below = summands * _SHIFT
    return [
        int.from_bytes(octets[at : at + _LANE_BYTES], "little") - below
        for at in range(0, len(octets), _LANE_BYTES)
    ]


class Model:
    """Weights ready for use."""

    __slots__ = (
        "_bias",
        "_concepts",
        "_finder",
        "_packed",
        "_terms",
        "_units",
        "_weights",
        "cases",
    )

    def __init__(
        self,
        *,
        cases: Iterable[Case],
        bias: Iterable[float],
        terms: Weights,
        concepts: Weights,
    ) -> None:
        """bias: log odds of each case before anything is told."""
        self.cases = tuple(cases)
        self._bias = tuple(bias)
        self._terms = tuple(terms.by_clue)
        self._weights = tuple(array("b", row) for row in terms.by_clue.values())
        self._packed = tuple(pack(row) for row in self._weights)
        self._concepts = {clue: pack(row) for clue, row in concepts.by_clue.items()}
        self._units = (terms.unit, concepts.unit)
        self._finder = AhoCorasick(self._terms)

    def weigh(self, clues: Clues) -> Opinion:
        """Form an opinion of a mail."""
        matches = self._finder.find_matches_as_indexes(clues.words, overlapping=True)
        found = {match[0] for match in matches}
        packed = self._packed
        sides = (
            [packed[index] for index in found],
            [self._concepts[c] for c in clues.concepts if c in self._concepts],
        )
        odds = list(self._bias)
        for rows, unit in zip(sides, self._units, strict=True):
            if rows:
                # A long mail tells more clues, but no more than a short one: shares shrink.
                share = unit / math.sqrt(len(rows))
                sums = unpack(sum(rows), summands=len(rows), columns=len(odds))
                odds = [odd + share * weight for odd, weight in zip(odds, sums, strict=True)]
        return self._opinion(odds, found)

    def _opinion(self, odds: Sequence[float], found: Iterable[int]) -> Opinion:
        highest = max(odds)
        chances = [math.exp(odd - highest) for odd in odds]
        total = sum(chances)
        urgency = dict.fromkeys(Urgency, 0.0)
        category: dict[str, float] = {}
        for case, chance in zip(self.cases, chances, strict=True):
            urgency[case.urgency] += chance / total
            category[case.category] = category.get(case.category, 0.0) + chance / total
        level = max(urgency, key=lambda u: urgency[u])
        best = max(
            (place for place, case in enumerate(self.cases) if case.urgency is level),
            key=lambda place: chances[place],
        )
        return Opinion(urgency, category, self.cases[best], self._reasons(best, found))

    def _reasons(self, column: int, found: Iterable[int]) -> tuple[str, ...]:
        """The terms of `found` that weigh most in `column`; none inside a stronger one."""
        weights = self._weights
        ranked = heapq.nlargest(_REASONS * 4, found, key=lambda index: weights[index][column])
        chosen: list[str] = []
        for index in ranked:
            term = self._terms[index]
            if not any(term in other or other in term for other in chosen):
                chosen.append(term)
        return tuple(term.strip() for term in chosen[:_REASONS])
