"""The mail servers of the desk in a box, IMAP (pymap) and SMTP (aiosmtpd), as child processes.

`python -m worker.demo.servers imap|smtp PARENT` is such a child: it serves one free loopback
port, prints its number, and ends when its parent is gone, however that one ended. One line on
its input tells it the password (imap) or the folder (smtp). Not for real mail.
"""

import asyncio
import contextlib
import os
import re
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from worker.errors import Temporary

HOST = "127.0.0.1"
USER = "support"
PARENT_CHECK_SECONDS = 0.25
STOP_SECONDS = 5
UNSAFE = re.compile(r"[^A-Za-z0-9.@_-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Where they listen, on the loopback address."""

    imap_port: int
    smtp_port: int
    sent: Path
    """Each mail that the SMTP server accepted is a file here: `0001-<recipient>.eml`."""


@contextlib.contextmanager
def serving(folder: Path, *, password: str) -> Iterator[Servers]:
    """Run both servers; they are gone when the block ends.

    Temporary: a server did not start.
    """
    sent = folder / "sent"
    sent.mkdir(parents=True, exist_ok=True)
    with _child("imap", password) as imap, _child("smtp", str(sent)) as smtp:
        yield Servers(imap_port=_port_of(imap), smtp_port=_port_of(smtp), sent=sent)


@contextlib.contextmanager
def _child(kind: str, told: str) -> Iterator[IO[str]]:
    child = subprocess.Popen(
        [sys.executable, "-m", "worker.demo.servers", kind, str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        process_group=0,  # Ctrl-C in the terminal is for the demo, which ends its servers
        env={**os.environ, "FQDN": "localhost"},  # pymap would look its own name up
    )
    if child.stdin is None or child.stdout is None:
        raise RuntimeError("a child without pipes")
    try:
        with contextlib.suppress(BrokenPipeError):
            child.stdin.write(told + "\n")
            child.stdin.close()
        yield child.stdout
    finally:
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        child.stdout.close()


def _port_of(output: IO[str]) -> int:
    line = output.readline()
    if not line.strip().isdigit():
        raise Temporary("A mail server of the demo did not start.")
    return int(line)


class _Keeper:
    """What aiosmtpd asks: takes each mail and keeps it as a file, whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = len(list(folder.glob("*.eml")))

    async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:
        recipients = getattr(envelope, "rcpt_tos", [])
        content = getattr(envelope, "content", b"")
        self._count += 1
        name = UNSAFE.sub("_", recipients[0] if recipients else "nobody")
        file = self._folder / f"{self._count:04d}-{name}.eml"
        hidden = file.with_suffix(".part")
        hidden.write_bytes(content)
        hidden.replace(file)
        return "250 2.0.0 accepted"


async def _serve_imap(password: str) -> asyncio.Server:
    from proxyprotocol.reader import ProxyProtocolReader
    from pymap.backend.dict import DictBackend
    from pymap.imap import IMAPServer

    settings = Namespace(
        host=HOST,
        port=0,
        debug=False,
        cert=None,
        key=None,
        tls=False,
        passlib_cfg=None,
        proxy_protocol=None,
        demo_data=False,
        demo_user=USER,
        demo_password=password,
    )
    backend, config = await DictBackend.init(settings)
    config.apply_context()
    answer = ProxyProtocolReader(config.proxy_protocol).get_callback(
        IMAPServer(backend.login, config)
    )
    return await asyncio.start_server(answer, HOST, 0)


async def _serve_smtp(folder: str) -> asyncio.Server:
    from aiosmtpd.smtp import SMTP

    keeper = _Keeper(Path(folder))
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: SMTP(keeper, hostname="mx.exchange.example", enable_SMTPUTF8=True), HOST, 0
    )


async def _serve(kind: str, parent: int, told: str) -> None:
    server = await (_serve_imap(told) if kind == "imap" else _serve_smtp(told))
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    while os.getppid() == parent:
        await asyncio.sleep(PARENT_CHECK_SECONDS)


def main() -> None:
    """Serve until told to end or alone."""
    kind, parent = sys.argv[1], int(sys.argv[2])
    asyncio.run(_serve(kind, parent, sys.stdin.readline().rstrip("\n")))


if __name__ == "__main__":
    main()
