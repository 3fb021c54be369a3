"""A desk with a network that a test plays: a folder, a way out, and the steps between them."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event, select, text

from tests.builders import NOON, Clock, a_desk, a_mail
from worker.adapters.children import Children, Unreadable
from worker.adapters.render import Templates
from worker.context import Desk, Fetched, FetchedMail, FolderState, ListedMail
from worker.daemon.loops import Processing
from worker.pipeline.deliver import Delivered, Delivery
from worker.pipeline.process import Outcome
from worker.pipeline.read import Reading, read_mail
from worker.pipeline.read_settings import read_settings
from worker.pipeline.receive import Polled, poll_once
from worker.store import schema

Row = dict[str, Any]


class FakeFolder:
    """One folder of an IMAP server, without a network between."""

    def __init__(self) -> None:
        self.uidvalidity = 1
        self.uidnext = 1
        self.tells_uidnext = True
        self.mails: dict[int, tuple[ListedMail, bytes]] = {}
        self.acknowledged: list[int] = []
        self.fetched: list[int] = []
        self.refuses: set[int] = set()
        """UIDs that are listed but never handed over."""
        self.fails: dict[str, Exception] = {}
        """What each call raises instead of its work, by name."""

    def append(self, *raws: bytes, at: datetime = NOON, is_deleted: bool = False) -> list[int]:
        """Store mails; return their UIDs."""
        uids = []
        for raw in raws:
            uid, self.uidnext = self.uidnext, self.uidnext + 1
            listed = ListedMail(
                uid=uid, size_bytes=len(raw), internal_date=at, is_deleted=is_deleted
            )
            self.mails[uid] = (listed, raw)
            uids.append(uid)
        return uids

    def change_uidvalidity(self) -> None:
        """Number everything anew, as after a restored backup."""
        kept = list(self.mails.values())
        self.uidvalidity += 1
        self.mails = {
            uid: (replace(listed, uid=uid), raw) for uid, (listed, raw) in enumerate(kept, 1)
        }
        self.uidnext = len(kept) + 1
        self.acknowledged.clear()

    def select(self) -> FolderState:
        self._may_fail("select")
        return FolderState(
            uidvalidity=self.uidvalidity,
            uidnext=self.uidnext if self.tells_uidnext else None,
            exists=len(self.mails),
        )

    def list(self, first: int, last: int) -> tuple[ListedMail, ...]:
        self._may_fail("list")
        return tuple(
            listed for uid, (listed, _) in sorted(self.mails.items()) if first <= uid <= last
        )

    def fetch(self, wanted: Sequence[ListedMail]) -> Fetched:
        self._may_fail("fetch")
        there = [mail.uid for mail in wanted if mail.uid in self.mails]
        good = [uid for uid in there if uid not in self.refuses]
        self.fetched += good
        return Fetched(
            mails=tuple(FetchedMail(uid=uid, raw=self.mails[uid][1]) for uid in good),
            refused={uid: "NO cannot read it" for uid in there if uid in self.refuses},
            gone=tuple(mail.uid for mail in wanted if mail.uid not in self.mails),
        )

    def acknowledge(self, uids: Sequence[int]) -> None:
        self._may_fail("acknowledge")
        self.acknowledged += uids

    def wait(self, seconds: float) -> None: ...

    def wake(self) -> None: ...

    def close(self) -> None: ...

    def _may_fail(self, name: str) -> None:
        if name in self.fails:
            raise self.fails[name]


@dataclass
class Sent:
    raw: bytes
    reverse_path: str
    recipient: str


@dataclass
class FakeWayOut:
    """An SMTP server without a network between; `answers` scripts what the next ones get."""

    sent: list[Sent] = field(default_factory=list)
    """Everything that reached the server, whatever it said then."""
    answers: list[Exception | None] = field(default_factory=list)
    on_submit: Callable[[], None] = lambda: None

    def submit(self, mail: bytes, *, reverse_path: str, recipient: str) -> None:
        self.sent.append(Sent(mail, reverse_path, recipient))
        self.on_submit()
        error = self.answers.pop(0) if self.answers else None
        if error is not None:
            raise error

    def close(self) -> None: ...


class ReadHere(Children[Reading]):
    """Reads mails in this process, where no child has to be killed.

    alter: what a test does to a reading, or the failure that it stands for.
    """

    def __init__(self, desk: Desk) -> None:
        self._settings = read_settings(desk.config)
        self.alter: Callable[[Reading], Reading | Unreadable] = lambda reading: reading
        self.batches: list[int] = []
        """How many mails each batch held."""

    def begin(self, raws: Sequence[bytes]) -> Callable[[], list[Reading | Unreadable]]:
        self.batches.append(len(raws))
        found = [self.alter(read_mail(raw, self._settings)) for raw in raws]
        return lambda: found

    def rest(self) -> None: ...

    def close(self) -> None: ...


class House:
    """The three loops' steps, done when a test says so."""

    def __init__(
        self, folder: Path, url: str | None, templates: Templates, **more: Any
    ) -> None:
        self._place, self._url, self._templates, self._more = folder, url, templates, more
        self.clock = Clock()
        self.folder = FakeFolder()
        self.way_out = FakeWayOut()
        self._workers = 0
        self.desk: Desk
        self.hire()

    def hire(self) -> None:
        """Let a new worker take over, as after a restart; whatever the old one held stays."""
        if self._workers:
            self.desk.close()
        self._workers += 1
        self.desk = a_desk(
            self._place,
            url=self._url,
            clock=self.clock,
            worker=f"worker-{self._workers}",
            **self._more,
        )
        self.outcomes: list[Outcome] = []
        self.reader = ReadHere(self.desk)
        self.processing = Processing(self.desk, self.reader, on_outcomes=self.outcomes.extend)
        self.delivery = Delivery(self.desk, self._templates, self.way_out)

    @property
    def mailbox(self) -> Any:
        return self.desk.config.mailboxes[0]

    def poll(self) -> Polled:
        return poll_once(self.desk, self.mailbox, self.folder, on_received=lambda: None)

    def process(self) -> list[Outcome]:
        """Process until nothing is due; return what became of the mails, in order."""
        self.outcomes.clear()
        while self.processing.step():
            pass
        return list(self.outcomes)

    def take(self, *raws: bytes, at: datetime | None = None) -> list[Outcome]:
        """Let mails arrive now, poll and process."""
        self.folder.append(*raws, at=at or self.clock())
        self.poll()
        return self.process()

    def deliver(self) -> Delivered:
        return self.delivery.once()

    def rows(self, table: str) -> list[Row]:
        """Read a whole table, by id."""
        known = schema.metadata.tables[table]
        query = select(known)
        if "id" in known.c:
            query = query.order_by(known.c.id)
        with self.desk.database.read() as tx:
            return [dict(row._mapping) for row in tx.execute(query)]

    def row(self, table: str) -> Row:
        """Read the only row of a table."""
        (only,) = self.rows(table)
        return only

    def states(self) -> list[tuple[str, str | None]]:
        """Tell state and reason of every row of the ledger, oldest first."""
        return [(row["state"], row["reason"]) for row in self.rows("inbound")]

    def answers(self) -> list[tuple[str, str, str | None]]:
        """Tell kind, state and reason of every answer and silence, oldest first."""
        return [(row["kind"], row["state"], row["reason"]) for row in self.rows("answers")]

    def execute(self, statement: str) -> None:
        """Let an operator change a row."""
        with self.desk.database.write() as tx:
            tx.execute(text(statement))

    def reply_to(self, answer: Row, body: str = "Thank you.\n", **changes: Any) -> bytes:
        """Write a mail that names an answer of ours as its parent."""
        fields = {"In-Reply-To": f"<{answer['message_id']}>"}
        plain = {"subject": "Re: Where is my deposit?", "message_id": "reply@customer.example"}
        return a_mail(body, fields=fields, **plain | changes)

    @contextmanager
    def broken_database(self) -> Iterator[None]:
        """Make the next transaction that writes fail.

        SQLite: another process holds the lock for as long as the block lasts.
        PostgreSQL: the server ends every connection once.
        """
        if not self.desk.database.is_sqlite:
            self._end_connections()
            yield
            return
        engine: Any = self.desk.database.bind

        def be_impatient(connection: Any, *_: object) -> None:
            connection.execute("PRAGMA busy_timeout=20")

        event.listen(engine, "checkout", be_impatient)
        other = sqlite3.connect(str(self.desk.database.file), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            other.close()
            event.remove(engine, "checkout", be_impatient)

    def _end_connections(self) -> None:
        import psycopg

        assert self._url is not None
        with psycopg.connect(self._url.replace("+psycopg", ""), autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
