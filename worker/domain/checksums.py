"""Check digits and checksums of what people write in mails: keys, addresses, cards, papers.

Thin and pure, and our own: docs/decisions/checksums.md says why.
"""

import base64
import binascii
import hashlib
import re
from functools import lru_cache

from worker.domain.keccak import keccak256

_BASE58 = frozenset("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")
_BASE58_INDEX = {
    c: i for i, c in enumerate("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")
}
_STANDARD_64 = str.maketrans("-_", "+/")
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def base58_bytes(text: str) -> bytes | None:
    """Decode base58; None when a character is not of its alphabet."""
    number = 0
    for c in text:
        digit = _BASE58_INDEX.get(c)
        if digit is None:
            return None
        number = number * 58 + digit
    zeros = len(text) - len(text.lstrip("1"))
    return b"\x00" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def base58check(text: str) -> bytes | None:
    """The payload with its version byte; None when the checksum does not hold."""
    data = base58_bytes(text)
    if data is None or len(data) < 5:
        return None
    payload, check = data[:-4], data[-4:]
    digest = hashlib.sha256(hashlib.sha256(payload).digest()).digest()
    return payload if digest[:4] == check else None


def is_bech32(text: str) -> bool:
    """BIP-173 or BIP-350, any human-readable part."""
    lower = text.lower()
    if text not in (lower, text.upper()):
        return False
    head, _, data = lower.rpartition("1")
    alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    if not head or len(data) < 6 or any(c not in alphabet for c in data):
        return False
    values = [ord(c) >> 5 for c in head] + [0] + [ord(c) & 31 for c in head]
    return _polymod(values + [alphabet.index(c) for c in data]) in (1, 0x2BC830A3)


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate(
            (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
        ):
            if (top >> i) & 1:
                check ^= generator
    return check


@lru_cache(maxsize=1000)
def is_ethereum_address(text: str) -> bool:
    """40 hexadecimal digits behind 0x; in mixed case they hold a checksum (EIP-55)."""
    digits = text[2:]
    if digits in (digits.lower(), digits.upper()):
        return True
    digest = keccak256(digits.lower().encode()).hex()
    return all(
        c.isupper() == (d in "89abcdef")
        for c, d in zip(digits, digest, strict=False)
        if c.isalpha()
    )


def is_stellar_address(text: str) -> bool:
    """Base32 of a version, a key and CRC-16 (SEP-23)."""
    try:
        data = base64.b32decode(text)
    except binascii.Error:
        return False
    check = binascii.crc_hqx(data[:-2], 0)
    return len(data) == 35 and data[-2:] == check.to_bytes(2, "little")


def is_ton_address(text: str) -> bool:
    """Base64 of a tag, a workchain, a hash and CRC-16 (TEP-2)."""
    try:
        data = base64.b64decode(text.translate(_STANDARD_64), validate=True)
    except binascii.Error:
        return False
    check = binascii.crc_hqx(data[:-2], 0)
    return len(data) == 36 and data[-2:] == check.to_bytes(2, "big")


def is_luhn(digits: str) -> bool:
    total = 0
    for place, c in enumerate(reversed(digits)):
        value = int(c) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_chinese_resident_id(text: str) -> bool:
    """GB 11643: region, a plausible birth date, check character."""
    if not re.fullmatch(
        r"[1-8]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]", text
    ):
        return False
    total = sum(w * int(c) for w, c in zip(_RESIDENT_WEIGHTS, text, strict=False))
    return "10X98765432"[total % 11] == text[17].upper()
