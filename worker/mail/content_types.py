"""Says what an attachment really is where its label claims something harmless and lies.

A label is believed unless it names a kind whose files begin with known octets and these do not;
then puremagic reads the first 2 kB.
"""

import puremagic

_BEGINNINGS: dict[str, tuple[bytes, ...]] = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/jpg": (b"\xff\xd8\xff",),
    "image/pjpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
    "image/bmp": (b"BM",),
    "application/pdf": (b"%PDF-",),
    "application/zip": (b"PK",),
}
_MARKUP = (b"<!doctype html", b"<html", b"<script", b"<body", b"<head", b"<iframe")
_KNOWN: tuple[tuple[bytes, str], ...] = (
    *((start, label) for label, starts in _BEGINNINGS.items() for start in starts),
    (b"MZ", "application/x-msdownload"),
    (b"\x7fELF", "application/x-elf"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"#!", "text/x-shellscript"),
)


def true_content_type(label: str, content: bytes) -> str:
    """The label, or what the content is where the label lies; lower case."""
    starts = _BEGINNINGS.get(label)
    if starts is None and not label.startswith(("image/", "audio/", "video/")):
        return label
    head = content[:2048]
    if not head or (starts is not None and head.startswith(starts)):
        return label
    begin = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if begin.startswith(_MARKUP):
        return "text/html"
    if label == "image/svg+xml":
        return label
    if b"<svg" in begin and begin.startswith((b"<svg", b"<?xml", b"<!--", b"<!doctype svg")):
        return "image/svg+xml"
    for start, known in _KNOWN:
        if head.startswith(start) and (starts is not None or not known.startswith("image/")):
            return known
    return _by_puremagic(head) or label if starts is not None else label


def _by_puremagic(head: bytes) -> str | None:
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError, IndexError):
        return None
    sure = [match for match in found if match.mime_type and match.confidence >= 0.8]
    return str(sure[0].mime_type).lower() if sure else None
