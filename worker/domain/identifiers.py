"""Finds what names a case: account and order numbers, hashes, addresses, sums, coins, times.

Values are given as the customer wrote them. Checksums decide where a kind has one (base58check,
bech32); words beside a bare number decide what it counts. A private key has the shape of a
transaction hash: what the secrets' context claims is left alone.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from worker.domain.checksums import (
    base58_bytes,
    base58check,
    is_bech32,
    is_chinese_resident_id,
    is_ethereum_address,
    is_stellar_address,
    is_ton_address,
)
from worker.domain.codes import long_runs
from worker.domain.instants import instant_at
from worker.domain.judgement import Identifiers, Instant
from worker.domain.language import detect
from worker.domain.money import find_sums
from worker.domain.rules import RuleSet

_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_FULL_WIDTH = re.compile("[\uff01-\uff5e]")
_HEX64 = re.compile(r"(?:0[xX])?[0-9a-fA-F]{64}")
_BASE58 = re.compile(r"[1-9A-HJ-NP-Za-km-z]+")
_ETHEREUM = re.compile(r"0[xX][0-9a-fA-F]{40}")
_BECH32 = re.compile(r"[a-zA-Z]{2,12}1[a-zA-Z0-9]{20,100}")
_TRON = re.compile(r"T[1-9A-HJ-NP-Za-km-z]{33}")
_SEGWIT = re.compile(r"(?:bc|tb|ltc)1[a-z0-9]{25,70}")
_HAN = re.compile("[\u4e00-\u9fff]")
_OF_AN_ADDRESS = re.compile(r"(?:address|account|wallet)s?/$", re.IGNORECASE)
_TON = re.compile(r"(?<![0-9A-Za-z-])(?:EQ|UQ)[\w-]{46}(?![0-9A-Za-z-])")


def find(
    text: str,
    *,
    rules: RuleSet,
    language: str | None = None,
    sent_at: datetime | None = None,
    zone: tzinfo | None = None,
) -> Identifiers:
    """Find the identifiers of `text`, each once, in order of appearance.

    language: BCP-47, for the words of times; None: told from the text.
    sent_at: when it was written, aware; for words such as yesterday.
    zone: of the writer, where the words tell none; None: unknown.
    """
    if language is None:
        language = detect(text)[0]
    plain = text.translate(_HALF_WIDTH) if _is_full_width(text) else text
    runs = long_runs(plain)
    txid = _unique(
        m[0]
        for m in sorted((*filter(_is_txid, runs), *_told_txids(plain, rules)), key=_place)
        if not _is_key(m, rules)
    )
    address = _unique(
        m[0]
        for m in sorted((*filter(_is_address, runs), *_ton(plain)), key=_place)
        if m[0] not in txid and not _is_key(m, rules)
    )
    mistyped = _unique(m[0] for m in runs if _is_mistyped(m[0]) and not _is_key(m, rules))
    masked = plain
    for known in (*txid, *address, *mistyped):
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
    times = _times(masked, rules, language.split("-")[0])
    return Identifiers(
        uid=uid,
        txid=txid,
        order_id=order,
        ticket_id=ticket,
        address=address,
        amount=tuple(dict.fromkeys(amounts)),
        coin=tuple(dict.fromkeys(coins)),
        time=_unique(words for words, _ in times),
        mistyped_address=mistyped,
        instants=_instants(times, masked, sent_at=sent_at, zone=zone),
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


def _is_txid(m: re.Match[str]) -> bool:
    run = m[0]
    if len(run) in (64, 66):
        return _HEX64.fullmatch(run) is not None
    return 86 <= len(run) <= 90 and len(base58_bytes(run) or b"") == 64


def _told_txids(text: str, rules: RuleSet) -> list[re.Match[str]]:
    """Hashes in base64, as TON has them: only words beside them tell what they are."""
    if "=" not in text:
        return []
    found = rules.identifiers.search(("txid",), text)["txid"]
    whole = re.compile(r"[^=]+=")
    return [v for m in found if (v := whole.match(text, m.start("v")))]


def _is_mistyped(run: str) -> bool:
    if _ETHEREUM.fullmatch(run):
        return not is_ethereum_address(run)
    if _TRON.fullmatch(run):
        return base58check(run) is None
    return bool(_SEGWIT.fullmatch(run)) and not is_bech32(run)


def _is_address(m: re.Match[str]) -> bool:
    run = m[0]
    if _ETHEREUM.fullmatch(run):
        return is_ethereum_address(run)
    if _BECH32.fullmatch(run) and is_bech32(run):
        return True
    if not 25 <= len(run) <= 60:
        return False
    if len(run) == 56 and run.startswith("G"):
        return is_stellar_address(run)
    if _BASE58.fullmatch(run) is None:
        return False
    is_whole = m.string[m.end() : m.end() + 1] != "="  # else it is base64
    return is_whole and (
        _is_base58_address(run) or (_is_solana_address(run) and not _is_in_path(m))
    )


def _is_in_path(m: re.Match[str]) -> bool:
    """Whether it stands in a path that does not say that an address follows."""
    text, start, end = m.string, m.start(), m.end()
    if _OF_AN_ADDRESS.search(text, max(0, start - 10), start):
        return False
    return "/" in (text[start - 1 : start], text[end : end + 1])


def _ton(text: str) -> list[re.Match[str]]:
    if "EQ" not in text and "UQ" not in text:
        return []
    return [m for m in _TON.finditer(text) if is_ton_address(m[0])]


def _is_base58_address(value: str) -> bool:
    payload = base58check(value)
    if payload is not None:
        return len(payload) == 21 or value[0] in "Ad" or (value[0] == "r" and len(payload) > 20)
    return value[0] == "r" and _is_ripple(value)


def _is_solana_address(value: str) -> bool:
    """No checksum is in it: as long as a key, and mixed as a random one is."""
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


def _times(text: str, rules: RuleSet, language: str) -> list[tuple[str, int]]:
    """Times as written and where; one that lies inside a longer one is left out."""
    spoken = dict.fromkeys(("time_en", f"time_{language}"))
    if not text.isascii() and language != "ja" and _HAN.search(text):
        spoken["time_zh"] = None  # mixed mails tell times in either language
    kinds = ("time_digits", *spoken)
    found: list[tuple[str, int]] = []
    spans = sorted(
        (m.start(), -m.end(), m[0].strip())
        for found in rules.identifiers.search(kinds, text).values()
        for m in found
    )
    reached = -1
    for start, minus_end, words in spans:
        if -minus_end > reached and start >= reached:
            reached = -minus_end
            found.append((words, text.find(words, start)))
    return found


def _instants(
    times: Sequence[tuple[str, int]],
    text: str,
    *,
    sent_at: datetime | None,
    zone: tzinfo | None,
) -> tuple[Instant, ...]:
    found = [
        Instant(words, at)
        for words, start in times
        if (at := instant_at(text, start, start + len(words), sent_at=sent_at, zone=zone))
    ]
    return tuple(dict.fromkeys(found))
