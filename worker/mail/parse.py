"""Bytes of a mail in, a domain Message out; nothing that a mail holds makes it fail.

A pure function of bytes and settings, cheap and bounded, so a process pool can run it. What is
broken is read as well as can be and named in `defects`. mail-parser reads addresses and dates;
the tree of parts is our own (docs/decisions/mail-parser.md).
"""

import hashlib

from worker.domain.message import Address, Authentication, Kind, Message
from worker.mail.addresses import read_addresses
from worker.mail.attached_mails import read_attached_mails
from worker.mail.attached_texts import read_attached_texts
from worker.mail.attachments import read_attachments
from worker.mail.authentication import read_authentication
from worker.mail.bodies import read_bodies
from worker.mail.body_text import forwarded_text, read_body
from worker.mail.charsets import clean_text
from worker.mail.dates import read_date
from worker.mail.digest import content_digest
from worker.mail.fields import read_message_id, read_msg_ids, read_subject
from worker.mail.header_section import HeaderSection
from worker.mail.kind import screen
from worker.mail.mime import Part, read_tree
from worker.mail.protection import read_protection
from worker.mail.report import read_report
from worker.mail.settings import DEFAULTS, ParseSettings
from worker.mail.visible_text import reply_text

__all__ = ["ParseSettings", "parse"]

_DELIVERED_TO = (
    "delivered-to",
    "x-delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
)


def parse(raw: bytes, *, settings: ParseSettings = DEFAULTS) -> Message:
    """Read `raw` as a person would. Raises MemoryError only.

    Over a bound it holds what could be read, and a defect says what is left out.
    """
    try:
        return _read(raw, settings)
    except MemoryError:
        raise  # whoever runs us in a bounded process keeps the mail and says why
    except Exception as error:  # noqa: BLE001 - the promise of this seam: no mail stops a mailbox
        return _unreadable(raw, error)


def bounded(raw: bytes, settings: ParseSettings) -> bytes:
    """What of `raw` is read: at most the size bound, line ends of old Macs made plain."""
    raw = raw[: settings.max_size_bytes]
    if b"\n" not in raw[:65536] and b"\r" in raw[:65536]:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return raw.lstrip(b"\r\n") if raw[:1] in (b"\r", b"\n") else raw


def _read(raw: bytes, settings: ParseSettings) -> Message:
    root, defects = read_tree(bounded(raw, settings), settings)
    if len(raw) > settings.max_size_bytes:
        defects.append("mail over the bound: its end is left out")
    header = root.header
    hint = header.charset_hint() or _charset_below(root)
    bodies = read_bodies(root, hint, settings)
    text = read_body(root, bodies, settings, defects)
    mails = read_attached_mails(bodies, hint, settings)
    if mails and not text.body.strip() and not bodies.reports:
        text.body = forwarded_text(mails)[: settings.max_text_chars]
    subject = read_subject(header, hint)
    authors = _addresses(header, "from", hint, settings)
    to = _addresses(header, "to", hint, settings)
    report = read_report(
        root,
        bodies,
        subject=subject,
        text=text.body,
        authors=authors,
        to=to,
        settings=settings,
    )
    attachments = read_attachments(bodies, defects, html=text.html)
    protection = read_protection(root, authors, defects)
    screening = screen(
        header,
        subject=subject,
        authors=authors,
        report=report,
        is_calendar_reply=_is_calendar_reply(root),
        settings=settings,
    )
    sender = _addresses(header, "sender", hint, settings)
    return Message(
        message_id=read_message_id(header),
        content_digest=content_digest(header, root.octets()),
        subject=subject,
        authors=authors,
        sender=sender[0] if sender else None,
        reply_to=_addresses(header, "reply-to", hint, settings),
        to=to,
        cc=_addresses(header, "cc", hint, settings),
        date=read_date(header.text("date")),
        in_reply_to=read_msg_ids(header.every("in-reply-to")),
        references=read_msg_ids(header.every("references")),
        return_path=_return_path(header),
        delivered_to=_delivered_to(header),
        body_text=text.body,
        reply_text=reply_text(text.body),
        html_text=text.html_text,
        html=text.html,
        attachments=attachments,
        attached_mails=mails,
        attached_texts=read_attached_texts(bodies, max_bytes=settings.max_attached_text_bytes),
        signed=protection.signed,
        encrypted=protection.encrypted,
        kind=screening.kind,
        kind_reasons=screening.reasons,
        is_auto=screening.is_auto,
        reports=report.statuses,
        authentication=_authentication(header, authors, settings),
        defects=tuple(dict.fromkeys(defects + bodies.defects))[:100],
    )


def _addresses(
    header: HeaderSection, name: str, hint: str | None, settings: ParseSettings
) -> tuple[Address, ...]:
    """All addresses of all fields of that name, each addr-spec once."""
    found: dict[str, Address] = {}
    for body in header.every(name)[:100]:
        for address in read_addresses(body, hint=hint, limit=settings.max_addresses):
            found.setdefault(address.addr_spec or f" {address.display_name}", address)
        if len(found) >= settings.max_addresses:
            break
    usable = [
        address
        for address in found.values()
        if address.addr_spec or (address.bare and name != "from")
    ]
    return tuple((usable or list(found.values()))[: settings.max_addresses])


def _authentication(
    header: HeaderSection, authors: tuple[Address, ...], settings: ParseSettings
) -> Authentication:
    if len(header.every("from")) != 1 or len(authors) != 1:
        domain = ""  # no single author: nothing to be authentic
    else:
        domain = authors[0].addr_spec.rpartition("@")[2]
    return read_authentication(
        header, from_domain=domain, trusted=settings.trusted_authserv_ids
    )


def _return_path(header: HeaderSection) -> str | None:
    body = header.first("return-path")
    if body is None:
        return None
    found = read_addresses(body[:2000])
    return found[0].addr_spec if found else ""


def _delivered_to(header: HeaderSection) -> tuple[str, ...]:
    specs: dict[str, None] = {}
    for name in _DELIVERED_TO:
        for body in header.every(name)[:20]:
            for address in read_addresses(body[:2000]):
                if address.addr_spec:
                    specs[address.addr_spec] = None
    return tuple(specs)


def _charset_below(root: Part) -> str | None:
    """The charset of the first text part, for raw octets in the header."""
    pending = list(root.children[:3])
    while pending:
        part = pending.pop(0)
        if label := part.parameters.get("charset"):
            return label
        if not part.is_message:
            pending = part.children[:3] + pending
    return None


def _is_calendar_reply(root: Part) -> bool:
    pending = [root]
    while pending:
        part = pending.pop()
        if part.content_type == "text/calendar":
            return part.parameters.get("method", "").lower() == "reply"
        pending += [child for child in part.children[:20] if not child.is_message]
    return False


def _unreadable(raw: bytes, error: Exception) -> Message:
    """A mail that our own code fails on: its octets as text, quiet, with the fault named."""
    text = clean_text(raw[:100_000].decode("utf-8", "replace"))
    return Message(
        message_id=None,
        content_digest=hashlib.sha256(raw).hexdigest(),
        subject="",
        authors=(),
        sender=None,
        reply_to=(),
        to=(),
        cc=(),
        date=None,
        in_reply_to=(),
        references=(),
        return_path=None,
        delivered_to=(),
        body_text=text,
        reply_text=text,
        html_text="",
        html="",
        attachments=(),
        kind=Kind.REQUEST,
        kind_reasons=("unreadable: nobody to answer",),
        is_auto=True,
        reports=(),
        authentication=Authentication(),
        defects=(f"the mail could not be read: {type(error).__name__}",),
    )
