"""Looks at the database and upgrades it. Imported late: it brings sqlalchemy with it."""

from worker.config import Config
from worker.config_file import without_password
from worker.store import upgrade as schema
from worker.store.schema import REVISION
from worker.store.session import Database, prepare_folder
from worker.store.upgrade import SchemaStatus


def status(config: Config) -> dict[str, object]:
    """Tell where the database is, whether it answers and which schema it has; makes nothing."""
    url = without_password(config.database.url)
    database = Database(config.database.url)
    try:
        if database.file is not None and not database.file.exists():
            absent = SchemaStatus(None, REVISION)
            advice = "it is not there yet; `postclerk run` makes it"
            return {**_row(url, absent, advice), "file": database.file}
        found = schema.status(database)
        advice = "" if found.is_current else "run `postclerk db upgrade`"
        size = database.file.stat().st_size if database.file else None
        return {**_row(url, found, advice), "exists": True, "size": size}
    finally:
        database.close()


def upgrade(config: Config) -> dict[str, object]:
    """Run the missing migrations."""
    database = Database(config.database.url)
    try:
        prepare_folder(database)
        before = schema.upgrade(database)
        return {"before": before.found, "after": schema.status(database).found}
    finally:
        database.close()


def _row(url: str, found: SchemaStatus, advice: str) -> dict[str, object]:
    return {
        "url": url,
        "exists": False,
        "schema": found.found,
        "needed": found.needed,
        "current": found.is_current,
        "advice": advice,
    }
