"""Makes the readable text of a mail out of the stretches of its body.

A mail that says nothing itself but brings others, as a forward "as attachment" does, is read by
what those say, under a line that tells it. What cannot be cut into parts is shown as it stands.
"""

from dataclasses import dataclass

from worker.domain.message import AttachedMail
from worker.mail.bodies import Bodies, Segment, holds_words, says_nothing
from worker.mail.charsets import clean_text, decode
from worker.mail.html import html_to_text, read_html
from worker.mail.mime import Part
from worker.mail.settings import ParseSettings

_MAX_FORWARDED = 5
_MAX_SHOWN = 100_000


@dataclass(slots=True)
class BodyText:
    """The readable forms of the body."""

    body: str = ""
    html_text: str = ""
    html: str = ""


def read_body(
    root: Part, bodies: Bodies, settings: ParseSettings, defects: list[str]
) -> BodyText:
    """Make the readable text out of what `read_bodies` found below `root`."""
    text = own_text(bodies, settings, defects)
    if not (text.body.strip() or bodies.reports or bodies.messages):
        text.body = _shown_files(bodies)
    holds_nothing = not (text.body.strip() or bodies.reports or bodies.attached)
    if holds_nothing and root.children and holds_words(root):
        text.body = clean_text(decode(root.octets()[: settings.max_text_chars])).strip()
        defects.append("multipart whose parts hold nothing: shown as it stands")
    if len(text.body) > settings.max_text_chars:
        defects.append("text over the bound: its end is left out")
        text.body = text.body[: settings.max_text_chars]
    text.html_text = text.html_text[: settings.max_text_chars]
    return text


def _shown_files(bodies: Bodies) -> str:
    """The text files that mail programs show inside a mail that says nothing else."""
    files = [
        one for one in bodies.attached if one.is_inline and one.content_type == "text/plain"
    ]
    return "\n\n".join(
        clean_text(decode(one.content[:_MAX_SHOWN])).strip() for one in files[:_MAX_FORWARDED]
    )


def own_text(bodies: Bodies, settings: ParseSettings, defects: list[str]) -> BodyText:
    """The text that the mail itself holds, without what it brings along."""
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


def forwarded_text(mails: tuple[AttachedMail, ...]) -> str:
    """The text of the attached mails, each under its From and Subject."""
    outer = [mail for mail in mails if mail.within is None]
    found = []
    for mail in outer[:_MAX_FORWARDED]:
        if not mail.body_text.strip():
            continue
        names = [f"{one.display_name} <{one.addr_spec}>".strip() for one in mail.authors[:3]]
        found.append(
            "---------- Forwarded message ----------\n"
            f"From: {', '.join(names)}\n"
            f"Subject: {mail.subject}\n\n"
            f"{mail.body_text.strip()}"
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
