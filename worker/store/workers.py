"""The workers that share a database, and which of them have died."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from worker.store.schema import workers


def beat(tx: Connection, name: str, *, now: datetime) -> None:
    """Note that a worker lives."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    tx.execute(
        insert(workers)
        .values(name=name, started_at=now, seen_at=now)
        .on_conflict_do_update(index_elements=["name"], set_={"seen_at": now})
    )


def dead(tx: Connection, *, before: datetime) -> list[str]:
    """Return workers that have not been heard of since `before`."""
    return list(tx.execute(select(workers.c.name).where(workers.c.seen_at < before)).scalars())


def forget(tx: Connection, names: Sequence[str] | None) -> None:
    """Remove workers; None removes all (only where a single one can run)."""
    change = delete(workers)
    tx.execute(change if names is None else change.where(workers.c.name.in_(names)))
