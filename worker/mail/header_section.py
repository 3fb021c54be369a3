"""Splits a header section (RFC 5322 section 2.2) into fields, as tolerantly as RFC 7103
advises.

Works on octets; nothing is decoded here. Bounded by the number of fields and by octets; the
body is found even when the section is cut.
"""

import re
from dataclasses import dataclass, field

from worker.mail.settings import ParseSettings

_FIELD = re.compile(rb"([!-9;-~]{1,998}+)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)(?:\n|\Z)")
_MAX_FIELD = 128 * 1024
_ESSENTIAL = frozenset(
    (
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "in-reply-to",
        "references",
        "content-type",
        "content-transfer-encoding",
        "content-disposition",
        "return-path",
        "auto-submitted",
        "precedence",
        "reply-to",
        "list-id",
    )
)
"""Fields that are looked for even where the section is over the bound."""
_ENVELOPE_LINE = re.compile(rb">?From [^\n]*+(?:\n|\Z)")
_KNOWN = re.compile(
    rb"(?i:received|return-path|delivered-to|from|to|cc|subject|date|message-id|reply-to|sender"
    rb"|mime-version|content-[a-z-]+|x-[a-z0-9-]+|in-reply-to|references)[ \t]*:"
)
_FOLD = re.compile(rb"\r?\n")
_LABEL = re.compile(rb"charset\s*=\s*\"?\s*([\w.:-]{2,40})", re.IGNORECASE)


@dataclass(slots=True)
class HeaderSection:
    """Fields in order, names in lower case, bodies unfolded octets without outer blanks."""

    fields: list[tuple[str, bytes]] = field(default_factory=list)
    index: dict[str, list[bytes]] = field(default_factory=dict)

    def add(self, name: str, body: bytes) -> None:
        self.fields.append((name, body))
        self.index.setdefault(name, []).append(body)

    def first(self, name: str) -> bytes | None:
        """The topmost body of that name; None without one."""
        bodies = self.index.get(name)
        return bodies[0] if bodies else None

    def every(self, name: str) -> list[bytes]:
        """All bodies of that name, topmost first."""
        return self.index.get(name, [])

    def text(self, name: str) -> str:
        """The topmost body as ASCII (other octets as U+FFFD); "" without one."""
        bodies = self.index.get(name)
        return bodies[0].decode("ascii", "replace") if bodies else ""

    def charset_hint(self) -> str | None:
        """The charset that the Content-Type names, for raw octets in other fields."""
        match = _LABEL.search(self.first("content-type") or b"")
        return match.group(1).decode("ascii", "replace") if match else None


def read_header(
    raw: bytes, start: int, end: int, settings: ParseSettings, defects: list[str]
) -> tuple[HeaderSection, int]:
    """Read the fields from `start`; return them and where the body begins (at most `end`)."""
    section = HeaderSection()
    limit = settings.max_header_bytes
    kept = 0
    position = start
    while position < end:
        is_over = len(section.fields) >= settings.max_header_fields or kept > limit
        if raw.startswith((b"\n", b"\r\n"), position):
            return section, position + (1 if raw[position] == 10 else 2)
        match = _FIELD.match(raw, position, end)
        if match is not None:
            name = match.group(1).decode("ascii").lower()
            position = match.end()
            if is_over and (name not in _ESSENTIAL or name in section.index):
                defects.append("header section over the bound: fields are left out")
                continue
            if match.end(2) - match.start(2) > _MAX_FIELD:
                defects.append("a header field over the bound: its end is left out")
            body = raw[match.start(2) : min(match.end(2), match.start(2) + _MAX_FIELD)]
            kept += len(body)
            if b"\n" in body:
                body = _FOLD.sub(b"", body)
            section.add(name, body.strip())
            continue
        following = _skip_stray_line(raw, position, end, is_first=position == start)
        if following is None:
            if section.fields:
                defects.append("no blank line between header and body")
            return section, position
        if position != start:
            defects.append("a line of the header is no field")
        position = following
    return section, end


def _skip_stray_line(raw: bytes, position: int, end: int, *, is_first: bool) -> int | None:
    """Where the header goes on after a line that is no field; None where the body begins."""
    if is_first or raw.startswith(b">From ", position):
        envelope = _ENVELOPE_LINE.match(raw, position, end)
        if envelope is not None:
            return envelope.end()
    newline = raw.find(b"\n", position, end)
    if newline < 0:
        return None
    return newline + 1 if _KNOWN.match(raw, newline + 1, end) else None
