"""Cuts a mail into its tree of parts (RFC 2046) by place, without copying or decoding.

Each part knows where its octets lie in the raw mail and its number as IMAP counts (RFC 9051
section 6.4.5.1), so it can be found again. Broken multiparts are read as a person would want:
no closing or no known boundary, a boundary that begins another, parts after the closing one.
Bounded in depth and parts; the cost grows with size times depth at most.
"""

import re
from dataclasses import dataclass, field

from worker.mail.header_section import HeaderSection, read_header
from worker.mail.opening import SMIME, is_mail_file, mail_in, signed_content
from worker.mail.parameters import read_parameters
from worker.mail.settings import ParseSettings
from worker.mail.transfer import decode_transfer

_DASHES = re.compile(rb"(?:^|\n)--([^\s\"]{1,200}(?: [^\s\"]{1,60})?)[ \t]*\r?\n")

_FILE_NAME = re.compile(r"[^\s/\\:]{1,100}\.\w{1,8}")
_MESSAGES = ("message/rfc822", "message/global", "message/news")


@dataclass(slots=True)
class Part:
    """One entity: a leaf, a multipart with children, or a message with one child."""

    raw: bytes
    header: HeaderSection
    content_type: str
    """type/subtype as labelled, lower case; "" when the label is absent or no type."""
    parameters: dict[str, str]
    disposition: str
    disposition_parameters: dict[str, str]
    start: int
    """Where its body begins in `raw`."""
    end: int
    begin: int = 0
    """Where its header section begins in `raw`."""
    children: list["Part"] = field(default_factory=list)
    number: str = ""
    decoded: bytes | None = None
    """Set where the content stands encoded: an attached message in base64."""
    holds_mail: bool = False
    """True for a file with another label that is a mail: its child is what it holds."""

    def octets(self) -> bytes:
        """The body as it is in the mail."""
        return self.raw[self.start : self.end]

    def content(self) -> bytes:
        """The body with its transfer encoding undone."""
        if self.decoded is not None:
            return self.decoded
        return decode_transfer(self.octets(), self.header.text("content-transfer-encoding"))[0]

    def name(self) -> str:
        """The file name: Content-Disposition before Content-Type (RFC 2183), else a bare
        name in Content-Location (RFC 2557)."""
        for held in (self.disposition_parameters, self.parameters):
            for key in ("filename", "name", "file"):
                if found := held.get(key):
                    return found
        location = self.header.text("content-location")[:300].strip()
        return location if _FILE_NAME.fullmatch(location) else ""

    @property
    def is_message(self) -> bool:
        return self.holds_mail or self.content_type in _MESSAGES


def read_tree(raw: bytes, settings: ParseSettings) -> tuple[Part, list[str]]:
    """Cut `raw` into parts; return the root and what was broken."""
    reader = _Reader(settings)
    root = reader.entity(raw, 0, len(raw), 0, "text/plain")
    _number(root, "")
    return root, list(dict.fromkeys(reader.defects))[:50]


def _number(part: Part, prefix: str) -> None:
    """Number the parts of the message whose root is `part`."""
    if part.children and not part.is_message:
        part.number = prefix
        _number_children(part, prefix)
    else:
        part.number = f"{prefix}.1" if prefix else "1"
        for child in part.children:
            _number(child, part.number)


def _number_children(part: Part, prefix: str) -> None:
    for index, child in enumerate(part.children, 1):
        number = f"{prefix}.{index}" if prefix else str(index)
        child.number = number
        if child.is_message:
            for inner in child.children:
                _number(inner, number)
        else:
            _number_children(child, number)


class _Reader:
    """Walks one mail; holds what is counted over the whole of it."""

    def __init__(self, settings: ParseSettings) -> None:
        self.settings = settings
        self.defects: list[str] = []
        self.parts = 0

    def entity(self, raw: bytes, start: int, end: int, depth: int, default_type: str) -> Part:
        self.parts += 1
        header, body = read_header(raw, start, end, self.settings, self.defects)
        part = self._labelled(raw, header, body, end, default_type)
        part.begin = start
        if depth >= self.settings.max_depth:
            if part.content_type.startswith("multipart/") or part.is_message:
                self.defects.append("parts nested over the bound: kept whole")
            return part
        if part.content_type.startswith("multipart/"):
            self._split(part, depth)
        elif part.is_message:
            self._open(part, depth)
        elif part.content_type in SMIME:
            self._open_container(part, depth)
        elif depth and is_mail_file(part.content_type, part.name()):
            self._open_file(part, depth)
        return part

    def _labelled(
        self, raw: bytes, header: HeaderSection, body: int, end: int, default_type: str
    ) -> Part:
        limit = self.settings.max_parameters
        types = header.every("content-type")
        read = [read_parameters(value, limit=limit) for value in types[:3]]
        usable = [label for label in read if "/" in label.value.strip("/")]
        label = usable[0] if usable else read[0] if read else None
        if label is not None and label.parameters == {} and len(usable) > 1:
            label = max(usable, key=lambda found: len(found.parameters))
        content_type = label.value if usable and label is not None else default_type
        if types and not usable:
            self.defects.append("a Content-Type is unreadable")
        disposition = read_parameters(header.first("content-disposition") or b"", limit=limit)
        parameters = label.parameters if label is not None else {}
        return Part(
            raw=raw,
            header=header,
            content_type=content_type,
            parameters=parameters,
            disposition=disposition.value,
            disposition_parameters=disposition.parameters,
            start=body,
            end=end,
        )

    def _open(self, part: Part, depth: int) -> None:
        """Read an attached message, whose transfer encoding should be none but may be any."""
        raw, start, end = part.raw, part.start, part.end
        encoding = part.header.text("content-transfer-encoding").strip().lower()
        if encoding in ("base64", "quoted-printable"):
            part.decoded = raw = decode_transfer(part.octets(), encoding)[0]
            start, end = 0, len(raw)
        if self.parts < self.settings.max_parts:
            part.children.append(self.entity(raw, start, end, depth + 1, "text/plain"))

    def _open_file(self, part: Part, depth: int) -> None:
        """Read an attached file that is a mail though its label does not say so."""
        part.decoded = part.content()
        mail = mail_in(part.decoded, part.content_type, part.name())
        if mail is None:
            if part.name().lower().endswith(".msg"):
                self.defects.append("a .msg file could not be opened: kept whole")
        elif self.parts < self.settings.max_parts:
            part.holds_mail = True
            part.children.append(self.entity(mail, 0, len(mail), depth + 1, "text/plain"))

    def _open_container(self, part: Part, depth: int) -> None:
        """Read what a signed S/MIME container holds; an encrypted one stays whole."""
        part.decoded = part.content()
        inner, defect = signed_content(part.decoded, part.parameters.get("smime-type", ""))
        if defect:
            self.defects.append(defect)
        if inner is not None and self.parts < self.settings.max_parts:
            part.children.append(self.entity(inner, 0, len(inner), depth + 1, "text/plain"))

    def _split(self, part: Part, depth: int) -> None:
        boundary = part.parameters.get("boundary", "").encode("utf-8", "replace")
        places = self._places(part, boundary) if boundary else []
        if not places:
            guess = _DASHES.search(part.raw, max(part.start - 1, 0), part.end)
            if guess is not None and guess.group(1) != boundary:
                self.defects.append("multipart without its boundary: guessed")
                places = self._places(part, guess.group(1))
        if not places:
            self.defects.append("multipart without parts: read as text")
            return
        self._keep_preamble(part, places[0][0])
        inner = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
        for start, end in places:
            if self.parts >= self.settings.max_parts:
                self.defects.append("more parts than the bound: the rest is left out")
                return
            part.children.append(self.entity(part.raw, start, end, depth + 1, inner))

    def _keep_preamble(self, part: Part, first: int) -> None:
        """A first part whose header ran into that of the multipart, for want of a delimiter."""
        labels = part.header.every("content-type")
        if len(labels) != 2 or not labels[1].lower().startswith(b"text/"):
            return
        end = part.raw.rfind(b"\n--", part.start, first)
        if end > part.start and part.raw[part.start : end].strip():
            inner = HeaderSection()
            for name in ("content-transfer-encoding", "content-disposition"):
                for body in part.header.every(name):
                    inner.add(name, body)
            inner.add("content-type", labels[1])
            part.children.append(self._labelled(part.raw, inner, part.start, end, "text/plain"))
            self.defects.append("a header runs into its first part")

    def _places(self, part: Part, boundary: bytes) -> list[tuple[int, int]]:
        """Where the parts between the delimiter lines of `boundary` begin and end."""
        raw = part.raw
        line = rb"--" + re.escape(boundary) + rb"(--)?[ \t\r]*(?=\n|\Z)"
        following = re.compile(rb"\n" + line)
        places: list[tuple[int, int]] = []
        begun = None
        closed = True
        found = re.compile(line).match(raw, part.start, part.end)
        if found is None:
            found = following.search(raw, max(part.start - 1, 0), part.end)
        while found is not None and len(places) <= self.settings.max_parts:
            if begun is not None:
                places.append((begun, max(begun, _before_line_end(raw, found.start() + 1))))
            closed = found.group(1) is not None
            begun = None if closed else min(found.end() + 1, part.end)
            found = following.search(raw, found.end(), part.end)
        if begun is not None and begun < part.end:
            places.append((begun, part.end))
        if not closed:
            self.defects.append("multipart without its closing boundary")
        return places


def _before_line_end(raw: bytes, position: int) -> int:
    """The line end before a delimiter belongs to the delimiter (RFC 2046 section 5.1.1)."""
    if position and raw[position - 1] == 10:
        position -= 1
        if position and raw[position - 1] == 13:
            position -= 1
    return position
