"""imaplib and imapclient, made to read from a TimedStream and to tell what they hide.

The only importer of imapclient. Both libraries are used for what they are good at: tags,
literals, quoting, the grammar of answers. What they get wrong under faults is put right here
and in worker/adapters/imap_session.py.
"""

import imaplib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from imapclient import IMAPClient
from imapclient.datetime_util import parse_to_datetime
from imapclient.exceptions import ProtocolError
from imapclient.response_parser import parse_response

from worker.adapters.deadline import TimedStream

LONGEST_LINE = 16 * 2**20
"""Bytes. imaplib stops at 1,000,000, which a SEARCH over a wide window of UIDs may exceed."""
LITERAL_SLACK = 64 * 2**20
"""Bytes that a literal may be longer than the size that was announced for it."""
UNKNOWN_DATE = datetime.fromtimestamp(0, UTC)
"""Stands for an INTERNALDATE that cannot be read: old, so that no answer goes out for it."""
WITH_BODY = frozenset({b"UID", b"RFC822.SIZE", b"BODY[]", b"FLAGS", b"MODSEQ"})
"""Attributes that may stand beside a body: asked for, or volunteered by servers."""
UNREADABLE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
    ProtocolError,
)
"""What imaplib and imapclient raise over an answer that breaks the grammar."""


class Imap4(imaplib.IMAP4):
    """imaplib on a TimedStream, counting mails and keeping no log of commands (passwords)."""

    def __init__(self, stream: TimedStream, host: str, port: int) -> None:
        self.stream = stream
        self.mail_count = 0
        self.has_news = False
        """True when EXISTS told of more mails than were known."""
        self.longest_literal = LITERAL_SLACK
        super().__init__(host, port)

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:  # noqa: ARG002
        self.host, self.port, self.sock = host, port, self.stream.sock

    def read(self, size: int) -> bytes:
        if size > self.longest_literal:
            raise ValueError(f"the server announced a literal of {size} bytes")
        return self.stream.read(size)

    def readline(self) -> bytes:
        return self.stream.readline(LONGEST_LINE)

    def send(self, data: Any) -> None:
        self.stream.send(bytes(data))

    def shutdown(self) -> None:
        self.stream.close()

    def _log(self, line: str) -> None:
        """Keep nothing: imaplib would hold the last ten commands, LOGIN among them."""

    def _append_untagged(self, typ: str, dat: Any) -> None:
        append: Any = super()
        append._append_untagged(typ, dat)
        if typ == "EXISTS" and dat.isdigit():
            self.has_news = self.has_news or int(dat) > self.mail_count
            self.mail_count = int(dat)
        elif typ == "EXPUNGE":
            self.mail_count -= 1


class Client(IMAPClient):  # type: ignore[misc]  # imapclient ships no types
    def __init__(self, stream: TimedStream, host: str, port: int) -> None:
        self._stream = stream
        super().__init__(host, port, ssl=False)
        # imapclient switches imaplib's debugging on: it costs more than half of a fetch.
        self._imap.debug = 0

    def _create_IMAP4(self) -> Imap4:
        return Imap4(self._stream, self.host, self.port)


def fetch_answers(lines: list[Any]) -> list[dict[bytes, Any]]:
    """Read the attributes of each FETCH answer, asked for or not; raises one of UNREADABLE."""
    return [_attributes(answer) for answer in _second_of_each(parse_response(lines))]


def _second_of_each(parsed: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Take the attribute lists out of "number, list, number, list ..."."""
    if len(parsed) % 2:
        raise ValueError("half a FETCH answer")
    for number, attributes in zip(parsed[::2], parsed[1::2], strict=True):
        if not isinstance(number, int) or not isinstance(attributes, tuple):
            raise ValueError("not a FETCH answer")
        yield attributes


def _attributes(parsed: tuple[Any, ...]) -> dict[bytes, Any]:
    if len(parsed) % 2:
        raise ValueError("an attribute without a value")
    found = {parsed[i].upper(): parsed[i + 1] for i in range(0, len(parsed), 2)}
    if len(found) * 2 < len(parsed) or (b"BODY[]" in found and not found.keys() <= WITH_BODY):
        # A line that was sent twice makes the first body end within the second: right length,
        # wrong bytes. The rest of it then shows as attributes that nobody asked for.
        raise ValueError("attributes that do not belong to a body")
    if b"INTERNALDATE" in found:
        found[b"INTERNALDATE"] = _date(found[b"INTERNALDATE"])
    return found


def _date(text: Any) -> datetime:
    try:
        date: datetime = parse_to_datetime(text, normalise=False)
        return date.astimezone(UTC)
    except (*UNREADABLE, OverflowError):
        return UNKNOWN_DATE


def text_of(words: list[Any]) -> str:
    last = words[-1] if words else b""
    return last.decode("utf-8", "replace") if isinstance(last, bytes) else str(last)
