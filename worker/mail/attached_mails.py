"""Reads the mails that are attached to a mail: their people, subject, text and attachments.

They stay attachments of the mail that brings them; this tells what lies in them, so that it can
be shown and got at. Bounded in number and depth; what is deeper stays whole.
"""

from dataclasses import dataclass, replace

from worker.domain.message import Address, AttachedMail
from worker.mail.addresses import read_addresses
from worker.mail.attached_texts import read_attached_texts
from worker.mail.attachments import read_attachments
from worker.mail.bodies import Bodies, read_bodies
from worker.mail.body_text import own_text
from worker.mail.dates import read_date
from worker.mail.fields import read_message_id, read_subject
from worker.mail.mime import Part
from worker.mail.settings import ParseSettings

_MAX_MAILS = 50
_MAX_LEVELS = 10


@dataclass(frozen=True, slots=True)
class _Waiting:
    part: Part
    within: str | None
    level: int


def read_attached_mails(
    bodies: Bodies, hint: str | None, settings: ParseSettings
) -> tuple[AttachedMail, ...]:
    """Read the mails that `bodies` found, and those attached to them, outer ones first."""
    waiting = [_Waiting(part, None, 1) for part in bodies.messages]
    found: list[AttachedMail] = []
    chars_left = settings.max_text_chars
    while waiting and len(found) < _MAX_MAILS:
        one = waiting.pop(0)
        bounds = replace(settings, max_text_chars=chars_left, max_html_chars=chars_left)
        mail, inner = _read(one, hint, bounds)
        chars_left = max(chars_left - len(mail.body_text), 0)
        found.append(mail)
        if one.level < _MAX_LEVELS:
            waiting += [_Waiting(part, mail.part, one.level + 1) for part in inner]
    return tuple(found)


def _read(
    one: _Waiting, hint: str | None, settings: ParseSettings
) -> tuple[AttachedMail, list[Part]]:
    """The mail itself, and the parts that are mails attached to it."""
    inner = one.part.children[0]
    header = inner.header
    hint = header.charset_hint() or hint
    bodies = read_bodies(inner, hint, settings)
    text = own_text(bodies, settings, [])
    mail = AttachedMail(
        part=one.part.number,
        within=one.within,
        message_id=read_message_id(header),
        subject=read_subject(header, hint),
        authors=_authors(inner, hint, settings),
        date=read_date(header.text("date")),
        body_text=text.body[: settings.max_text_chars],
        attachments=read_attachments(bodies, [], html=text.html),
        attached_texts=read_attached_texts(bodies, max_bytes=settings.max_attached_text_bytes),
    )
    return mail, bodies.messages


def _authors(part: Part, hint: str | None, settings: ParseSettings) -> tuple[Address, ...]:
    body = part.header.first("from") or b""
    return tuple(read_addresses(body, hint=hint, limit=settings.max_addresses)[:20])
