"""Undoes content transfer encodings (RFC 2045 section 6), yEnc and uuencode, never failing.

Damaged encodings give what can be read; unknown ones leave the octets as they are.
"""

import binascii
import re

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
_PADDED_END = re.compile(rb"=[ \t]*\r?\n")
_COMMENT = re.compile(r"\([^()]*\)")
_FOOTED = re.compile(
    rb"\s*((?:[A-Za-z0-9+/]{4,100}+={0,2}[ \t]*+\r?\n)++)[ \t]*+\r?\n([^\r\n]*\S[\s\S]*)"
)
_MAX_FOOTER = 4000
_MAX_FOOTED = 2**20
_MAX_FILES = 100
"""Of uuencoded or yEnc files in one text; what follows stays text."""
_UU_BEGIN = re.compile(rb"(?:^|\n)begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,255})\r?\n")
_UU_END = re.compile(rb"\n(?:end|====)[ \t]*(?=\r?\n|$)")
_YENC = re.compile(
    rb"(?:^|\n)=ybegin [^\r\n]*?name=([^\r\n]{1,255})\r?\n(?:=ypart [^\r\n]*\r?\n)?"
)


def decode_transfer(octets: bytes, encoding: str) -> tuple[bytes, bool]:
    """Decode a body by its Content-Transfer-Encoding; False when it is not what it says."""
    name = _COMMENT.sub("", encoding[:200]).strip().strip("\"';,").lower()
    if name in (
        "",
        "7bit",
        "8bit",
        "binary",
        "7-bit",
        "8-bit",
        "7 bit",
        "8 bit",
        "none",
        "ascii",
    ):
        return octets, True
    if name in ("base64", "base-64", "base 64", "b"):
        if footed := _footed(octets):
            return footed, True
        return (base64_octets(octets), True) if is_base64(octets) else (octets, False)
    if name in ("quoted-printable", "quoted-printeable", "quotedprintable", "qp", "q"):
        return _quoted_printable(octets), True
    if name in ("x-uuencode", "uuencode", "x-uue", "uue", "x-uu"):
        blocks = uuencoded(octets)
        return (blocks[0][2], True) if blocks else (octets, False)
    return octets, False


def _footed(octets: bytes) -> bytes | None:
    """Base64 text below which a mailing list put its own lines in plain words."""
    if len(octets) > _MAX_FOOTED:
        return None
    tail = octets[-_MAX_FOOTER:]
    if b" " not in tail.strip() or b"\n\n" not in tail.replace(b"\r", b""):
        return None
    match = _FOOTED.match(octets)
    if match is None or len(match.group(2)) > _MAX_FOOTER or b" " not in match.group(2):
        return None
    packed = b"".join(match.group(1).split())
    if len(packed) % 4 or not (packed.endswith(b"=") or len(packed) >= 40):
        return None
    head = base64_octets(packed)
    return head if b"\x00" in head[:4096] else head + b"\n\n" + match.group(2)


def base64_octets(text: bytes) -> bytes:
    """Decode base64 with foreign characters, missing padding or padding in the middle."""
    text = text.rstrip()
    padding = text.find(b"=")
    if 0 <= padding < len(text) - 2:
        # Encoders that were run piece by piece end each piece with its padding at a line end;
        # what follows padding on the same line is no base64.
        pieces = _PADDED_END.split(text)
        packed = (_NOT_BASE64.sub(b"", piece.partition(b"=")[0]) for piece in pieces)
        return b"".join(_quads(piece) for piece in packed)
    try:
        return binascii.a2b_base64(text)
    except binascii.Error:
        return _quads(_NOT_BASE64.sub(b"", text))


def is_base64(text: bytes) -> bool:
    """False when `text`, labelled base64, is plainly something else."""
    sample = b"".join(text[:4096].split())
    foreign = len(sample) - len(_NOT_BASE64.sub(b"", sample))
    return foreign * 10 <= len(sample)


def _quads(packed: bytes) -> bytes:
    """Decode clean base64 without padding; a lone last character holds no octet."""
    packed = packed.partition(b"=")[0]
    if len(packed) % 4 == 1:
        packed = packed[:-1]
    return binascii.a2b_base64(packed + b"=" * (-len(packed) % 4))


def _quoted_printable(octets: bytes) -> bytes:
    # a2b_qp keeps "= \r\n" (blanks after the soft break), which mail gateways produce.
    if b"= " in octets or b"=\t" in octets:
        octets = re.sub(rb"=[ \t]{1,100}(?=\r?\n|$)", b"=", octets)
    return binascii.a2b_qp(octets)


def uuencoded(octets: bytes) -> list[tuple[int, int, bytes, bytes]]:
    """Each uuencoded file in `octets` as (start, end, content, name)."""
    if b"begin" not in octets:
        return []
    found: list[tuple[int, int, bytes, bytes]] = []
    position = 0
    while len(found) < _MAX_FILES and (begin := _UU_BEGIN.search(octets, position)) is not None:
        end = _UU_END.search(octets, begin.end() - 1)
        if end is None:
            break
        lines = octets[begin.end() : end.start()]
        if octets[begin.start() : begin.end()].lstrip().startswith(b"begin-base64"):
            content: bytes | None = base64_octets(lines)
        else:
            content = _uu_lines(lines)
        if content is not None:
            found.append((begin.start(), end.end(), content, begin.group(1).strip()))
        position = end.end()
    return found


def _uu_lines(lines: bytes) -> bytes | None:
    """Decode the lines between begin and end; None when they are no uuencode."""
    out = []
    for line in lines.splitlines():
        if not line.strip() or line.strip() == b"`":
            continue
        length = (line[0] - 32) & 63
        wanted = (length + 2) // 3 * 4 + 1
        if line[0] > 96 or line[0] < 33 or len(line.rstrip()) > wanted + 2:
            return None
        try:
            out.append(binascii.a2b_uu(line[:wanted].ljust(wanted)))
        except binascii.Error:
            return None
    return b"".join(out)


def yencoded(octets: bytes) -> list[tuple[int, int, bytes, bytes]]:
    """Each yEnc file in `octets` as (start, end, content, name)."""
    if b"=ybegin " not in octets:
        return []
    found: list[tuple[int, int, bytes, bytes]] = []
    position = 0
    while len(found) < _MAX_FILES and (begin := _YENC.search(octets, position)) is not None:
        end = octets.find(b"\n=yend", begin.end() - 1)
        if end < 0:
            break
        stop = octets.find(b"\n", end + 1)
        stop = len(octets) if stop < 0 else stop
        content = _yenc_octets(octets[begin.end() : end])
        found.append((begin.start(), stop, content, begin.group(1).strip()))
        position = stop
    return found


_SHIFTED = bytes((octet - 42) % 256 for octet in range(256))


def _yenc_octets(body: bytes) -> bytes:
    packed = body.replace(b"\r", b"").replace(b"\n", b"")
    first, *rest = packed.split(b"=")
    escaped = [bytes([(piece[0] - 64) % 256]) + piece[1:] for piece in rest if piece]
    return b"".join([first, *escaped]).translate(_SHIFTED)
