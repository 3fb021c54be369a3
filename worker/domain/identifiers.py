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
from worker.domain.codes import long_runs
from worker.domain.judgement import Identifiers
from worker.domain.language import detect
from worker.domain.money import find_sums
from worker.domain.rules import RuleSet

_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_FULL_WIDTH = re.compile("[\uff01-\uff5e]")
_HEX64 = re.compile(r"(?:0[xX])?[0-9a-fA-F]{64}")
_BASE58 = re.compile(r"[1-9A-HJ-NP-Za-km-z]+")
_ETHEREUM = re.compile(r"0[xX][0-9a-fA-F]{40}")
_BECH32 = re.compile(r"[a-zA-Z]{2,12}1[a-zA-Z0-9]{20,100}")
_TON = re.compile(r"(?<![0-9A-Za-z-])(?:EQ|UQ)[\w-]{46}(?![0-9A-Za-z-])")


def find(text: str, *, rules: RuleSet, language: str | None = None) -> Identifiers:
    """Find the identifiers of `text`, each once, in order of appearance.

    language: BCP-47, for the words of times; None: told from the text.
    """
    if language is None:
        language = detect(text)[0]
    plain = text.translate(_HALF_WIDTH) if _is_full_width(text) else text
    runs = long_runs(plain)
    txid = _unique(m[0] for m in runs if _is_txid(m[0]) and not _is_key(m, rules))
    address = _unique(
        m[0]
        for m in sorted((*filter(_is_address, runs), *_ton(plain)), key=_place)
        if m[0] not in txid and not _is_key(m, rules)
    )
    masked = plain
    for known in (*txid, *address):
        masked = masked.replace(known, " " * len(known))
    told = rules.identifiers.search(("ticket_id", "uid", "order_id"), masked)
    ticket = _unique(_values(told["ticket_id"]))
    uid = _unique(v for v in _values(told["uid"]) if v not in ticket)
    order = _unique(
        v
        for v in _values(told["order_id"])
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


def _is_full_width(text: str) -> bool:
    """Whether any letter or mark of it is; looking is many times as fast as translating."""
    return not text.isascii() and _FULL_WIDTH.search(text) is not None


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _place(m: re.Match[str]) -> tuple[int, str]:
    return m.start(), m[0]


def _is_key(m: re.Match[str], rules: RuleSet) -> bool:
    """Whether the words just before say that a private key follows."""
    before = m.string[max(0, m.start() - 60) : m.start()]
    told = rules.secrets.search(("key_words", "hash_words"), before)
    key, tx = (max((m.end() for m in found), default=-1) for found in told.values())
    return key > tx


def _is_txid(run: str) -> bool:
    if len(run) in (64, 66):
        return _HEX64.fullmatch(run) is not None
    return 86 <= len(run) <= 90 and len(base58_bytes(run) or b"") == 64


def _is_address(m: re.Match[str]) -> bool:
    run = m[0]
    if _ETHEREUM.fullmatch(run) or (_BECH32.fullmatch(run) and is_bech32(run)):
        return True
    is_in_path = "/" in (m.string[m.start() - 1 : m.start()], m.string[m.end() : m.end() + 1])
    return (
        25 <= len(run) <= 60
        and not is_in_path
        and _BASE58.fullmatch(run) is not None
        and _is_base58_address(run)
    )


def _ton(text: str) -> list[re.Match[str]]:
    return [*_TON.finditer(text)] if "EQ" in text or "UQ" in text else []


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


def _values(found: Iterable[re.Match[str]]) -> list[str]:
    return [value for _, value in sorted((m.start("v"), m["v"]) for m in found)]


def _times(text: str, rules: RuleSet, language: str) -> Iterator[str]:
    """Times as written; one that lies inside a longer one is left out."""
    kinds = ("time_digits", *dict.fromkeys(("time_en", f"time_{language}")))
    spans = sorted(
        (m.start(), -m.end(), m[0].strip())
        for found in rules.identifiers.search(kinds, text).values()
        for m in found
    )
    reached = -1
    for start, minus_end, words in spans:
        if -minus_end > reached and start >= reached:
            reached = -minus_end
            yield words
