"""Reads who wrote a mail and about what, from the first fields of its raw bytes alone.

For mails that stand on no ticket, dead letters above all: what killed a reading process must
not be read in full here. What it returns is sealed.
"""

from dataclasses import dataclass

from worker.context import Desk
from worker.domain.secrets import seal
from worker.errors import PostclerkError
from worker.mail.addresses import read_addresses
from worker.mail.fields import read_message_id, read_subject
from worker.mail.header_section import read_header
from worker.mail.settings import ParseSettings
from worker.rules import load

_BOUNDS = ParseSettings(max_header_bytes=32 * 1024, max_header_fields=500, max_addresses=50)
_FIELD_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the first fields say; None where they say nothing."""

    sender: str | None = None
    to: tuple[str, ...] = ()
    subject: str | None = None
    message_id: str | None = None


NOTHING = Head()


def read_head(desk: Desk, blob_key: object) -> Head:
    """Read the head of a raw mail; one that is missing or unreadable has none."""
    if not isinstance(blob_key, str):
        return NOTHING
    try:
        raw = desk.blobs.get(blob_key)
    except PostclerkError:
        return NOTHING
    header, _ = read_header(raw, 0, min(len(raw), _BOUNDS.max_header_bytes), _BOUNDS, [])
    hint = header.charset_hint()
    subject = seal(read_subject(header, hint)[:1000], rules=load(desk.config.rules)).text
    return Head(
        sender=next(iter(_specs(header.first("from"), hint)), None),
        to=_specs(header.first("to"), hint),
        subject=subject or None,
        message_id=read_message_id(header),
    )


def _specs(body: bytes | None, hint: str | None) -> tuple[str, ...]:
    found = read_addresses((body or b"")[:_FIELD_BYTES], hint=hint, limit=50)
    return tuple(address.addr_spec for address in found if address.addr_spec)
