"""Reads reports about mail: delivery (RFC 3464), receipts (RFC 8098), feedback (RFC 5965).

What a report says in its machine-readable part counts; a bounce in prose is read by
worker.mail.bounce_prose.
"""

import re

from worker.domain.message import Address, DeliveryStatus, Kind
from worker.mail.addresses import normal_spec, read_addresses
from worker.mail.bodies import Bodies, read_bodies
from worker.mail.bounce_prose import ProseBounce, machine_sender, read_prose
from worker.mail.bounce_reasons import reason_of
from worker.mail.charsets import clean_line
from worker.mail.fields import read_message_id, read_msg_ids
from worker.mail.header_section import HeaderSection, read_header
from worker.mail.kind import ReportFacts
from worker.mail.mime import Part
from worker.mail.settings import ParseSettings

_MAX_BLOCKS = 500
_BLANK_LINE = re.compile(rb"\n(?:[ \t\r]*+\n)++")
_COMMENT = re.compile(r"\([^()]*\)")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded")
_EMBEDDED = re.compile(
    r"^(?:Reporting-MTA|Original-Recipient|Final-Recipient|Action):[^\n]{0,500}\n(?=(?:[^\n]*\n){0,12}?"
    r"(?:Final-Recipient|Action|Status):)",
    re.MULTILINE | re.IGNORECASE,
)
_ADDRESS = re.compile(r"[^\s<>\"'(),;:\[\]]{1,200}@[^\s<>\"'(),;:]{1,200}")


def read_report(
    root: Part,
    bodies: Bodies,
    *,
    subject: str,
    text: str,
    authors: tuple[Address, ...],
    to: tuple[Address, ...],
    settings: ParseSettings,
) -> ReportFacts:
    """Say what the mail reports; empty facts when it is no report."""
    kinds = {part.content_type.replace("global-", "") for part in bodies.reports}
    report_type = root.parameters.get("report-type", "").lower()
    if "message/feedback-report" in kinds or report_type == "feedback-report":
        return ReportFacts(kind=Kind.FEEDBACK_REPORT, reason="report: feedback")
    if "message/disposition-notification" in kinds or "disposition" in report_type:
        return _receipt(bodies, text, settings)
    message_id = _original_id(root, bodies, settings)
    statuses = []
    for part in bodies.reports:
        if part.content_type in ("message/delivery-status", "message/global-delivery-status"):
            statuses += _statuses(part.content(), message_id, settings)
    if not statuses and machine_sender(root.header, authors):
        statuses = _inside(bodies, settings)
    if not statuses:
        statuses = _embedded(text, message_id, settings)
    if any(status.recipient for status in statuses):
        return _delivery([status for status in statuses if status.recipient])
    prose = read_prose(
        root.header,
        subject=subject,
        text=text,
        authors=authors,
        to=tuple(address.addr_spec for address in to),
    )
    if prose is None:
        return _delivery(statuses) if statuses else ReportFacts()
    returned = _returned(root, bodies, settings)
    return _from_prose(prose, message_id, returned)


def _receipt(bodies: Bodies, text: str, settings: ParseSettings) -> ReportFacts:
    """A read receipt; one that a filter sent to say no is a bounce (RFC 5429 section 2.1.1)."""
    for part in bodies.reports:
        if not part.content_type.endswith("disposition-notification"):
            continue
        content = part.content()[:20_000]
        header, _ = read_header(content.lstrip(), 0, len(content), settings, [])
        disposition = header.text("disposition").lower()
        is_refusal = "automatic-action" in disposition and "deleted" in disposition
        if is_refusal and re.search(r"reject|refus|denied|拒", text[:1000], re.IGNORECASE):
            spec = _recipient(header) or ""
            message_id = (read_msg_ids(header.every("original-message-id")) or (None,))[0]
            status = DeliveryStatus(
                recipient=spec, action="failed", message_id=message_id, reason="policy"
            )
            return ReportFacts(
                kind=Kind.BOUNCE, reason="report: rejected by a filter", statuses=(status,)
            )
    return ReportFacts(kind=Kind.RECEIPT, reason="report: disposition notification")


def _delivery(statuses: list[DeliveryStatus]) -> ReportFacts:
    """Failed or delayed is a bounce; delivered, relayed and expanded are receipts."""
    actions = [status.action for status in statuses]
    bad = [action for action in ("failed", "delayed") if action in actions]
    return ReportFacts(
        kind=Kind.BOUNCE if bad else Kind.RECEIPT,
        reason=f"report: delivery {bad[0] if bad else actions[0]}",
        statuses=tuple(dict.fromkeys(statuses)),
    )


def _inside(bodies: Bodies, settings: ParseSettings) -> list[DeliveryStatus]:
    """A report that a gateway attached whole to a mail of its own."""
    roots = [child for part in bodies.messages[:3] for child in part.children[:1]]
    statuses = []
    for root in roots:
        if root.content_type != "multipart/report":
            continue
        inner = read_bodies(root, None, settings)
        message_id = _original_id(root, inner, settings)
        for part in inner.reports:
            if part.content_type in (
                "message/delivery-status",
                "message/global-delivery-status",
            ):
                statuses += _statuses(part.content(), message_id, settings)
    return statuses


def _embedded(
    text: str, message_id: str | None, settings: ParseSettings
) -> list[DeliveryStatus]:
    """A delivery report that stands in the text instead of a part of its own."""
    start = _EMBEDDED.search(text[:20_000])
    if start is None:
        return []
    return _statuses(text[start.start() : 40_000].lstrip().encode(), message_id, settings)


def _from_prose(
    prose: ProseBounce, message_id: str | None, returned: HeaderSection | None
) -> ReportFacts:
    if prose.is_feedback:
        return ReportFacts(kind=Kind.FEEDBACK_REPORT, reason=f"report: {prose.reason}")
    recipients = prose.recipients
    if not recipients and returned is not None:
        named = read_addresses(returned.first("to") or b"")
        recipients = ((named[0].addr_spec, prose.status),) if len(named) == 1 else ()
    statuses = tuple(
        DeliveryStatus(
            recipient=recipient,
            action=prose.action,
            status=status,
            message_id=message_id or prose.message_id,
            reason=reason_of(status, prose.said_of(recipient), prose.head, action=prose.action),
        )
        for recipient, status in recipients or (("", prose.status),)
    )
    return ReportFacts(kind=Kind.BOUNCE, reason=f"bounce: {prose.reason}", statuses=statuses)


def _statuses(
    content: bytes, message_id: str | None, settings: ParseSettings
) -> list[DeliveryStatus]:
    """One status for each block that names a recipient (RFC 3464 section 2.3)."""
    found = []
    for block in _BLANK_LINE.split(content.strip(), _MAX_BLOCKS)[:_MAX_BLOCKS]:
        header, _ = read_header(block, 0, len(block), settings, [])
        recipient = _recipient(header)
        if recipient is None:
            continue
        found.append(
            DeliveryStatus(
                recipient=recipient,
                action=_action(header),
                status=_status(header),
                message_id=message_id,
                reason=_reason(header),
            )
        )
    return found


def _reason(header: HeaderSection) -> str:
    said = clean_line(header.text("diagnostic-code")[:4000])
    return reason_of(_status(header), said, action=_action(header))


def _recipient(header: HeaderSection) -> str | None:
    """The addr-spec that was written to (RFC 3464 section 2.3.1), else the one that it became;
    None without either."""
    named = False
    for name in ("original-recipient", "final-recipient", "x-actual-recipient", "recipient"):
        value = header.first(name)
        if value is None:
            continue
        named = True
        text = clean_line(value[:1000].decode("utf-8", "replace")).rpartition(";")[2]
        match = _ADDRESS.search(text)
        spec = normal_spec(match.group(0)) if match else ""
        if spec:
            return spec
    return "" if named else None


def _action(header: HeaderSection) -> str:
    word = _COMMENT.sub(" ", header.text("action")[:200]).strip().lower().split()
    if word and word[0] in _ACTIONS:
        return word[0]
    if word and word[0] in ("expired", "failure", "fail", "bounced", "denied"):
        return "failed"
    status = _status(header) or ""
    return {"2": "delivered", "4": "delayed"}.get(status[:1], "failed")


def _status(header: HeaderSection) -> str | None:
    found = None
    for name in ("status", "diagnostic-code"):
        match = _STATUS.search(header.text(name)[:1000])
        if match and (found is None or found.endswith(".0.0")):
            found = match.group(1)
    return found


def _original_id(root: Part, bodies: Bodies, settings: ParseSettings) -> str | None:
    """The Message-ID of the mail that came back or whose header did."""
    returned = _returned(root, bodies, settings)
    return read_message_id(returned) if returned is not None else None


def _returned(root: Part, bodies: Bodies, settings: ParseSettings) -> HeaderSection | None:
    """The header of the mail that came back; None where no part holds it."""
    for part in [*bodies.reports, *root.children[:10]]:
        if part.is_message and part.children:
            return part.children[0].header
        if part.content_type in ("text/rfc822-headers", "message/global-headers"):
            content = part.content()
            return read_header(content, 0, len(content), settings, [])[0]
    return None
