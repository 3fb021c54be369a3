"""Brings a database to the schema of this code, or says that it is not there.

An embedded SQLite is upgraded by the worker itself; a PostgreSQL only by `postclerk db
upgrade`, because other workers may still run on it.
"""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from worker.errors import ConfigError
from worker.store.schema import REVISION
from worker.store.session import Database, lock_keys

FOLDER = Path(__file__).with_name("migrations")


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    found: str | None
    """Revision of the database; None when it is empty."""
    needed: str

    @property
    def is_current(self) -> bool:
        return self.found == self.needed


def status(database: Database) -> SchemaStatus:
    """Tell which revision the database has."""
    with database.read() as tx:
        return SchemaStatus(_revision(tx), REVISION)


def _revision(tx: Connection) -> str | None:
    if not inspect(tx).has_table("alembic_version"):
        return None
    found = tx.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def upgrade(database: Database, *, to: str = "head") -> SchemaStatus:
    """Run the missing migrations, up to the revision `to`; returns the status before."""
    before = status(database)
    if before.is_current:
        return before
    database.use_write_ahead_log()
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    settings = Config()
    settings.set_main_option("script_location", str(FOLDER))
    settings.set_main_option("path_separator", "os")
    known = {
        script.revision for script in ScriptDirectory.from_config(settings).walk_revisions()
    }
    if before.found is not None and before.found not in known:
        raise ConfigError(
            f"The database has schema {before.found}, which this version does not know "
            f"(it needs {REVISION}). Run the newer Postclerk that made it."
        )
    try:
        with database.write() as tx:
            lock_keys(tx, ["upgrade"])  # another machine may be at it
            settings.attributes["connection"] = tx
            command.upgrade(settings, to)
    except CommandError as error:
        raise ConfigError(f"The database cannot be upgraded: {error}") from error
    return before


def require_current(database: Database) -> None:
    """Raise ConfigError unless the schema is the one that this code needs."""
    found = status(database)
    if not found.is_current:
        raise ConfigError(
            f"The database has schema {found.found or 'none'}, this version needs "
            f"{found.needed}: run `postclerk db upgrade`."
        )
