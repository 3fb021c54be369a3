"""An OpenAI-compatible chat endpoint on loopback that answers what a test tells it to.

It keeps every request whole, so that a test can see what left the house.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def completion(content: object) -> bytes:
    """A chat completion whose message is `content`, as JSON where it is no text yet."""
    text = content if isinstance(content, str) else json.dumps(content)
    return json.dumps(
        {"choices": [{"message": {"role": "assistant", "content": text}}]}
    ).encode()


def opinion(urgency: str, category: str = "deposit", reason: str = "because") -> bytes:
    """A completion as it should be."""
    return completion({"urgency": urgency, "category": category, "reason": reason})


@dataclass
class Asked:
    path: str
    fields: dict[str, str]
    body: dict[str, Any]

    @property
    def mail(self) -> str:
        """The text that was shown."""
        shown: str = json.loads(self.body["messages"][1]["content"])["mail"]
        return shown


@dataclass
class ChatEndpoint:
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    """Every request as it came, its fields and its body."""
    answer: Callable[[str], bytes] = lambda _: opinion("normal")
    """Mail -> body of the reply."""
    status: int = 200
    delay: float = 0.0
    """Seconds before a reply begins ..."""
    drip: float = 0.0
    """... and between its bytes."""
    wire: bytes | None = None
    """Sent in place of an HTTP reply."""
    most_at_once: int = 0
    location: str = ""
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self) -> None:
        with self._lock:
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)

    def leave(self) -> None:
        with self._lock:
            self._now -= 1


@contextmanager
def chat_endpoint() -> Iterator[ChatEndpoint]:
    """Run one while the block lasts."""
    endpoint = ChatEndpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            endpoint.enter()
            try:
                self._reply()
            except OSError:
                pass  # who asked did not wait
            finally:
                endpoint.leave()

        def do_GET(self) -> None:
            endpoint.asked.append(Asked("GET", {}, {}))

        def _reply(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fields = {name.lower(): value for name, value in self.headers.items()}
            endpoint.raw.append(str(self.headers).encode() + body)
            asked = Asked(self.path, fields, json.loads(body))
            endpoint.asked.append(asked)
            time.sleep(endpoint.delay)
            if endpoint.wire is not None:
                self.wfile.write(endpoint.wire)
                return
            reply = endpoint.answer(asked.mail)
            self.send_response(endpoint.status)
            if endpoint.location:
                self.send_header("Location", endpoint.location)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            for place in range(len(reply) if endpoint.drip else 0):
                self.wfile.write(reply[place : place + 1])
                time.sleep(endpoint.drip)
            if not endpoint.drip:
                self.wfile.write(reply)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    endpoint.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
