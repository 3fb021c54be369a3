"""Finds private keys: by their form (PEM, WIF, xprv, wallet files), or told by words.

A key of 64 hexadecimal digits has the shape of a transaction hash; the words just before it
decide. A key that a mail program broke over lines is one key.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from worker.domain.beside import speaks_last
from worker.domain.checksums import base58_bytes, base58check
from worker.domain.rules import Context

_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----")
_PEM_END = re.compile(r"-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----")
_EXTENDED = re.compile(r"[a-zA-Z]prv[1-9A-HJ-NP-Za-km-z]{100,112}")
_WIF = re.compile(r"[5KLc9][1-9A-HJ-NP-Za-km-z]{50,51}")
_HEX = re.compile(r"(?:0[xX])?[0-9a-fA-F]{64}(?:[0-9a-fA-F]{64})?")
_BASE58_KEY = re.compile(r"[1-9A-HJ-NP-Za-km-z]{43,90}")
_NEXT_LINE = re.compile(r"[ \t]*\r?\n[> \t]*([0-9A-Za-z]+)")
_LONGEST = 130
_NUMBERS = re.compile(r"\[\s*\d{1,3}(?:\s*,\s*\d{1,3}){31,63}\s*\]")
_CIPHERTEXT = re.compile(r"[\"']ciphertext[\"']\s*:", re.IGNORECASE)
_BRACES = re.compile(r"[{}]")


class Key(NamedTuple):
    start: int
    end: int
    is_sure: bool
    """Told by its form alone, whatever words stand beside it."""


def find_keys(text: str, runs: Sequence[re.Match[str]], context: Context) -> Iterator[Key]:
    """Find the private keys of `text`. runs: its long_runs."""
    if "-----BEGIN" in text:
        yield from _pem_blocks(text)
    for m in runs:
        yield from _key_at(m, context)
    for m in _NUMBERS.finditer(text) if "[" in text else ():
        yield from _bytes_at(m, context)
    if _CIPHERTEXT.search(text):
        yield from _wallet_files(text)


def _pem_blocks(text: str) -> Iterator[Key]:
    begin = _PEM.search(text)
    while begin:
        end = _PEM_END.search(text, begin.end())
        yield Key(begin.start(), end.end() if end else len(text), True)
        begin = _PEM.search(text, end.end()) if end else None


def _key_at(m: re.Match[str], context: Context) -> Iterator[Key]:
    if _is_sure(m[0]):
        yield Key(*m.span(), True)
        return
    if _may_be_key(m[0]) and _is_told(m, context):
        yield Key(*m.span(), False)
        return
    joined, end = m[0], m.end()
    while len(joined) < _LONGEST and (more := _NEXT_LINE.match(m.string, end)):
        joined, end = joined + more[1], more.end()
        if _is_sure(joined):
            yield Key(m.start(), end, True)
            return
        if _HEX.fullmatch(joined) and _is_told(m, context):
            yield Key(m.start(), end, False)
            return


def _is_told(m: re.Match[str], context: Context) -> bool:
    """Whether words say so; `the private key of that address:` does, whatever it names."""
    return speaks_last(
        m, context, *("key_words", "hash_words"), *("firm_key_words", "tx_words")
    )


def _is_sure(run: str) -> bool:
    if _EXTENDED.fullmatch(run):
        return True
    return bool(_WIF.fullmatch(run)) and len(base58check(run) or b"") in (33, 34)


def _may_be_key(run: str) -> bool:
    if _WIF.fullmatch(run) or _HEX.fullmatch(run):
        return True
    return bool(_BASE58_KEY.fullmatch(run)) and len(base58_bytes(run) or b"") in (32, 64)


def _bytes_at(m: re.Match[str], context: Context) -> Iterator[Key]:
    """A key as a list of its 64 octets, as Solana's tools write it; of 32, if words say so."""
    numbers = [int(one) for one in re.findall(r"\d+", m[0])]
    if max(numbers) > 255 or len(set(numbers)) < 16:
        return
    if len(numbers) == 64 or (len(numbers) == 32 and _is_told(m, context)):
        yield Key(*m.span(), True)


def _wallet_files(text: str) -> Iterator[Key]:
    """Each outermost JSON object that holds an encrypted key (Web3 Secret Storage and like)."""
    depth = start = 0
    for m in _BRACES.finditer(text):
        if m[0] == "{":
            start = start if depth else m.start()
            depth += 1
        elif depth:
            depth -= 1
            if not depth and _CIPHERTEXT.search(text, start, m.end()):
                yield Key(start, m.end(), True)
    if depth and _CIPHERTEXT.search(text, start):
        yield Key(start, len(text), True)  # cut off: its end is not here
