"""Starts the private servers of the tests: own folder, free port, not root, ended by pid.

A missing program skips the test and names the apt line; with CI=true it fails instead.
"""

import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

UNPRIVILEGED = "nobody"
"""Runs the servers when the tests run as root; several servers refuse to be root."""


GUARD = """
cat
grep -aqF -- "$2" "/proc/$1/cmdline" || exit 0
kill "-$3" "$1"
for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$1" && sleep 0.5; done
rm -rf -- "$2"
"""
"""Waits for the end of the tests by its standard input; after a killed run ends the server."""


def program(name: str, *, package: str, folders: Sequence[str] = ()) -> str:
    """Find a program, also outside PATH; without it skip the test, or fail it in CI."""
    beside = sorted(
        (str(p) for f in folders for p in Path("/").glob(f.lstrip("/"))), reverse=True
    )
    found = shutil.which(name, path=os.pathsep.join([*beside, os.environ.get("PATH", "")]))
    if found is None:
        sentence = f"no {name} on this machine; install it: sudo apt-get install -y {package}"
        if os.environ.get("CI", "").lower() in {"true", "1"}:
            pytest.fail(sentence)
        pytest.skip(sentence)
    return found


def account() -> pwd.struct_passwd:
    """Tell the account that servers run under: an unprivileged one, never root."""
    if os.geteuid() == 0:
        return pwd.getpwnam(UNPRIVILEGED)
    return pwd.getpwuid(os.geteuid())


def group() -> str:
    """Name the group of that account."""
    return grp.getgrgid(account().pw_gid).gr_name


def free_port() -> int:
    """Name a loopback port that was free a moment ago."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def private_folder(name: str) -> Iterator[Path]:
    """Make a short-named folder that the servers' account owns; gone afterwards.

    Not below pytest's folder: that one is closed to other accounts, and paths of sockets
    have to be short.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"postclerk-{name}-"))
    try:
        own(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def own(path: Path) -> None:
    """Give a file or folder to the servers' account."""
    if os.geteuid() == 0:
        os.chown(path, account().pw_uid, account().pw_gid)


def run(command: Sequence[str], *, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a program to its end as the servers' account."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, **_drop_root())
    if check and done.returncode:
        raise RuntimeError(
            f"{command[0]} ended with {done.returncode}: {done.stdout}{done.stderr}"
        )
    return done


@contextmanager
def server(
    command: Sequence[str], *, log: Path, is_up: Callable[[], bool], stop: int = signal.SIGTERM
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program that stays in the foreground, for as long as the block lasts.

    is_up: asked until it says yes, for 30 s at most.
    """
    with log.open("ab") as output:
        child = subprocess.Popen(command, stdout=output, stderr=output, **_drop_root())
    guard = subprocess.Popen(
        ["sh", "-c", GUARD, "guard", str(child.pid), str(log.parent), str(int(stop))],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        give_up = time.monotonic() + 30
        while not is_up():
            if child.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError(f"{command[0]} does not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.02)
        yield child
    finally:
        child.send_signal(stop)
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        guard.communicate()


def listens(port: int) -> bool:
    """Tell whether somebody takes connections on this loopback port."""
    with closing(socket.socket()) as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _drop_root() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    return {"user": account().pw_uid, "group": account().pw_gid, "extra_groups": [], "cwd": "/"}
