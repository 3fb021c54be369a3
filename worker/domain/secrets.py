"""Finds secrets in a text and seals them: what must not be shown, logged or sent on.

Mnemonics, private keys, passwords told in words, API keys, one-time codes, cards, identity
numbers. Transaction hashes and addresses look like keys and are none; the words beside them
decide. Sealing a sealed text changes nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from worker.domain.beginnings import matches_at
from worker.domain.checksums import base58_bytes, base58check, is_chinese_resident_id, is_luhn
from worker.domain.codes import long_runs
from worker.domain.judgement import Sealed
from worker.domain.mnemonics import find_phrases
from worker.domain.rules import Context, RuleSet

CORE = frozenset({"password", "private_key", "mnemonic", "api_key"})
"""Kinds that open an account or a wallet."""

_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----")
_PEM_END = re.compile(r"-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----")
_EXTENDED = re.compile(r"[a-zA-Z]prv[1-9A-HJ-NP-Za-km-z]{100,112}")
_WIF = re.compile(r"[5KLc9][1-9A-HJ-NP-Za-km-z]{50,51}")
_HEX = re.compile(r"(?:0[xX])?[0-9a-fA-F]{64}(?:[0-9a-fA-F]{64})?")
_BASE58_KEY = re.compile(r"[1-9A-HJ-NP-Za-km-z]{43,90}")
_UUID = re.compile(
    r"(?<![0-9A-Za-z-])[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![0-9A-Za-z-])"
)
_HEX32 = re.compile(r"[0-9A-Fa-f]{32}")
_CARD = re.compile(r"(?<!-)[3-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{1,7}(?![0-9A-Za-z-])")
_RESIDENT = re.compile(r"[1-8]\d{16}[\dXx](?![0-9A-Za-z])")
# Where either can begin. Its first digit stands before the look behind it: so the search skips
# from digit to digit.
_LONG_NUMBER = re.compile(r"[1-8](?<![0-9A-Za-z].)(?=\d{3}[ -]?\d{4}[ -]?\d{4})")
NOTE = re.compile(r"\[removed: [a-z_]+(?:, \d+ words)?\]")
_REACH = 60
"""Characters before a bare value in which words may say what it is."""

_TOLD = ("api_key", "password", "otp", "id_number", "mnemonic_words")


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
    yield from _keys(text, runs, context)
    yield from _api_keys(text, runs, told["api_key"], context)
    yield from _told(told, context)
    yield from _numbers(text, context)
    announced = sorted(m.end() for m in told["mnemonic_words"])
    examples = context.words.get("example_mnemonics", frozenset())
    for phrase in find_phrases(text, announced=announced, known=examples):
        yield _Find(phrase.start, phrase.end, "mnemonic", f"mnemonic, {phrase.words} words")


def _settled(finds: Iterator[_Find], text: str) -> list[_Find]:
    """In order, without overlaps (the longer wins), without what is sealed already."""
    notes = [_Find(*m.span(), "", "") for m in NOTE.finditer(text)]
    kept: list[_Find] = []
    for find in sorted([*notes, *finds], key=lambda f: (f.start, -f.end, f.kind)):
        if not kept or find.start >= kept[-1].end:
            kept.append(find)
        elif kept[-1].kind and (not find.kind or find.end - find.start > _length(kept[-1])):
            kept[-1] = find
    return [find for find in kept if find.kind]


def _length(find: _Find) -> int:
    return find.end - find.start


def _speaks_last(m: re.Match[str], context: Context, name: str, against: str) -> bool:
    """Whether, of two sorts of words, the first stands nearest before `m`."""
    before = m.string[max(0, m.start() - _REACH) : m.start()]
    told = context.search((name, against), before)
    return _last(told[name]) > _last(told[against])


def _last(found: Sequence[re.Match[str]]) -> int:
    return max((m.end() for m in found), default=-1)


def _keys(text: str, runs: Sequence[re.Match[str]], context: Context) -> Iterator[_Find]:
    if "-----BEGIN" in text:
        for m in _PEM.finditer(text):
            end = _PEM_END.search(text, m.end())
            yield _Find(
                m.start(), end.end() if end else len(text), "private_key", "private_key"
            )
    for m in runs:
        if _is_private_key(m, context):
            yield _Find(*m.span(), "private_key", "private_key")


def _is_private_key(m: re.Match[str], context: Context) -> bool:
    run = m[0]
    if _EXTENDED.fullmatch(run):
        return True
    if _WIF.fullmatch(run) and len(base58check(run) or b"") in (33, 34):
        return True
    if not (_WIF.fullmatch(run) or _HEX.fullmatch(run) or _is_base58_key(run)):
        return False
    return _speaks_last(m, context, "key_words", "hash_words")


def _is_base58_key(run: str) -> bool:
    return bool(_BASE58_KEY.fullmatch(run)) and len(base58_bytes(run) or b"") in (32, 64)


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
        if _is_live(m[0], context) and _speaks_last(m, context, "api_key_words", "trace_words"):
            yield _Find(*m.span(), "api_key", "api_key")
    for m in told:
        if _is_live(m["v"], context):
            yield _Find(*m.span("v"), "api_key", "api_key")


def _told(told: Mapping[str, Sequence[re.Match[str]]], context: Context) -> Iterator[_Find]:
    for kind in ("password", "otp", "id_number"):
        for m in told[kind]:
            if _is_live(m["v"], context) and (kind != "password" or _is_password(m, context)):
                yield _Find(*m.span("v"), kind, kind)


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
    firm = m.groupdict().get("firm")
    return mixed or (bool(firm) and value.isascii() and len(value) >= 6)


def _numbers(text: str, context: Context) -> Iterator[_Find]:
    starts = [m.start() for m in _LONG_NUMBER.finditer(text)]
    for m in matches_at(_RESIDENT, text, starts):
        if is_chinese_resident_id(m[0]):
            yield _Find(*m.span(), "id_number", "id_number")
    for m in matches_at(_CARD, text, starts):
        digits = re.sub(r"\D", "", m[0])
        told = _speaks_last(m, context, "card_words", "order_words")
        grouped = len(digits) == 16 and re.fullmatch(r"\d{4}([ -])\d{4}\1\d{4}\1\d{4}", m[0])
        if 13 <= len(digits) <= 19 and is_luhn(digits) and (told or grouped):
            yield _Find(*m.span(), "card", "card")
