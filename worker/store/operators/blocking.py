"""Senders whose mail is screened out."""

from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from worker.store.operators.shown import Shown, all_shown
from worker.store.schema import blocked_senders

_COLUMNS = (
    blocked_senders.c.pattern.label("address"),
    blocked_senders.c.blocked_at,
    blocked_senders.c.blocked_by,
    blocked_senders.c.note.label("reason"),
)


def listed(tx: Connection) -> list[Shown]:
    """Return who is blocked, in order of address."""
    query = select(*_COLUMNS).order_by(blocked_senders.c.pattern)
    return all_shown(tx.execute(query))


def block(tx: Connection, pattern: str, *, by: str, note: str | None, now: datetime) -> bool:
    """Block an address or a domain, in lower case; False when it is blocked already."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    done = tx.execute(
        insert(blocked_senders)
        .values(pattern=pattern, blocked_at=now, blocked_by=by, note=note)
        .on_conflict_do_nothing()
        .execution_options(preserve_rowcount=True)  # psycopg forgets it after an INSERT
    )
    return done.rowcount == 1


def unblock(tx: Connection, pattern: str) -> bool:
    """Let an address or a domain in again; False when it was not blocked."""
    done = tx.execute(delete(blocked_senders).where(blocked_senders.c.pattern == pattern))
    return done.rowcount == 1
