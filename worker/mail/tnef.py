"""Opens winmail.dat (TNEF, [MS-OXTNEF]), in which Outlook hides attachments, with tnefparse."""

import logging
import struct

from tnefparse import TNEF

from worker.mail.charsets import decode

_MAX_OCTETS = 30 * 2**20
_MAX_FILES = 200
_SIGNATURE = b"\x78\x9f\x3e\x22"

logging.getLogger("tnefparse").setLevel(logging.CRITICAL)  # it logs what strangers send


def tnef_files(octets: bytes) -> list[tuple[str, bytes]]:
    """Name and content of each file in a TNEF stream; empty when it cannot be read."""
    if not octets.startswith(_SIGNATURE) or len(octets) > _MAX_OCTETS:
        return []
    try:
        found = TNEF(octets, do_checksum=False).attachments[:_MAX_FILES]
        return [(_text(one.long_filename() or one.name), bytes(one.data)) for one in found]
    except (ValueError, LookupError, TypeError, AttributeError, struct.error, OverflowError):
        return []


def _text(name: object) -> str:
    raw = decode(name) if isinstance(name, bytes) else str(name or "")
    return raw.replace("\x00", "").strip()
