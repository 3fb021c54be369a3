"""Reads address fields (RFC 5322 section 3.4, RFC 6532) into domain Addresses.

mail-parser reads the structure; a field that it finds no way through is read again by a
tolerant scanner. Encoded-words are taken out before and put back into display names only, so
nothing encoded can pose as an address. Linear, bounded in length and count.
"""

import re
import unicodedata

from mailparser.utils import get_addresses

from worker.domain.message import Address
from worker.mail.charsets import clean_line, decode
from worker.mail.encoded_words import decode_words

_MAX_FIELD = 64 * 1024
_WORD = re.compile(rb"=\?[^?\s]{1,60}+\?[bBqQ]\?[^?]{0,4000}+\?=(?:[ \t\r\n]++(?==\?))?")
_MARK = re.compile("\ue000(\\d+)\ue001")
_SPEC = re.compile(r"[^\s@<>()\[\],;:\"\\]{1,256}@[^\s@<>(),;:\"\\]{1,255}")
_QUOTED_SPEC = re.compile(r'"[^"<>]{1,200}"@[^\s@<>(),;:"\\]{1,255}')
_ATOMS = r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*"
_SIMPLE = re.compile(
    rf"(?:\"([^\"\\<>@()]*)\"|([^\"\\<>@(),;:\[\]]*))\s*<({_ATOMS}@{_ATOMS})>|({_ATOMS}@{_ATOMS})"
)
_ANGLE = re.compile(r"<([^<>]*)>")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_BARE = re.compile(r"[\w.+-]{1,64}", re.ASCII)
_COMMENT = re.compile(r"\(([^()]*)\)")


def read_addresses(
    body: bytes, *, hint: str | None = None, limit: int = 2000
) -> tuple[Address, ...]:
    """Read one field; items without a usable address keep their words as name.

    hint: charset label for raw octets. At most `limit` addresses are read.
    """
    body = body[:_MAX_FIELD]
    words: list[str] = []

    def keep(match: re.Match[bytes]) -> bytes:
        words.append(decode_words(match.group(0), hint=hint))
        return b"\xee\x80\x80%d\xee\x80\x81" % (len(words) - 1)

    plain = body if body.isascii() else decode(body, None, hint=hint).encode("utf-8", "replace")
    text = clean_line(_WORD.sub(keep, plain).decode("utf-8", "replace"))
    found = _plain(text) or _by_mail_parser(text, limit)
    if found is None:
        found = _tolerant(text, limit)
    addresses = tuple(_restored(name, spec, words) for name, spec in found)
    if words and not any(address.addr_spec for address in addresses):
        # Some programs encode the whole field, address included.
        again = _tolerant(_MARK.sub(lambda mark: words[int(mark.group(1))], text), limit)
        if any(spec for _, spec in again):
            return tuple(_restored(name, spec, ()) for name, spec in again)
    return addresses


def _plain(text: str) -> list[tuple[str, str]] | None:
    """The usual case, one plain name and one plain address, at a tenth of the cost."""
    match = _SIMPLE.fullmatch(text) if len(text) < 400 else None
    if match is None:
        return None
    return [
        ((match.group(1) or match.group(2) or "").strip(), match.group(3) or match.group(4))
    ]


def _by_mail_parser(text: str, limit: int) -> list[tuple[str, str]] | None:
    """What mail-parser reads; None when it reports a problem or the field is too large."""
    if len(text) > 8192 or text.count("@") > limit:
        return None
    problems: list[dict[str, object]] = []
    found = [(str(name), str(spec)) for name, spec in get_addresses(text, defects=problems)]
    if problems or any("@" not in spec for _, spec in found):
        return None
    return found


def _restored(name: str, spec: str, words: "list[str] | tuple[str, ...]") -> Address:
    def word(mark: re.Match[str]) -> str:
        number = int(mark.group(1))
        return words[number] if number < len(words) else ""

    if words:
        name = _MARK.sub(word, name)
        spec = "" if "\ue000" in spec else spec
    known = normal_spec(spec)
    return Address(
        addr_spec=known,
        display_name=_unquoted(clean_line(name)),
        bare=spec if not known and _BARE.fullmatch(spec) else "",
    )


def normal_spec(spec: str) -> str:
    """local-part@domain with the domain in lower case, NFC; "" when `spec` is no address."""
    spec = unicodedata.normalize("NFC", spec.strip()) if len(spec) <= 600 else ""
    if _CONTROL.search(spec):
        return ""
    if not _SPEC.fullmatch(spec) and not _QUOTED_SPEC.fullmatch(spec):
        return ""
    local, _, domain = spec.rpartition("@")
    return f"{local}@{domain.lower().rstrip('.')}" if domain.strip(".") else ""


def _unquoted(name: str) -> str:
    name = name.strip()
    while len(name) >= 2 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1].strip()
    if name.count('"') == 1:  # a quote that is never closed
        name = name.strip('"').strip()
    return name.replace('\\"', '"').replace("\\\\", "\\")


def _tolerant(text: str, limit: int) -> list[tuple[str, str]]:
    """Read a broken field: cut at commas outside quotes, comments and brackets."""
    found: list[tuple[str, str]] = []
    pending = ""
    for item in _items(text):
        if not item.strip():
            continue
        name, spec = _one(item)
        if "@" not in spec and "@" not in item and "<" not in item:
            pending = f"{pending}, {item.strip()}" if pending else item.strip()
            continue  # "Lastname, Firstname <a@b>" without quotes
        if pending and "<" not in item:
            found.append(_one(pending))
            pending = ""
        if pending:
            name = f"{pending}, {name}" if name else pending
            pending = ""
        found.append((name, spec))
        if len(found) >= limit:
            break
    if pending and not found:
        found.append(_one(pending))
    return found


def _items(text: str) -> list[str]:
    """Cut at , and ; and leave group names out; quotes that are never closed are plain."""
    items: list[str] = []
    start = 0
    quote = angle = False
    depth = 0
    quotes_left = text.count('"') - text.count('\\"')
    for place, char in enumerate(text):
        if char == '"' and (place == 0 or text[place - 1] != "\\"):
            quotes_left -= 1
            quote = not quote if quote or quotes_left > 0 else quote
        elif quote:
            continue
        elif char == "(" and not angle:
            depth += 1
        elif char == ")" and depth:
            depth -= 1
        elif depth and ")" in text[place : place + 200]:
            continue
        elif char == "<":
            angle = True
        elif char == ">":
            angle = False
        elif char in ",;" and not angle:
            items.append(text[start:place])
            start = place + 1
        elif char == ":" and not angle and "@" not in text[start:place]:
            start = place + 1
    items.append(text[start:])
    return items


def _one(item: str) -> tuple[str, str]:
    """Display name and addr-spec of one item; the last bracket that holds an address counts."""
    angles = list(_ANGLE.finditer(item))
    for angle in reversed(angles):
        inner = angle.group(1).strip().removeprefix("mailto:")
        spec = normal_spec(inner.rpartition(":")[2] if inner.startswith("@") else inner)
        if not spec:
            spec = normal_spec(inner.replace(" ", ""))
        if spec:
            name = item[: angle.start()].replace("<", " ").strip()
            return name or item[angle.end() :].strip(" >"), spec
    comments = " ".join(_COMMENT.findall(item[:4000]))
    bare = _COMMENT.sub(" ", item[:4000])
    match = _QUOTED_SPEC.search(bare) or _SPEC.search(bare)
    if match is not None:
        name = (bare[: match.start()] + " " + bare[match.end() :]).strip(" <>\"'")
        return name or comments, normal_spec(match.group(0))
    name = _ANGLE.sub(" ", item).strip(" <>")
    inner = angles[-1].group(1).strip() if angles else bare.strip()
    if _BARE.fullmatch(inner):
        return (name if angles or not comments else comments), inner
    return name, ""
