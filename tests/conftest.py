"""The real servers that tests may ask for; each starts at its first use and lives for the run.

A test that takes one of them is marked: `live` for Dovecot, `postgres` for PostgreSQL.
"""

from collections.abc import Iterator

import pytest

from tests.servers.dovecot import Dovecot, run_dovecot
from tests.servers.postgres import Postgres, run_postgres
from tests.servers.smtp_sink import SmtpSink, run_smtp_sink

MARKS = {"dovecot": pytest.mark.live, "postgres_cluster": pytest.mark.postgres}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by the servers that it needs, so that `-m "not live"` is honest."""
    for item in items:
        for fixture, mark in MARKS.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A real IMAP server; take an account of your own: `dovecot.mailbox("li-wei")`."""
    with run_dovecot() as server:
        yield server


@pytest.fixture(scope="session")
def _smtp_sink() -> Iterator[SmtpSink]:
    with run_smtp_sink() as sink:
        yield sink


@pytest.fixture
def smtp_sink(_smtp_sink: SmtpSink) -> SmtpSink:
    """A real SMTP server without TLS or login, empty at the start of the test."""
    _smtp_sink.clear()
    return _smtp_sink


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Postgres]:
    """A real PostgreSQL cluster; most tests want `postgres_url`."""
    with run_postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_cluster: Postgres) -> Iterator[str]:
    """The URL of a fresh empty PostgreSQL database, dropped after the test."""
    with postgres_cluster.database() as url:
        yield url
