"""The ledger: list, show, raw bytes, process again."""

from contextlib import closing
from itertools import islice

from worker.actions.events import NEEDED, tell
from worker.actions.heads import read_head
from worker.actions.refusals import NotFound, Refused, whole_number
from worker.context import Desk
from worker.domain.screening import InboundState
from worker.errors import PostclerkError
from worker.mail.parse import parse
from worker.pipeline.read import read_mail
from worker.pipeline.read_settings import read_settings
from worker.store.operators import mail
from worker.store.operators.shown import Shown

READ_BEFORE = (
    InboundState.RECORDED.value,
    InboundState.COPY.value,
    InboundState.SCREENED_OUT.value,
)
"""Mails that a reading process survived, so that they may be read here."""


def list_mail(
    desk: Desk,
    *,
    mailbox: str | None,
    state: str | None,
    sender: str | None,
    ticket: str | None,
    limit: int,
) -> list[Shown]:
    """List the ledger, the latest first; None: any."""
    wanted = sender.lower() if sender else None
    with desk.database.read() as tx:
        ledger = mail.listed(tx, mailbox=mailbox, state=state, sender=wanted, ticket=ticket)
        with closing(ledger):
            rows = (_with_head(desk, row) for row in ledger)
            matching = (row for row in rows if wanted in (None, str(row["from"]).lower()))
            return list(islice(matching, limit))


def _with_head(desk: Desk, row: Shown) -> Shown:
    """Fill in sender and subject of a mail that stands on no ticket."""
    key, message = row.pop("blob_key"), row.pop("message")
    if message is None:
        head = read_head(desk, key)
        row["from"], row["subject"] = head.sender, head.subject
    return row


def show_mail(desk: Desk, mail_id: str) -> Shown:
    """Show one mail as it was read; one that was never read by its first fields only."""
    row, attachments = _find(desk, mail_id)
    key = row["blob_key"]
    head = read_head(desk, key)
    found = _with_head(desk, row)
    found["to"] = list(head.to)
    found["message_id"] = found["message_id"] or head.message_id
    found["attachments"] = attachments
    if found["state"] in READ_BEFORE and isinstance(key, str):
        found |= _as_read(desk, key, attachments)
    return found


def _find(desk: Desk, mail_id: str) -> tuple[Shown, list[Shown]]:
    inbound_id = whole_number(mail_id, "mail")
    with desk.database.read() as tx:
        row = mail.by_id(tx, inbound_id)
        if row is None:
            raise NotFound(f"There is no mail {mail_id}.")
        message = row["message"]
        found = mail.attachments_of(tx, message) if isinstance(message, int) else []
    return row, found


def _as_read(desk: Desk, key: str, attachments: list[Shown]) -> Shown:
    try:
        raw = desk.blobs.get(key)
    except PostclerkError as error:
        return {"defects": [str(error)]}
    reading = read_mail(raw, read_settings(desk.config))
    message = reading.message
    result = message.authentication
    listed = [
        {
            "part": one.part,
            "filename": one.filename,
            "content_type": one.content_type,
            "size": one.size_bytes,
            "sha256": one.sha256,
        }
        for one in message.attachments
    ]
    return {
        "kind": message.kind.value,
        "kind_reasons": list(message.kind_reasons),
        "date": message.date,
        "to": [one.addr_spec for one in message.to if one.addr_spec],
        "cc": [one.addr_spec for one in message.cc if one.addr_spec],
        "text": message.body_text,
        "attachments": attachments or listed,
        "authentication": {
            "result": result.result,
            "spf": result.spf,
            "dkim": result.dkim,
            "dmarc": result.dmarc,
        },
        "secrets": list(reading.secret_kinds),
        "defects": list(message.defects),
    }


def raw_mail(desk: Desk, mail_id: str, *, actor: str, reason: str = "") -> bytes:
    """Return a mail as the server served it, secrets included; an event keeps who saw it."""
    row, _ = _find(desk, mail_id)
    raw = raw_of(desk, row["blob_key"], f"mail {mail_id}")
    note_unsealing(desk, int(mail_id), actor=actor, reason=reason, shown="raw")
    return raw


def unseal_mail(desk: Desk, mail_id: str, *, actor: str, reason: str) -> Shown:
    """Show the text of a mail with its secrets; an event keeps who saw it and why."""
    if not reason.strip():
        raise Refused("Say why it is unsealed: the history keeps the reason.")
    row, _ = _find(desk, mail_id)
    if row["state"] not in READ_BEFORE:
        raise Refused(f"Mail {mail_id} was never read; `mail show {mail_id} --raw` prints it.")
    raw = raw_of(desk, row["blob_key"], f"mail {mail_id}")
    message = parse(raw, settings=read_settings(desk.config).parse)
    note_unsealing(desk, int(mail_id), actor=actor, reason=reason, shown="text")
    return {
        "id": row["id"],
        "ticket": row["ticket"],
        "from": message.author.addr_spec if message.author else "",
        "subject": message.subject,
        "text": message.body_text,
        "attachments": [
            {"part": one.part, "filename": one.filename} for one in message.attachments
        ],
    }


def note_unsealing(desk: Desk, inbound_id: int, *, actor: str, reason: str, shown: str) -> None:
    """Write down, before it is shown, who sees a mail with its secrets."""
    desk.ids.ensure(NEEDED)
    with desk.database.write() as tx:
        tell(
            desk,
            tx,
            "mail.unsealed",
            actor=actor,
            reason=reason,
            ticket_id=mail.ticket_of(tx, inbound_id),
            inbound_id=inbound_id,
            evidence={"shown": shown},
        )


def raw_of(desk: Desk, blob_key: object, name: str) -> bytes:
    """Return raw bytes; raises NotFound where the server never handed them over."""
    if not isinstance(blob_key, str):
        raise NotFound(f"There are no raw bytes of {name}.")
    return desk.blobs.get(blob_key)


def reprocess_mail(desk: Desk, mail_id: str, *, actor: str) -> Shown:
    """Put a screened out mail in line as a request, or a dead one for another try."""
    inbound_id = whole_number(mail_id, "mail")
    desk.ids.ensure(NEEDED)
    with desk.database.write() as tx:
        row = mail.by_id(tx, inbound_id)
        if row is None:
            raise NotFound(f"There is no mail {mail_id}.")
        state = InboundState(str(row["state"]))
        is_forced = state is InboundState.SCREENED_OUT
        if state not in (InboundState.SCREENED_OUT, InboundState.DEAD) or not mail.put_in_line(
            tx,
            inbound_id,
            state=state,
            is_forced=is_forced,
            is_suspect=state is InboundState.DEAD,
        ):
            raise Refused(_why_not(row, mail_id))
        mail.forget_letter(tx, inbound_id)
        tell(
            desk,
            tx,
            "mail.reprocessed",
            actor=actor,
            inbound_id=inbound_id,
            evidence={"state": state.value, "reason": row["reason"]},
        )
        after = mail.by_id(tx, inbound_id) or row
    return _with_head(desk, after)


def _why_not(row: Shown, mail_id: str) -> str:
    match row["state"]:
        case InboundState.RECORDED.value:
            why = f"is on ticket {row['ticket']} already; it would stand there twice"
        case InboundState.COPY.value:
            why = f"is a copy of mail {row['copy_of']}; process that one"
        case InboundState.ERASED.value:
            why = "is erased"
        case InboundState.RECEIVED.value | InboundState.CLAIMED.value:
            why = "is in line already"
        case _:
            why = "has no raw bytes: the server never handed it over"
    return f"Mail {mail_id} {why}."
