"""What a worker costs that has nothing to do: two mailboxes with IDLE."""

import time
from pathlib import Path

from bench import desk, tree
from bench.servers import Servers

USERS = ("quiet", "silent")
SETTLE_SECONDS = 5.0


def measure(servers: Servers, folder: Path, *, seconds: float) -> dict[str, object]:
    """Let a worker idle and read the whole tree of processes."""
    for user in USERS:
        servers.empty(user)
    config = desk.set_up(folder / "idle", servers, USERS, idle=True)
    command = [*desk.POSTCLERK, "run", "--config", str(config)]
    with tree.running(command, log=folder / "idle.log", cwd=Path.cwd()) as watch:
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
            "memory MB": round(tree.memory_mb(watch.pid)),
            "processes": len(list(tree.tree(watch.pid))),
        }
