"""Where small pictures were seen before, for telling logos from screenshots."""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import CompoundSelect, Connection, LargeBinary, bindparam, select, union_all

from worker.domain.decoration import Sighting
from worker.store.schema import SMALL, attachments, messages

_AT_ONCE = 24
"""Digests that one query looks for."""
_MOST = 240
"""Digests that are looked for in one batch."""
_LATEST = 20
"""Mails that are read for each."""


def sightings(tx: Connection, digests: Sequence[bytes]) -> dict[bytes, list[Sighting]]:
    """Return the latest mails that brought each picture, at most 20 for each digest.

    digests: SHA-256 of the octets; past 240 the rest is not looked for.
    """
    found: dict[bytes, list[Sighting]] = {}
    for start in range(0, min(len(digests), _MOST), _AT_ONCE):
        some = digests[start : start + _AT_ONCE]
        padded = [*some, *[b""] * (_AT_ONCE - len(some))]
        for row in tx.execute(_seen(), {f"d{i}": one for i, one in enumerate(padded)}):
            sighting = Sighting(row.sender, row.ticket_id)
            found.setdefault(bytes(row.sha256), []).append(sighting)
    return found


@cache
def _seen() -> CompoundSelect[tuple[bytes, str, int]]:
    """One query for _AT_ONCE digests; each part reads _LATEST rows of an index."""
    parts = [
        select(attachments.c.sha256, attachments.c.message_id)
        .where(attachments.c.sha256 == bindparam(f"d{i}", type_=LargeBinary), SMALL)
        .order_by(attachments.c.id.desc())
        .limit(_LATEST)
        .subquery()
        for i in range(_AT_ONCE)
    ]
    return union_all(
        *(
            select(part.c.sha256, messages.c.sender, messages.c.ticket_id)
            .join(messages, messages.c.id == part.c.message_id)
            .where(messages.c.direction == "in")
            for part in parts
        )
    )
