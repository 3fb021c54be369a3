"""Makes the Message-IDs of our mail, and knows them again when an answer refers to them.

`<chance>.<seal>@<domain>`: the seal is HMAC-SHA256 over chance and domain, cut to 80 bits, so
nobody without the key can name a Message-ID that we might have sent. No angle brackets.
"""

import base64
import hashlib
import hmac
import re

_FEWEST_BYTES = 10
_SEAL_BYTES = 10  # 80 bits, 16 characters of base32
_OURS = re.compile(r"([a-z2-7]{16,64})\.([a-z2-7]{16})@(.+)")
_LONGEST = 512


def make(key: bytes, random_part: bytes, domain: str) -> str:
    """Make a Message-ID (RFC 5322 section 3.6.4).

    random_part: 10 to 40 bytes of chance, else ValueError; the same bytes make the same id.
    """
    if not _FEWEST_BYTES <= len(random_part) <= 4 * _FEWEST_BYTES:
        raise ValueError("a Message-ID needs 10 to 40 random bytes")
    chance = _base32(random_part)
    return f"{chance}.{_seal(key, chance, domain)}@{domain.lower()}"


def is_ours(keys: tuple[bytes, ...], message_id: str, domain: str) -> bool:
    """Tell whether one of the keys sealed this Message-ID.

    keys: the one in use and the retired ones. Angle brackets and case do not matter.
    """
    if len(message_id) > _LONGEST:
        return False
    found = _OURS.fullmatch(message_id.strip().removeprefix("<").removesuffix(">").lower())
    if not found or found[3] != domain.lower():
        return False
    is_sealed = False
    for key in keys:  # all of them, so that the time tells nothing
        is_sealed |= hmac.compare_digest(_seal(key, found[1], domain), found[2])
    return is_sealed


def _seal(key: bytes, chance: str, domain: str) -> str:
    text = f"postclerk message-id\n{chance}\n{domain.lower()}".encode()
    return _base32(hmac.digest(key, text, hashlib.sha256)[:_SEAL_BYTES])


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode("ascii").rstrip("=").lower()
