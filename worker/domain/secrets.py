"""Finds secrets in a text and seals them: what must not be shown, logged or sent on.

Mnemonics, private keys, passwords told in words, API keys, one-time codes, cards, identity
numbers. Transaction hashes and addresses look like keys and are none; the words beside them
decide. Sealing a sealed text changes nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from worker.domain.beginnings import matches_at
from worker.domain.beside import speaks_last
from worker.domain.checksums import is_chinese_resident_id, is_luhn
from worker.domain.codes import long_runs
from worker.domain.judgement import Sealed
from worker.domain.mnemonics import find_phrases
from worker.domain.private_keys import find_keys
from worker.domain.rules import Context, RuleSet

CORE = frozenset({"password", "private_key", "mnemonic", "api_key"})
"""Kinds that open an account or a wallet."""

_UUID = re.compile(
    r"(?<![0-9A-Za-z-])[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![0-9A-Za-z-])"
)
_HEX32 = re.compile(r"[0-9A-Fa-f]{32}")
_CARD = re.compile(
    r"(?<!-)[3-6]\d{3}(?:(?:[ -]?\d{4}){2}[ -]?\d{1,4}(?:[ -]?\d{1,3})?|[ -]\d{6}[ -]\d{5})"
    r"(?![0-9A-Za-z-])"
)
_GROUPED = re.compile(r"\d{4}([ -])(?:\d{4}\1\d{4}\1\d{3,4}(?:\1\d{1,3})?|\d{6}\1\d{5})")
_RESIDENT = re.compile(r"[1-8]\d{16}[\dXx](?![0-9A-Za-z])")
# Where either can begin. Its first digit stands before the look behind it: so the search skips
# from digit to digit.
_LONG_NUMBER = re.compile(r"[1-8](?<![0-9A-Za-z].)(?=\d{3}[ -]?\d{4}(?:[ -]?\d{4}|\d\d[ -]))")
NOTE = re.compile(r"\[removed: [a-z_]+(?:, \d+ words)?\]")
_VALUE_BEFORE = re.compile(r"[\"'“‘`「(（]?(?P<v>[!-~]{5,64}?)[\"'”’`」)）,，]?\s{0,2}$")
_ASCII_WORD = re.compile(r"[0-9A-Za-z]")
_LONGEST_AGAIN = 200
"""Characters; what is longer is known by its form wherever it stands."""
_SHORTEST_AGAIN = 6
"""Characters from which a secret is also sealed where it stands again without its words."""

_TOLD = (
    *("api_key", "private_key", "password", "password_after"),
    *("otp", "id_number", "card", "mnemonic_words"),
)


class _Find(NamedTuple):
    start: int
    end: int
    kind: str
    note: str


def seal(text: str, *, rules: RuleSet) -> Sealed:
    """Replace each secret of `text` by a note such as `[removed: password]`."""
    finds = _settled(_find_all(text, rules.secrets), text)
    if not finds:
        return Sealed(text=text)
    parts: list[str] = []
    done = 0
    for find in finds:
        parts += [text[done : find.start], f"[removed: {find.note}]"]
        done = find.end
    parts.append(text[done:])
    return Sealed(text="".join(parts), kinds=tuple(dict.fromkeys(f.kind for f in finds)))


def _find_all(text: str, context: Context) -> Iterator[_Find]:
    told = context.search(_TOLD, text)
    runs = long_runs(text)
    keys = list(find_keys(text, runs, context))
    sure = {(key.start, key.end) for key in keys if key.is_sure}
    yield from (_Find(key.start, key.end, "private_key", "private_key") for key in keys)
    yield from (f for f in _api_keys(text, runs, told["api_key"], context) if f[:2] not in sure)
    yield from _told(told, context)
    yield from _passwords_before(told["password_after"], context)
    yield from _numbers(text, context)
    announced = sorted(m.end() for m in told["mnemonic_words"])
    examples = context.words.get("example_mnemonics", frozenset())
    for phrase in find_phrases(text, announced=announced, known=examples):
        yield _Find(phrase.start, phrase.end, "mnemonic", f"mnemonic, {phrase.words} words")


def _settled(finds: Iterator[_Find], text: str) -> list[_Find]:
    """In order, what overlaps joined (the longer gives the kind), without what is sealed."""
    notes = [_Find(*m.span(), "", "") for m in NOTE.finditer(text)]
    found = list(finds)
    found += _again(found, text)
    kept: list[_Find] = []
    for find in sorted([*notes, *found], key=lambda f: (f.start, -f.end, f.kind)):
        if not kept or find.start >= kept[-1].end:
            kept.append(find)
        elif find.kind and not kept[-1].kind and find.end > kept[-1].end:
            # It begins in a note and goes on after it: what comes after is not sealed yet.
            kept[-1] = find._replace(start=kept[-1].start)
        elif kept[-1].kind and not find.kind:
            # A note of ours inside a secret does not unseal the rest of it.
            kept[-1] = kept[-1]._replace(end=max(kept[-1].end, find.end))
        elif kept[-1].kind:
            longer = max(kept[-1], find, key=_length)
            end = max(kept[-1].end, find.end)
            kept[-1] = longer._replace(start=kept[-1].start, end=end)
    return [find for find in kept if find.kind]


def _again(found: Sequence[_Find], text: str) -> Iterator[_Find]:
    """Where a secret that was told once stands once more, without the words that tell it."""
    values = {
        value: find
        for find in found
        if find.kind in CORE - {"mnemonic"}
        and _SHORTEST_AGAIN <= _length(find) <= _LONGEST_AGAIN
        and not (value := text[find.start : find.end]).isalpha()
    }
    if not values:
        return
    told = list(values)
    # One pass for all of them: a text may tell thousands.
    matches = AhoCorasick(told).find_matches_as_indexes(text, overlapping=True)
    for number, start, end in matches:
        before = text[start - 1 : start] if start else ""
        if not _ASCII_WORD.match(before) and not _ASCII_WORD.match(text, end):
            yield values[told[number]]._replace(start=start, end=end)


def _length(find: _Find) -> int:
    return find.end - find.start


def _api_keys(
    text: str,
    runs: Sequence[re.Match[str]],
    told: Sequence[re.Match[str]],
    context: Context,
) -> Iterator[_Find]:
    bare = [m for m in runs if _HEX32.fullmatch(m[0])]
    if text.count("-") >= 4:
        bare += _UUID.finditer(text)
    for m in bare:
        if _is_live(m[0], context) and speaks_last(m, context, "api_key_words", "trace_words"):
            yield _Find(*m.span(), "api_key", "api_key")
    for m in told:
        if _is_live(m["v"], context):
            yield _Find(*m.span("v"), "api_key", "api_key")


def _told(told: Mapping[str, Sequence[re.Match[str]]], context: Context) -> Iterator[_Find]:
    for kind in ("private_key", "password", "otp", "id_number", "card"):
        for m in told[kind]:
            if _is_live(m["v"], context) and (kind != "password" or _is_password(m, context)):
                yield _Find(*m.span("v"), kind, kind)


def _passwords_before(told: Sequence[re.Match[str]], context: Context) -> Iterator[_Find]:
    """Values that are called a password only behind them: `Abc123 is my password`."""
    for m in told:
        from_ = max(0, m.start() - 70)
        value = _VALUE_BEFORE.search(m.string[from_ : m.start()])
        if value and _is_mixed(value["v"]) and _is_live(value["v"], context):
            start, end = value.span("v")
            yield _Find(from_ + start, from_ + end, "password", "password")


def _is_mixed(value: str) -> bool:
    return any(c.isdigit() for c in value) and any(c.isalpha() for c in value)


def _is_live(value: str, context: Context) -> bool:
    """Whether `value` could open something: no stars, no placeholder, no example."""
    core = value.strip("*•·.xX-_#?<>[]{}'\"… ")
    if len(core) < 3 or value.startswith("[removed"):
        return False
    return not any(p.search(value) for p in context.pattern("placeholder"))


def _is_password(m: re.Match[str], context: Context) -> bool:
    """Whether a value told as a password is one, or just the next word of a sentence."""
    value = m["v"]
    if value.lower().rstrip(".,!?") in context.words.get("no_password", frozenset()):
        return False
    if any(c.isdigit() for c in value):
        return not value.isdigit() or len(value) >= 4
    if any(not c.isalnum() for c in value[:-1]) and value.isascii():
        return True
    mixed = value[1:] != value[1:].lower() and value != value.upper()
    firm = str(m.groupdict().get("firm") or "").strip().lower()
    is_told = firm in ("is", "was", "是") or any(c in ":：=＝" for c in firm)
    return mixed or (is_told and value.isascii() and len(value) >= 6)


def _numbers(text: str, context: Context) -> Iterator[_Find]:
    starts = [m.start() for m in _LONG_NUMBER.finditer(text)]
    for m in matches_at(_RESIDENT, text, starts):
        if is_chinese_resident_id(m[0]):
            yield _Find(*m.span(), "id_number", "id_number")
    for m in matches_at(_CARD, text, starts):
        digits = re.sub(r"\D", "", m[0])
        told = speaks_last(m, context, "card_words", "order_words")
        grouped = _GROUPED.fullmatch(m[0])
        if 13 <= len(digits) <= 19 and is_luhn(digits) and (told or grouped):
            yield _Find(*m.span(), "card", "card")
