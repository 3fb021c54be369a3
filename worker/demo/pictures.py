"""Small real files for the sample mails: a PNG that looks like a screenshot, a PDF of one page.

Both are made here from nothing, so that the demo ships no binary files.
"""

import random
import struct
import zlib

WIDTH, HEIGHT = 200, 120
PAPER, BAR, INK, BUTTON = b"\xf6\xf7\xf9", b"\x1f\x2a\x44", b"\x9a\xa3\xb2", b"\x2f\x7d\x5b"


def screenshot(seed: str) -> bytes:
    """Draw a PNG of a title bar, some lines and a button; each seed gives another picture."""
    chance = random.Random(seed)  # noqa: S311 - a drawing, no secret
    pixels = [PAPER * WIDTH for _ in range(HEIGHT)]
    _fill(pixels, 0, 0, WIDTH, 18, BAR)
    for top in range(30, 90, 14):
        _fill(pixels, 14, top, 14 + chance.randint(60, 160), top + 6, INK)
    left = chance.randint(14, 110)
    _fill(pixels, left, 98, left + 70, 112, BUTTON)
    return _png(pixels)


def receipt(lines: list[str]) -> bytes:
    """Write a PDF of one page with `lines` (ASCII without brackets) in Helvetica."""
    text = b"BT /F1 12 Tf 60 780 Td 18 TL\n"
    text += b"".join(b"(%s) Tj T*\n" % line.encode("ascii") for line in lines) + b"ET\n"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%sendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    made, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % at for at in offsets)
    size = len(objects) + 1
    return made + (
        b"xref\n0 %d\n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (size, table, size, len(made))
    )


def _fill(
    pixels: list[bytes], left: int, top: int, right: int, bottom: int, ink: bytes
) -> None:
    for row in range(top, bottom):
        line = pixels[row]
        pixels[row] = line[: left * 3] + ink * (right - left) + line[right * 3 :]


def _png(pixels: list[bytes]) -> bytes:
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)  # 8 bits a channel, RGB
    rows = b"".join(b"\0" + row for row in pixels)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", head)
        + _chunk(b"IDAT", zlib.compress(rows, 9))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, body: bytes) -> bytes:
    check = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)
