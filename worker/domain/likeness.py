"""Measures how alike the words of two mails are, whatever their script.

Pure. Numbers are kept apart from words: equal words with other numbers are a form filled in
twice. Words count by their first letters; scripts without spaces by pairs of characters.
"""

import functools
import re
from typing import NamedTuple

from worker.domain.phrases import fold, join_contractions, tokenise

LONGEST = 6000
"""Characters of a text that are compared; more would cost much and tell little."""
STEM = 5
RUN = 4
RUNS_UP_TO = 60
"""Words; in longer texts the words alone tell enough."""
FEWEST = 4
"""A shorter text is measured as if it had so many words: two words prove little."""
_REMEMBERED = 1000
_DIGITS = re.compile(r"\d")
_GROUPED = re.compile(r"(?<=\d)[.,' ](?=\d{3}(?:\D|$))")
_NUMBER = re.compile(r"[a-z0-9]*\d(?:[a-z0-9]|[.:/-](?=[a-z0-9]))*")
_SPACELESS = re.compile(r"[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0e7f\u3005]")


class Words(NamedTuple):
    """What of a text is compared."""

    stems: frozenset[str]
    pairs: frozenset[str]
    """Those of the stems that are two characters of a script without spaces."""
    runs: frozenset[str]
    """Rows of four letters, word borders included: they forgive typing errors and endings."""
    words: frozenset[str]
    """All words but numbers."""
    numbers: frozenset[str]
    """Everything with a digit in it, thousands written together."""


@functools.lru_cache(maxsize=_REMEMBERED)
def words_of(text: str, common: frozenset[str] = frozenset()) -> Words:
    """Take a text apart.

    common: words that everybody writes, which prove nothing.
    """
    folded = join_contractions(fold(text[:LONGEST]))
    tokens = tokenise(folded)
    stems: set[str] = set()
    pairs: set[str] = set()
    plain: list[str] = []
    before, end = "", -1
    for word, start in zip(tokens.words, tokens.starts, strict=True):
        if _DIGITS.search(word):
            before, end = "", -1
            continue
        plain.append(word)
        if len(word) == 1 and _SPACELESS.match(word):
            if start == end:
                pairs.add(before + word)
            before, end = word, start + 1
        elif len(word) > 1 and word not in common:
            stems.add(word[:STEM])
    stems |= pairs
    line = " ".join(plain if len(plain) <= RUNS_UP_TO else ())
    runs = frozenset(line[i : i + RUN] for i in range(len(line) - RUN + 1))
    return Words(frozenset(stems), frozenset(pairs), runs, frozenset(plain), _numbers(folded))


def _numbers(folded: str) -> frozenset[str]:
    return frozenset(found[0] for found in _NUMBER.finditer(_GROUPED.sub("", folded)))


def shared(one: frozenset[str], other: frozenset[str]) -> float:
    """Return which part of the smaller set the larger one holds: 0 to 1."""
    smaller = min(len(one), len(other))
    return len(one & other) / max(smaller, FEWEST) if smaller else 0.0


def alike(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the Jaccard likeness of two sets: 0 to 1, two empty ones unlike."""
    if not one or not other:
        return 0.0
    both = len(one & other)
    return both / (len(one) + len(other) - both)
