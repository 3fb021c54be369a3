"""A database gets the tables that the code describes, and none that it does not know."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text

from worker.errors import ConfigError
from worker.store import upgrade
from worker.store.schema import REVISION, attachments, metadata
from worker.store.session import Database

ROOT = Path(__file__).parents[2]
FIRST_ROWS = (
    "INSERT INTO tickets (id, number, subject, status, urgency, category, language, requester, "
    "team, opened_at, updated_at) "
    "VALUES (1, 'K7M4-2QXD', 'Deposit', 'open', 'normal', 'deposit', 'en', 'a@b.example', "
    "'support', 0, 0)",
    "INSERT INTO messages (id, ticket_id, direction, kind, sender, subject, text, sha256, "
    "language, urgency, recorded_at) "
    "VALUES (2, 1, 'in', 'request', 'a@b.example', 'Deposit', '', '', 'en', 'normal', 0)",
    "INSERT INTO attachments (id, message_id, part, filename, content_type, size_bytes, "
    "sha256, is_inline) VALUES (3, 2, '2', 'proof.png', 'image/png', 70, '', false)",
)


def test_an_empty_database_is_brought_to_the_present_schema(empty_database: Database) -> None:
    before = upgrade.upgrade(empty_database)

    assert before.found is None
    assert upgrade.status(empty_database).is_current


def test_migrations_make_exactly_the_tables_of_the_code(database: Database) -> None:
    with database.read() as tx:
        context = MigrationContext.configure(tx, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_a_second_upgrade_changes_nothing(database: Database) -> None:
    assert upgrade.upgrade(database).found == REVISION


def test_two_upgrades_at_once_do_not_disturb_each_other(url: str) -> None:
    script = (
        "import sys; from worker.store import upgrade, session; "
        "upgrade.upgrade(session.Database(sys.argv[1]))"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", script, url], cwd=ROOT, stderr=subprocess.PIPE)
        for _ in range(2)
    ]

    told = [process.communicate(timeout=60)[1] for process in running]

    assert [(process.returncode, err) for process, err in zip(running, told, strict=True)] == [
        (0, b""),
        (0, b""),
    ]


def test_an_empty_database_is_refused_where_it_must_be_current(
    empty_database: Database,
) -> None:
    with pytest.raises(ConfigError, match="postclerk db upgrade"):
        upgrade.require_current(empty_database)


def test_the_schema_of_a_newer_version_is_refused(database: Database) -> None:
    with database.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(ConfigError, match=r"9999, which this version does not know"):
        upgrade.upgrade(database)
    with pytest.raises(ConfigError, match="9999"):
        upgrade.require_current(database)


def test_attachments_of_the_first_schema_are_no_decoration(empty_database: Database) -> None:
    upgrade.upgrade(empty_database, to="0001")
    with empty_database.write() as tx:
        for statement in FIRST_ROWS:
            tx.execute(text(statement))

    upgrade.upgrade(empty_database)

    with empty_database.read() as tx:
        found = tx.execute(select(attachments.c.filename, attachments.c.is_decoration)).all()
    assert [tuple(row) for row in found] == [("proof.png", False)]
