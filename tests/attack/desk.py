"""A running worker under attack: a child process, its mailbox, its sink and its export."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.dovecot import Dovecot, TestMailbox
from tests.servers.smtp_sink import SmtpSink
from worker import keys

CONFIG = """
desk:
  name: Desk
  domain: desk.example
  own_addresses: [agent.anna@desk.example]
  trusted_authserv_ids: [mx.desk.example]
mailboxes:
  - name: support
    address: support@desk.example
    host: {host}
    port: {port}
    tls: insecure-plaintext
    username: support
    password: {password}
    after: {{action: seen}}
    first_run: answer_all
    schedule: {{every: 2s, jitter: 0s}}
smtp: {{host: 127.0.0.1, port: {smtp_port}, tls: insecure-plaintext}}
answers:
  max_age: 0
  caps: {{per_domain_hour: 0}}
limits: {{message: 25MB}}
log: {{style: json}}
"""
Rows = dict[str, list[dict[str, object]]]


@dataclass
class AttackedDesk:
    folder: Path
    mailbox: TestMailbox
    sink: SmtpSink
    worker: "subprocess.Popen[bytes]"
    seeds: dict[str, dict[str, object]] = field(default_factory=dict)
    """The answer to each seed mail, by the seed's id."""

    @classmethod
    @contextmanager
    def start(cls, folder: Path, dovecot: Dovecot, sink: SmtpSink) -> Iterator["AttackedDesk"]:
        """Run a worker on an empty desk."""
        (folder / "config.yaml").write_text(
            CONFIG.format(
                host=dovecot.host,
                port=dovecot.port,
                password=dovecot.password,
                smtp_port=sink.port,
            )
        )
        keys.create(folder / "postclerk.key")
        with (folder / "worker.log").open("wb") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "worker", "--config", "config.yaml", "run"],
                cwd=folder,
                stdout=log,
                stderr=log,
                env=dict(os.environ, PYTHONPATH=str(Path.cwd())),
            )
            try:
                yield cls(folder, dovecot.mailbox("support"), sink, worker)
            finally:
                worker.terminate()
                worker.wait(20)

    def command(self, *words: str) -> str:
        """Run a verb of the command line and return what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "worker", "--config", "config.yaml", *words],
            cwd=self.folder,
            capture_output=True,
            check=False,
            timeout=120,
            env=dict(os.environ, PYTHONPATH=str(Path.cwd())),
        )
        return done.stdout.decode("utf-8", "replace")

    def export(self) -> Rows:
        """Return the export by type of row."""
        rows: Rows = {}
        for line in self.command("export", "--verify").splitlines():
            row = json.loads(line)
            rows.setdefault(row["type"], []).append(row)
        return rows

    def log(self) -> str:
        """Return what the worker logged so far."""
        return (self.folder / "worker.log").read_text("utf-8", "replace")

    def deliver(self, raws: list[bytes], *, patience: float) -> tuple[Rows, float, float]:
        """Put mails into the mailbox and wait until the desk is at rest.

        Returns the export, the seconds that it took and the highest resident memory in MB of
        the worker and its children.
        """
        known = len(self.export().get("inbound", []))
        begun = time.monotonic()
        self.mailbox.append(*raws)
        highest = 0.0
        while True:
            highest = max(highest, *(_resident_mb(pid) for pid in _family(self.worker.pid)))
            if self.worker.poll() is not None or time.monotonic() - begun > patience:
                return self.export(), time.monotonic() - begun, highest
            if self._is_at_rest(known + len(raws)):
                return self.export(), time.monotonic() - begun, highest
            time.sleep(0.05)

    def _is_at_rest(self, wanted: int) -> bool:
        import sqlite3

        with sqlite3.connect(f"file:{self.folder}/var/postclerk.db?mode=ro", uri=True) as db:
            count = "SELECT count(*) FROM inbound WHERE state NOT IN ('received', 'claimed')"
            waiting = "SELECT count(*) FROM answers WHERE state IN ('queued', 'sending')"
            done = db.execute(count).fetchone()[0]
            return done >= wanted and db.execute(waiting).fetchone()[0] == 0


def _family(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        for tasks in Path(f"/proc/{each}/task").glob("*/children"):
            with_children = tasks.read_text() if tasks.exists() else ""
            found += [int(child) for child in with_children.split()]
    return found


def _resident_mb(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
