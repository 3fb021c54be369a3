"""A parsed mail as the line that `postclerk parse` prints. The names are a public contract."""

from datetime import datetime

from worker.domain.message import Address, AttachedMail, Attachment, Kind, Message, Signed


def as_json(message: Message, *, file: str, path: str, language: str) -> dict[str, object]:
    """The mail as plain values; absent is null, addresses are addr-specs, times UTC."""
    author = message.authors[0] if message.authors else None
    return {
        "file": file,
        "path": path,
        "message_id": message.message_id,
        "subject": message.subject,
        "from_email": (author.addr_spec or author.bare) if author else "",
        "from_name": author.display_name if author else "",
        "to": _specs(message.to),
        "cc": _specs(message.cc),
        "reply_to": _specs(message.reply_to),
        "date": _time(message.date),
        "in_reply_to": list(message.in_reply_to),
        "references": list(message.references),
        "body_text": message.body_text,
        "reply_text": message.reply_text,
        "html_text": message.html_text,
        "html": message.html,
        "language": language,
        "attachments": _files(message.attachments),
        "attached_mails": [_mail(one) for one in message.attached_mails],
        "signed": _signed(message.signed),
        "encrypted": message.encrypted,
        "kind": message.kind.value,
        "is_auto": message.is_auto,
        "is_bounce": message.kind is Kind.BOUNCE
        and any(report.action in ("failed", "delayed") for report in message.reports),
        "bounce_recipient": _failed(message),
        "bounces": [
            {
                "recipient": report.recipient,
                "action": report.action,
                "status": report.status,
                "message_id": report.message_id,
                "reason": report.reason,
            }
            for report in message.reports
        ],
        "authentication": {
            "result": message.authentication.result,
            "spf": message.authentication.spf,
            "dkim": message.authentication.dkim,
            "dmarc": message.authentication.dmarc,
        },
        "defects": list(message.defects),
    }


def _files(attachments: tuple[Attachment, ...]) -> list[dict[str, object]]:
    return [
        {
            "part": one.part,
            "filename": one.filename,
            "content_type": one.content_type,
            "size": one.size_bytes,
            "sha256": one.sha256,
            "inline": one.is_inline,
            "content_id": one.content_id,
            "decoration": one.is_decoration,
            "signature": one.is_signature,
        }
        for one in attachments
    ]


def _mail(mail: AttachedMail) -> dict[str, object]:
    author = mail.authors[0] if mail.authors else None
    return {
        "part": mail.part,
        "within": mail.within,
        "message_id": mail.message_id,
        "subject": mail.subject,
        "from_email": (author.addr_spec or author.bare) if author else "",
        "from_name": author.display_name if author else "",
        "date": _time(mail.date),
        "body_text": mail.body_text,
        "attachments": _files(mail.attachments),
    }


def _signed(signed: Signed | None) -> dict[str, str] | None:
    if signed is None:
        return None
    return {"kind": signed.kind, "state": signed.state, "signer": signed.signer}


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def _specs(addresses: tuple[Address, ...]) -> list[str]:
    return [shown for one in addresses if (shown := one.addr_spec or one.bare)]


def _failed(message: Message) -> list[str]:
    """Recipients whose delivery failed, each once; delayed is not failed."""
    failed = (one.recipient for one in message.reports if one.action == "failed")
    return [recipient for recipient in dict.fromkeys(failed) if recipient]
