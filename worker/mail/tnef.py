"""Opens winmail.dat (TNEF, [MS-OXTNEF]), in which Outlook hides attachments, with tnefparse."""

import logging
import struct

import tnefparse.mapi
import tnefparse.tnef
from tnefparse import TNEF

from worker.mail.charsets import decode

_MAX_OCTETS = 30 * 2**20
_MAX_FILES = 200
_MAX_COPIED = 4 * 10**9
"""Octets that tnefparse may copy: it copies the rest of the stream at each object."""
_MAX_COUNT = 10_000
_BROKEN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NameError,  # of a variable that only an earlier object sets
    TypeError,
    ValueError,
    struct.error,
)
_ATTACHMENT_LEVEL = 2
_CODEPAGE = 0x9007
_SIGNATURE = b"\x78\x9f\x3e\x22"

logging.getLogger("tnefparse").setLevel(logging.CRITICAL)  # it logs what strangers send


def _counted(count: int) -> range:
    """What tnefparse counts with: a stream may claim four thousand million rows in 4 octets."""
    if count > _MAX_COUNT:
        raise ValueError("more rows than the bound")
    return range(count)


for _module in (tnefparse.mapi, tnefparse.tnef):
    vars(_module)["range"] = _counted


def tnef_files(octets: bytes) -> list[tuple[str, bytes]]:
    """Name and content of each file in a TNEF stream; empty when it cannot be read."""
    if not octets.startswith(_SIGNATURE) or len(octets) > _MAX_OCTETS:
        return []
    stream, count = _attachments_of(octets)
    if count * len(stream) > _MAX_COPIED:
        return []
    try:
        found = TNEF(stream, do_checksum=False).attachments[:_MAX_FILES]
        return [(_text(one.long_filename() or one.name), bytes(one.data)) for one in found]
    except _BROKEN:
        return []


def _attachments_of(octets: bytes) -> tuple[bytes, int]:
    """The stream without what is not about attachments, and how many objects are left.

    An object is level, name, type and length in 9 octets, content, and a checksum of 2.
    """
    kept = [octets[:6]]
    place = 6
    while place + 9 <= len(octets):
        level, name, _, length = struct.unpack_from("<BHHI", octets, place)
        end = place + length + 11
        if level == _ATTACHMENT_LEVEL or name == _CODEPAGE:
            kept.append(octets[place:end])
        place = end
    return b"".join(kept), len(kept)


def _text(name: object) -> str:
    raw = decode(name) if isinstance(name, bytes) else str(name or "")
    return raw.replace("\x00", "").strip()
