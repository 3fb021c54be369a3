"""Finds where regular expressions can begin to match, for many of them in one pass.

What a match can begin with is read off the expression: `(?:my )?uid` begins with `my uid` or
`uid`. All beginnings of all expressions go into one automaton; an expression is tried only
where one of its own stands. One without a beginning that can be listed is tried everywhere.

Linear in the text: a match is looked for in so many characters from its beginning at most.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

from ahocorasick_rs import AhoCorasick

_LENGTH = 6
"""Characters after which a beginning is rare enough."""
_MOST = 2000
"""Beginnings of one expression; rather than more, they stay shorter."""
_WIDEST = 64
"""Characters of a range such as a-z that are listed."""
_LONGEST_MATCH = 400

_SPACES = "".join(c for c in map(chr, range(0x3001)) if c.isspace() and c != " ")
_SAME = dict.fromkeys("123456789", "0") | dict.fromkeys(_SPACES, " ")
_TABLE = str.maketrans(_SAME)
_OTHER_DIGITS = re.compile(f"[{''.join(filter(str.isdecimal, map(chr, range(128, 0x10000))))}]")


def fold(text: str) -> str:
    """Make equal what an expression that ignores case takes as equal, all digits and all space.

    Each character stays in its place.
    """
    if text.isascii():
        return text.lower().translate(_TABLE)
    text = text.replace("İ", "i").lower().replace("ı", "i").replace("ſ", "s")
    for character, same in _SAME.items():  # much faster than translate is beyond ASCII
        text = text.replace(character, same)
    return _OTHER_DIGITS.sub("0", text)


class Finder:
    """Some expressions by name, ready for `search`."""

    def __init__(self, patterns: Mapping[str, Sequence[re.Pattern[str]]]) -> None:
        self._names = tuple(patterns)
        self._patterns = [(name, p) for name, rows in patterns.items() for p in rows]
        begun: dict[str, list[int]] = {}
        self._anywhere: list[int] = []
        self._at_start: list[int] = []
        for number, (_, pattern) in enumerate(self._patterns):
            if _is_anchored(pattern):
                self._at_start.append(number)
            elif found := beginnings(pattern):
                for beginning in found:
                    begun.setdefault(beginning, []).append(number)
            else:
                self._anywhere.append(number)
        self._begun = list(begun.values())
        self._automaton = AhoCorasick(list(begun)) if begun else None

    def search(self, text: str) -> dict[str, list[re.Match[str]]]:
        """The matches of each name, expression by expression, in order."""
        found: dict[str, list[re.Match[str]]] = {name: [] for name in self._names}
        starts = self._starts(text)
        for number in sorted(starts):
            name, pattern = self._patterns[number]
            found[name] += matches_at(pattern, text, starts[number])
        return found

    def _starts(self, text: str) -> dict[int, Iterable[int]]:
        """Where each expression is worth a try, in order."""
        starts: defaultdict[int, list[int]] = defaultdict(list)
        if self._automaton:
            hits = self._automaton.find_matches_as_indexes(fold(text), overlapping=True)
            for beginning, start, _ in hits:
                for number in self._begun[beginning]:
                    starts[number].append(start)
        for found in starts.values():
            found.sort()  # they come in the order of their ends
        at_start = dict.fromkeys(self._at_start, (0,))
        return {**starts, **at_start, **dict.fromkeys(self._anywhere, range(len(text)))}


def matches_at(
    pattern: re.Pattern[str], text: str, starts: Iterable[int]
) -> Iterator[re.Match[str]]:
    """The matches that begin at one of `starts`, which are in order, and do not overlap."""
    reached = 0
    for start in starts:
        if start < reached:
            continue
        found = pattern.match(text, start, start + _LONGEST_MATCH)
        if found:
            yield found
            reached = max(found.end(), start + 1)


def _is_anchored(pattern: re.Pattern[str]) -> bool:
    """Whether `pattern` begins with a `^` that stands for all of it, and for no later line."""
    first = next(iter(_parser.parse(pattern.pattern, pattern.flags)), None)
    return first == (op.AT, op.AT_BEGINNING) and not pattern.flags & re.MULTILINE


class _Begun(NamedTuple):
    text: str
    is_whole: bool
    """Whether what follows in the expression follows right after it."""


_NOTHING = frozenset({_Begun("", True)})
_UNKNOWN = frozenset({_Begun("", False)})


def beginnings(pattern: re.Pattern[str]) -> frozenset[str]:
    """What matches of `pattern` can begin with, folded; none when that cannot be listed."""
    texts = {b.text for b in _of_row(_parser.parse(pattern.pattern, pattern.flags))}
    if "" in texts:
        return frozenset()
    # One that begins with another adds nothing.
    return frozenset(
        t for t in texts if not any(t[:length] in texts for length in range(1, len(t)))
    )


def _of_row(row: Iterable[tuple[Any, Any]]) -> frozenset[_Begun]:
    begun = _NOTHING
    for code, told in row:
        begun = _joined(begun, _of(code, told))
        if not any(b.is_whole and len(b.text) < _LENGTH for b in begun):
            break  # what follows changes nothing any more
    return begun


def _joined(begun: frozenset[_Begun], following: frozenset[_Begun]) -> frozenset[_Begun]:
    going_on = {b for b in begun if b.is_whole and len(b.text) < _LENGTH}
    if len(begun) + len(going_on) * len(following) > _MOST:
        return frozenset(_Begun(b.text, False) for b in begun)
    longer = {_Begun(b.text + f.text, f.is_whole) for b in going_on for f in following}
    return frozenset(longer | {_Begun(b.text, False) for b in begun - going_on})


def _of(code: Any, told: Any) -> frozenset[_Begun]:
    """The beginnings of one node; of an unknown one, anything."""
    if code is op.LITERAL:
        return frozenset({_Begun(fold(chr(told)), True)})
    if code is op.IN:
        return _of_set(told)
    if code is op.BRANCH:
        return frozenset[_Begun]().union(*map(_of_row, told[1]))
    if code is op.SUBPATTERN:
        return _of_row(told[-1])
    if code is op.ATOMIC_GROUP:
        return _of_row(told)
    if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        return _of_repeat(*told)
    return _NOTHING if code in (op.ASSERT, op.ASSERT_NOT, op.AT) else _UNKNOWN


def _of_repeat(least: int, most: int, row: Iterable[tuple[Any, Any]]) -> frozenset[_Begun]:
    once = _of_row(row)
    times = _NOTHING
    begun = _NOTHING if least == 0 else frozenset[_Begun]()
    for count in range(1, min(int(most), _LENGTH) + 1):
        times = _joined(times, once)
        if count >= least:
            begun |= times
    return begun or times


_KINDS = {op.CATEGORY_DIGIT: "0", op.CATEGORY_SPACE: " "}


def _of_set(items: Iterable[tuple[Any, Any]]) -> frozenset[_Begun]:
    letters: set[str] = set()
    for code, told in items:
        if code is op.LITERAL:
            letters.add(fold(chr(told)))
        elif code is op.RANGE and told[1] - told[0] < _WIDEST:
            letters.update(fold(chr(c)) for c in range(told[0], told[1] + 1))
        elif code is op.CATEGORY and told in _KINDS:
            letters.add(_KINDS[told])
        else:
            return _UNKNOWN
    return frozenset(_Begun(letter, True) for letter in letters)
