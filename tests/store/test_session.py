"""Transactions, snapshots, locks, and what their errors become."""

import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select, text

from tests.builders import NOON
from worker.errors import ConfigError, Temporary
from worker.store import upgrade
from worker.store.schema import counters, workers
from worker.store.session import (
    Conflict,
    Database,
    WorkerRunning,
    lock_keys,
    prepare_folder,
    sole_worker,
)

ROOT = Path(__file__).parents[2]
FOREVER = 30.0
"""Seconds after which a thread is given up; no test comes near it."""


def write_counter(tx: Connection, name: str = "mails") -> None:
    tx.execute(insert(counters).values(name=name, next=1))


def count(tx: Connection) -> int:
    return tx.execute(select(func.count()).select_from(counters)).scalar_one()


def test_what_is_written_is_there_after_the_transaction(database: Database) -> None:
    with database.write() as tx:
        write_counter(tx)
    with database.read() as tx:
        assert count(tx) == 1


def test_a_transaction_that_fails_writes_nothing(database: Database) -> None:
    def write_twice() -> None:
        with database.write() as tx:
            write_counter(tx)
            write_counter(tx)

    with pytest.raises(Conflict):
        write_twice()
    with database.read() as tx:
        assert count(tx) == 0


def test_a_savepoint_that_fails_leaves_the_rest(database: Database) -> None:
    with database.write() as tx:
        write_counter(tx, "kept")
        savepoint = tx.begin_nested()
        write_counter(tx, "lost")
        savepoint.rollback()
    with database.read() as tx:
        assert tx.execute(select(counters.c.name)).scalars().all() == ["kept"]


def test_a_second_row_of_a_unique_key_is_a_conflict(database: Database) -> None:
    with database.write() as tx:
        write_counter(tx)
    with pytest.raises(Conflict), database.write() as tx:
        write_counter(tx)


def test_a_reader_sees_one_snapshot_however_long_it_reads(database: Database) -> None:
    with database.read() as reader:
        before = count(reader)
        with database.write() as writer:
            write_counter(writer)
        assert count(reader) == before == 0
    with database.read() as reader:
        assert count(reader) == 1


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(NOON, id="plain"),
        pytest.param(NOON + timedelta(microseconds=1), id="to the microsecond"),
        pytest.param(datetime(1, 1, 1, tzinfo=UTC), id="the first year"),
        pytest.param(datetime.max.replace(tzinfo=UTC), id="the last moment"),
        pytest.param(datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), id="before 1970"),
    ],
)
def test_a_moment_comes_back_as_it_went_in(database: Database, moment: datetime) -> None:
    with database.write() as tx:
        tx.execute(insert(workers).values(name="w", started_at=moment, seen_at=moment))
    with database.read() as tx:
        found = tx.execute(select(workers.c.seen_at)).scalar_one()
        ordered = tx.execute(select(workers.c.name).where(workers.c.seen_at <= moment))
        assert ordered.scalars().all() == ["w"]

    assert found == moment
    assert found.utcoffset() == timedelta(0)


def test_a_moment_of_another_zone_comes_back_as_utc(database: Database) -> None:
    beijing = datetime.fromisoformat("2026-03-04T20:00:00+08:00")
    with database.write() as tx:
        tx.execute(insert(workers).values(name="w", started_at=beijing, seen_at=beijing))
    with database.read() as tx:
        assert tx.execute(select(workers.c.seen_at)).scalar_one() == NOON


def hold(
    database: Database, keys: list[str], held: threading.Event, go: threading.Event
) -> None:
    with database.write() as tx:
        lock_keys(tx, keys)
        held.set()
        go.wait(FOREVER)


def is_blocked(database: Database, keys: list[str]) -> bool:
    """Tell whether another transaction has to wait for `keys`, without waiting long."""
    try:
        with database.write() as tx:
            tx.execute(text("SET LOCAL lock_timeout = '100ms'"))
            lock_keys(tx, keys)
    except Temporary:
        return True
    return False


@pytest.mark.postgres
def test_a_key_that_another_holds_is_waited_for(postgres_url: str) -> None:
    database = Database(postgres_url)
    held, go = threading.Event(), threading.Event()
    holder = threading.Thread(target=hold, args=(database, ["a", "b"], held, go))
    holder.start()
    assert held.wait(FOREVER)

    assert is_blocked(database, ["b"])
    assert not is_blocked(database, ["c"])

    go.set()
    holder.join(FOREVER)
    assert not is_blocked(database, ["b", "a"])
    database.close()


@pytest.mark.postgres
def test_a_waiter_goes_on_when_the_key_is_free(postgres_url: str) -> None:
    database = Database(postgres_url)
    held, go, done = threading.Event(), threading.Event(), threading.Event()
    holder = threading.Thread(target=hold, args=(database, ["a"], held, go))
    holder.start()
    assert held.wait(FOREVER)
    waiter = threading.Thread(target=hold, args=(database, ["a"], done, go))
    waiter.start()

    go.set()
    assert done.wait(FOREVER)
    holder.join(FOREVER)
    waiter.join(FOREVER)
    database.close()


@pytest.mark.postgres
def test_keys_in_opposite_order_never_wait_for_each_other(postgres_url: str) -> None:
    database = Database(postgres_url)

    def work(keys: list[str]) -> None:
        for _ in range(30):
            with database.write() as tx:
                lock_keys(tx, keys)

    threads = [
        threading.Thread(target=work, args=(keys,))
        for keys in (["a", "b", "c"], ["c", "b", "a"], ["b", "c", "a"])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(FOREVER)

    assert not any(thread.is_alive() for thread in threads)
    database.close()


def test_no_key_is_fine(database: Database) -> None:
    with database.write() as tx:
        lock_keys(tx, [])


HOLDER = """
import sys
from worker.store.session import Database, sole_worker
with sole_worker(Database(sys.argv[1]), patience=0.0):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def sqlite(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path}/desk.db")


def test_a_second_worker_of_an_sqlite_database_is_told_who_holds_it(sqlite: Database) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", HOLDER, f"sqlite:///{sqlite.file}"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert other.stdout is not None
    assert other.stdout.readline() == b"held\n"
    try:
        with (
            pytest.raises(WorkerRunning, match=f"process {other.pid}"),
            sole_worker(sqlite, patience=0.0),
        ):
            pass
    finally:
        other.kill()
        other.communicate()

    with sole_worker(sqlite, patience=5.0):
        pass  # a killed worker holds nothing


def test_the_lock_file_names_its_holder(sqlite: Database) -> None:
    assert sqlite.file is not None
    with sole_worker(sqlite, patience=0.0):
        assert sqlite.file.with_name("desk.db.lock").read_text() == f"{os.getpid()}\n"


def test_postgresql_takes_several_workers() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    with sole_worker(database, patience=0.0), sole_worker(database, patience=0.0):
        pass


def test_a_database_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/deep/er/desk.db")
    prepare_folder(database)

    assert database.file is not None
    assert database.file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("place", ["a-file/desk.db", "a-file/deeper/desk.db"])
def test_a_folder_that_cannot_be_written_is_one_fault_of_configuration(
    tmp_path: Path, place: str
) -> None:
    (tmp_path / "a-file").write_text("")
    database = Database(f"sqlite:///{tmp_path}/{place}")

    with pytest.raises(ConfigError, match="cannot be written"):
        prepare_folder(database)
    with (
        pytest.raises(ConfigError, match="cannot be written"),
        sole_worker(database, patience=0.0),
    ):
        pass


def test_a_path_that_is_no_database_is_said_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "desk.db").write_bytes(b"this is not a database, but long enough" * 100)
    database = Database(f"sqlite:///{tmp_path}/desk.db")

    with pytest.raises(ConfigError, match="is no SQLite database"), database.read() as tx:
        tx.execute(text("SELECT 1 FROM sqlite_master"))


def test_an_unreachable_server_is_temporary_and_its_password_stays_secret() -> None:
    database = Database("postgresql://desk:hunter2-secret@127.0.0.1:1/desk")

    with pytest.raises(Temporary) as caught, database.read():
        pass

    assert "127.0.0.1" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["nonsense", "mysql://desk@127.0.0.1/desk", "oracle://x"])
def test_a_url_of_no_known_database_is_a_fault_of_configuration(url: str) -> None:
    with pytest.raises(ConfigError, match=r"database\.url"):
        Database(url)


def test_sqlite_commits_are_on_disk_before_anything_is_acknowledged(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/desk.db")
    upgrade.upgrade(database)
    with database.read() as tx:
        found = {
            name: tx.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }

    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
    }
    database.close()
