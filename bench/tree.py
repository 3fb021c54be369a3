"""Watches a process and everything below it: CPU seconds and memory, read from /proc."""

import contextlib
import os
import resource
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
LOOK_EVERY = 0.02
WEIGH_EVERY = 0.2
"""Seconds between two looks at the memory, which cost the watched process some time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What a tree of processes used."""

    wall: float
    cpu: float
    """User and system seconds of all processes."""
    main_cpu: float
    """Of the first process alone."""
    rss_mb: float
    """Peak of the sum of what all processes hold; shared pages are counted once."""
    status: int


class Watch:
    """Reads a tree again and again until it is stopped; processes that ended are kept."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._cpu: dict[int, float] = {}
        self.peak_mb = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def cpu(self) -> float:
        return sum(self._cpu.values())

    @property
    def main_cpu(self) -> float:
        return self._cpu.get(self.pid, 0.0)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def look(self) -> None:
        """Take in what every process has used by now."""
        for pid in tree(self.pid):
            self._cpu[pid] = max(self._cpu.get(pid, 0.0), cpu_of(pid))

    def _run(self) -> None:
        weighed = 0.0
        while not self._stop.wait(LOOK_EVERY):
            self.look()
            if time.monotonic() - weighed > WEIGH_EVERY:
                weighed = time.monotonic()
                self.peak_mb = max(self.peak_mb, memory_mb(self.pid))


def tree(pid: int) -> Iterator[int]:
    """Name a process and all below it."""
    yield pid
    for thread in _entries(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError):
            for child in Path(f"/proc/{pid}/task/{thread}/children").read_text().split():
                yield from tree(int(child))


def cpu_of(pid: int) -> float:
    """CPU seconds of one process, without its children; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mb(pid: int) -> float:
    """What a tree holds in memory; a page that two processes share counts half for each."""
    kilobytes = 0
    for one in tree(pid):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    kilobytes += int(line.split()[1])
    return kilobytes / 1024


def run(command: Sequence[str], *, log: Path, cwd: Path, **environment: str) -> Used:
    """Run a command to its end and say what it used."""
    with log.open("wb") as output:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.monotonic()
        child = subprocess.Popen(
            command, stdout=output, stderr=output, cwd=cwd, env={**os.environ, **environment}
        )
        watch = Watch(child.pid)
        child.wait()
        wall = time.monotonic() - began
        watch.stop()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # The kernel's account of the first process is exact; of the others the last look is.
    main = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Used(
        wall=wall,
        cpu=main + watch.cpu - watch.main_cpu,
        main_cpu=main,
        rss_mb=watch.peak_mb,
        status=child.returncode,
    )


@contextmanager
def running(command: Sequence[str], *, log: Path, cwd: Path) -> Iterator[Watch]:
    """Run a command for as long as the block lasts, watched; it is ended by SIGTERM."""
    with log.open("wb") as output:
        child = subprocess.Popen(command, stdout=output, stderr=output, cwd=cwd)
        watch = Watch(child.pid)
        try:
            yield watch
        finally:
            watch.stop()
            child.terminate()
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _entries(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
