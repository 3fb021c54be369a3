"""Finds BIP-39 mnemonic phrases, also numbered, broken over lines or mistyped.

A run of words of one list counts when it is long enough for nobody to have written it as prose,
or when a shorter one is announced as a phrase. Chinese lists hold the commonest characters, so
there they must stand apart from each other, or be announced and right in number or checksum.
"""

import hashlib
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import accumulate
from operator import sub
from typing import NamedTuple

from mnemonic import Mnemonic

_LENGTHS = (24, 21, 18, 15, 12)
_SHORTEST_TOLD = 6
"""Words that suffice where the text says that they are a phrase."""
_MOST_STRANGERS = 2
"""Words inside a phrase that no list holds: typing errors."""
_NEAR = 90
"""Characters between the words that announce a phrase and the phrase."""
_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_MARKS = "\u0300-\u036f\u3099\u309a"
_WORD = re.compile(rf"[^\W\d_{_HAN}]+(?:[{_MARKS}]+[^\W\d_{_HAN}]*)*")
_ASCII_GAPS = {code: " " for code in range(128) if not chr(code).isalpha()}
_HAN_APART = re.compile(
    rf"(?:[{_HAN}][\s,，、.;；\d:：()（）|/*·•_\"'“”-]{{1,8}}){{11,}}[{_HAN}](?![{_HAN}])"
)
_HAN_TOGETHER = re.compile(rf"(?<![{_HAN}])[{_HAN}]{{12,24}}(?![{_HAN}])")


class Phrase(NamedTuple):
    start: int
    end: int
    words: int


class _Lists(NamedTuple):
    masks: dict[str, int]
    """Word -> bit set of the lists that hold it."""
    numbers: tuple[dict[str, int], ...]
    """Of each list: word -> its number."""


@cache
def _lists() -> _Lists:
    masks: dict[str, int] = {}
    index: list[dict[str, int]] = []
    for bit, name in enumerate(sorted(Mnemonic.list_languages())):
        numbers: dict[str, int] = {}
        for number, word in enumerate(Mnemonic(name).wordlist):
            for form in {_plain(word), _bare(word)}:
                numbers.setdefault(form, number)
                masks[form] = masks.get(form, 0) | 1 << bit
        index.append(numbers)
    return _Lists(masks, tuple(index))


def _plain(word: str) -> str:
    lower = word.lower()
    return lower if lower.isascii() else unicodedata.normalize("NFKD", lower)


def _bare(word: str) -> str:
    """Without accents, as people type; kana and Hangul keep their marks."""
    return "".join(c for c in _plain(word) if not "\u0300" <= c <= "\u036f")


def find_phrases(text: str, *, announced: list[int], known: frozenset[str]) -> list[Phrase]:
    """Find the phrases of `text`.

    announced: where words end that announce a phrase.
    known: phrases of public documentation, words joined by spaces; they are no secret.
    """
    if len(text) < 12:
        return []
    found = _in_words(text, announced, known)
    if not text.isascii():
        found += _in_han(text, announced)
    return sorted(found)


def _in_words(text: str, announced: list[int], known: frozenset[str]) -> list[Phrase]:
    least = _SHORTEST_TOLD if announced else 12 - _MOST_STRANGERS
    if text.isascii():  # str.translate and split take a tenth of the time of an expression
        words = text.lower().translate(_ASCII_GAPS).split()
    else:
        words = [_plain(w) for w in _WORD.findall(text)]
    if len(words) < least:
        return []
    masks = _lists().masks
    if not _is_dense(map(masks.__contains__, words), least):
        return []
    bits = [masks.get(w, 0) for w in words]
    spans = [m.span() for m in _WORD.finditer(text)]
    found: list[Phrase] = []
    place, count = 0, len(words)
    while place + least <= count:
        window = bits[place : place + least]
        if not bits[place] or window.count(0) > _MOST_STRANGERS:
            place += 1
            continue
        bit, last = max(
            ((b, _stretch(words, bits, place, b)) for b in _bits(bits[place])),
            key=lambda pair: pair[1],
        )
        size = last - place
        start, end = spans[place][0], spans[last - 1][1]
        near = _has_between(announced, start - _NEAR, end + _NEAR)
        if near and size < 12 - 1:
            # Short of a whole phrase, strange words may only be slips: prose that warns of
            # phrases ("private key, mnemonic phrase") holds many words of the lists.
            size = next(
                (
                    n
                    for n in range(size)
                    if not bits[place + n] >> bit & 1 and not _is_near(words[place + n], bit)
                ),
                size,
            )
            while not bits[place + size - 1] >> bit & 1:
                size -= 1  # a stranger that no word of the list follows
            last, end = place + size, spans[place + size - 1][1]
        if size >= (_SHORTEST_TOLD if near else 12 - 1) and _vouched(
            words[place:last], bit, is_told=near, known=known
        ):
            found.append(Phrase(start, end, size))
            place = last
        else:
            place += 1
    return found


def _has_between(places: list[int], least: int, most: int) -> bool:
    """Whether one of `places`, which are sorted, lies between."""
    at = bisect_left(places, least)
    return at < len(places) and places[at] <= most


def _is_dense(in_lists: Iterable[bool], least: int) -> bool:
    """Whether some `least` words in a row hold no more strangers than a phrase may."""
    known: list[int] = [0, *accumulate(in_lists)]  # among the words before each
    most: int = max(map(sub, known[least:], known))
    return most >= least - _MOST_STRANGERS


def _bits(mask: int) -> list[int]:
    return [bit for bit in range(mask.bit_length()) if mask >> bit & 1]


def _stretch(words: list[str], bits: list[int], first: int, bit: int) -> int:
    """Where the run of words of list `bit` that begins at `first` ends (exclusive)."""
    strangers, end = 0, first + 1
    place = first + 1
    while place < len(words) and place - first < max(_LENGTHS) + _MOST_STRANGERS:
        if bits[place] >> bit & 1:
            end = place + 1
        elif _is_near(words[place], bit):
            strangers += 1
            end = place + 1
        else:
            strangers += 1
        if strangers > _MOST_STRANGERS:
            break
        place += 1
    return end


@lru_cache(maxsize=4096)
def _is_near(word: str, bit: int) -> bool:
    """Whether one slip of the finger makes `word` one of list `bit`."""
    if len(word) < 3 or len(word) > 12:
        return False
    return any(
        other[0] == word[0] or other[-1] == word[-1]
        for other in _lists().numbers[bit]
        if abs(len(other) - len(word)) <= 1 and len(other) > 2 and _one_slip(word, other)
    )


def _one_slip(a: str, b: str) -> bool:
    """Equal but for one letter more, less or other, or two neighbours swapped."""
    head = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        head += 1
    if len(a) == len(b):
        rest_a, rest_b = a[head:], b[head:]
        swapped = rest_a[:2] == rest_b[:2][::-1] and rest_a[2:] == rest_b[2:]
        return swapped or rest_a[1:] == rest_b[1:]
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    return longer[head + 1 :] == shorter[head:]


def _vouched(words: list[str], bit: int, *, is_told: bool, known: frozenset[str]) -> bool:
    if len(set(words)) < min(6, len(words)):
        return False  # abandon abandon ... about: an example, or play
    joined = " ".join(words)
    if any(example in joined for example in known):
        return False
    numbers = _lists().numbers[bit]
    inside = sum(w in numbers for w in words)
    if is_told or len(words) in _LENGTHS:
        return inside >= len(words) - _MOST_STRANGERS
    return inside >= 12 or _has_checksum(words, bit)


def _has_checksum(words: list[str], bit: int) -> bool:
    """Whether some 12 to 24 of `words` in a row are a valid phrase of list `bit`."""
    numbers = _lists().numbers[bit]
    for length in _LENGTHS:
        for first in range(len(words) - length + 1):
            part = [numbers.get(w, -1) for w in words[first : first + length]]
            if -1 not in part and _is_valid(part):
                return True
    return False


def _is_valid(numbers: list[int]) -> bool:
    total = 0
    for number in numbers:
        total = total << 11 | number
    check_bits = len(numbers) * 11 // 33
    entropy = total >> check_bits
    data = entropy.to_bytes(check_bits * 4, "big")
    expected = hashlib.sha256(data).digest()[0] >> (8 - check_bits)
    return total & ((1 << check_bits) - 1) == expected


def _in_han(text: str, announced: list[int]) -> list[Phrase]:
    found: list[Phrase] = []
    for m in _HAN_APART.finditer(text):
        characters = [c for c in m[0] if "\u3400" <= c <= "\u9fff"]
        if _han_list(characters) is not None and len(set(characters)) > 5:
            found.append(Phrase(m.start(), m.end(), len(characters)))
    if announced:
        for m in _HAN_TOGETHER.finditer(text):
            near = _has_between(announced, m.start() - 24, m.start())
            bit = _han_list(list(m[0])) if near and len(m[0]) in _LENGTHS else None
            if bit is not None and _has_checksum(list(m[0]), bit):
                found.append(Phrase(m.start(), m.end(), len(m[0])))
    return found


def _han_list(characters: list[str]) -> int | None:
    """The Chinese list that holds (nearly) all of `characters`."""
    for bit, numbers in enumerate(_lists().numbers):
        inside = sum(_plain(c) in numbers for c in characters)
        if inside >= len(characters) - _MOST_STRANGERS:
            return bit
    return None
