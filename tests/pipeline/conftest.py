"""The pipeline against both databases; only the network is played."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.pipeline.house import House
from tests.servers.postgres import Postgres
from worker.adapters.render import Templates
from worker.store import schema, upgrade
from worker.store.session import Database

BOTH = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgresql", id="postgresql", marks=pytest.mark.postgres),
]
Build = Callable[..., House]


@pytest.fixture(scope="session")
def templates() -> Templates:
    """The shipped templates."""
    return Templates(None, default_language="en", link_hosts=("desk.example",))


@pytest.fixture(scope="session")
def _sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the present schema: copying it is faster than migrating anew."""
    folder = tmp_path_factory.mktemp("schema")
    migrate(f"sqlite:///{folder}/desk.db")
    return folder / "desk.db"


@pytest.fixture(scope="session")
def _postgres_schema(postgres_cluster: Postgres) -> Iterator[str]:
    with postgres_cluster.database() as url:
        migrate(url)
        yield url


def migrate(url: str) -> None:
    database = Database(url)
    upgrade.upgrade(database)
    database.close()


@pytest.fixture
def empty_postgres(_postgres_schema: str) -> str:
    """The URL of a PostgreSQL database with empty tables."""
    tables = ", ".join(schema.metadata.tables)
    database = Database(_postgres_schema)
    with database.write() as tx:
        tx.execute(text(f"TRUNCATE {tables} CASCADE"))
    database.close()
    return _postgres_schema


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str | None:
    """The URL of an empty database; None for SQLite in the desk's own folder."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("_sqlite_file"), tmp_path / "desk.db")
        return None
    found: str = request.getfixturevalue("empty_postgres")
    return found


@pytest.fixture
def build(tmp_path: Path, url: str | None, templates: Templates) -> Iterator[Build]:
    """Make a house; arguments stand in for sections of its configuration."""
    made: list[House] = []

    def make(**sections: object) -> House:
        made.append(House(tmp_path, url, templates, **sections))
        return made[-1]

    yield make
    for one in made:
        one.desk.close()


@pytest.fixture
def house(build: Build) -> House:
    return build()
