"""Marks pictures that come with every mail of a sender as decoration, and asks on for proof.

What was seen before is gathered once for a batch; whether it is decoration, domain.decoration
decides.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from worker.domain.decoration import (
    MAX_PICTURES,
    Sighting,
    is_repeated,
    may_be_logo,
    may_be_screenshot,
)
from worker.domain.message import Attachment
from worker.pipeline.read import Reading


def small_pictures(readings: Iterable[Reading]) -> list[bytes]:
    """SHA-256 of the pictures that may be logos, each once, in order."""
    found = (
        bytes.fromhex(one.sha256)
        for reading in readings
        for one in _looked_at(reading.message.attachments)
    )
    return list(dict.fromkeys(found))


def without_logos(
    reading: Reading,
    seen: Mapping[bytes, Sequence[Sighting]],
    *,
    public_domains: Collection[str],
) -> Reading:
    """The reading with its logos marked; when no picture is left, a screenshot is missing."""
    message, author = reading.message, reading.message.author
    sender = author.addr_spec.lower() if author else ""
    logos = {
        one.sha256
        for one in _looked_at(message.attachments)
        if is_repeated(
            sender, seen.get(bytes.fromhex(one.sha256), ()), public_domains=public_domains
        )
    }
    if not logos:
        return reading
    attachments = tuple(
        replace(one, is_decoration=True) if one.sha256 in logos else one
        for one in message.attachments
    )
    judgement = reading.judgement
    is_shown = any(may_be_screenshot(one) and one.sha256 not in logos for one in attachments)
    if not is_shown and reading.missing_without_pictures is not None:
        judgement = replace(judgement, missing=reading.missing_without_pictures)
    return replace(
        reading, message=replace(message, attachments=attachments), judgement=judgement
    )


def _looked_at(attachments: Iterable[Attachment]) -> list[Attachment]:
    return [one for one in attachments if may_be_logo(one)][:MAX_PICTURES]
