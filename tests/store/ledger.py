"""Short words for tests of the ledger: put rows in, claim them, look at them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from tests.builders import NOON
from worker.store import inbound, schema
from worker.store.ids import Ids
from worker.store.inbound import Claimed, NewInbound
from worker.store.session import Database

PLENTY = 2**40


def a_row(row_id: int, uid: int, **changes: Any) -> NewInbound:
    """A fetched mail of 100 bytes."""
    plain: dict[str, Any] = {
        "id": row_id,
        "uid": uid,
        "sha256": uid.to_bytes(32, "big"),
        "size_bytes": 100,
        "blob_key": f"blob-{uid}",
        "internal_date": NOON,
        "is_old": False,
    }
    return NewInbound(**plain | changes)


@dataclass(frozen=True, slots=True)
class Ledger:
    database: Database
    ids: Ids
    mailbox_id: int
    epoch_id: int

    def add(self, *uids: int, **changes: Any) -> list[int]:
        """Let mails arrive; return the ids of their rows."""
        rows = [a_row(self.ids.next(), uid, **changes) for uid in uids]
        with self.database.write() as tx:
            inbound.add(tx, self.epoch_id, rows, now=NOON)
        return [row.id for row in rows]

    def claim(
        self,
        *,
        worker: str = "worker-1",
        now: datetime = NOON,
        limit: int = 100,
        max_bytes: int = PLENTY,
        suspects: bool = False,
    ) -> tuple[Claimed, ...]:
        with self.database.write() as tx:
            return inbound.claim(
                tx,
                worker=worker,
                now=now,
                limit=limit,
                max_bytes=max_bytes,
                suspects=suspects,
            )

    def row(self, row_id: int) -> Mapping[str, Any]:
        """Read one row of the ledger."""
        with self.database.read() as tx:
            query = select(schema.inbound).where(schema.inbound.c.id == row_id)
            return dict(tx.execute(query).one()._mapping)

    def put(self, table: str, **values: Any) -> None:
        """Write a plain row."""
        with self.database.write() as tx:
            tx.execute(insert(schema.metadata.tables[table]).values(values))

    def states(self, *row_ids: int) -> list[str]:
        return [str(self.row(row_id)["state"]) for row_id in row_ids]
