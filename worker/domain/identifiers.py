"""Finds what names a case: account and order numbers, hashes, addresses, sums, coins, times.

Values are given as the customer wrote them. Checksums decide where a kind has one (base58check,
bech32); words beside a bare number decide what it counts. A private key has the shape of a
transaction hash: what the secrets' context claims is left alone.
"""

import re
from collections.abc import Iterable, Iterator

from worker.domain.checksums import (
    base58_bytes,
    base58check,
    is_bech32,
    is_chinese_resident_id,
)
from worker.domain.judgement import Identifiers
from worker.domain.language import detect
from worker.domain.money import find_sums
from worker.domain.rules import RuleSet

_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_HEX64 = re.compile(r"(?<![0-9A-Za-z])(?:0[xX])?[0-9a-fA-F]{64}(?![0-9A-Za-z])")
_LONG_BASE58 = re.compile(r"(?<![0-9A-Za-z])[1-9A-HJ-NP-Za-km-z]{86,90}(?![0-9A-Za-z])")
_ETHEREUM = re.compile(r"(?<![0-9A-Za-z])0[xX][0-9a-fA-F]{40}(?![0-9A-Za-z])")
_BECH32 = re.compile(r"(?<![0-9A-Za-z])(?:[a-zA-Z]{2,12}1[a-zA-Z0-9]{20,100})(?![0-9A-Za-z])")
_BASE58 = re.compile(r"(?<![0-9A-Za-z/])[1-9A-HJ-NP-Za-km-z]{25,60}(?![0-9A-Za-z/])")
_TON = re.compile(r"(?<![0-9A-Za-z-])(?:EQ|UQ)[\w-]{46}(?![0-9A-Za-z-])")


def find(text: str, *, rules: RuleSet, language: str | None = None) -> Identifiers:
    """Find the identifiers of `text`, each once, in order of appearance.

    language: BCP-47, for the words of times; None: told from the text.
    """
    if language is None:
        language = detect(text)[0]
    plain = text if text.isascii() else text.translate(_HALF_WIDTH)
    txid = _unique(_txids(plain, rules))
    address = _unique(_addresses(plain, rules, taken=frozenset(txid)))
    masked = plain
    for known in (*txid, *address):
        masked = masked.replace(known, " " * len(known))
    ticket = _unique(_by_context(masked, rules, "ticket_id"))
    uid = _unique(v for v in _by_context(masked, rules, "uid") if v not in ticket)
    order = _unique(
        v
        for v in _by_context(masked, rules, "order_id")
        if v not in uid and v not in ticket and not is_chinese_resident_id(v)
    )
    for known in (*ticket, *uid, *order):
        masked = masked.replace(known, " " * len(known))
    amounts, coins = find_sums(masked, rules.money)
    return Identifiers(
        uid=uid,
        txid=txid,
        order_id=order,
        ticket_id=ticket,
        address=address,
        amount=tuple(dict.fromkeys(amounts)),
        coin=tuple(dict.fromkeys(coins)),
        time=_unique(_times(masked, rules, language.split("-")[0])),
    )


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _is_key(text: str, start: int, rules: RuleSet) -> bool:
    """Whether the words just before `start` say that a private key follows."""
    before = text[max(0, start - 60) : start]
    key = max(
        (m.end() for p in rules.secrets.pattern("key_words") for m in p.finditer(before)),
        default=-1,
    )
    tx = max(
        (m.end() for p in rules.secrets.pattern("hash_words") for m in p.finditer(before)),
        default=-1,
    )
    return key > tx


def _txids(text: str, rules: RuleSet) -> Iterator[str]:
    found = [*_HEX64.finditer(text)]
    if len(text) > 80:
        found += [
            m for m in _LONG_BASE58.finditer(text) if len(base58_bytes(m[0]) or b"") == 64
        ]
    for m in sorted(found, key=lambda m: m.start()):
        if not _is_key(text, m.start(), rules):
            yield m[0]


def _addresses(text: str, rules: RuleSet, *, taken: frozenset[str]) -> Iterator[str]:
    found: list[tuple[int, str]] = [(m.start(), m[0]) for m in _ETHEREUM.finditer(text)]
    found += [(m.start(), m[0]) for m in _BECH32.finditer(text) if is_bech32(m[0])]
    found += [(m.start(), m[0]) for m in _TON.finditer(text)]
    found += [(m.start(), m[0]) for m in _BASE58.finditer(text) if _is_base58_address(m[0])]
    for start, value in sorted(found):
        if value not in taken and not _is_key(text, start, rules):
            yield value


def _is_base58_address(value: str) -> bool:
    payload = base58check(value)
    if payload is not None:
        return len(payload) == 21 or value[0] in "Ad" or (value[0] == "r" and len(payload) > 20)
    if value[0] == "r" and _is_ripple(value):
        return True
    if 32 <= len(value) <= 44 and len(set(value)) > 14:
        digits = sum(c.isdigit() for c in value)
        data = base58_bytes(value)
        return digits >= 1 and not value.isupper() and data is not None and len(data) == 32
    return False


def _is_ripple(value: str) -> bool:
    ours = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    theirs = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
    return base58check(value.translate(str.maketrans(theirs, ours))) is not None


def _by_context(text: str, rules: RuleSet, kind: str) -> Iterator[str]:
    found = [
        (m.start("v"), m["v"]) for m in rules.identifiers.matches(kind, text, text.lower())
    ]
    for _, value in sorted(found):
        yield value


def _times(text: str, rules: RuleSet, language: str) -> Iterator[str]:
    """Times as written; one that lies inside a longer one is left out."""
    lower = text.lower()
    kinds = ("time_digits", "time_en", f"time_{language}" if language != "en" else "")
    spans = sorted(
        (m.start(), -m.end(), m[0].strip())
        for kind in kinds
        for m in rules.identifiers.matches(kind, text, lower)
    )
    reached = -1
    for start, minus_end, words in spans:
        if -minus_end > reached and start >= reached:
            reached = -minus_end
            yield words
