"""CPU time of each step of a mail's life, one thread, real servers, no children.

The functions that do a step are wrapped; a step's time is what it takes without the steps
that it calls. What nobody wrapped (transactions, commits, logs, glue) is named after its loop.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from bench import desk
from bench.servers import Servers
from worker import config_file, log
from worker.adapters.blobs import FolderBlobs
from worker.adapters.imap import ImapMailbox
from worker.adapters.render import Templates
from worker.adapters.smtp import SmtpSubmission
from worker.config import Config
from worker.context import Desk
from worker.daemon import wiring
from worker.pipeline import deliver, process, read, receive, working_set
from worker.pipeline.read import Reading, ReadSettings
from worker.pipeline.read_settings import read_settings
from worker.store import inbound, outbox

USER = "steps"
WRAPPED: tuple[tuple[str, object, str], ...] = (
    ("list", ImapMailbox, "list"),
    ("fetch", ImapMailbox, "fetch"),
    ("tell the server", ImapMailbox, "acknowledge"),
    ("keep the raw mail", FolderBlobs, "put"),
    ("write the ledger", inbound, "add"),
    ("claim", inbound, "claim"),
    ("read the raw mail", FolderBlobs, "get"),
    ("parse", read, "parse"),
    ("seal", read, "_sealed"),
    ("judge", read, "judge"),
    ("gather", process, "gather"),
    ("thread, compare repeats", process, "find_place"),
    ("decide", process, "decide"),
    ("write", working_set.Writes, "flush"),
    ("claim answers", outbox, "claim"),
    ("render", Templates, "render"),
    ("compose", deliver, "_write_mail"),
    ("keep the answer", outbox, "keep_composed"),
    ("submit", SmtpSubmission, "submit"),
    ("settle", outbox, "settle"),
)


class Stopwatch:
    """Adds up CPU seconds of nested steps, each without those inside it."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._open: list[str] = []
        self._since = time.process_time()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self._turn()
        self._open.append(name)
        try:
            yield
        finally:
            self._turn()
            self._open.pop()

    def _turn(self) -> None:
        now = time.process_time()
        if self._open:
            name = self._open[-1]
            self.seconds[name] = self.seconds.get(name, 0.0) + now - self._since
        self._since = now

    def wrap(self, name: str, owner: object, attribute: str) -> Callable[[], None]:
        """Time a function wherever its owner's name for it is used; returns the undoing."""
        function: Callable[..., object] = getattr(owner, attribute)

        def timed(*values: object, **named: object) -> object:
            with self.step(name):
                return function(*values, **named)

        setattr(owner, attribute, timed)
        return lambda: setattr(owner, attribute, function)


class Here:
    """Reads mails in this process, as the children would; stands in for Children."""

    def __init__(self, settings: ReadSettings) -> None:
        self._settings = settings

    def begin(self, raws: Sequence[bytes]) -> Callable[[], list[Reading]]:
        return partial(read.read_mails, list(raws), self._settings)


def measure(servers: Servers, folder: Path, corpus: Path) -> list[dict[str, object]]:
    """Milliseconds of CPU a mail and a call, by step."""
    mails = servers.fill(USER, corpus)
    path = desk.set_up(folder / "steps", servers, [USER])
    log.configure(style="json", level="error")
    config = config_file.load(path, environ=os.environ)
    watch = Stopwatch()
    opened = wiring.open_desk(config)
    undo = [watch.wrap(*wrapped) for wrapped in WRAPPED]
    try:
        _work(config, opened, watch)
    finally:
        for restore in undo:
            restore()
        opened.close()
    total = sum(watch.seconds.values())
    rows = [_row(name, watch.seconds[name], mails) for name in watch.seconds]
    return [*rows, _row("total", total, mails)]


def _row(name: str, seconds: float, mails: int) -> dict[str, object]:
    return {"step": name, "ms CPU/mail": f"{seconds / mails * 1000:.3f}"}


def _work(config: Config, opened: Desk, watch: Stopwatch) -> None:
    deadline = config.limits.network_deadline
    source = ImapMailbox(config.mailboxes[0], deadline=deadline)
    children: Any = Here(read_settings(config))
    with watch.step("poll: the rest"):
        while not receive.poll_once(
            opened, config.mailboxes[0], source, on_received=lambda: None
        ).is_drained:
            pass
    with watch.step("process: the rest"):
        while batch := process.claim(opened, children, suspects=False):
            process.settle(opened, batch)
    submission = SmtpSubmission(
        config.smtp, local_hostname=config.desk.domain, deadline=deadline
    )
    delivery = deliver.Delivery(opened, wiring.open_templates(config), submission)
    with watch.step("deliver: the rest"):
        while delivery.once().claimed:
            pass
    submission.close()
    source.close()
