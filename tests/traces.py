"""Looks for what must have left no trace: in octets as they are, decoded and decompressed."""

import base64
import binascii
import json
import quopri
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import zstandard
from ahocorasick_rs import AhoCorasick

_BASE64 = re.compile(rb"[A-Za-z0-9+/=_-]{16,}(?:\r?\n[A-Za-z0-9+/=_-]{2,})*")
_ZSTD = b"\x28\xb5\x2f\xfd"
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"\x1f\x8b")
_MOST = 8 << 20
_WINDOW = 24
"""Octets of a mail in a row that may stand nowhere in the clear."""


def forms(data: bytes) -> Iterator[bytes]:
    """What can be read in `data`: as it is, and with each usual encoding undone once."""
    yield data
    if b"=" in data:
        yield quopri.decodestring(data)
    for run in _BASE64.finditer(data):
        plain = re.sub(rb"\s", b"", run[0]).translate(bytes.maketrans(b"-_", b"+/"))
        for cut in range(4):
            body = plain[cut : len(plain) - (len(plain) - cut) % 4]
            try:
                yield base64.b64decode(body)
            except binascii.Error:
                continue
    yield from _unpacked(data)


def _unpacked(data: bytes) -> Iterator[bytes]:
    for magic in (_ZSTD, *_ZLIB):
        at = data.find(magic)
        while at >= 0:
            try:
                if magic == _ZSTD:
                    reader = zstandard.ZstdDecompressor().decompressobj()
                    yield reader.decompress(data[at : at + _MOST])
                else:
                    yield zlib.decompressobj(wbits=47).decompress(data[at : at + _MOST], _MOST)
            except (zlib.error, zstandard.ZstdError):
                pass
            at = data.find(magic, at + 1)


def written(value: str) -> set[bytes]:
    """A value as programs write it: in UTF-8, in UTF-16, and escaped in JSON."""
    escaped = json.dumps(value)[1:-1]
    return {value.encode(), value.encode("utf-16-le"), escaped.encode()}


def traces(places: Iterable[tuple[str, bytes]], values: Sequence[str]) -> list[tuple[str, str]]:
    """Every (place, value) at which a value can still be read."""
    needles = {form: value for value in values for form in written(value)}
    found: set[tuple[str, str]] = set()
    if not needles:
        return []
    told = list(needles)
    wanted = AhoCorasick([needle.decode("latin-1") for needle in told])
    for place, data in places:
        for form in forms(data):
            hits = wanted.find_matches_as_indexes(form.decode("latin-1"))
            found.update((place, needles[told[number]]) for number, _, _ in hits)
    return sorted(found)


def files_under(folder: Path) -> list[tuple[str, bytes]]:
    """Every file below `folder`, by its name there."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return [(str(path.relative_to(folder)), path.read_bytes()) for path in paths]


def plain_runs(raws: Sequence[bytes], blobs: Iterable[tuple[str, bytes]]) -> list[str]:
    """The blob files in which a run of octets of a mail stands as it came."""
    windows = {
        raw[at : at + _WINDOW]
        for raw in raws
        for at in range(0, len(raw) - _WINDOW, _WINDOW // 2)
    }
    sizes = range(_WINDOW)
    return [
        name
        for name, data in blobs
        if any(
            data[at : at + _WINDOW] in windows
            for start in sizes
            for at in range(start, len(data) - _WINDOW + 1, _WINDOW)
        )
    ]
