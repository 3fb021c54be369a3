"""What a worker costs that has nothing to do: two mailboxes with IDLE."""

import time
from pathlib import Path

from bench import desk, tree
from bench.servers import Servers

USERS = ("quiet", "silent")
START_SECONDS = 5.0
SETTLE_SECONDS = 70.0
"""The reading processes are ended after a quiet minute."""


def measure(servers: Servers, folder: Path, *, seconds: float) -> dict[str, object]:
    """Let a worker idle and read the whole tree of processes."""
    for user in USERS:
        servers.empty(user)
    config = desk.set_up(folder / "idle", servers, USERS, idle=True)
    command = [*desk.POSTCLERK, "run", "--config", str(config)]
    with tree.running(command, log=folder / "idle.log", cwd=Path.cwd()) as watch:
        time.sleep(START_SECONDS)
        at_first = tree.memory_mb(watch.pid)
        time.sleep(SETTLE_SECONDS)
        watch.look()
        began, before = time.monotonic(), watch.cpu
        time.sleep(seconds)
        watch.look()
        share = (watch.cpu - before) / (time.monotonic() - began)
        return {
            "seconds": seconds,
            "mailboxes": len(USERS),
            "share of a core, %": round(100 * share, 2),
            "memory after the start MB": round(at_first),
            "memory after a quiet minute MB": round(tree.memory_mb(watch.pid)),
            "processes": len(list(tree.tree(watch.pid))),
        }
