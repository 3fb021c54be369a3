"""What the children of `parse` and `classify` run: bytes in, a row of plain values out."""

import json
from collections.abc import Sequence
from datetime import datetime

from worker.domain.judge import as_json, judge
from worker.domain.language import detect
from worker.errors import Permanent
from worker.mail import describe
from worker.mail.extract import attachment_bytes
from worker.mail.parse import parse
from worker.mail.settings import ParseSettings
from worker.mail.visible_text import reply_text
from worker.pipeline.read import ReadSettings, read_mail, seal_pair
from worker.rules import load

Row = dict[str, object]
JSON_MARK = b"\0"
"""Begins an item that is a line of a .jsonl file."""
SHORT = 40
"""Characters; a shorter text is read together with the subject to tell its language."""


def parse_mails(raws: Sequence[bytes], *, settings: ParseSettings) -> list[Row]:
    """Parse mails into the rows that `postclerk parse` prints."""
    return [_parse_mail(raw, settings) for raw in raws]


def extract_part(raws: Sequence[bytes], *, part: str, settings: ParseSettings) -> list[Row]:
    """Get one attachment out of each mail, or the reason why there is none."""
    found: list[Row] = []
    for raw in raws:
        try:
            found.append({"content": attachment_bytes(raw, part, settings=settings)})
        except Permanent as error:
            found.append({"error": str(error)})
    return found


def judge_mails(raws: Sequence[bytes], *, settings: ReadSettings) -> list[Row]:
    """Judge mails, and lines of JSON, into the rows that `postclerk classify` prints."""
    return [
        _judge_line(raw.removeprefix(JSON_MARK), settings)
        if raw.startswith(JSON_MARK)
        else _judge_mail(raw, settings)
        for raw in raws
    ]


def _parse_mail(raw: bytes, settings: ParseSettings) -> Row:
    message = parse(raw, settings=settings)
    words = message.reply_text or message.body_text
    language, _ = detect(words if len(words) > SHORT else f"{words}\n{message.subject}")
    return describe.as_json(message, file="", path="", language=language)


def _judge_mail(raw: bytes, settings: ReadSettings) -> Row:
    reading = read_mail(raw, settings)
    redacted = f"{reading.message.subject}\n{reading.message.body_text}"
    return as_json(reading.judgement, redacted=redacted, secrets=reading.secret_kinds, name={})


def _judge_line(line: bytes, settings: ReadSettings) -> Row:
    told = json.loads(line)
    rules = load(settings.rules, settings.model)
    subject, body, kinds = seal_pair(
        str(told.get("subject") or ""), str(told.get("body") or ""), rules
    )
    judgement = judge(
        subject=subject,
        body=body,
        own_words=reply_text(body),
        rules=rules,
        is_sealed=True,
        sent_at=_sent(told.get("sent")),
        zone=settings.zone,
    )
    return as_json(judgement, redacted=f"{subject}\n{body}", secrets=kinds, name={})


def _sent(told: object) -> datetime | None:
    """When a line says that it was sent; None unless it tells its zone."""
    try:
        at = datetime.fromisoformat(str(told))
    except ValueError:
        return None
    return at if at.tzinfo else None
