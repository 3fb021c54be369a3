"""An empty database of each kind; the whole store suite runs on both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import NOON
from tests.store.ledger import Ledger
from worker.store import mailboxes, upgrade
from worker.store.ids import Ids
from worker.store.session import Database

BOTH = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgresql", id="postgresql", marks=pytest.mark.postgres),
]


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/desk.db"
    found: str = request.getfixturevalue("postgres_url")
    return found


@pytest.fixture
def empty_database(url: str) -> Iterator[Database]:
    """A database without tables."""
    database = Database(url)
    yield database
    database.close()


@pytest.fixture
def database(empty_database: Database) -> Database:
    """A database with the present schema."""
    upgrade.upgrade(empty_database)
    return empty_database


@pytest.fixture
def ids(database: Database) -> Ids:
    ids = Ids(database)
    ids.ensure(1000)
    return ids


@pytest.fixture
def ledger(database: Database, ids: Ids) -> Ledger:
    """One mailbox with one folder, and short words for its rows."""
    with database.write() as tx:
        mailbox_id = mailboxes.register(tx, "support", now=NOON, ids=ids)
        epoch = mailboxes.open_epoch(
            tx, mailbox_id, folder="INBOX", uidvalidity=7, uidnext=1, now=NOON, ids=ids
        )
    return Ledger(database, ids, mailbox_id, epoch.id)
