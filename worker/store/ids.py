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
    """Hands out ids to any thread: `ensure` before a transaction, `next` inside it.

    Each thread has a block of its own, so that none waits for another's transaction.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._block = threading.local()

    def ensure(self, count: int) -> None:
        """Make sure that `count` ids are at hand; may write, so not inside a transaction."""
        if self._left() >= count:
            return
        with self._database.write() as tx:
            first = reserve(tx, count * 2)
        self._block.next, self._block.end = first, first + count * 2

    def next(self) -> int:
        """Return a new id."""
        if not self._left():
            raise Temporary("The ids at hand ran out; the batch is tried again.")
        self._block.next += 1
        return int(self._block.next) - 1

    def _left(self) -> int:
        return getattr(self._block, "end", 0) - getattr(self._block, "next", 0)


def reserve(tx: Connection, count: int) -> int:
    """Take `count` ids and return the first of them."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    tx.execute(insert(counters).values(name="id", next=1).on_conflict_do_nothing())
    tx.execute(
        update(counters).where(counters.c.name == "id").values(next=counters.c.next + count)
    )
    after = tx.execute(select(counters.c.next).where(counters.c.name == "id")).scalar_one()
    return int(after) - count
