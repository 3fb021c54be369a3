"""A fast SMTP server that takes every mail and notes when: `python -m bench.sink PORT LOG`."""

import asyncio
import itertools
import json
import os
import re
import socket
import sys
import time
from pathlib import Path
from typing import BinaryIO

ANSWERS = {
    b"EHLO": b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
    b"HELO": b"250 sink.example\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 goodbye\r\n",
}
IN_REPLY_TO = re.compile(rb"(?im)^In-Reply-To:\s*<([^>\r\n]*)>")
END = b"\r\n.\r\n"


class Connection(asyncio.Protocol):
    """One client; every command but DATA is answered at once."""

    numbers = itertools.count(1)

    def __init__(self, log: BinaryIO) -> None:
        self._log = log
        self._unread = bytearray()
        self._is_mail = False
        self._number = next(self.numbers)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        line: socket.socket = transport.get_extra_info("socket")
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport.write(b"220 sink.example\r\n")

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while self._take_mail() if self._is_mail else self._take_command():
            pass

    def _take_command(self) -> bool:
        end = self._unread.find(b"\r\n")
        if end < 0:
            return False
        verb = bytes(self._unread[:4]).upper()
        del self._unread[: end + 2]
        self._is_mail = verb == b"DATA"
        self._transport.write(ANSWERS.get(verb, b"250 ok\r\n"))
        if verb == b"QUIT":
            self._transport.close()
        return True

    def _take_mail(self) -> bool:
        end = self._unread.find(END)
        if end < 0:
            return False
        found = IN_REPLY_TO.search(bytes(self._unread[:end]))
        del self._unread[: end + len(END)]
        self._is_mail = False
        self._transport.write(b"250 2.0.0 taken\r\n")
        fact = {
            "at": time.time(),
            "in_reply_to": found[1].decode("ascii", "replace") if found else None,
            "bytes": end,
            "connection": self._number,
        }
        self._log.write(json.dumps(fact).encode() + b"\n")
        self._log.flush()
        return True


async def serve(port: int, log: Path) -> None:
    """Serve until the process that started it is gone."""
    parent = os.getppid()
    with log.open("ab") as file:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(file), "127.0.0.1", port)
        async with server:
            while os.getppid() == parent:
                await asyncio.sleep(1)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
