"""Reads encoded-words (RFC 2047) in header fields, the broken ones too.

Octets of neighbouring words are joined before they are decoded, since many programs cut inside
a character. One pass from left to right, so the cost grows with the length only.
"""

import binascii
import re

from worker.mail.charsets import clean_line, decode
from worker.mail.transfer import base64_octets

_HEAD = re.compile(rb"=\?([^?\s]{0,60}+)\?([bBqQ])\?")
_BLANK = re.compile(rb"[ \t\r\n]*")


def decode_words(value: bytes, *, hint: str | None = None) -> str:
    """Decode a field body of raw octets into one clean line.

    hint: the charset label of the mail's text, for octets that carry none.
    """
    if b"=?" not in value:
        return clean_line(_plain(value, hint))
    out: list[str] = []
    pending: list[tuple[str, bytes]] = []
    position = 0
    for start, end, charset, octets in _words(value):
        between = value[position:start]
        if between.strip() or not pending:
            out.append(_joined(pending, hint))
            pending = []
            out.append(_plain(between, hint))
        pending.append((charset, octets))
        position = end
    out.append(_joined(pending, hint))
    out.append(_plain(value[position:], hint))
    return clean_line("".join(out))


def _words(value: bytes) -> list[tuple[int, int, str, bytes]]:
    """Each encoded-word as (start, end, charset, octets)."""
    found = []
    position = 0
    while (match := _HEAD.search(value, position)) is not None:
        end = value.find(b"?=", match.end())
        if end < 0:
            break
        charset = match.group(1).split(b"*")[0].decode("ascii", "replace")
        text = value[match.end() : end]
        inner = text.rfind(b"=?")
        if inner >= 0 and _HEAD.match(text, inner):  # the first word was never closed
            position = match.end() + inner
            continue
        if match.group(2) in b"bB":
            octets = base64_octets(text)
        else:
            octets = binascii.a2b_qp(text.replace(b"\n", b"").replace(b"\r", b""), header=True)
        found.append((match.start(), end + 2, charset, octets))
        position = end + 2
    return found


def _joined(words: list[tuple[str, bytes]], hint: str | None) -> str:
    """Decode neighbouring words, those of one charset as one text."""
    out: list[str] = []
    index = 0
    while index < len(words):
        charset = words[index][0].lower()
        octets = []
        while index < len(words) and words[index][0].lower() == charset:
            octets.append(words[index][1])
            index += 1
        out.append(decode(b"".join(octets), charset, hint=hint))
    return "".join(out)


def _plain(octets: bytes, hint: str | None) -> str:
    return octets.decode("ascii") if octets.isascii() else decode(octets, None, hint=hint)
