"""Takes in mails that come from files instead of a mailbox: for `import` and `simulate`.

They enter the same ledger under a folder of their own, which no poll ever visits, and go
through the same processing.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from worker.context import Desk
from worker.mail.sender_key import sender_key
from worker.store import inbound, mailboxes, workers
from worker.store.inbound import NewInbound
from worker.store.schema import inbound as ledger
from worker.store.session import lock_keys

FOLDER = "(import)"
UIDVALIDITY = 1


def take_in(
    desk: Desk, mailbox: str, raws: Sequence[bytes], *, arrived_at: datetime, is_old: bool
) -> list[int]:
    """Write mails into the ledger as if they had arrived; returns the ids of their rows."""
    keys = desk.blobs.put(raws)
    desk.ids.ensure(len(raws) + 10)
    with desk.database.write() as tx:
        # Other workers must not take this one for dead while it works its mails off.
        workers.beat(tx, desk.worker, now=workers.clock(tx, now=desk.now()))
        mailbox_id = mailboxes.register(tx, mailbox, now=desk.now(), ids=desk.ids)
        epoch = mailboxes.open_epoch(
            tx,
            mailbox_id,
            folder=FOLDER,
            uidvalidity=UIDVALIDITY,
            uidnext=None,
            now=desk.now(),
            ids=desk.ids,
        )
        lock_keys(tx, [f"epoch {epoch.id}"])  # the next number is nobody else's
        last = select(func.max(ledger.c.uid)).where(ledger.c.epoch_id == epoch.id)
        first = (tx.execute(last).scalar() or 0) + 1
        rows = [
            NewInbound(
                id=desk.ids.next(),
                uid=first + place,
                sha256=hashlib.sha256(raw).digest(),
                size_bytes=len(raw),
                blob_key=key,
                internal_date=arrived_at,
                is_old=is_old,
                sender_key=sender_key(raw),
            )
            for place, (raw, key) in enumerate(zip(raws, keys, strict=True))
        ]
        inbound.add(tx, epoch.id, rows, now=desk.now())
        inbound.mark_acknowledged(tx, epoch.id, [row.uid for row in rows], now=desk.now())
    return [row.id for row in rows]
