"""How long a customer waits: from a mail's delivery to its answer at the SMTP server.

The worker runs with IDLE. Told apart: how long it took from the moment at which the mail was in
its ledger. What passes before that is the server's, which gathers changes before it tells an
idling client (Dovecot: up to half a second), and the fetch.
"""

import re
import statistics
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from bench import desk, tree
from bench.servers import Servers

USER = "quick"
MAIL = (
    "From: Li Wei <customer{n}@mail.example.com>\nTo: support@desk.example\n"
    "Subject: Withdrawal pending {n}\nMessage-ID: <quick-{n}@client.example.com>\n"
    "Date: Mon, 02 Mar 2026 08:00:00 +0000\nMIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=utf-8\n\n"
    "My withdrawal of {n} USDT has been pending for 5 hours. My UID is 1234{n:04d}.\n"
)
PATIENCE = 60.0
RECEIVED = re.compile(r"(?m)^(\S+Z) .*inbound\.received .*\bcount=(\d+)")


def measure(
    servers: Servers, folder: Path, *, mails: int, a_second: float
) -> dict[str, object]:
    """Deliver mails at a steady pace to a running worker; milliseconds."""
    servers.empty(USER)
    servers.sink.clear()
    config = desk.set_up(folder / "latency", servers, [USER], idle=True)
    command = [*desk.POSTCLERK, "run", "--config", str(config)]
    log = folder / "latency.log"
    with tree.running(command, log=log, cwd=Path.cwd()):
        _wait(lambda: "mailbox.old_mail_noted" in log.read_text(errors="replace"))
        time.sleep(2)
        delivered = _deliver(servers, mails, a_second)
        answered = _answers(servers, mails)
        received = _received(log.read_text(errors="replace"))
    waits = [(answered[n] - delivered[n]) * 1000 for n in answered]
    own = [(answered[n] - received[n]) * 1000 for n in answered if n in received]
    return {
        "mails": mails,
        "answered": len(answered),
        **{f"delivered to answered, {name}": ms for name, ms in _points(waits).items()},
        **{f"in the ledger to answered, {name}": ms for name, ms in _points(own).items()},
    }


def _deliver(servers: Servers, mails: int, a_second: float) -> dict[int, float]:
    times: dict[int, float] = {}
    began = time.monotonic()
    for number in range(1, mails + 1):
        time.sleep(max(0.0, began + number / a_second - time.monotonic()))
        name = f"{1_700_000_000 + number}.M{number}.bench"
        times[number] = time.time()
        servers.deliver(USER, name, MAIL.format(n=number).encode())
    return times


def _answers(servers: Servers, mails: int) -> dict[int, float]:
    _wait(lambda: len(servers.sink.arrivals()) >= mails)
    found: dict[int, float] = {}
    for fact in servers.sink.arrivals():
        named = re.match(r"quick-(\d+)@", str(fact["in_reply_to"]))
        if named:
            found.setdefault(int(named[1]), float(str(fact["at"])))
    return found


def _received(log: str) -> dict[int, float]:
    """When each mail was in the ledger, by the worker's own log; they come in order."""
    found: dict[int, float] = {}
    for line in RECEIVED.finditer(log):
        at = datetime.fromisoformat(line[1]).timestamp()
        for _ in range(int(line[2])):
            found[len(found) + 1] = at
    return found


def _wait(is_there: object) -> None:
    give_up = time.monotonic() + PATIENCE
    while callable(is_there) and not is_there() and time.monotonic() < give_up:
        time.sleep(0.05)


def _points(values: Sequence[float]) -> dict[str, int]:
    if len(values) < 2:
        return {}
    parts = statistics.quantiles(values, n=100, method="inclusive")
    return {
        "p50 ms": round(parts[49]),
        "p99 ms": round(parts[98]),
        "max ms": round(max(values)),
    }
