"""Dead letters as operators read and settle them."""

from datetime import datetime

from sqlalchemy import Connection, Select, select, update

from worker.store.operators.shown import Shown, all_shown, shown
from worker.store.schema import dead_letters, epochs, inbound, mailboxes


def listed(tx: Connection, *, mailbox: str | None, limit: int) -> list[Shown]:
    """Return dead letters that nobody has given up yet, the latest first."""
    query = _rows().where(dead_letters.c.discarded_at.is_(None))
    if mailbox is not None:
        query = query.where(mailboxes.c.name == mailbox)
    return all_shown(tx.execute(query.order_by(dead_letters.c.id.desc()).limit(limit)))


def retryable(tx: Connection) -> list[int]:
    """Return the ids of all that are not given up and whose raw mail is kept, oldest first."""
    query = (
        select(dead_letters.c.id)
        .join(inbound, inbound.c.id == dead_letters.c.inbound_id)
        .where(dead_letters.c.discarded_at.is_(None), inbound.c.blob_key.is_not(None))
        .order_by(dead_letters.c.id)
    )
    return list(tx.execute(query).scalars())


def by_id(tx: Connection, letter_id: int) -> Shown | None:
    """Return one dead letter with its detail."""
    query = _rows().add_columns(
        inbound.c.sha256,
        inbound.c.message_id,
        inbound.c.crashes,
        dead_letters.c.discarded_at,
        dead_letters.c.note,
        dead_letters.c.detail,
    )
    row = tx.execute(query.where(dead_letters.c.id == letter_id)).first()
    return None if row is None else shown(row)


def _rows() -> Select[*tuple[object, ...]]:
    return (
        select(
            dead_letters.c.id,
            dead_letters.c.inbound_id,
            mailboxes.c.name.label("mailbox"),
            dead_letters.c.reason,
            dead_letters.c.attempts,
            inbound.c.size_bytes.label("size"),
            inbound.c.received_at,
            dead_letters.c.buried_at.label("died_at"),
            inbound.c.blob_key,
        )
        .join(inbound, inbound.c.id == dead_letters.c.inbound_id)
        .join(epochs, epochs.c.id == inbound.c.epoch_id)
        .join(mailboxes, mailboxes.c.id == epochs.c.mailbox_id)
    )


def discard(tx: Connection, letter_id: int, *, note: str, now: datetime) -> bool:
    """Note that somebody gave it up; False when somebody did already."""
    done = tx.execute(
        update(dead_letters)
        .where(dead_letters.c.id == letter_id, dead_letters.c.discarded_at.is_(None))
        .values(discarded_at=now, note=note)
    )
    return done.rowcount == 1
