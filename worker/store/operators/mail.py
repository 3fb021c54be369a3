"""The ledger as operators read it, and what they may do to its rows."""

from collections.abc import Generator

from sqlalchemy import Connection, Select, delete, select, update

from worker.domain.screening import InboundState
from worker.store.operators.shown import Shown, all_shown, shown
from worker.store.schema import (
    attachments,
    dead_letters,
    epochs,
    inbound,
    mailboxes,
    messages,
    tickets,
)


def listed(
    tx: Connection,
    *,
    mailbox: str | None,
    state: str | None,
    sender: str | None,
    ticket: str | None,
) -> Generator[Shown]:
    """Yield rows of the ledger, the latest first; each with `blob_key` and `message`.

    Close it before the transaction ends, unless it was read to its end.
    sender: rows without a message, whose sender stands in the raw mail only, are there as well.
    """
    query = _rows()
    for column, wanted in (
        (mailboxes.c.name, mailbox),
        (inbound.c.state, state),
        (tickets.c.number, ticket),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if sender is not None:
        query = query.where((messages.c.sender == sender) | messages.c.id.is_(None))
    ordered = query.order_by(inbound.c.id.desc()).execution_options(yield_per=200)
    with tx.execute(ordered) as rows:
        yield from map(shown, rows)


def by_id(tx: Connection, inbound_id: int) -> Shown | None:
    """Return one row of the ledger."""
    query = _rows().add_columns(
        inbound.c.message_id,
        inbound.c.sha256,
        inbound.c.copy_of,
        inbound.c.attempts,
        inbound.c.next_attempt_at,
        messages.c.kind,
        messages.c.sent_at.label("date"),
        messages.c.text,
    )
    row = tx.execute(query.where(inbound.c.id == inbound_id)).first()
    return None if row is None else shown(row)


def ticket_of(tx: Connection, inbound_id: int) -> int | None:
    """Return the ticket on which a mail stands now."""
    query = select(messages.c.ticket_id).where(messages.c.inbound_id == inbound_id)
    return tx.execute(query).scalar()


def _rows() -> Select[*tuple[object, ...]]:
    return (
        select(
            inbound.c.id,
            mailboxes.c.name.label("mailbox"),
            epochs.c.folder,
            epochs.c.uidvalidity,
            inbound.c.uid,
            inbound.c.state,
            inbound.c.reason,
            messages.c.sender.label("from"),
            messages.c.subject,
            inbound.c.size_bytes.label("size"),
            inbound.c.received_at,
            tickets.c.number.label("ticket"),
            inbound.c.blob_key,
            messages.c.id.label("message"),
        )
        .join(epochs, epochs.c.id == inbound.c.epoch_id)
        .join(mailboxes, mailboxes.c.id == epochs.c.mailbox_id)
        .outerjoin(messages, messages.c.inbound_id == inbound.c.id)
        .outerjoin(tickets, tickets.c.id == inbound.c.ticket_id)
    )


def attachments_of(tx: Connection, message: int) -> list[Shown]:
    """Return the attachments of one message."""
    query = (
        select(
            attachments.c.id,
            attachments.c.part,
            attachments.c.filename,
            attachments.c.content_type,
            attachments.c.size_bytes.label("size"),
            attachments.c.sha256,
        )
        .where(attachments.c.message_id == message)
        .order_by(attachments.c.id)
    )
    return all_shown(tx.execute(query))


def put_in_line(
    tx: Connection, inbound_id: int, *, state: InboundState, is_forced: bool, is_suspect: bool
) -> bool:
    """Let a settled row be processed once more; False when it has another state by now.

    is_suspect: process it alone, since it may have crashed a worker.
    """
    done = tx.execute(
        update(inbound)
        .where(inbound.c.id == inbound_id, inbound.c.state == state.value)
        .where(inbound.c.blob_key.is_not(None))
        .values(
            state=InboundState.RECEIVED.value,
            reason=None,
            ticket_id=None,
            attempts=0,
            crashes=1 if is_suspect else 0,
            next_attempt_at=None,
            claimed_by=None,
            is_forced=is_forced,
        )
    )
    return done.rowcount == 1


def forget_letter(tx: Connection, inbound_id: int) -> None:
    """Remove the dead letter of a mail that is in line again; its events stay."""
    tx.execute(delete(dead_letters).where(dead_letters.c.inbound_id == inbound_id))
