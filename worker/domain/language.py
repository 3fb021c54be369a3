"""Names the language of a text: script first, then small words, then pycld2 for what is left.

BCP-47 tags; Chinese is zh-Hans or zh-Hant by the characters that only one has. Mixed mails get
the language that carries most of the words; names of coins, ids and links carry none.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

import pycld2

from worker.domain.hanzi import SIMPLIFIED, TRADITIONAL
from worker.domain.language_words import COUNTRY_LETTERS, JARGON, WORDS

UNDETERMINED = "und"
_LONGEST = 1000
"""Characters looked at; a language does not change after that."""
_ENOUGH = 100
"""Words that vote."""

_NOISE = re.compile(r"https?://\S+|www\.\S+|(?<![!-~])[!-~]*?[\d@][!-~]*|\[removed: [^\]]*\]")
_LINK_OR_NOTE = re.compile(r"://|www\.|\[removed: ")
_NOISY = re.compile(r"[\d@][!-~]*")
_ASCII_NOISY = re.compile(r"[0-9@][!-~]*")
_ASCII_GAPS = {code: " " for code in range(128) if not chr(code).isalpha() and code != 39}
_ASCII = re.compile(r"[\x00-\x7f]+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_SCRIPTS = (
    ("hangul", re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")),
    ("kana", re.compile("[\u3041-\u3096\u30a1-\u30fa\u30fc]")),
    ("han", re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")),
    ("thai", re.compile("[\u0e00-\u0e7f]")),
    ("arabic", re.compile("[\u0600-\u06ff]")),
    ("hebrew", re.compile("[\u0590-\u05ff]")),
    ("devanagari", re.compile("[\u0900-\u097f]")),
    ("greek", re.compile("[\u0370-\u03ff]")),
    ("cyrillic", re.compile("[\u0400-\u04ff]")),
    ("bengali", re.compile("[\u0980-\u09ff]")),
    ("tamil", re.compile("[\u0b80-\u0bff]")),
    ("khmer", re.compile("[\u1780-\u17ff]")),
    ("burmese", re.compile("[\u1000-\u109f]")),
    ("georgian", re.compile("[\u10a0-\u10ff]")),
    ("armenian", re.compile("[\u0530-\u058f]")),
)
_ONE_LANGUAGE = {
    "thai": "th",
    "hebrew": "he",
    "devanagari": "hi",
    "greek": "el",
    "bengali": "bn",
    "tamil": "ta",
    "khmer": "km",
    "burmese": "my",
    "georgian": "ka",
    "armenian": "hy",
}
_CYRILLIC = ("ru", "uk", "bg")
_LATIN = tuple(tag for tag in WORDS if tag not in _CYRILLIC)
_HAN_PER_WORD = 1.6
"""Han characters that say as much as one word of a language with spaces."""


@lru_cache(maxsize=20_000)
def _fold(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word.lower().replace("’", "'").replace("đ", "d"))
    return "".join(c for c in plain.replace("ı", "i") if not unicodedata.combining(c))


_INDEX: dict[str, tuple[str, ...]] = {}
for _tag, _words in WORDS.items():
    for _word in dict.fromkeys(_fold(w) for w in _words.split()):
        _INDEX[_word] = (*_INDEX.get(_word, ()), _tag)
_LETTERS: dict[str, tuple[str, ...]] = {}
for _tag, _letters in COUNTRY_LETTERS.items():
    for _letter in _letters:
        _LETTERS[_letter] = (*_LETTERS.get(_letter, ()), _tag)


def detect(text: str) -> tuple[str, float]:
    """Name the language of `text` and how sure that is, 0 to 1.

    "und", 0.0 when nothing tells: no letters, or only names and numbers.
    """
    sample = _without_noise(text[:_LONGEST])
    letters: Counter[str] = Counter()
    counts: dict[str, int] = {}
    if sample.isascii():
        words = _ascii_words(sample)
    else:
        letters = Counter(_ASCII.sub("", sample))
        counts = _count_scripts(letters)
        words = [
            w for w in _WORD.findall(sample) if w[0] < "\u0250" or "\u1e00" <= w[0] < "\u1f00"
        ]
    latin = [w for w in words if len(w) < 30 and _fold(w) not in JARGON]
    han = counts.get("han", 0)
    east = han + counts.get("kana", 0) + counts.get("hangul", 0)
    if east and east / _HAN_PER_WORD >= len(latin):
        return _east_asian(letters, counts)
    other = max(counts, key=lambda k: counts[k]) if counts else ""
    if other and other not in ("han", "kana", "hangul") and counts[other] > 3 * len(latin):
        return _other_script(sample, other)
    return _by_words(latin, sample, _LATIN, has_han=han > 0)


def _count_scripts(letters: Mapping[str, int]) -> dict[str, int]:
    """Letters of each script, in the order of _SCRIPTS."""
    counts = dict.fromkeys(("", *(name for name, _ in _SCRIPTS)), 0)
    for letter, count in letters.items():
        counts[_script_of(letter)] += count
    del counts[""]
    return {name: count for name, count in counts.items() if count}


@lru_cache(maxsize=20_000)
def _script_of(letter: str) -> str:
    return next((name for name, letters in _SCRIPTS if letters.match(letter)), "")


def _without_noise(text: str) -> str:
    """Leave out links, notes, and what is printed in one with a digit or an @."""
    if _LINK_OR_NOTE.search(text):
        return _NOISE.sub(" ", text)
    # The same without links: from each digit to both sides is several times as fast.
    parts: list[str] = []
    done = 0
    for m in (_ASCII_NOISY if text.isascii() else _NOISY).finditer(text):
        start = m.start()
        while start > done and "!" <= text[start - 1] <= "~":
            start -= 1
        parts.append(text[done:start])
        done = m.end()
    return " ".join([*parts, text[done:]])


def _ascii_words(text: str) -> list[str]:
    """What _WORD finds, by str.translate and split, which are several times as fast."""
    words: list[str] = []
    for word in text.translate(_ASCII_GAPS).split():
        if "'" in word:
            words += _WORD.findall(word)
        else:
            words.append(word)
    return words


def _east_asian(letters: Counter[str], counts: dict[str, int]) -> tuple[str, float]:
    han, kana = counts.get("han", 0), counts.get("kana", 0)
    hangul = counts.get("hangul", 0)
    if hangul > kana and hangul * 2 >= han:
        return "ko", 0.99
    if kana * 8 >= han and kana >= 2:
        return "ja", 0.99
    return _leaning(letters)


def chinese_script(text: str) -> tuple[str, float]:
    """Tell zh-Hans from zh-Hant; zh-Hans with 0.6 when no character decides."""
    return _leaning(Counter(text))


def _leaning(letters: Counter[str]) -> tuple[str, float]:
    simplified = sum(letters[letter] for letter in SIMPLIFIED & letters.keys())
    traditional = sum(letters[letter] for letter in TRADITIONAL & letters.keys())
    if simplified == traditional:
        return "zh-Hans", 0.6
    winner = "zh-Hans" if simplified > traditional else "zh-Hant"
    return winner, max(simplified, traditional) / (simplified + traditional)


def _other_script(text: str, script: str) -> tuple[str, float]:
    if script == "cyrillic":
        return _by_words(_WORD.findall(text), text, _CYRILLIC, default="ru")
    if script == "arabic":
        persian = sum(text.count(c) for c in "پچژگکی")
        urdu = sum(text.count(c) for c in "ٹڈڑےںھ")
        if urdu > 1:
            return "ur", 0.9
        return ("fa", 0.9) if persian > 1 else ("ar", 0.95)
    return _ONE_LANGUAGE[script], 0.99


def _by_words(
    words: list[str],
    text: str,
    tags: tuple[str, ...],
    *,
    default: str = "",
    has_han: bool = False,
) -> tuple[str, float]:
    if not words:
        return chinese_script(text) if has_han else (UNDETERMINED, 0.0)
    votes = dict.fromkeys(tags, 0.0)
    voting = words[:_ENOUGH]
    for known, count in Counter(_INDEX.get(_fold(word), ()) for word in voting).items():
        for tag in known:
            if tag in votes:
                votes[tag] += count / (1 + len(known) / 3)
    for word in voting:
        if not word.isascii():
            for letter in word.lower():
                for tag in _LETTERS.get(letter, ()):
                    if tag in votes:
                        votes[tag] += 0.6
    best, second = sorted(votes, key=lambda t: -votes[t])[:2]
    total = len(words) or 1
    if votes[best] - votes[second] >= 0.4 + 0.02 * total:
        return best, min(0.99, 0.6 + votes[best] / total)
    guess = _ask_cld(text)
    if guess and (guess in votes or votes[best] < 1.0):
        return guess, 0.7
    if votes[best] > 0:
        return best, 0.5
    if default:
        return default, 0.5
    return chinese_script(text) if has_han else ("en", 0.3)


_CLD_TAGS = {"iw": "he", "jw": "jv", "no": "nb"}


def _ask_cld(text: str) -> str:
    try:
        reliable, _, found = pycld2.detect(text, bestEffort=True)
    except pycld2.error:
        return ""
    tag = str(found[0][1])
    if tag == "un" or (not reliable and found[0][3] <= 0):
        return ""
    if tag.startswith("zh"):
        return ""
    return _CLD_TAGS.get(tag, tag)
