"""A private, real PostgreSQL: one cluster a test run, one empty database a test."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.servers import process

PACKAGE = "postgresql"
FOLDERS = ["/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin"]
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "log_min_messages": "warning",
}


@dataclass(slots=True, kw_only=True)
class Postgres:
    port: int
    _made: int = field(default=0, init=False)

    @contextmanager
    def database(self) -> Iterator[str]:
        """Make an empty database and hand over its SQLAlchemy URL; it is dropped afterwards."""
        self._made += 1
        name = f"test{self._made}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        try:
            yield f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        import psycopg  # the driver is an extra

        where = f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def run_postgres() -> Iterator[Postgres]:
    """Run a PostgreSQL cluster for as long as the block lasts; it trusts every local client."""
    initdb = process.program("initdb", package=PACKAGE, folders=FOLDERS)
    postgres = process.program("postgres", package=PACKAGE, folders=FOLDERS)
    with process.private_folder("postgres") as folder:
        data, port = folder / "data", process.free_port()
        process.run([initdb, "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8",
                     "--locale=C", "-N"])  # fmt: skip
        settings = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        where = ["-p", str(port), "-h", "127.0.0.1", "-k", str(folder)]
        running = process.server(
            [postgres, "-D", str(data), *where, *settings],
            log=folder / "postgres.log",
            is_up=lambda: process.listens(port),
            stop=signal.SIGINT,  # fast shutdown: does not wait for clients
        )
        with running:
            yield Postgres(port=port)
