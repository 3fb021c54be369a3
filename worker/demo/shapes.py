"""Writes a planned mail as the bytes that our receiving server would store.

Above what the sender wrote stand the fields that our own server adds (Return-Path,
Delivered-To, Authentication-Results of RFC 8601, Received). Odd shapes are written by hand: no
library would.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

from worker.demo import pictures
from worker.demo.mails import Sample

DESK = "support@exchange.example"
SERVER = "mx.exchange.example"
RECEIPT = [
    "Northern Savings Bank",
    "",
    "Confirmation of transfer",
    "Amount: EUR 1,850.00",
    "To: Example Exchange",
    "Reference: EX-59012266",
    "Status: executed",
]
QUOTED_BY = {
    "+0800": "------------------ 原始邮件 ------------------\n发件人: Example Exchange\n",
    "": "Example Exchange <support@exchange.example> wrote:\n",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a customer got from us, as the SMTP server received it."""

    message_id: str
    """With angle brackets."""
    subject: str
    text: str


NO_ANSWER = Answer(message_id="", subject="", text="")


def message_id(sample: Sample, day: date) -> str:
    """The Message-ID of a planned mail, without angle brackets; "" where it has none."""
    written = sample.origin or sample
    if written.shape == "no_message_id":
        return ""
    return f"{day:%Y%m%d}.{written.key}@{written.person.domain}"


def write(sample: Sample, *, day: date, answer: Answer = NO_ANSWER) -> bytes:
    """Write `sample`, sent on `day`; `answer` is ours to the mail that it refers to."""
    written = sample.origin or sample
    body = SHAPES[written.shape](written, day, answer)
    return _transport(sample, day) + body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def sent_at(sample: Sample, day: date) -> datetime:
    """The planned time, on the sender's clock."""
    zone = datetime.strptime(sample.person.zone, "%z").tzinfo
    return datetime.combine(day, sample.at, UTC).astimezone(zone)


def _transport(sample: Sample, day: date) -> bytes:
    domain, verdict = sample.person.domain, sample.auth
    path = "" if sample.shape in ("bounce", "vacation") else sample.person.address
    way = "relay" if sample.origin else "out"
    received = format_datetime(datetime.combine(day, sample.at, UTC))
    lines = [
        f"Return-Path: <{path}>",
        f"Delivered-To: {DESK}",
        f"Authentication-Results: {SERVER};",
        f" spf={verdict} smtp.mailfrom={domain};",
        f" dkim={verdict} header.d={domain}; dmarc={verdict} header.from={domain}",
        f"Received: from {way}.{domain} ({way}.{domain} [192.0.2.25])",
        f" by {SERVER} with ESMTPS id {sample.key}; {received}",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _usual(sample: Sample, day: date, answer: Answer) -> bytes:
    return _mail(sample, day, answer).as_bytes()


def _vacation(sample: Sample, day: date, answer: Answer) -> bytes:
    mail = _mail(sample, day, answer)
    mail.replace_header("Subject", f"{sample.subject}{answer.subject}")
    mail["Auto-Submitted"] = "auto-replied"  # RFC 3834 section 5
    mail["X-Auto-Response-Suppress"] = "All"
    return mail.as_bytes()


def _automatic(sample: Sample, day: date, answer: Answer) -> bytes:
    mail = _mail(sample, day, answer)
    mail["Auto-Submitted"] = "auto-generated"
    return mail.as_bytes()


def _newsletter(sample: Sample, day: date, answer: Answer) -> bytes:
    mail = _mail(sample, day, answer)
    mail["List-Id"] = f"Chain Weekly <weekly.{sample.person.domain}>"
    mail["List-Unsubscribe"] = f"<mailto:leave@{sample.person.domain}>"
    mail["Precedence"] = "bulk"
    return mail.as_bytes()


def _gbk(sample: Sample, day: date, _answer: Answer) -> bytes:
    """Labelled gb2312, written in GBK, as many mail programs in China do."""
    subject, name = (
        f"=?gb2312?B?{base64.b64encode(words.encode('gbk')).decode('ascii')}?="
        for words in (sample.subject, sample.person.name)
    )
    head = (
        f"From: {name} <{sample.person.address}>\nTo: <{DESK}>\nSubject: {subject}\n"
        f"Date: {format_datetime(sent_at(sample, day))}\n"
        f"Message-ID: <{message_id(sample, day)}>\nMIME-Version: 1.0\n"
        'Content-Type: text/plain; charset="gb2312"\nContent-Transfer-Encoding: 8bit\n\n'
    )
    return head.encode("ascii") + sample.text.encode("gbk")


def _broken(sample: Sample, day: date, _answer: Answer) -> bytes:
    """A line that is no field, an unknown charset, damaged base64, a multipart without end."""
    picture = base64.encodebytes(pictures.screenshot(sample.key)).decode("ascii")
    return (
        f"From: {sample.person.name} <{sample.person.address}>\nTo: {DESK}\n"
        f"Subject: {sample.subject}\nDate: {format_datetime(sent_at(sample, day))}\n"
        f"Message-ID: <{message_id(sample, day)}>\n"
        'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="=_tablet_7"\n'
        "this line is no field\n\n"
        "--=_tablet_7\nContent-Type: text/plain; charset=x-unknown-8\n\n"
        f"{sample.text}\n--=_tablet_7\n"
        'Content-Type: image/png; name="chart.png"\nContent-Transfer-Encoding: base64\n'
        f'Content-Disposition: attachment; filename="chart.png"\n\n{picture[:-40]}!!\n'
    ).encode("ascii")


def _bounce(sample: Sample, day: date, answer: Answer) -> bytes:
    """A failed delivery of our answer (RFC 3464), with the head of it (RFC 6522)."""
    person, mark = sample.person, "=_report_1"
    return (
        f"From: {person.name} <{person.address}>\nTo: <{DESK}>\n"
        f"Subject: Undelivered Mail Returned to Sender\n"
        f"Date: {format_datetime(sent_at(sample, day))}\n"
        f"Message-ID: <{message_id(sample, day)}>\nAuto-Submitted: auto-replied\n"
        "MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status;\n"
        f' boundary="{mark}"\n\n--{mark}\nContent-Type: text/plain; charset=us-ascii\n\n'
        "Your message could not be delivered to one recipient: the mailbox does not exist.\n\n"
        f"--{mark}\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx.{person.domain}\n\n"
        f"Final-Recipient: rfc822; {sample.text.strip()}\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such mailbox\n\n"
        f"--{mark}\nContent-Type: text/rfc822-headers\n\n"
        f"From: <{DESK}>\nTo: <{sample.text.strip()}>\nMessage-ID: {answer.message_id}\n\n"
        f"--{mark}--\n"
    ).encode("ascii")


def _mail(sample: Sample, day: date, answer: Answer) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(sample.person.name, addr_spec=sample.person.address)
    mail["To"] = Address("Example Exchange", addr_spec=DESK)
    mail["Date"] = format_datetime(sent_at(sample, day))
    if made := message_id(sample, day):
        mail["Message-ID"] = f"<{made}>"
    mail["Subject"] = sample.subject or f"Re: {answer.subject}"
    text = sample.text
    if sample.replies_to:
        mail["In-Reply-To"] = answer.message_id
        mail["References"] = answer.message_id
        text += "\n" + _quote(sample, answer)
    mail.set_content(text)
    if sample.is_html:
        mail.add_alternative(_as_html(text), subtype="html")
    for what in sample.attached:
        _attach(mail, what, sample)
    for number, part in enumerate(mail.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_{sample.key}_{number}")  # else a redelivery would differ
    return mail


def _quote(sample: Sample, answer: Answer) -> str:
    head = QUOTED_BY.get(sample.person.zone, QUOTED_BY[""])
    return head + "".join(f"> {line}\n" for line in answer.text.splitlines())


def _as_html(text: str) -> str:
    lines = (f"<div>{escape(line) or '<br>'}</div>" for line in text.splitlines())
    return f"<html><body>{''.join(lines)}</body></html>\n"


def _attach(mail: EmailMessage, what: str, sample: Sample) -> None:
    if what == "receipt":
        made = pictures.receipt(RECEIPT)
        mail.add_attachment(made, "application", "pdf", filename="transfer-confirmation.pdf")
        return
    name = "截图.png" if sample.person.zone == "+0800" else "screenshot.png"
    made = pictures.screenshot(sample.resends or sample.key)
    mail.add_attachment(made, "image", "png", filename=name)


SHAPES: dict[str, Callable[[Sample, date, Answer], bytes]] = {
    "": _usual,
    "no_message_id": _usual,
    "vacation": _vacation,
    "automatic": _automatic,
    "newsletter": _newsletter,
    "gbk": _gbk,
    "broken": _broken,
    "bounce": _bounce,
}
