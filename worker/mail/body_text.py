"""Makes the readable text of a mail out of the stretches of its body.

A mail that says nothing itself but brings others, as a forward "as attachment" does, is read by
what those say, under a line that tells it. What cannot be cut into parts is shown as it stands.
"""

from dataclasses import dataclass

from worker.mail.addresses import read_addresses
from worker.mail.bodies import Bodies, Segment, read_bodies, says_nothing
from worker.mail.charsets import clean_text, decode
from worker.mail.fields import read_subject
from worker.mail.html import html_to_text, read_html
from worker.mail.mime import Part
from worker.mail.settings import ParseSettings

_MAX_FORWARDED = 5


@dataclass(slots=True)
class BodyText:
    """The readable forms of the body."""

    body: str = ""
    html_text: str = ""
    html: str = ""


def read_body(
    root: Part,
    bodies: Bodies,
    hint: str | None,
    settings: ParseSettings,
    defects: list[str],
) -> BodyText:
    """Make the whole readable text out of what `read_bodies` found below `root`."""
    text = _own(bodies, settings, defects)
    if not text.body.strip() and not bodies.reports:
        if bodies.messages:
            text.body = _forwarded(bodies.messages, hint, settings)
        elif root.children and not bodies.attached:
            text.body = clean_text(decode(root.octets()[: settings.max_text_chars])).strip()
            defects.append("multipart whose parts hold nothing: shown as it stands")
    if len(text.body) > settings.max_text_chars:
        defects.append("text over the bound: its end is left out")
        text.body = text.body[: settings.max_text_chars]
    text.html_text = text.html_text[: settings.max_text_chars]
    return text


def _own(bodies: Bodies, settings: ParseSettings, defects: list[str]) -> BodyText:
    text = BodyText()
    rich = [segment.html for segment in bodies.segments if segment.html is not None]
    if rich:
        readable = read_html("\n".join(rich), max_chars=settings.max_html_chars)
        text.html_text, text.html = readable.text, readable.display
        defects += readable.defects
    pieces = [
        _readable(segment, text if len(bodies.segments) == 1 else None)
        for segment in bodies.segments
    ]
    text.body = "\n\n".join(piece.strip("\n") for piece in pieces if piece.strip())
    return text


def _forwarded(parts: list[Part], hint: str | None, settings: ParseSettings) -> str:
    """The text of the attached mails, each under its From and Subject."""
    found = []
    for part in parts[:_MAX_FORWARDED]:
        inner = part.children[0]
        body = _own(read_bodies(inner, hint, settings), settings, []).body.strip()
        if not body:
            continue
        authors = read_addresses(inner.header.first("from") or b"", hint=hint)
        names = [f"{one.display_name} <{one.addr_spec}>".strip() for one in authors[:3]]
        found.append(
            "---------- Forwarded message ----------\n"
            f"From: {', '.join(names)}\n"
            f"Subject: {read_subject(inner.header, hint)}\n\n"
            f"{body}"
        )
    return "\n\n".join(found)


def _readable(segment: Segment, read: BodyText | None) -> str:
    """A segment as text. read: what was read already, where it is the only one."""
    if segment.html is None:
        return segment.plain or ""
    if segment.plain is not None and segment.plain.strip() and len(segment.plain) >= 300:
        return segment.plain
    from_html = html_to_text(segment.html) if read is None else read.html_text
    if segment.plain is None:
        return from_html
    is_empty = says_nothing(segment.plain, from_html)
    return from_html if is_empty and from_html.strip() else segment.plain
