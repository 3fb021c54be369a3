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
    rf"(?:[{_HAN}][\s,，、.;；\d:：()（）|/*·•_\"'“”>＞「」\[\]#=→-]{{1,8}}){{11,}}[{_HAN}]"
)
_HAN_TOGETHER = re.compile(rf"(?<![{_HAN}])[{_HAN}]{{12,24}}(?![{_HAN}])")

_COMMON_HAN = frozenset(
    "的一是不了在人有我他这這个個们們中来來上大为為和国國地到以说說时時要就出会會可也你"
    "对對生能而子那得于於着著下自之年过過发發后後作里裡请請吗嗎没沒还還什么麼怎"
)
"""Hardly a sentence has none of them; of twelve random characters of a list, most have."""
_PROSE = frozenset(
    [
        *("the", "and", "for", "are", "was", "has", "had", "his", "her", "not", "but", "our"),
        *(
            "out",
            "all",
            "any",
            "how",
            "who",
            "why",
            "its",
            "let",
            "they",
            "them",
            "then",
            "than",
        ),
        *("have", "from", "been", "were", "your", "more", "some", "here", "make", "take"),
        *("going", "done", "gone", "does", "says", "say"),
    ]
)
"""Common words that are no slips of a word of the English list."""


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
            word = word.replace("\ufffd\ufffd", "в")  # the Russian list of mnemonic 0.21
            for form in {_plain(word), _bare(word), _bare(word).replace("ı", "i")}:
                numbers.setdefault(form, number)
                masks[form] = masks.get(form, 0) | 1 << bit
        index.append(numbers)
    return _Lists(masks, tuple(index))


def _plain(word: str) -> str:
    lower = word.lower().replace("i\u0307", "i")  # of the Turkish capital İ
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
        words = [w if w.isascii() else _plain(w) for w in _WORD.findall(text.lower())]
    if len(words) < least:
        return []
    masks = _lists().masks
    if not _is_dense(map(masks.__contains__, words), least):
        return []
    spans = [m.span() for m in _WORD.finditer(text)]
    run = _Words(words, [masks.get(w, 0) for w in words], spans, announced, known)
    found: list[Phrase] = []
    place = 0
    while place + least <= len(words):
        phrase = run.phrase_from(place, least)
        if phrase:
            found.append(Phrase(spans[phrase[0]][0], spans[phrase[1] - 1][1], _size(phrase)))
        place = phrase[1] if phrase else place + 1
    return found


def _size(phrase: tuple[int, int]) -> int:
    return phrase[1] - phrase[0]


class _Words(NamedTuple):
    """The words of a text, and what is known of each."""

    words: list[str]
    bits: list[int]
    """The lists that hold it, as a bit set."""
    spans: list[tuple[int, int]]
    announced: list[int]
    known: frozenset[str]

    def phrase_from(self, first: int, least: int) -> tuple[int, int] | None:
        """The words of the phrase that begins at word `first` or so: from, to (exclusive)."""
        run = self._run(first, least)
        if run is None:
            return None
        bit, last = run
        # Words of the sentence around it that the list holds too can hide where it ends.
        for later in range(first + 1, min(last, len(self.words) - 12)):
            further = self._run(later, 12 - 1)
            if further and further[0] == bit and further[1] > last:
                last = further[1]
        first, last = self._with_slips(first, last, bit)
        if last - first >= max(_LENGTHS) and self._are_near(last, last + 1, bit):
            last += 1  # words of the sentence before it may have taken the place of its last
        return first, last

    def _run(self, first: int, least: int) -> tuple[int, int] | None:
        """The list and the end of the words from `first` on, if they are a phrase."""
        words, bits, spans = self.words, self.bits, self.spans
        window = bits[first : first + least]
        if not bits[first] or window.count(0) > _MOST_STRANGERS:
            return None
        near = _has_between(
            self.announced,
            spans[first][0] - _NEAR,
            spans[min(first + 2 * least, len(spans)) - 1][1] + _NEAR,
        )
        ends = (
            (_stretch(words, bits, first, bit, is_told=near), bit) for bit in _bits(bits[first])
        )
        last, bit = max(ends, key=lambda pair: pair[0])
        size = last - first
        if near and size < 12 - 1:
            # Short of a whole phrase, strange words may only be slips: prose that warns of
            # phrases ("private key, mnemonic phrase") holds many words of the lists.
            size = next(
                (
                    n
                    for n in range(size)
                    if not bits[first + n] >> bit & 1 and not _is_near(words[first + n], bit)
                ),
                size,
            )
            while not bits[first + size - 1] >> bit & 1:
                size -= 1  # a stranger that no word of the list follows
        enough = size >= (_SHORTEST_TOLD if near else 12 - 1)
        told = words[first : first + size]
        is_whole = self._with_slips(first, first + size, bit) != (first, first + size)
        if enough and _vouched(told, bit, is_told=near or is_whole, known=self.known):
            return bit, first + size
        return None

    def _with_slips(self, first: int, last: int, bit: int) -> tuple[int, int]:
        """Take in mistyped words at either end, where they make the phrase whole."""
        slips = _MOST_STRANGERS - sum(not bits >> bit & 1 for bits in self.bits[first:last])
        for more in range(slips + 1):
            if last - first + more not in _LENGTHS:
                continue
            befores = [
                before
                for before in range(min(more, first) + 1)
                if self._are_near(first - before, first, bit)
                and self._are_near(last, last + more - before, bit)
            ]
            if befores:  # where both ends may have it, both are taken in
                return first - max(befores), last + more - min(befores)
        return first, last

    def _are_near(self, start: int, end: int, bit: int) -> bool:
        words, bits = self.words[start:end], self.bits[start:end]
        return len(words) == end - start and all(
            not mask >> bit & 1 and _is_near(word, bit)
            for word, mask in zip(words, bits, strict=True)
        )


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


def _stretch(words: list[str], bits: list[int], first: int, bit: int, *, is_told: bool) -> int:
    """Where the run of words of list `bit` that begins at `first` ends (exclusive).

    is_told: the text says that it is a phrase; else only slips may stand between.
    """
    strangers, end = 0, first + 1
    for place in range(first + 1, min(first + max(_LENGTHS) + _MOST_STRANGERS, len(words))):
        if bits[place] >> bit & 1:
            end = place + 1
            continue
        strangers += 1
        if strangers > _MOST_STRANGERS or not (is_told or _is_slip(words[place], bit)):
            break
    return end


def _is_slip(word: str, bit: int) -> bool:
    return word not in _PROSE and _is_near(word, bit)


@lru_cache(maxsize=4096)
def _is_near(word: str, bit: int) -> bool:
    """Whether one slip of the finger makes `word` one of list `bit`."""
    if len(word) < 3 or len(word) > 12:
        return False
    return any(
        other[0] == form[0] or other[-1] == form[-1]
        for form in {word, unicodedata.normalize("NFC", word)}
        for other in _forms(bit)
        if abs(len(other) - len(form)) <= 1 and _one_slip(form, other)
    )


@cache
def _forms(bit: int) -> tuple[str, ...]:
    """The words of list `bit`, letters with their marks apart and as one character."""
    words = _lists().numbers[bit]
    forms = {*words, *(unicodedata.normalize("NFC", word) for word in words)}
    return tuple(sorted(form for form in forms if len(form) > 2))


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
    strange = [w for w in words if w not in numbers]
    inside = len(words) - len(strange)
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
    together = (m for m in _HAN_TOGETHER.finditer(text) if len(m[0]) in _LENGTHS)
    found += [Phrase(*m.span(), len(m[0])) for m in together if _is_han_phrase(m, announced)]
    return found


def _is_han_phrase(m: re.Match[str], announced: list[int]) -> bool:
    """Whether a clause of so many characters is a phrase, told as one or like no sentence."""
    if not _has_between(announced, m.start() - 24, m.start()):
        line = m.string[m.string.rfind("\n", 0, m.start()) + 1 : m.start()]
        rest = m.string[m.end() : m.end() + 20].partition("\n")[0]
        is_apart = line.strip(" \t>")[-1:] in ("", ":", "：") and not rest.strip()
        if sum(c in _COMMON_HAN for c in m[0]) > is_apart:  # one at most, inside a line none
            return False
    bit = _han_list(list(m[0]))
    return bit is not None and _has_checksum(list(m[0]), bit)


def _han_list(characters: list[str]) -> int | None:
    """The Chinese list that holds (nearly) all of `characters`."""
    for bit, numbers in enumerate(_lists().numbers):
        inside = sum(_plain(c) in numbers for c in characters)
        if inside >= len(characters) - _MOST_STRANGERS:
            return bit
    return None
