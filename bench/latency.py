"""How long a customer waits: from a mail's delivery to its answer at the SMTP server.

The worker runs with IDLE. A second client idles on the same mailbox and notes when the server
tells of each mail: what passes before that is the server's own time (Dovecot gathers changes
for up to half a second).
"""

import re
import statistics
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from imapclient import IMAPClient

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


class Bystander:
    """Idles on a mailbox and notes when each number of mails was first told."""

    def __init__(self, servers: Servers) -> None:
        self.told: dict[int, float] = {}
        self._client = IMAPClient(servers.dovecot.host, port=servers.dovecot.port, ssl=False)
        self._client.login(USER, servers.dovecot.password)
        self._client.select_folder("INBOX", readonly=True)
        self._client.idle()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._stop = threading.Event()
        self._thread.start()

    def _listen(self) -> None:
        while not self._stop.is_set():
            for line in self._client.idle_check(timeout=0.2):
                if len(line) == 2 and line[1] == b"EXISTS":
                    now = time.monotonic()
                    for count in range(max(self.told, default=0) + 1, int(line[0]) + 1):
                        self.told[count] = now

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._client.idle_done()
        self._client.logout()


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
        bystander = Bystander(servers)
        delivered = _deliver(servers, mails, a_second)
        answered = _answers(servers, mails)
        bystander.close()
    waits = [(answered[n] - delivered[n]) * 1000 for n in answered]
    # Dovecot numbers mails as they came, so the n-th mail is the n-th that it told of.
    own = [(answered[n] - bystander.told[n]) * 1000 for n in answered if n in bystander.told]
    return {
        "mails": mails,
        "answered": len(answered),
        **{f"delivered to answered, {name}": ms for name, ms in _points(waits).items()},
        **{f"told by the server to answered, {name}": ms for name, ms in _points(own).items()},
    }


def _deliver(servers: Servers, mails: int, a_second: float) -> dict[int, float]:
    times: dict[int, float] = {}
    began = time.monotonic()
    for number in range(1, mails + 1):
        time.sleep(max(0.0, began + number / a_second - time.monotonic()))
        name = f"{1_700_000_000 + number}.M{number}.bench"
        times[number] = time.monotonic()
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
