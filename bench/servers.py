"""The servers of a run: a private Dovecot and an SMTP sink, on free loopback ports.

The Dovecot is that of the tests; mails lie in its maildir before a run begins, or are delivered
one by one while it lasts.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers import process
from tests.servers.dovecot import Dovecot, run_dovecot

DOVECOT = ("dovecot", "/usr/sbin/dovecot")


class Missing(Exception):
    """A program that the bench needs is not on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    port: int
    log: Path
    pid: int

    def arrivals(self) -> list[dict[str, object]]:
        """What it took: `at` (seconds since 1970), `in_reply_to`, `bytes`, `connection`."""
        text = self.log.read_text() if self.log.exists() else ""
        return [json.loads(line) for line in text.splitlines()]

    def clear(self) -> None:
        self.log.write_bytes(b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    dovecot: Dovecot
    sink: Sink

    def maildir(self, user: str) -> Path:
        return self.dovecot.folder / "mail" / user

    def fill(self, user: str, corpus: Path) -> int:
        """Put a corpus into an empty mailbox and open it once; returns how many mails it has.

        Opened once, so that no measured run pays for the server's first index.
        """
        self.empty(user)
        new = self.maildir(user) / "new"
        for mail in (corpus / "new").iterdir():
            try:
                os.link(mail, new / mail.name)
            except OSError:
                shutil.copy(mail, new / mail.name)
        return self.dovecot.mailbox(user).count()

    def empty(self, user: str) -> None:
        """Make the mailbox anew, with nothing in it."""
        self.dovecot.mailbox(user).kick()
        box = self.maildir(user)
        shutil.rmtree(box, ignore_errors=True)
        for folder in (box, box / "new", box / "cur", box / "tmp"):
            folder.mkdir()
            process.own(folder)

    def deliver(self, user: str, name: str, raw: bytes) -> None:
        """Deliver one mail as a delivery agent does: written aside, then renamed."""
        box = self.maildir(user)
        aside = box / "tmp" / name
        aside.write_bytes(raw)
        process.own(aside)
        aside.rename(box / "new" / name)


@contextmanager
def run_servers(folder: Path) -> Iterator[Servers]:
    """Run both for as long as the block lasts; raises Missing."""
    if not any(shutil.which(name) for name in DOVECOT):
        raise Missing("no Dovecot on this machine: sudo apt-get install -y dovecot-imapd")
    with run_dovecot() as dovecot, _run_sink(folder) as sink:
        yield Servers(dovecot=dovecot, sink=sink)


@contextmanager
def _run_sink(folder: Path) -> Iterator[Sink]:
    port, log = process.free_port(), folder / "sink.jsonl"
    child = subprocess.Popen([sys.executable, "-m", "bench.sink", str(port), str(log)])
    try:
        give_up = time.monotonic() + 10
        while not process.listens(port):
            if child.poll() is not None or time.monotonic() > give_up:
                raise Missing("the SMTP sink does not start")
            time.sleep(0.02)
        yield Sink(port=port, log=log, pid=child.pid)
    finally:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(5)
