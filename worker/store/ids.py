"""Row ids: whole numbers in blocks, so that rows can name each other before they are written.

A block is taken in a transaction of its own and never given back: ids rise, with holes, and
are never reused.
"""

import threading

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from worker.errors import Temporary
from worker.store.schema import counters
from worker.store.session import Database


class Ids:
    """Hands out ids to any thread: `ensure` before a transaction, `next` inside it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._next = 0
        self._end = 0

    def ensure(self, count: int) -> None:
        """Make sure that `count` ids are at hand; may write, so not inside a transaction."""
        with self._lock:
            if self._end - self._next >= count:
                return
            with self._database.write() as tx:
                self._next = reserve(tx, count * 2)
            self._end = self._next + count * 2

    def next(self) -> int:
        """Return a new id."""
        with self._lock:
            if self._next >= self._end:
                raise Temporary("The ids at hand ran out; the batch is tried again.")
            self._next += 1
            return self._next - 1


def reserve(tx: Connection, count: int) -> int:
    """Take `count` ids and return the first of them."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    tx.execute(insert(counters).values(name="id", next=1).on_conflict_do_nothing())
    tx.execute(
        update(counters).where(counters.c.name == "id").values(next=counters.c.next + count)
    )
    after = tx.execute(select(counters.c.next).where(counters.c.name == "id")).scalar_one()
    return int(after) - count
