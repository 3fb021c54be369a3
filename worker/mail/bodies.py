"""Walks the tree of parts as a person reads it: which text is the body, what is attached.

Text parts side by side are one body, alternatives are the same body twice, an attached message
is one attachment whatever lies inside. An empty text beside a full HTML part gives way to it.
"""

import mimetypes
import re
from dataclasses import dataclass, field

from worker.mail.charsets import clean_text, codec_for, decode_noting
from worker.mail.html import html_to_text, meta_charset
from worker.mail.mime import Part
from worker.mail.opening import LOCKED, SMIME
from worker.mail.settings import DEFAULTS, ParseSettings
from worker.mail.tnef import tnef_files
from worker.mail.transfer import decode_transfer, uuencoded, yencoded

_NO_TEXT = re.compile(
    r"html[- ]?(?:e?-?mails?|messages?|format|version|capable|compatible|view|部分|格式)|"
    r"(?:in|as|support(?:s|ing)?|view|read|display|see|enable|im|en|au format) html|"
    r"does not support html|mime[- ](?:compliant|compatible|aware|format)"
    r"|multi-?part message in mime"
    r"|view (?:this|the) (?:e-?mail|message) (?:in|online)|超文本|支持\s*html|html",
    re.IGNORECASE,
)
_ENRICHED = re.compile(r"</?[a-zA-Z][a-zA-Z0-9-]{0,40}>")
_ENRICHED_PARAM = re.compile(r"<param>[^<]{0,200}</param>", re.IGNORECASE)
_REPORT_PARTS = (
    "message/delivery-status",
    "message/global-delivery-status",
    "message/disposition-notification",
    "message/global-disposition-notification",
    "message/feedback-report",
    "text/rfc822-headers",
    "message/global-headers",
    "message/tracking-status",
)
_PART_FIELD = re.compile(rb"(?:content-[a-z-]{1,30}|mime-version):", re.IGNORECASE)
_OCTETS_A_CHAR = 4
_TNEF = ("application/ms-tnef", "application/vnd.ms-tnef")
_RICH = ("text/enriched", "text/richtext")
_READABLE = ("text/plain", "text/html", "text", "", *_RICH)
_OTHER_FORMS = ("text/x-amp-html", "text/watch-html", "text/x-watch-html")
"""Forms of the body for programs that are not ours."""
_SIGNATURES = (
    "application/pgp-signature",
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the body, as text, as HTML, or as both."""

    plain: str | None = None
    html: str | None = None


@dataclass(frozen=True, slots=True)
class Attached:
    """Something attached, with its octets."""

    part: str
    name: str
    content_type: str
    content: bytes
    is_inline: bool = False
    content_id: str | None = None
    is_signature: bool = False


@dataclass(slots=True)
class Bodies:
    """What the walk found."""

    segments: list[Segment] = field(default_factory=list)
    attached: list[Attached] = field(default_factory=list)
    reports: list[Part] = field(default_factory=list)
    """The machine-readable parts of a report and the returned message or header."""
    messages: list[Part] = field(default_factory=list)
    """Attached mails that could be opened."""
    defects: list[str] = field(default_factory=list)


def read_bodies(root: Part, hint: str | None, settings: ParseSettings = DEFAULTS) -> Bodies:
    """Walk the tree under `root`. hint: charset label for text that carries none."""
    walk = _Walk(root, hint, settings)
    walk.bodies.segments = walk.visit(root, is_root=True)
    return walk.bodies


class _Walk:
    def __init__(self, root: Part, hint: str | None, settings: ParseSettings) -> None:
        self.root = root
        self.delimiters: frozenset[bytes] | None = None
        self.hint = hint
        self.octets_left = {
            "plain": _OCTETS_A_CHAR * settings.max_text_chars,
            "html": _OCTETS_A_CHAR * settings.max_html_chars,
        }
        """Of text that is still decoded: none of it shall cost time and be left out later."""
        self.markup_left = settings.max_html_chars
        self.bodies = Bodies()
        self.in_report = False
        self.has_text = False
        self.in_choice = False
        """Inside alternatives, where every text part is a form of the body."""

    def visit(self, part: Part, *, is_root: bool = False) -> list[Segment]:
        kind = part.content_type
        if part.is_message:
            return self._message(part)
        if kind.startswith("multipart/") and part.children:
            if part.disposition == "attachment" and not is_root:
                self._attach(part)
                return []
            return self._multipart(part)
        if kind in SMIME and part.children:  # signed: what it holds stands in its place
            return [one for child in part.children for one in self.visit(child)]
        if kind in _REPORT_PARTS and (self.in_report or is_root or not part.name()):
            self.bodies.reports.append(part)
            return []
        if self._is_text(part, is_root=is_root):
            return self._text(part)
        if self.in_choice and kind in _OTHER_FORMS:
            return []
        self._attach(part)
        return []

    def _multipart(self, part: Part) -> list[Segment]:
        kind = part.content_type
        if kind == "multipart/alternative":
            outer, self.in_choice = self.in_choice, True
            forms = [self.visit(child) for child in part.children]
            self.in_choice = outer
            return _alternative(forms)
        if kind == "multipart/report":
            outer, self.in_report = self.in_report, True
            segments = [one for child in part.children for one in self.visit(child)]
            self.in_report = outer
            return segments
        if kind == "multipart/appledouble" and len(part.children) == 2:
            return self.visit(part.children[1])
        return [one for child in part.children for one in self.visit(child)]

    def _message(self, part: Part) -> list[Segment]:
        if self.in_report:
            self.bodies.reports.append(part)
            return []
        self._attach(part)
        if part.children:
            self.bodies.messages.append(part)
        return []

    def _is_text(self, part: Part, *, is_root: bool) -> bool:
        kind = part.content_type
        if kind.startswith("multipart/"):  # one that could not be cut
            return part.disposition != "attachment" and not part.name()
        if kind in _RICH and self.has_text:
            return False
        if kind not in _READABLE:
            return kind.startswith("text/") and is_root and kind != "text/calendar"
        if part.disposition == "attachment":
            return is_root and not part.name()
        if part.disposition_parameters.get("filename") and not is_root:
            return False
        named = part.parameters.get("name")
        return not named or is_root or not self.has_text or self.in_choice

    def _text(self, part: Part) -> list[Segment]:
        self.has_text = True
        content = self._decoded(part)
        if part.content_type == "text/html":
            label = part.parameters.get("charset")
            if codec_for(label) is None:
                label = meta_charset(content) or label
            markup = self._characters(self._bounded("html", content), label)
            left = self.markup_left
            self.markup_left = max(left - len(markup), 0)
            if len(markup) > left:
                self.bodies.defects.append("HTML over the bound: its end is left out")
            return [Segment(html=markup[:left])]
        content = self._bounded("plain", self._cut_embedded(part, content))
        content = self._without_delimiters(content)
        text = clean_text(self._characters(content, part.parameters.get("charset")))
        if part.content_type in _RICH:
            text = _ENRICHED.sub("", _ENRICHED_PARAM.sub("", text)).replace("<<", "<")
        if part.parameters.get("format", "").lower() == "flowed":
            text = _unflowed(text, delsp=part.parameters.get("delsp", "").lower() == "yes")
        return [Segment(plain=text)]

    def _without_delimiters(self, content: bytes) -> bytes:
        """Leave out delimiter lines that a broken nesting left in a text."""
        if b"\n--" not in content and not content.startswith(b"--"):
            return content
        if self.delimiters is None:
            self.delimiters = _delimiters(self.root)
        if not self.delimiters:
            return content
        lines = content.split(b"\n")
        kept = [line for line in lines if line.rstrip() not in self.delimiters]
        return b"\n".join(kept)

    def _bounded(self, form: str, content: bytes) -> bytes:
        """What of a text is decoded at all."""
        left = self.octets_left[form]
        self.octets_left[form] = max(left - len(content), 0)
        if len(content) > left:
            self.bodies.defects.append("text over the bound: its end is left out")
        return content[:left]

    def _decoded(self, part: Part) -> bytes:
        encoding = part.header.text("content-transfer-encoding")
        content, is_known = decode_transfer(part.octets(), encoding)
        if not is_known:
            self.bodies.defects.append("unknown transfer encoding: read as it stands")
        return content

    def _characters(self, content: bytes, label: str | None) -> str:
        text, note = decode_noting(content, label, hint=self.hint)
        if note:
            self.bodies.defects.append(f"text: {note}")
        return text

    def _cut_embedded(self, part: Part, content: bytes) -> bytes:
        """Take uuencoded and yEnc files out of a text."""
        for sort, blocks in (("uu", uuencoded(content)), ("yenc", yencoded(content))):
            kept: list[bytes] = []
            after = 0
            for index, (start, end, octets, name) in enumerate(blocks, 1):
                text = self._characters(name, None)
                number = f"{part.number}/{sort}{index}"
                self.bodies.attached.append(
                    Attached(number, text, "application/octet-stream", octets)
                )
                kept.append(content[after:start])
                after = end
            content = b"".join([*kept, content[after:]])
        return content

    def _unpack(self, part: Part) -> bool:
        """Take the files out of a winmail.dat; False when it is none or cannot be read."""
        if part.content_type not in _TNEF and part.name().lower() != "winmail.dat":
            return False
        files = tnef_files(part.content())
        for index, (name, octets) in enumerate(files, 1):
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            number = f"{part.number}/tnef{index}"
            self.bodies.attached.append(Attached(number, name, kind, octets))
        if not files:
            self.bodies.defects.append("winmail.dat could not be opened: kept whole")
        return bool(files)

    def _attach(self, part: Part) -> None:
        kind = part.content_type
        if kind in _SIGNATURES and not part.name():
            return
        if self._unpack(part):
            return
        if kind == "application/pgp-encrypted":
            self.bodies.defects.append(LOCKED)
        content_id = part.header.text("content-id").strip().strip("<>").strip() or None
        self.bodies.attached.append(
            Attached(
                part=part.number,
                name=part.name(),
                content_type=kind if kind.count("/") == 1 else "application/octet-stream",
                content=part.octets() if kind.startswith("multipart/") else part.content(),
                is_inline=part.disposition == "inline"
                or (content_id is not None and part.disposition != "attachment"),
                content_id=content_id,
                is_signature=kind in _SIGNATURES,
            )
        )


def _delimiters(root: Part) -> frozenset[bytes]:
    """The delimiter lines of all multiparts below `root` (RFC 2046 section 5.1.1)."""
    found: set[bytes] = set()
    pending = [root]
    while pending:
        part = pending.pop()
        pending += part.children
        boundary = part.parameters.get("boundary", "").encode("utf-8", "replace")
        if part.content_type.startswith("multipart/") and boundary.strip(b"-=_ "):
            found |= {b"--" + boundary, b"--" + boundary + b"--"}
    return frozenset(found)


def _alternative(children: list[list[Segment]]) -> list[Segment]:
    """One body out of several forms of it: the first with text, the last with HTML."""
    filled = [segments for segments in children if segments]
    if len(filled) <= 1:
        return filled[0] if filled else []
    plain = next((one for one in filled if any(s.plain is not None for s in one)), None)
    rich = next((one for one in reversed(filled) if any(s.html is not None for s in one)), None)
    if plain is None or rich is None or plain is rich:
        return plain or rich or filled[0]
    text = "\n".join(
        s.plain if s.plain is not None else html_to_text(s.html or "") for s in plain
    )
    return [Segment(plain=text, html="\n".join(s.html for s in rich if s.html is not None))]


def holds_words(root: Part) -> bool:
    """True when more than delimiters and fields of parts stands below the header section."""
    delimiters = _delimiters(root)
    lines = (line.strip() for line in root.octets().split(b"\n"))
    return any(
        line and line not in delimiters and _PART_FIELD.match(line) is None for line in lines
    )


def says_nothing(plain: str, html_text: str) -> bool:
    """True when the text part only stands in for the HTML part."""
    text = plain.strip()
    if not text:
        return True
    if len(text) >= 300 or not html_text.strip() or _NO_TEXT.search(text) is None:
        return False
    return len(html_text) > len(text) or "\n" not in text


def _unflowed(text: str, *, delsp: bool) -> str:
    """Join the soft line breaks of unquoted format=flowed text (RFC 3676 section 4)."""
    out: list[list[str]] = []
    is_open = False
    for line in text.split("\n"):
        is_quoted = line.startswith(">")
        stuffed = line[1:] if line.startswith(" ") and not is_quoted else line
        is_soft = stuffed.endswith(" ") and not is_quoted and stuffed != "-- "
        piece = stuffed[:-1] if is_soft and delsp else stuffed
        if is_open and not is_quoted and stuffed != "-- ":
            out[-1].append(piece)
        else:
            out.append([piece])
        is_open = is_soft
    return "\n".join("".join(pieces) for pieces in out)
