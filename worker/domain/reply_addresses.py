"""Makes the signed addresses that answers ask to be replied to, and reads them again.

`support+<ticket>.<seal>@<domain>`: the seal is HMAC-SHA256 over ticket number and domain, cut
to 80 bits, so nobody without the key can name another's ticket. Pure. It is written in lower
case and read in any, since some mail programs change it. RFC 5233 calls it a subaddress.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass

from worker.domain import ticket_numbers

LONGEST_LOCAL = 64
"""Octets before the @ (RFC 5321 section 4.5.3.1.1)."""
_SEAL_BYTES = 10  # 80 bits, 16 characters of base32
_TAG = re.compile(r"([a-z2-9]{4}-?[a-z2-9]{4})(?:\.(.*))?")


@dataclass(frozen=True, slots=True)
class Tag:
    """What stands behind the + of an address of ours and names a ticket."""

    address: str
    """As it was written to, in lower case."""
    number: str | None
    """None where it is no number that a ticket can have."""
    is_sealed: bool
    """True when the seal is ours: otherwise it proves nothing."""


def make(key: bytes, number: str, address: str, *, domain: str) -> str | None:
    """Make the address for replies to a ticket; None where it would be too long.

    address: the mailbox's own. domain: the desk's, as in its Message-IDs.
    """
    local, _, host = address.rpartition("@")
    tagged = f"{local}+{number.lower()}.{_seal(key, number, domain)}"
    return f"{tagged}@{host}" if len(tagged.encode()) <= LONGEST_LOCAL else None


def read(
    keys: tuple[bytes, ...], address: str, *, own: Collection[str], domain: str
) -> Tag | None:
    """Read what an address says of a ticket; None when it says nothing, or is not ours.

    keys: the one in use and the retired ones. own: addresses of the desk, lower case.
    """
    written = address.lower()
    found = _TAG.fullmatch(tag_of(written))
    if found is None or bare(written) not in own:
        return None
    number = ticket_numbers.parse(found[1])
    is_sealed = False
    for key in keys if number else ():  # all of them, so that the time tells nothing
        seal = _seal(key, number or "", domain)
        is_sealed |= hmac.compare_digest(seal.encode(), (found[2] or "").encode())
    return Tag(written, number, is_sealed)


def bare(address: str) -> str:
    """Leave out the last + of the local part and what follows it."""
    local, at, host = address.rpartition("@")
    return f"{local.rpartition('+')[0] or local}{at}{host}"


def tag_of(address: str) -> str:
    """Return what follows the last + of the local part; "" without one."""
    local = address.rpartition("@")[0]
    before, mark, tag = local.rpartition("+")
    return tag if before and mark else ""


def is_own(address: str, own: Collection[str]) -> bool:
    """Tell whether an address, in lower case, is one of the desk's, with or without a tag."""
    return address in own or bare(address) in own


def _seal(key: bytes, number: str, domain: str) -> str:
    text = f"postclerk reply-address\n{number.upper()}\n{domain.lower()}".encode()
    sealed = hmac.digest(key, text, hashlib.sha256)[:_SEAL_BYTES]
    return base64.b32encode(sealed).decode("ascii").rstrip("=").lower()
