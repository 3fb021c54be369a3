"""Decodes ISO-2022-JP as mail programs write it: with vendor rows and half-width kana.

Python's codec refuses NEC and IBM characters, which most Japanese mail programs send under this
label; each double octet is therefore read by its Shift_JIS place (code page 932).
"""

import re

_ESCAPE = re.compile(rb"\x1b(\([BJIH]|\$[@B]|\$\([DQOP]|\$A|&@)")


def decode(data: bytes) -> str:
    """Decode `data`; what is broken becomes U+FFFD."""
    out: list[str] = []
    mode = b"(B"
    position = 0
    for match in _ESCAPE.finditer(data):
        out.append(_segment(data[position : match.start()], mode))
        mode = match.group(1)
        position = match.end()
    out.append(_segment(data[position:], mode))
    return "".join(out)


def _segment(data: bytes, mode: bytes) -> str:
    if not data:
        return ""
    if mode == b"(I":
        return bytes(octet | 0x80 for octet in data).decode("cp932", "replace")
    if mode in (b"$@", b"$B"):
        return _double(data)
    if mode == b"$A":
        return bytes(octet | 0x80 if octet > 0x20 else octet for octet in data).decode(
            "gb18030", "replace"
        )
    if mode.startswith(b"$("):
        return (b"\x1b" + mode + data + b"\x1b(B").decode("iso2022_jp_ext", "replace")
    return data.decode("ascii") if data.isascii() else data.decode("cp932", "replace")


def _double(data: bytes) -> str:
    """JIS X 0208 by its place in Shift_JIS; line ends and blanks stand for themselves."""
    out = bytearray()
    index = 0
    while index < len(data):
        first = data[index] & 0x7F
        if first <= 0x20 or index + 1 >= len(data):
            out.append(first)
            index += 1
            continue
        second = data[index + 1] & 0x7F
        if second <= 0x20:
            out += b"?"
            index += 1
            continue
        row, cell = first - 0x21, second - 0x21
        lead = 0x81 + row // 2
        out.append(lead if lead <= 0x9F else lead + 0x40)
        trail = 0x40 + cell if row % 2 == 0 else 0x9F + cell
        out.append(trail + 1 if row % 2 == 0 and trail >= 0x7F else trail)
        index += 2
    return bytes(out).decode("cp932", "replace")
