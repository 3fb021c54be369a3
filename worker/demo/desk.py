"""A desk in a box: real mail servers on the loopback, the real worker, and a day of mail.

Everything lives in one folder: configuration, key, database, blobs, the answers that were sent.
It is kept at the end of the day, so that it can be looked at, and removed when the day is
broken off.
"""

import contextlib
import importlib.util
import json
import os
import secrets
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from worker import config_file, keys, log
from worker.config import Config
from worker.daemon import wiring
from worker.demo import place, screen, summary
from worker.demo.day import Day
from worker.demo.mails import read_day
from worker.demo.player import Letterbox, Postman
from worker.demo.servers import Servers, serving
from worker.errors import ConfigError
from worker.store import outcomes

PACE = 0.45
"""Seconds from one mail to the next."""
TICK = 0.04
WELCOME = """\
A desk in a box: Example Exchange, support@exchange.example, with its own IMAP and SMTP servers.
A day of mail passes in half a minute; times are those of the day.
"""
CONFIG = """\
# The desk of `postclerk demo`. Its mail servers ran only while the demo did.
desk:
  name: Example Exchange
  domain: exchange.example
  trusted_authserv_ids: [mx.exchange.example]

mailboxes:
  - name: support
    address: support@exchange.example
    host: 127.0.0.1
    port: {imap_port}
    tls: insecure-plaintext     # never leaves this machine
    username: support
    password: {{file: password.txt}}
    after: {{action: seen}}
    schedule: {{every: 2s, jitter: 0}}
    first_run: answer_all

smtp:
  host: 127.0.0.1
  port: {smtp_port}
  tls: insecure-plaintext

database: {{url: "sqlite:///postclerk.db"}}
blobs: {{folder: blobs}}
models: models
keys: {{file: postclerk.key}}
"""


def run(
    *,
    folder: Path | None = None,
    pace: float = PACE,
    plain: bool | None = None,
    keep: bool = False,
    console: Console | None = None,
) -> int:
    """Play the day; returns 0 when every mail came to its end, 1 when not, 130 when broken off.

    folder: where the desk stands; None chooses one.
    pace: seconds from one mail to the next.
    plain: lines instead of a live picture; None looks whether there is a terminal.
    keep: leave the folder also when the day is broken off.
    Raises ConfigError or Temporary when the desk cannot be set up.
    """
    _need_servers()
    console = console or Console()
    is_plain = not console.is_terminal if plain is None else plain
    console.print(WELCOME, highlight=False, soft_wrap=is_plain)
    try:
        with place.made(folder) as home, _interruption() as is_broken_off:
            home.is_kept = keep
            day = pass_day(home.path, pace, console, is_plain=is_plain, is_over=is_broken_off)
            if is_broken_off():
                console.print("Broken off.", highlight=False)
                return 128 + signal.SIGINT
            home.is_kept = True
            return _tell_end(day, home.path, console, is_plain=is_plain)
    except BrokenPipeError:
        # Nobody reads on: the interpreter must not complain of it once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE


def pass_day(
    home: Path,
    pace: float,
    console: Console,
    *,
    is_plain: bool,
    is_over: Callable[[], bool],
) -> Day:
    """Set the desk up, let the day pass, and take the servers and the worker down again."""
    password = secrets.token_urlsafe(12)
    with serving(home, password=password) as servers, _logged(home) as troubles:
        config = _write_config(home, servers, password)
        worker = wiring.Worker(config)
        worker.start()
        try:
            postman = Postman(servers.imap_port, password)
            day = Day(
                read_day(),
                on=wiring.now().date() - timedelta(days=1),
                pace=pace,
                postman=postman,
                letterbox=Letterbox(servers.sent),
            )
            with screen.opened(console, plain=is_plain) as shown:
                while not day.is_over and not is_over():
                    with worker.desk.database.read() as tx:
                        views = {view.uid: view for view in outcomes.mails(tx)}
                    day.step(views)
                    shown.show(day.rows)
                    while troubles:
                        shown.note(troubles.popleft())
                    time.sleep(TICK)
            postman.close()
        finally:
            worker.stop()
    return day


def _tell_end(day: Day, home: Path, console: Console, *, is_plain: bool) -> int:
    console.print()
    summary.show(console, day.rows, plain=is_plain)
    console.print()
    if is_plain:
        console.print("Look around, and what to try next:", highlight=False)
    numbers = [row.view.ticket_number for row in day.rows if row.view is not None]
    number = next((one for one in numbers if one), None)
    summary.show_next(console, home / "config.yaml", home / "sent", number)
    if not day.unsettled and not day.skipped:
        return 0
    console.print()
    for row in day.unsettled:
        console.print(f"Not finished: the mail of {row.sample.at:%H:%M}.", highlight=False)
    for sample in day.skipped:
        console.print(f"No answer came to reply to at {sample.at:%H:%M}.", highlight=False)
    console.print(f"The worker's log is {home / 'worker.log'}.", highlight=False)
    return 1


def _need_servers() -> None:
    missing = [name for name in ("pymap", "aiosmtpd") if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"The demo needs {' and '.join(missing)}: pip install 'postclerk[demo]'"
        )


def _write_config(home: Path, servers: Servers, password: str) -> Config:
    keys.create(home / "postclerk.key")
    secret = home / "password.txt"
    secret.touch(0o600)
    secret.write_text(password + "\n", "utf-8")
    path = home / "config.yaml"
    text = CONFIG.format(imap_port=servers.imap_port, smtp_port=servers.smtp_port)
    path.write_text(text, "utf-8")
    return config_file.load(path, environ=os.environ)


@contextlib.contextmanager
def _logged(home: Path) -> Iterator[deque[str]]:
    """Keep the worker's log in a file; what a person has to know goes into the queue, too."""
    troubles: deque[str] = deque()
    log.configure(style="json", level="critical")  # the terminal is the demo's
    with (home / "worker.log").open("a", encoding="utf-8", buffering=1) as file:

        def note(event: str, facts: dict[str, object]) -> None:
            with contextlib.suppress(ValueError):  # closed: the day is over
                file.write(json.dumps({"event": event, **facts}, default=str) + "\n")
            if facts["level"] != "info":
                troubles.append(f"{event}: {facts.get('reason') or 'see worker.log'}")

        forget = log.listen(note)
        try:
            yield troubles
        finally:
            forget()


@contextlib.contextmanager
def _interruption() -> Iterator[Callable[[], bool]]:
    """Turn Ctrl-C, SIGTERM and a closed terminal into a question that may be asked."""
    told: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: told.append(number))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield lambda: bool(told)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
