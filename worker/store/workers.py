"""The workers that share a database, and which of them have died."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, func, select
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


def living(tx: Connection, *, since: datetime) -> list[str]:
    """Return workers that were heard of since then."""
    query = select(workers.c.name).where(workers.c.seen_at >= since)
    return list(tx.execute(query).scalars())


def clock(tx: Connection, *, now: datetime) -> datetime:
    """Return the one clock that all workers share: the database's, where it has one.

    now: this worker's own; good enough where there is only one.
    """
    if tx.dialect.name != "postgresql":
        return now
    told: datetime = tx.execute(select(func.clock_timestamp())).scalar_one()
    return told.astimezone(UTC)


def forget(tx: Connection, *, but: Sequence[str] = (), only: str | None = None) -> None:
    """Remove workers: all but some, or only one."""
    chosen = workers.c.name.not_in(but) if only is None else workers.c.name == only
    tx.execute(delete(workers).where(chosen))
