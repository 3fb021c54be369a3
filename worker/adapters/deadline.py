"""A connected socket whose waits end at one moment, however slowly the bytes drip in.

A timeout of the socket module counts anew for each packet; here the time of a whole command is
bounded. Used by the IMAP and the SMTP adapter; knows nothing of either.
"""

import contextlib
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Iterator

CHUNK = 1 << 16
KEEPALIVE_SECONDS = 120


class Hangup(ConnectionError):
    """The other side closed the connection."""


class TimedStream:
    """Bytes to and from a server; OSError when the time is up or the line is cut.

    One thread uses it.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.has_failed = False
        """True once the network failed; a command may then be half done."""
        self._unread = bytearray()
        self._until = time.monotonic()
        self._silence = 0.0

    def expire_in(self, seconds: float, *, silence: float | None = None) -> None:
        """Give everything from now on `seconds`, and each pause of the server `silence`."""
        self._until = time.monotonic() + seconds
        self._silence = seconds if silence is None else silence

    @property
    def is_closed(self) -> bool:
        return self.sock.fileno() < 0

    @property
    def has_unread(self) -> bool:
        """True when bytes are here that nobody has read yet."""
        if self._unread:
            return True
        return isinstance(self.sock, ssl.SSLSocket) and self.sock.pending() > 0

    def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Go over to TLS; bytes that came before it are an attack (RFC 9051 section 11.1)."""
        if self._unread:
            raise ssl.SSLError("the server sent data before TLS began")
        with self._watch():
            self.sock = context.wrap_socket(self.sock, server_hostname=host)

    def readline(self, limit: int) -> bytes:
        """Read up to and with the next LF; a longer line than `limit` is a ValueError."""
        searched = 0
        while (end := self._unread.find(b"\n", searched)) < 0:
            searched = len(self._unread)
            if searched > limit:
                raise ValueError(f"the server sent a line of more than {limit} bytes")
            self._unread += self._receive(CHUNK)
        return self._take(end + 1)

    def read(self, size: int) -> bytes:
        """Read exactly `size` bytes."""
        parts = [self._take(min(size, len(self._unread)))]
        missing = size - len(parts[0])
        while missing:
            parts.append(self._receive(min(missing, CHUNK)))
            missing -= len(parts[-1])
        return b"".join(parts)

    def read_some(self, limit: int) -> bytes:
        """Read what is there, at most `limit` bytes; b"" once the server has closed."""
        if self._unread:
            return self._take(min(limit, len(self._unread)))
        with contextlib.suppress(Hangup):
            return self._receive(limit)
        return b""

    def send(self, data: bytes) -> None:
        """Send all of `data`."""
        rest = memoryview(data)
        while rest:
            with self._watch():
                rest = rest[self.sock.send(rest) :]

    def wait(self, seconds: float, *, wake: socket.socket | None = None) -> bool:
        """Wait until the server sends something (then True) or `wake` is readable.

        A closed connection counts as something: reading tells.
        """
        if self.has_unread:
            return True
        with selectors.DefaultSelector() as selector:
            selector.register(self.sock, selectors.EVENT_READ)
            if wake is not None:
                selector.register(wake, selectors.EVENT_READ)
            ready = selector.select(max(0.0, seconds))
        return any(key.fileobj is self.sock for key, _ in ready)

    def close(self) -> None:
        """Close the socket; never fails."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self.sock.close()

    def _take(self, size: int) -> bytes:
        taken = bytes(self._unread[:size])
        del self._unread[:size]
        return taken

    def _receive(self, size: int) -> bytes:
        with self._watch():
            data = self.sock.recv(size)
            if not data:
                raise Hangup("the server closed the connection")
            return data

    @contextlib.contextmanager
    def _watch(self) -> Iterator[None]:
        left = min(self._until - time.monotonic(), self._silence)
        try:
            if left <= 0:
                raise TimeoutError("time is up")
            self.sock.settimeout(left)
            yield
        except OSError:
            self.has_failed = True
            raise


def open_stream(host: str, port: int, *, seconds: float) -> TimedStream:
    """Connect to the first address of `host` that answers, within `seconds` for all of them."""
    until = time.monotonic() + seconds
    trouble: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in _addresses(host, port, seconds):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(max(0.01, until - time.monotonic()))
            sock.connect(address)
        except OSError as error:
            sock.close()
            trouble = error
            continue
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_KEEPIDLE"):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_SECONDS)
        stream = TimedStream(sock)
        stream.expire_in(max(0.01, until - time.monotonic()))
        return stream
    raise trouble


Address = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[object, ...]]


def _addresses(host: str, port: int, seconds: float) -> list[Address]:
    """Resolve in a thread of its own: the system's resolver knows no deadline."""
    found: list[Address] = []
    trouble: list[OSError] = []

    def look_up() -> None:
        try:
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as error:
            trouble.append(error)
        except UnicodeError:  # a name that is none: empty or overlong labels
            trouble.append(OSError(f"{host!r} is not a host name"))

    thread = threading.Thread(target=look_up, name=f"resolve {host}", daemon=True)
    thread.start()
    thread.join(seconds)
    if trouble:
        raise trouble[0]
    if not found:
        raise TimeoutError(f"the name {host} could not be resolved in time")
    return found
