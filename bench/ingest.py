"""Takes in a whole mailbox: `postclerk once`, beside it the floor and, if wanted, a peer."""

import json
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench import desk, helpdesk, tree
from bench.servers import Servers

USER = "support"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One configuration, once over the mailbox."""

    name: str
    used: tree.Used
    answers: int
    connections: int
    outcomes: dict[str, object]
    """What Postclerk says that it did; empty for the others."""


def measure(
    servers: Servers, folder: Path, corpus: Path, *, runs: int, with_peers: bool
) -> list[Run]:
    """Run every configuration in turn, `runs` times, on the same mails."""
    contenders: list[Callable[[], Run]] = [
        lambda: _floor(servers, folder),
        lambda: _postclerk(servers, folder),
    ]
    if with_peers:
        helpdesk.install(folder)
        contenders.append(lambda: _helpdesk(servers, folder))
    done = []
    for _ in range(runs):
        for contender in contenders:
            servers.fill(USER, corpus)
            servers.sink.clear()
            done.append(contender())
    return done


def _floor(servers: Servers, folder: Path) -> Run:
    command = [
        *(sys.executable, "-m", "bench.floor"),
        *("--imap-port", str(servers.dovecot.port), "--smtp-port", str(servers.sink.port)),
        *("--user", USER, "--password", servers.dovecot.password),
        *("--database", str(folder / "floor.db")),
    ]
    used = tree.run(command, log=folder / "floor.log", cwd=Path.cwd())
    return _run("floor", used, servers, {})


def _postclerk(servers: Servers, folder: Path) -> Run:
    config = desk.set_up(folder / "once", servers, [USER])
    output = folder / "once.log"
    command = [*desk.POSTCLERK, "once", "--json", "--config", str(config)]
    used = tree.run(command, log=output, cwd=Path.cwd())
    return _run("postclerk once", used, servers, _told(output))


def _helpdesk(servers: Servers, folder: Path) -> Run:
    command, environment = helpdesk.prepare(folder, servers, user=USER)
    used = tree.run(command, log=folder / "helpdesk.log", cwd=folder, **environment)
    return _run("django-helpdesk", used, servers, {})


def _told(output: Path) -> dict[str, object]:
    """The line of JSON among the lines of the log."""
    for line in reversed(output.read_text(errors="replace").splitlines()):
        if line.startswith('{"received"'):
            return dict(json.loads(line))
    return {}


def _run(name: str, used: tree.Used, servers: Servers, outcomes: dict[str, object]) -> Run:
    arrived = servers.sink.arrivals()
    return Run(
        name=name,
        used=used,
        answers=len(arrived),
        connections=len({one["connection"] for one in arrived}),
        outcomes=outcomes,
    )


def table(runs: Sequence[Run], *, mails: int) -> list[dict[str, object]]:
    """Medians of each configuration, with the ratio to the floor."""
    names = list(dict.fromkeys(run.name for run in runs))
    rows = []
    floor = _median(runs, "floor", "wall")
    for name in names:
        wall = _median(runs, name, "wall")
        cpu = _median(runs, name, "cpu")
        last = [run for run in runs if run.name == name][-1]
        spread = sorted(run.used.wall for run in runs if run.name == name)
        rows.append(
            {
                "configuration": name,
                "wall s": f"{wall:.2f} ({spread[0]:.2f}-{spread[-1]:.2f})",
                "mails/s": round(mails / wall),
                "x floor": f"{wall / floor:.2f}",
                "CPU s": f"{cpu:.2f}",
                "ms CPU/mail": f"{cpu / mails * 1000:.2f}",
                "first process s": f"{_median(runs, name, 'main_cpu'):.2f}",
                "peak MB": round(_median(runs, name, "rss_mb")),
                "answers": last.answers,
                "connections": last.connections,
                "status": last.used.status,
            }
        )
    return rows


def _median(runs: Sequence[Run], name: str, fact: str) -> float:
    return statistics.median(float(asdict(run.used)[fact]) for run in runs if run.name == name)
