"""Reads Content-Type and Content-Disposition: value and parameters (RFC 2045, 2183, 2231).

Tolerates missing semicolons and quotes, raw octets, encoded-words in names and mixed RFC 2231
pieces. One linear pass, bounded in the number of parameters.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from worker.mail.charsets import clean_line, codec_for, decode
from worker.mail.encoded_words import decode_words

_VALUE = re.compile(rb"[\s\"']*+([A-Za-z0-9!#$&^_.+%*-]*+(?:/[A-Za-z0-9!#$&^_.+%*-]*+)?+)")
_PARAMETER = re.compile(
    rb"[;\s]\s*+([A-Za-z][^=;\s\"]{0,200}+)\s*+=\s*+"
    rb"(?:\"((?:[^\"\\]|\\.)*+)(?:\"|\Z)|([^;]*+))",
    re.DOTALL,
)
_PIECE = re.compile(r"([^*]+)(?:\*(\d{1,5}))?(\*)?$")
_ESCAPED = re.compile(rb"\\([\"\\])")
_UNQUOTED_NEXT = re.compile(rb"\s++[A-Za-z][A-Za-z0-9*-]{0,60}+\s*+=")


@dataclass(slots=True)
class Parameterised:
    """A field body: its value in lower case and its parameters by lower-case name."""

    value: str = ""
    parameters: dict[str, str] = field(default_factory=dict)


def read_parameters(body: bytes, *, hint: str | None = None, limit: int = 500) -> Parameterised:
    """Read `body`; parameters beyond `limit` are left out, of doubled ones the first counts.

    hint: the charset label for raw octets.
    """
    match = _VALUE.match(body)
    value = match.group(1).decode("ascii").lower() if match else ""
    rest = body[match.end() if match else 0 :]
    if rest.lstrip().startswith(b"=") and "/" not in value:  # "charset=us-ascii" as the value
        value, rest = "", b";" + body
    pieces: dict[str, list[tuple[int, bool, bytes]]] = {}
    for count, (name, octets) in enumerate(_pairs(rest)):
        if count >= limit:
            break
        piece = _PIECE.match(name)
        if piece is None:
            continue
        number = -1 if piece.group(2) is None else int(piece.group(2))
        is_extended = piece.group(3) is not None
        pieces.setdefault(piece.group(1), []).append((number, is_extended, octets))
    parameters = {name: _assemble(found, hint) for name, found in pieces.items()}
    return Parameterised(value, parameters)


def _pairs(rest: bytes) -> list[tuple[str, bytes]]:
    if rest[:1] not in (b";", b" ", b"\t"):
        rest = b";" + rest
    found = []
    position = 0
    while (match := _PARAMETER.search(rest, position)) is not None:
        position = match.end()
        if match.group(2) is not None:
            octets = _ESCAPED.sub(rb"\1", match.group(2))
        else:
            octets = match.group(3)
            # "charset=utf-8 name=x": the semicolon is missing
            following = _UNQUOTED_NEXT.search(octets)
            if following is not None:
                position = match.start(3) + following.start()
                octets = octets[: following.start()]
            octets = octets.strip().strip(b"'\"")
        found.append((match.group(1).decode("latin-1").lower(), octets))
    return found


def _assemble(found: list[tuple[int, bool, bytes]], hint: str | None) -> str:
    """Join the pieces of one parameter; an extended value beats a plain one (RFC 2231)."""
    numbered = sorted((piece for piece in found if piece[0] >= 0), key=lambda piece: piece[0])
    whole = [piece for piece in found if piece[0] < 0]
    extended = [piece for piece in whole if piece[1]]
    if extended:
        return _extended([extended[0]], hint)
    if numbered and not (whole and numbered[0][0] > 1):
        return _extended(numbered, hint)
    octets = whole[0][2] if whole else b""
    return decode_words(octets, hint=hint)


def _extended(pieces: list[tuple[int, bool, bytes]], hint: str | None) -> str:
    """Join RFC 2231 pieces; neighbouring extended ones before the percent signs are undone."""
    charset = None
    octets = b""
    encoded = b""
    for place, (_, is_extended, body) in enumerate(pieces):
        text = body
        if is_extended and (place == 0 or (charset is None and text.count(b"'") >= 2)):
            head = text.split(b"'", 2)
            if len(head) == 3 and len(head[0]) <= 60:
                charset, text = head[0].decode("ascii", "replace"), head[2]
        if is_extended:
            encoded += text
        else:
            octets += unquote_to_bytes(encoded) + text
            encoded = b""
    octets += unquote_to_bytes(encoded)
    if b"=?" in octets and not any(piece[1] for piece in pieces):
        return decode_words(octets, hint=hint)
    return clean_line(
        decode(octets, charset, hint=hint if codec_for(charset) is None else None)
    )
