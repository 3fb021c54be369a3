"""Desks between a real Dovecot and a real SMTP server, in this process or in one of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select

from tests.builders import SUPPORT, a_mail
from tests.servers.dovecot import TestMailbox
from tests.servers.smtp_sink import SmtpSink
from worker import config_file, keys
from worker.config import Config
from worker.store import schema
from worker.store.session import Database

ROOT = Path(__file__).parents[2]
KEYWORD = "$Postclerk"
SECONDS = 60.0
"""How long a test waits for what has to happen; usually it takes a fraction of one."""
Row = dict[str, Any]


@dataclass
class LiveDesk:
    """A desk's folder and configuration file; several processes may open it in turn."""

    folder: Path
    account: TestMailbox
    sink: SmtpSink
    sections: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        keys.create(self.folder / "desk.key")
        self.write_config()

    @property
    def file(self) -> Path:
        return self.folder / "config.yaml"

    def write_config(self, **sections: Any) -> Config:
        """Write the configuration, with these sections changed, and read it."""
        self.sections |= sections
        plain: dict[str, Any] = {
            "desk": {"name": "Desk", "domain": "desk.example"},
            "mailboxes": [mailbox_of(self.account)],
            "smtp": {
                "host": self.sink.host,
                "port": self.sink.port,
                "tls": "insecure-plaintext",
            },
            "database": {"url": f"sqlite:///{self.folder}/desk.db"},
            "blobs": {"folder": str(self.folder / "blobs")},
            "keys": {"file": str(self.folder / "desk.key")},
            "answers": {"caps": {"per_address_hour": 0, "per_address_day": 0}},
            "delivery": {"first_backoff": "1s", "max_backoff": "60s"},
            "limits": {"network_deadline": "5s", "parse_processes": 1},
            "log": {"style": "json"},
        }
        self.file.write_text(yaml.safe_dump(plain | self.sections), "utf-8")
        return self.config()

    def config(self) -> Config:
        return config_file.load(self.file, environ={})

    def rows(self, table: str) -> list[Row]:
        """Read a table, by id; [] while there is no database yet."""
        if not (self.folder / "desk.db").exists():
            return []
        database = Database(self.config().database.url)
        known = schema.metadata.tables[table]
        try:
            with database.read() as tx:
                found = tx.execute(select(known).order_by(*known.primary_key.columns))
                return [dict(row._mapping) for row in found]
        except Exception as error:
            if "no such table" in str(error):
                return []
            raise
        finally:
            database.close()

    def states(self) -> Counter[str]:
        return Counter(row["state"] for row in self.rows("inbound"))

    def is_settled(self, mails: int) -> bool:
        """Tell whether so many mails came in, and nothing waits in ledger or outbox."""
        inbound, answers = self.rows("inbound"), self.rows("answers")
        return (
            len(inbound) == mails
            and not {row["state"] for row in inbound} & {"received", "claimed"}
            and not {row["state"] for row in answers} & {"queued", "sending", "uncertain"}
        )

    def prove_whole(self, mails: int) -> None:
        """Hold the promises: one outcome a mail, one answer a cause, nothing deleted."""
        inbound, answers = self.rows("inbound"), self.rows("answers")
        messages = [row for row in self.rows("messages") if row["direction"] == "in"]
        assert self.account.count() == mails
        assert sorted(row["uid"] for row in inbound) == self.account.uids()
        assert {row["state"] for row in inbound} <= {"recorded", "copy", "screened_out"}
        recorded = [row["id"] for row in inbound if row["state"] == "recorded"]
        assert sorted(row["inbound_id"] for row in messages) == sorted(recorded)
        assert sorted(row["cause"] for row in answers) == sorted(row["id"] for row in messages)
        flagged = {uid for uid, flags in self.account.flags().items() if KEYWORD in flags}
        assert flagged <= {row["uid"] for row in inbound}
        by_id = {row["message_id"]: row for row in answers if row["message_id"]}
        copies: dict[str, set[bytes]] = {}
        for sunk in self.sink.messages:
            message_id = message_from_bytes(sunk.raw)["Message-ID"].strip("<>")
            assert sunk.recipients == (by_id[message_id]["recipient"],)
            copies.setdefault(message_id, set()).add(sunk.raw)
        assert all(len(bodies) == 1 for bodies in copies.values())
        sent = {row["message_id"] for row in answers if row["state"] == "sent"}
        assert sent == set(copies)

    @contextmanager
    def running(self) -> Iterator["Child"]:
        """Run `postclerk run` in a process of its own for as long as the block lasts."""
        child = Child(self.file)
        try:
            yield child
        finally:
            child.end()


def mailbox_of(account: TestMailbox, **changes: Any) -> dict[str, Any]:
    """The settings of a mailbox that answers everything and mostly waits for IDLE."""
    plain = {
        "name": "support",
        "address": SUPPORT,
        "host": account.server.host,
        "port": account.server.port,
        "tls": "insecure-plaintext",
        "username": account.user,
        "password": account.server.password,
        "folder": account.folder,
        "first_run": "answer_all",
        "schedule": {"every": "1h", "jitter": "0s"},
    }
    return plain | changes


class Child:
    """`postclerk run` in a process of its own, and the events that it logs."""

    def __init__(self, config: Path) -> None:
        env = {k: v for k, v in os.environ.items() if k != "POSTCLERK_CONFIG"}
        self.log = config.with_name(f"log-{time.monotonic_ns()}.jsonl")
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "worker", "run", "--config", str(config)],
                stdout=output,
                stderr=output,
                env=env | {"PYTHONPATH": str(ROOT)},
            )

    def events(self) -> list[dict[str, Any]]:
        lines = self.log.read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def names(self) -> list[str]:
        return [event["event"] for event in self.events()]

    def wait_for(self, name: str, count: int = 1) -> None:
        """Wait until it has logged an event so many times."""
        wait_until(lambda: self.names().count(name) >= count, self.words)

    def words(self) -> str:
        return self.log.read_text("utf-8")[-3000:]

    def stop(self) -> int:
        """Send SIGTERM and wait for the end; return the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        if self.process.poll() is None:
            self.kill()


def wait_until(
    is_so: Callable[[], bool], why_not: Callable[[], str] = lambda: "", seconds: float = SECONDS
) -> None:
    """Wait until something is so, or fail."""
    give_up = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < give_up, f"it did not happen within {seconds} s\n{why_not()}"
        time.sleep(0.05)


def a_day(count: int) -> list[bytes]:
    """Mails of several customers: mostly requests, some automatic, some twice, one broken."""
    mails = []
    for number in range(count):
        who = f"customer{number}@customer{number % 5}.example"
        mail = a_mail(
            f"Matter {number}: " + chr(97 + number % 26) * 40 + f" {number}\n",
            sender=f"Customer {number} <{who}>",
            subject=f"Matter {number}",
            message_id=f"{number}@customer.example",
            fields={"Auto-Submitted": "auto-replied"} if number % 7 == 3 else {},
        )
        mails.append(mail)
        if number % 9 == 5:
            mails.append(mail)
    mails.append(b"Subject: no author, no end\nContent-Type: multipart/mixed\n\n--\xff\n")
    return mails


def sent_to(sink: SmtpSink) -> Sequence[str]:
    """The recipients of everything that the sink took, sorted."""
    return sorted(recipient for mail in sink.messages for recipient in mail.recipients)
