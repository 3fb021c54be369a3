"""Reads reports about mail: delivery (RFC 3464), receipts (RFC 8098), feedback (RFC 5965).

What a report says in its machine-readable part counts; a bounce in prose is read by
worker.mail.bounce_prose.
"""

import re

from worker.domain.message import DeliveryStatus, Kind
from worker.mail.addresses import normal_spec
from worker.mail.bodies import Bodies
from worker.mail.bounce_prose import ProseBounce, read_prose
from worker.mail.charsets import clean_line
from worker.mail.fields import read_message_id
from worker.mail.header_section import HeaderSection, read_header
from worker.mail.kind import ReportFacts
from worker.mail.mime import Part
from worker.mail.settings import ParseSettings

_MAX_BLOCKS = 500
_BLANK_LINE = re.compile(rb"\n[ \t\r]*\n")
_COMMENT = re.compile(r"\([^()]*\)")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded")
_ADDRESS = re.compile(r"[^\s<>\"'(),;:\[\]]{1,200}@[^\s<>\"'(),;:]{1,200}")


def read_report(
    root: Part, bodies: Bodies, *, subject: str, text: str, settings: ParseSettings
) -> ReportFacts:
    """Say what the mail reports; empty facts when it is no report."""
    kinds = {part.content_type.replace("global-", "") for part in bodies.reports}
    report_type = root.parameters.get("report-type", "").lower()
    if "message/feedback-report" in kinds or report_type == "feedback-report":
        return ReportFacts(kind=Kind.FEEDBACK_REPORT, reason="report: feedback")
    if "message/disposition-notification" in kinds or "disposition" in report_type:
        return ReportFacts(kind=Kind.RECEIPT, reason="report: disposition notification")
    message_id = _original_id(bodies, settings)
    statuses = []
    for part in bodies.reports:
        if part.content_type in ("message/delivery-status", "message/global-delivery-status"):
            statuses += _statuses(part.content(), message_id, settings)
    if statuses:
        return ReportFacts(
            kind=Kind.BOUNCE,
            reason=f"report: delivery {statuses[0].action}",
            statuses=tuple(dict.fromkeys(statuses)),
        )
    prose = read_prose(root.header, subject=subject, text=text)
    return ReportFacts() if prose is None else _from_prose(prose, message_id)


def _from_prose(prose: ProseBounce, message_id: str | None) -> ReportFacts:
    if prose.is_feedback:
        return ReportFacts(kind=Kind.FEEDBACK_REPORT, reason=f"report: {prose.reason}")
    statuses = tuple(
        DeliveryStatus(
            recipient=recipient,
            action=prose.action,
            status=prose.status,
            message_id=message_id or prose.message_id,
        )
        for recipient in prose.recipients or ("",)
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
            )
        )
    return found


def _recipient(header: HeaderSection) -> str | None:
    """The addr-spec of the Final-Recipient, else of the original one; None without either."""
    named = False
    for name in ("final-recipient", "x-actual-recipient", "original-recipient", "recipient"):
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
    for name in ("status", "diagnostic-code"):
        match = _STATUS.search(header.text(name)[:1000])
        if match:
            return match.group(1)
    return None


def _original_id(bodies: Bodies, settings: ParseSettings) -> str | None:
    """The Message-ID of the mail that came back or whose header did."""
    for part in bodies.reports:
        header = None
        if part.is_message and part.children:
            header = part.children[0].header
        elif part.content_type in ("text/rfc822-headers", "message/global-headers"):
            content = part.content()
            header, _ = read_header(content, 0, len(content), settings, [])
        if header is not None and (message_id := read_message_id(header)):
            return message_id
    return None
