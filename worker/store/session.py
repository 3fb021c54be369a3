"""Opens the database and its transactions; the one place that knows which of the two it is.

SQLite runs in WAL mode with synchronous FULL, so that a commit is on disk before anything is
acknowledged (NORMAL was measured to acknowledge too early); one worker holds its lock file.
PostgreSQL takes many workers. Database errors leave here as Temporary, a clash of unique keys
as Conflict.
"""

import fcntl
import hashlib
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine, event, make_url, text
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from worker.errors import ConfigError, Permanent, Temporary

BUSY_MS = 10_000
WRONG_SCHEMA = "42"
"""Class of PostgreSQL's codes for a missing table or column: no mail's fault."""
PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_MS}",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    "PRAGMA cache_size=-16000",
    "PRAGMA temp_store=MEMORY",
)


class Conflict(Temporary):
    """Another row holds the same unique key: somebody else was first."""


class BadRow(Permanent):
    """The database cannot hold a value of this row; trying again changes nothing."""


class WorkerRunning(Temporary):
    """Another worker holds this SQLite database."""


class Database:
    """One database; `read` sees a snapshot, `write` commits at its end or not at all."""

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
            if parsed.get_backend_name() == "postgresql":
                parsed = parsed.set(drivername="postgresql+psycopg")
            self.is_sqlite = parsed.get_backend_name() == "sqlite"
            self.file = Path(parsed.database) if self.is_sqlite and parsed.database else None
            self._engine = create_engine(
                parsed, pool_size=8, max_overflow=8, pool_timeout=30, hide_parameters=True
            )
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError, ValueError) as error:
            raise ConfigError(f"database.url cannot be used: {error}") from error
        self.shown_url = parsed.render_as_string(hide_password=True)
        if self.is_sqlite:
            event.listen(self._engine, "connect", _prepare_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that only reads: one snapshot, however long it takes."""
        with self._transaction("DEFERRED", isolation_level="REPEATABLE READ") as tx:
            yield tx

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that writes; on SQLite it waits for the one writer first."""
        with self._transaction("IMMEDIATE") as tx:
            yield tx

    @contextmanager
    def _transaction(self, mode: str, *, isolation_level: str = "") -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                connection = connection.execution_options(postclerk_begin=mode)
                if isolation_level and not self.is_sqlite:  # SQLite has no weaker one
                    connection = connection.execution_options(isolation_level=isolation_level)
                with connection.begin():
                    yield connection
        except IntegrityError as error:
            raise Conflict(f"The database refused a row: {_words(error.orig)}") from error
        except (DataError, ProgrammingError) as error:
            if str(getattr(error.orig, "sqlstate", "")).startswith(WRONG_SCHEMA):
                raise self._fault(error.orig) from error
            raise BadRow(f"The database refused a value: {_words(error.orig)}") from error
        except (DBAPIError, PoolTimeout) as error:
            raise self._fault(getattr(error, "orig", error)) from error

    def _fault(self, cause: BaseException | None) -> Temporary | ConfigError:
        if getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
            return ConfigError(f"{self.file} is no SQLite database; check database.url.")
        return Temporary(f"The database {self.shown_url} failed: {_words(cause)}")

    def use_write_ahead_log(self) -> None:
        """Put an SQLite database into WAL mode, which it keeps; needs it for itself."""
        if not self.is_sqlite:
            return
        try:
            mode = self._write_ahead()
        except DBAPIError as error:
            raise self._fault(error.orig) from error
        except sqlite3.Error as error:
            raise self._fault(error) from error
        if mode != "wal" and self.file is not None:
            raise ConfigError(
                f"The database {self.file} cannot use a write-ahead log ({mode}); "
                "put it on a local disk."
            )

    def _write_ahead(self) -> str:
        # The switch heeds no busy_timeout: where two start at once, one is told "locked".
        deadline = time.monotonic() + BUSY_MS / 1000
        while True:
            try:
                with self._engine.connect() as connection:
                    raw = connection.connection.cursor()
                    return str(raw.execute("PRAGMA journal_mode=WAL").fetchone()[0])
            except sqlite3.OperationalError as error:
                is_busy = error.sqlite_errorcode == sqlite3.SQLITE_BUSY
                if not is_busy or time.monotonic() >= deadline:
                    raise
            time.sleep(0.05)

    @property
    def bind(self) -> object:
        """The engine, for migrations only."""
        return self._engine

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def _words(cause: BaseException | None) -> str:
    """What the database says, without the values of the row: they may be a customer's words."""
    primary = getattr(getattr(cause, "diag", None), "message_primary", None)
    return str(primary or cause)


def _prepare_sqlite(connection: object, _: ConnectionPoolEntry) -> None:
    # The driver must not open transactions on its own: _begin_sqlite does.
    connection.isolation_level = None  # type: ignore[attr-defined]
    for pragma in PRAGMAS:
        connection.execute(pragma)  # type: ignore[attr-defined]


def _begin_sqlite(connection: Connection) -> None:
    mode = connection.get_execution_options().get("postclerk_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")


def lock_keys(tx: Connection, keys: Iterable[str]) -> None:
    """Hold each key until the transaction ends, so that two workers never decide on it at once.

    In sorted order, so that they cannot wait for each other. SQLite has one writer anyway.
    """
    if tx.dialect.name != "postgresql":
        return
    numbers = sorted(
        int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big", signed=True)
        for key in set(keys)
    )
    if numbers:
        tx.execute(
            text("SELECT pg_advisory_xact_lock(n) FROM unnest(CAST(:keys AS bigint[])) AS n"),
            {"keys": numbers},
        )


@contextmanager
def sole_worker(database: Database, *, patience: float) -> Iterator[None]:
    """Hold the lock that makes this the one worker of an SQLite database.

    PostgreSQL needs none. patience: seconds to wait for another worker to end; raises
    WorkerRunning after them.
    """
    if database.file is None:
        yield
        return
    path = database.file.with_name(database.file.name + ".lock")
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(
            f"The database folder {path.parent} cannot be written: {error.strerror}."
        ) from error
    try:
        _wait_for_lock(handle, path, patience)
        yield
    finally:
        os.close(handle)  # a POSIX record lock ends with the file


def _wait_for_lock(handle: int, path: Path, patience: float) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() >= deadline:
                holder = os.pread(handle, 20, 0).decode("ascii", "replace").strip() or "?"
                raise WorkerRunning(
                    f"Another worker (process {holder}) uses this database; SQLite takes one. "
                    f"Stop it first, or use PostgreSQL. Lock file: {path}"
                ) from None
            time.sleep(0.1)
        else:
            os.truncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
            return


def prepare_folder(database: Database) -> None:
    """Make the folder of an SQLite database; raises ConfigError when that is impossible."""
    if database.file is None:
        return
    try:
        database.file.parent.mkdir(parents=True, exist_ok=True)
        if not database.file.exists():
            os.close(os.open(database.file, os.O_RDWR | os.O_CREAT, 0o600))
        for path in (database.file, database.file.parent):  # the log stands beside the file
            if not os.access(path, os.W_OK):
                raise ConfigError(f"The database {path} cannot be written; check its owner.")
    except OSError as error:
        raise ConfigError(
            f"The database folder {database.file.parent} cannot be written: {error.strerror}."
        ) from error
