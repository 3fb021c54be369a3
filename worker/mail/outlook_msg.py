"""Turns a mail that Outlook saved as a .msg file ([MS-OXMSG]) into an internet mail (RFC 5322).

The file is a tree of storages and streams ([MS-CFB]) that olefile opens. Subject, people, date,
text, HTML and attachments are taken over as they are; mails attached to it become attached
mails. What is left out: a text that stands as RTF only, calendar and contact fields.
No more octets are copied than the file has, whatever its tables claim.
"""

import hashlib
import mimetypes
import re
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from olefile import OleFileIO
from olefile.olefile import DEFECT_INCORRECT, STGTY_STORAGE, STGTY_STREAM

from worker.mail.charsets import clean_line, decode

_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAX_ENTRIES = 20_000
"""Storages and streams of one file; a mail to 200 people has about 3,000."""
_MAX_FILES = 200
_MAX_DEPTH = 10
"""Of mails attached to mails inside one .msg file."""
_BROKEN = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,  # what olefile raises
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_ROOT_HEADER, _INNER_HEADER = 32, 24
"""Octets before the first entry of a properties stream ([MS-OXMSG] section 2.4.1)."""
_CODE_PAGES = {936: "gbk", 950: "big5", 932: "shift_jis", 949: "euc-kr", 65001: "utf-8"}
_LABEL = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,80}")
_NO_SUBJECT = b"Subject: \r\n"
_KEPT = ("from", "to", "cc", "reply-to", "date", "message-id", "in-reply-to", "references")
"""Fields of the mail's own header section that are better than the properties."""


def mail_of(octets: bytes) -> bytes | None:
    """The internet mail that a .msg file holds; None when it is none or cannot be read."""
    if not octets.startswith(_MAGIC) or not _is_consistent(octets):
        return None
    try:
        with _Bounded(octets, raise_defects=DEFECT_INCORRECT) as file:
            name = hashlib.sha256(octets).hexdigest()
            return _Reader(file, len(octets), name).mail(file.root, _ROOT_HEADER, 0)
    except _BROKEN:
        return None


def _is_consistent(octets: bytes) -> bool:
    """True when the tables that the header announces fit into the file ([MS-CFB] section 2.2).

    olefile believes these numbers, and loads what they say.
    """
    if len(octets) < 1536:
        return False
    (shift,) = struct.unpack_from("<H", octets, 30)
    fat_sectors, difat_sectors = (struct.unpack_from("<I", octets, at)[0] for at in (44, 72))
    if shift not in (9, 12):
        return False
    held = len(octets) >> shift
    needed = max(0, fat_sectors - 109)
    return bool(
        fat_sectors <= held // (1 << (shift - 2)) + 2
        and difat_sectors <= needed // ((1 << (shift - 2)) - 1) + 1
    )


class _Bounded(OleFileIO):  # type: ignore[misc]  # olefile is untyped
    """olefile, but for two things that take it too long on purpose-built files."""

    loaded = 0

    def _load_direntry(self, sid: int) -> object:
        self.loaded += 1
        if self.loaded > _MAX_ENTRIES:
            raise OSError("more entries than the bound")
        return super()._load_direntry(sid)

    def _check_duplicate_stream(self, first_sect: int, minifat: bool = False) -> None:
        """Not searched for in a list: what is read is counted instead."""


class _Reader:
    """Reads one file; holds what is counted over the whole of it."""

    def __init__(self, file: _Bounded, budget: int, name: str) -> None:
        self.file = file
        self.budget = budget + 4096
        """Octets that may still be read."""
        self.name = name
        """Of the boundaries; no content can hold the digest of the file that it is in."""
        self.multiparts = 0
        self.files_left = _MAX_FILES

    def mail(self, storage: "_Entry", header_size: int, depth: int) -> bytes:
        """The mail in `storage`: header section, text, HTML, attachments."""
        properties = _Properties(self, storage, header_size)
        forms = [*self._text(properties), *self._html(properties)]
        parts = [self._multipart("alternative", forms)] if len(forms) > 1 else forms
        parts += self._attached(storage, depth)
        head = _header(properties)
        if not parts:
            if head == _NO_SUBJECT and depth == 0:
                raise ValueError("no mail in the file")
            return head + b"\r\n"
        return head + (
            parts[0] if len(parts) == 1 and forms else self._multipart("mixed", parts)
        )

    def _text(self, properties: "_Properties") -> Iterator[bytes]:
        if found := properties.octets(0x1000):
            octets, charset = found
            yield _part(f"text/plain; charset={charset}", octets)

    def _html(self, properties: "_Properties") -> Iterator[bytes]:
        if found := properties.octets(0x1013):
            octets, charset = found
            label = f"; charset={charset}" if charset else ""
            yield _part(f"text/html{label}", octets)

    def _attached(self, storage: "_Entry", depth: int) -> Iterator[bytes]:
        for kid in storage.kids:
            if kid.entry_type != STGTY_STORAGE or not kid.name.startswith("__attach_"):
                continue
            self.files_left -= 1
            if self.files_left < 0:
                return
            yield from self._one_attached(kid, depth)

    def _one_attached(self, storage: "_Entry", depth: int) -> Iterator[bytes]:
        properties = _Properties(self, storage, 8)
        inner = storage.kids_dict.get("__substg1.0_3701000d")
        name = properties.text(0x3707) or properties.text(0x3704)
        if inner is not None and inner.entry_type == STGTY_STORAGE:
            if depth < _MAX_DEPTH:
                name = name or properties.text(0x3001) or "message"
                mail = self.mail(inner, _INNER_HEADER, depth + 1)
                yield _part("message/rfc822", mail, name=f"{name}.eml")
            return
        content = properties.stream(0x3701, 0x0102)
        if content is None:
            return
        name = name or properties.text(0x3001)
        label = properties.text(0x370E).lower()
        if _LABEL.fullmatch(label) is None:
            label = mimetypes.guess_type(name)[0] or "application/octet-stream"
        if label.startswith("multipart/"):
            label = "message/rfc822"  # how Outlook keeps a signed mail: with its header section
        yield _part(label, content, name=name, content_id=properties.text(0x3712))

    def _multipart(self, subtype: str, parts: list[bytes]) -> bytes:
        self.multiparts += 1
        boundary = f"=_{self.name}.{self.multiparts}".encode()
        pieces = [b"\r\n--" + boundary + b"\r\n" + part for part in parts]
        head = f'Content-Type: multipart/{subtype}; boundary="{boundary.decode()}"\r\n\r\n'
        return head.encode() + b"".join(pieces) + b"\r\n--" + boundary + b"--\r\n"

    def read(self, entry: "_Entry") -> bytes:
        """The octets of a stream, as long as the file's own size is not used up."""
        self.budget -= entry.size
        if self.budget < 0:
            raise OSError("streams that overlap")
        return bytes(self.file._open(entry.isectStart, entry.size).read())


class _Properties:
    """The properties of one storage ([MS-OXPROPS] names the numbers)."""

    def __init__(self, reader: _Reader, storage: "_Entry", header_size: int) -> None:
        self.reader = reader
        self.storage = storage
        self.fixed: dict[int, bytes] = {}
        entry = storage.kids_dict.get("__properties_version1.0")
        octets = reader.read(entry) if entry is not None else b""
        for at in range(header_size, len(octets) - 15, 16):
            self.fixed.setdefault(
                struct.unpack_from("<I", octets, at)[0], octets[at + 8 : at + 16]
            )

    def stream(self, number: int, kind: int) -> bytes | None:
        entry = self.storage.kids_dict.get(f"__substg1.0_{number:04x}{kind:04x}")
        if entry is None or entry.entry_type != STGTY_STREAM:
            return None
        return self.reader.read(entry)

    def octets(self, number: int) -> tuple[bytes, str] | None:
        """A text as octets and their charset; "" where only the text itself can tell."""
        if (wide := self.stream(number, 0x001F)) is not None:
            return wide.decode("utf-16-le", "replace").encode("utf-8", "replace"), "utf-8"
        if (narrow := self.stream(number, 0x001E)) is not None:
            return narrow, self._charset(0x3FFD0003)
        if (binary := self.stream(number, 0x0102)) is not None:
            return binary, self._charset(0x3FDE0003)
        return None

    def text(self, number: int) -> str:
        """A text of one line; "" without one."""
        found = self.octets(number)
        return clean_line(decode(*found))[:2000] if found else ""

    def lines(self, number: int) -> str:
        found = self.octets(number)
        return decode(*found) if found else ""

    def date(self, tag: int) -> str:
        """A time as RFC 5322 writes it; "" without one."""
        value = self.fixed.get(tag)
        ticks = int.from_bytes(value, "little") if value else 0
        if not 0 < ticks < 2 * 10**18:
            return ""
        return format_datetime(_EPOCH + timedelta(microseconds=ticks // 10))

    def _charset(self, tag: int) -> str:
        page = int.from_bytes(self.fixed.get(tag, b"")[:4], "little")
        if not page:
            return ""
        return _CODE_PAGES.get(page) or (f"windows-{page}" if page < 2000 else f"cp{page}")


def _header(properties: _Properties) -> bytes:
    """The header section, without the fields that describe the body."""
    kept = _transported(properties.lines(0x007D))
    names = {line.partition(":")[0].strip().lower() for line in kept}
    made = {
        "From": _person(properties, name=0x0C1A, addresses=(0x5D01, 0x0C1F))
        or _person(properties, name=0x0042, addresses=(0x5D02, 0x0065)),
        "To": properties.text(0x0E04),
        "Cc": properties.text(0x0E03),
        "Date": properties.date(0x00390040) or properties.date(0x0E060040),
        "Message-ID": properties.text(0x1035),
    }
    kept += [
        f"{name}: {body}" for name, body in made.items() if body and name.lower() not in names
    ]
    kept.append(f"Subject: {properties.text(0x0037)}")
    return "".join(f"{line}\r\n" for line in kept).encode("utf-8", "replace")


def _transported(lines: str) -> list[str]:
    """The useful fields of the header section that the mail came with."""
    unfolded: list[str] = []
    for line in lines[:200_000].splitlines():
        if line[:1] in (" ", "\t") and unfolded:
            unfolded[-1] += f" {line.strip()}"
        else:
            unfolded.append(line)
    return [line for line in unfolded if line.partition(":")[0].strip().lower() in _KEPT]


def _person(properties: _Properties, *, name: int, addresses: tuple[int, ...]) -> str:
    found = (properties.text(number) for number in addresses)
    address = next((one for one in found if "@" in one and " " not in one), "")
    shown = properties.text(name).replace("\\", "").replace('"', "")
    if not address:
        return f'"{shown}" <>' if shown else ""
    return f'"{shown}" <{address}>' if shown else address


def _part(label: str, content: bytes, *, name: str = "", content_id: str = "") -> bytes:
    lines = [f"Content-Type: {label}", "Content-Transfer-Encoding: binary"]
    if name:
        plain = name.replace("\\", "_").replace('"', "_")
        lines.append(f'Content-Disposition: attachment; filename="{plain}"')
    if content_id:
        lines.append(f"Content-ID: <{content_id.strip('<>')}>")
        if name:
            lines[2] = lines[2].replace("attachment", "inline", 1)
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "replace") + content


class _Entry:
    """What of an olefile directory entry is used."""

    name: str
    entry_type: int
    size: int
    isectStart: int
    kids: list["_Entry"]
    kids_dict: dict[str, "_Entry"]
