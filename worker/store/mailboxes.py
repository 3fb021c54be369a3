"""Mailboxes, their leases, the cursor of each folder and UIDVALIDITY, and the gaps below it.

The cursor is the highest UID below which every listed UID is in the ledger or among the gaps;
it is never "the last UID seen".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from worker.store.ids import Ids
from worker.store.schema import EPOCH, epochs, gaps, mailboxes


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One folder under one UIDVALIDITY."""

    id: int
    mailbox_id: int
    cursor: int
    first_uidnext: int | None
    """UIDNEXT at the very first SELECT of this mailbox; None under a later UIDVALIDITY."""
    mailbox_first_seen_at: datetime
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    uid: int
    attempts: int


def register(tx: Connection, name: str, *, now: datetime, ids: Ids) -> int:
    """Return the id of the mailbox called `name`, noting it when it is new."""
    found = tx.execute(select(mailboxes.c.id).where(mailboxes.c.name == name)).scalar()
    if found is not None:
        return int(found)
    new = ids.next()
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    tx.execute(
        insert(mailboxes)
        .values(id=new, name=name, first_seen_at=now, lease_epoch=0)
        .on_conflict_do_nothing()
    )
    return int(tx.execute(select(mailboxes.c.id).where(mailboxes.c.name == name)).scalar_one())


def open_epoch(
    tx: Connection,
    mailbox_id: int,
    *,
    folder: str,
    uidvalidity: int,
    uidnext: int | None,
    now: datetime,
    ids: Ids,
) -> Epoch:
    """Return the epoch of a folder and UIDVALIDITY, noting it when it is new.

    uidnext is kept only for the folder's very first epoch: it tells old mail from new.
    """
    wanted = (
        (epochs.c.mailbox_id == mailbox_id)
        & (epochs.c.folder == folder)
        & (epochs.c.uidvalidity == uidvalidity)
    )
    query = (
        select(epochs.c.id, epochs.c.cursor, epochs.c.first_uidnext, mailboxes.c.first_seen_at)
        .join(mailboxes, mailboxes.c.id == epochs.c.mailbox_id)
        .where(wanted)
    )
    row = tx.execute(query).first()
    is_new = row is None
    if row is None:
        known = select(epochs.c.id).where(
            epochs.c.mailbox_id == mailbox_id, epochs.c.folder == folder
        )
        is_first = tx.execute(known.limit(1)).first() is None
        insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
        tx.execute(
            insert(epochs)
            .values(
                id=ids.next(),
                mailbox_id=mailbox_id,
                folder=folder,
                uidvalidity=uidvalidity,
                first_uidnext=uidnext if is_first else None,
                cursor=0,
                opened_at=now,
            )
            .on_conflict_do_nothing()
        )
        row = tx.execute(query).one()
    return Epoch(
        id=row.id,
        mailbox_id=mailbox_id,
        cursor=row.cursor,
        first_uidnext=row.first_uidnext,
        mailbox_first_seen_at=row.first_seen_at,
        is_new=is_new,
    )


def advance(tx: Connection, epoch_id: int, *, cursor: int) -> None:
    """Move the cursor up; it never moves down."""
    tx.execute(
        update(epochs)
        .where(epochs.c.id == epoch_id, epochs.c.cursor < cursor)
        .values(cursor=cursor)
    )


def note_gap(
    tx: Connection,
    epoch_id: int,
    *,
    uid: int,
    attempts: int,
    reason: str,
    next_attempt_at: datetime,
) -> None:
    """Remember a UID that the server lists but would not hand over."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    values = {"attempts": attempts, "reason": reason, "next_attempt_at": next_attempt_at}
    tx.execute(
        insert(gaps)
        .values(epoch_id=epoch_id, uid=uid, **values)
        .on_conflict_do_update(index_elements=["epoch_id", "uid"], set_=values)
    )


def due_gaps(tx: Connection, epoch_id: int, *, now: datetime, limit: int) -> tuple[Gap, ...]:
    """Return gaps whose next try is due, lowest UID first."""
    query = (
        select(gaps.c.uid, gaps.c.attempts)
        .where(gaps.c.epoch_id == epoch_id, gaps.c.next_attempt_at <= now)
        .order_by(gaps.c.uid)
        .limit(limit)
    )
    return tuple(Gap(uid=row.uid, attempts=row.attempts) for row in tx.execute(query))


def close_gaps(tx: Connection, epoch_id: int, uids: Sequence[int]) -> None:
    """Forget gaps that were filled, buried or expunged."""
    if uids:
        tx.execute(delete(gaps).where(gaps.c.epoch_id == epoch_id, gaps.c.uid.in_(uids)))


def make_due(tx: Connection) -> None:
    """Let every gap be tried now: the clock stepped, so its time means nothing."""
    tx.execute(update(gaps).values(next_attempt_at=EPOCH))


def renew_leases(tx: Connection, *, owner: str, until: datetime) -> None:
    """Keep the leases that a living worker holds, also while one fetch takes long."""
    tx.execute(
        update(mailboxes).where(mailboxes.c.lease_owner == owner).values(lease_until=until)
    )


def take_lease(
    tx: Connection, mailbox_id: int, *, owner: str, now: datetime, until: datetime
) -> int | None:
    """Take or renew the right to poll a mailbox; returns its epoch, None when another holds it.

    The epoch rises with each new owner, so that a worker that slept past its lease can be told.
    """
    mine = mailboxes.c.lease_owner == owner
    free = or_(mailboxes.c.lease_owner.is_(None), mailboxes.c.lease_until < now)
    renewed = tx.execute(
        update(mailboxes).where(mailboxes.c.id == mailbox_id, mine).values(lease_until=until)
    )
    if not renewed.rowcount:
        taken = tx.execute(
            update(mailboxes)
            .where(mailboxes.c.id == mailbox_id, free)
            .values(
                lease_owner=owner, lease_until=until, lease_epoch=mailboxes.c.lease_epoch + 1
            )
        )
        if not taken.rowcount:
            return None
    query = select(mailboxes.c.lease_epoch).where(mailboxes.c.id == mailbox_id)
    return int(tx.execute(query).scalar_one())


def holds_lease(tx: Connection, mailbox_id: int, *, owner: str, epoch: int) -> bool:
    """Tell whether the lease is still `owner`'s, inside the transaction that relies on it."""
    query = select(mailboxes.c.id).where(
        mailboxes.c.id == mailbox_id,
        mailboxes.c.lease_owner == owner,
        mailboxes.c.lease_epoch == epoch,
    )
    return tx.execute(query.with_for_update(read=True)).first() is not None


def release_leases(tx: Connection, *, owner: str | None = None) -> None:
    """Give back the leases of one worker, or of all (only where a single worker can run)."""
    change = update(mailboxes).values(lease_owner=None, lease_until=None)
    tx.execute(change if owner is None else change.where(mailboxes.c.lease_owner == owner))


def note_poll(tx: Connection, mailbox_id: int, *, now: datetime) -> None:
    """Record a poll that went well."""
    tx.execute(
        update(mailboxes)
        .where(mailboxes.c.id == mailbox_id)
        .values(polled_at=now, failing_since=None, error=None)
    )


def note_failure(tx: Connection, name: str, *, now: datetime, error: str) -> None:
    """Record that polling fails, and since when."""
    tx.execute(update(mailboxes).where(mailboxes.c.name == name).values(error=error[:500]))
    tx.execute(
        update(mailboxes)
        .where(mailboxes.c.name == name, mailboxes.c.failing_since.is_(None))
        .values(failing_since=now)
    )
