"""A parsed mail as the line that `postclerk parse` prints. The names are a public contract."""

from worker.domain.message import Address, Kind, Message


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
        "date": message.date.isoformat().replace("+00:00", "Z") if message.date else None,
        "in_reply_to": list(message.in_reply_to),
        "references": list(message.references),
        "body_text": message.body_text,
        "reply_text": message.reply_text,
        "html_text": message.html_text,
        "html": message.html,
        "language": language,
        "attachments": [
            {
                "filename": one.filename,
                "content_type": one.content_type,
                "size": one.size_bytes,
                "sha256": one.sha256,
                "inline": one.is_inline,
                "content_id": one.content_id,
                "decoration": one.is_decoration,
                "signature": one.is_signature,
            }
            for one in message.attachments
        ],
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


def _specs(addresses: tuple[Address, ...]) -> list[str]:
    return [shown for one in addresses if (shown := one.addr_spec or one.bare)]


def _failed(message: Message) -> list[str]:
    """Recipients whose delivery failed, each once; delayed is not failed."""
    failed = (one.recipient for one in message.reports if one.action == "failed")
    return [recipient for recipient in dict.fromkeys(failed) if recipient]
