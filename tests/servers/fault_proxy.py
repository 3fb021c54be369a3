"""A bad network between a client and a real server: it does to the bytes what a test asks for.

Understands lines and IMAP literals, so that a fault strikes at a named point: a line of the
client before the server sees it, or one of the server before the client does. Serves SMTP too.
"""

import contextlib
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

LITERAL = re.compile(rb"\{(\d+)\+?\}\r\n$")
Side = Literal["client", "server"]


class Cut(Exception):
    """The connection is over, by a fault."""


@dataclass(slots=True)
class Fault:
    """What happens when a line of `side` matches; the first fault that fits strikes."""

    side: Side
    pattern: bytes
    """Regular expression, searched without regard to case in a whole line."""
    action: Callable[["Link", bytes], bytes | None]
    """Gets the line; returns what is passed on in its place, None for nothing."""
    times: int = 1
    skip: int = 0
    """Matches that pass unharmed first."""
    struck: int = 0


@dataclass(slots=True)
class FaultProxy:
    upstream_port: int
    port: int = 0
    faults: list[Fault] = field(default_factory=list)
    connections: int = 0
    lines: list[bytes] = field(default_factory=list)
    """What clients sent, oldest first."""
    _links: list["Link"] = field(default_factory=list)

    def on(
        self,
        side: Side,
        pattern: bytes,
        action: Callable[["Link", bytes], bytes | None],
        *,
        times: int = 1,
        skip: int = 0,
    ) -> Fault:
        """Plan a fault."""
        fault = Fault(side, pattern, action, times, skip)
        self.faults.append(fault)
        return fault

    def cut_all(self) -> None:
        """Close every connection."""
        for link in self._links:
            link.close()

    def clear(self) -> None:
        """Plan nothing any more, close everything and forget what happened."""
        self.faults.clear()
        self.cut_all()
        self._links.clear()
        self.lines.clear()
        self.connections = 0

    def _strike(self, link: "Link", side: Side, line: bytes) -> bytes | None:
        for fault in self.faults:
            if fault.side != side or not re.search(fault.pattern, line, re.I):
                continue
            if fault.skip:
                fault.skip -= 1
            elif fault.struck < fault.times:
                fault.struck += 1
                return fault.action(link, line)
        return line


class Link:
    """One client and its connection to the server."""

    def __init__(self, proxy: FaultProxy, client: socket.socket) -> None:
        self.proxy = proxy
        self.client = client
        self.server = socket.create_connection(("127.0.0.1", proxy.upstream_port))
        self.is_silent = False
        self.seconds_per_byte = 0.0
        self.literal_fraction = 1.0
        for sock in (self.client, self.server):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def start(self) -> None:
        for run in (self._from_client, self._from_server):
            threading.Thread(target=self._guarded, args=(run,), daemon=True).start()

    def say(self, data: bytes) -> None:
        """Send bytes to the client, unless silence was asked for."""
        if self.is_silent:
            return
        if not self.seconds_per_byte:
            self.client.sendall(data)
            return
        for byte in data:
            self.client.sendall(bytes([byte]))
            time.sleep(self.seconds_per_byte)

    def close(self) -> None:
        for sock in (self.client, self.server):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            with contextlib.suppress(OSError):
                sock.close()

    def _guarded(self, run: Callable[[], None]) -> None:
        with contextlib.suppress(OSError, ValueError, Cut):
            run()
        self.close()

    def _from_client(self) -> None:
        with self.client.makefile("rb") as lines:
            for line in lines:
                self.proxy.lines.append(line)
                passed = self.proxy._strike(self, "client", line)
                if passed is not None and not self.is_silent:
                    self.server.sendall(passed)

    def _from_server(self) -> None:
        with self.server.makefile("rb") as lines:
            for line in lines:
                passed = self.proxy._strike(self, "server", line)
                if passed is not None:
                    self.say(passed)
                literal = LITERAL.search(line)
                if literal:
                    body = lines.read(int(literal[1]))
                    if passed is not None:
                        self.say(body[: int(len(body) * self.literal_fraction)])
                        if self.literal_fraction < 1:
                            raise Cut


def drop(link: Link, line: bytes) -> None:
    """Close the connection (FIN)."""
    link.close()
    raise Cut


def reset(link: Link, line: bytes) -> None:
    """Break the connection (RST)."""
    link.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.client.close()
    raise Cut


def stall(link: Link, line: bytes) -> None:
    """Fall silent for ever, both ways, with the connection open."""
    link.is_silent = True


def swallow(link: Link, line: bytes) -> None:
    """Lose this line, and the literal behind it."""


def cut_literal(link: Link, line: bytes) -> bytes:
    """Close the connection in the middle of the literal behind this line."""
    link.literal_fraction = 0.5
    return line


def drip(seconds_per_byte: float) -> Callable[[Link, bytes], bytes]:
    """Make everything from here on come byte by byte."""

    def action(link: Link, line: bytes) -> bytes:
        link.seconds_per_byte = seconds_per_byte
        return line

    return action


def replace(text: bytes) -> Callable[[Link, bytes], bytes]:
    """Pass on other bytes in place of this line."""
    return lambda link, line: text


def change(pattern: bytes, by: bytes) -> Callable[[Link, bytes], bytes]:
    """Pass on the line with something in it changed."""
    return lambda link, line: re.sub(pattern, by, line)


def before(text: bytes) -> Callable[[Link, bytes], bytes]:
    """Slip bytes in before this line."""
    return lambda link, line: text + line


def answer(text: bytes) -> Callable[[Link, bytes], None]:
    """Answer the client in the server's place; "TAG" becomes the tag of its command."""

    def action(link: Link, line: bytes) -> None:
        link.say(text.replace(b"TAG", line.split(b" ", 1)[0]))

    return action


def last_words(text: bytes) -> Callable[[Link, bytes], None]:
    """Send these bytes to the client and close the connection."""

    def action(link: Link, line: bytes) -> None:
        link.say(text)
        drop(link, line)

    return action


def in_two_pieces(pause: float) -> Callable[[Link, bytes], bytes]:
    """Send the first half of the line, wait, then the rest."""

    def action(link: Link, line: bytes) -> bytes:
        half = len(line) // 2
        link.say(line[:half])
        time.sleep(pause)
        return line[half:]

    return action


def half(link: Link, line: bytes) -> None:
    """Send the first half of the line and fall silent."""
    link.say(line[: len(line) // 2])
    link.is_silent = True


@contextmanager
def run_fault_proxy(upstream_port: int) -> Iterator[FaultProxy]:
    """Run a proxy before a server on loopback for as long as the block lasts."""
    proxy = FaultProxy(upstream_port=upstream_port)
    listener = socket.create_server(("127.0.0.1", 0))
    proxy.port = listener.getsockname()[1]

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            proxy.connections += 1
            link = Link(proxy, client)
            proxy._links.append(link)
            link.start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
        proxy.cut_all()
