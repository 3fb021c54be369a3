"""One logged-in IMAP connection: commands with a total deadline each, answers strictly read.

The only importer of imapclient. What to ask, and what an answer means for the mailbox, is the
business of worker/adapters/imap.py. Follows RFC 9051 and RFC 3501; response codes of RFC 5530.
"""

import contextlib
import imaplib
import re
import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from imapclient import IMAPClient
from imapclient.datetime_util import parse_to_datetime
from imapclient.exceptions import ProtocolError
from imapclient.response_parser import parse_response

from worker.adapters.deadline import TimedStream, open_stream
from worker.adapters.tls import explain, make_context
from worker.config import Mailbox
from worker.errors import Temporary

LONGEST_LINE = 16 * 2**20
"""Bytes. imaplib stops at 1,000,000, which a SEARCH over a wide window of UIDs may exceed."""
LITERAL_SLACK = 64 * 2**20
"""Bytes that a literal may be longer than the size that was announced for it."""
SLOWEST_BYTES_PER_SECOND = 64_000
"""A mail gets the deadline and one second more for each of these."""
LATER = frozenset({"UNAVAILABLE", "INUSE", "LIMIT"})
"""Codes of RFC 5530 that tell to come back later, not that the request is wrong."""
UNKNOWN_DATE = datetime.fromtimestamp(0, UTC)
"""Stands for an INTERNALDATE that cannot be read: old, so that no answer goes out for it."""
NO_CONNECTION = "it is tried again by itself"
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RecursionError, ProtocolError)
"""What imaplib and imapclient raise over an answer that breaks the grammar."""


class LoginRefused(Temporary):
    """The server does not take this username and password."""


class FolderMissing(Temporary):
    """The server knows no such folder."""


class ConnectionLost(Temporary):
    """The network failed, or the server hung up or fell silent; the command may have run."""


class Garbled(Temporary):
    """An answer that cannot be read; the connection was given up, as it may be out of step."""


class CommandRefused(Temporary):
    """The server answered NO or BAD; the connection is still good."""

    def __init__(self, sentence: str, *, words: str, code: str | None) -> None:
        super().__init__(sentence, code=code)
        self.words = words
        self.code = code
        """Response code of RFC 5530 without brackets; None without one."""

    @property
    def says_later(self) -> bool:
        return self.code in LATER


class _Imap4(imaplib.IMAP4):
    """imaplib on a TimedStream, counting mails and keeping no log of commands (passwords)."""

    def __init__(self, stream: TimedStream, host: str, port: int) -> None:
        self.stream = stream
        self.mail_count = 0
        self.has_news = False
        """True when EXISTS told of more mails than were known."""
        self.longest_literal = LITERAL_SLACK
        super().__init__(host, port)

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
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


class _Client(IMAPClient):  # type: ignore[misc]  # imapclient ships no types
    def __init__(self, stream: TimedStream, host: str, port: int) -> None:
        self._stream = stream
        super().__init__(host, port, ssl=False)
        # imapclient switches imaplib's debugging on: it costs more than half of a fetch.
        self._imap.debug = 0

    def _create_IMAP4(self) -> _Imap4:
        return _Imap4(self._stream, self.host, self.port)


class ImapSession:
    """A connection that is open, safe and logged in; made by its constructor, used by one thread.

    Every method raises ConnectionLost, Garbled or CommandRefused; after the first two the
    session is dead. Sets of UIDs are written as in IMAP: "3:9,12".
    """

    def __init__(self, settings: Mailbox, *, seconds: float) -> None:
        self._settings = settings
        self._seconds = seconds
        self._where = where(settings)
        self.is_dead = False
        self._client: Any = None
        self._stream = self._open()
        try:
            self._greet()
            with self._command("logging in"):
                self._log_in()
                self.capabilities = frozenset(c.decode() for c in self._client.capabilities())
        except BaseException:
            self.drop()
            raise

    @property
    def has_news(self) -> bool:
        """True when the server told of new mails since the last SELECT."""
        return bool(self._client._imap.has_news)

    def forget_news(self) -> None:
        self._client._imap.has_news = False

    def select(self, folder: str, *, read_only: bool) -> dict[bytes, Any]:
        """Open a folder; the keys are those of imapclient's select_folder."""
        with self._command(f"opening folder {folder}"):
            answer: dict[bytes, Any] = self._client.select_folder(folder, readonly=read_only)
        self.forget_news()
        return answer

    def search(self, uids: str, *criteria: str) -> list[int]:
        """List those of `uids` that exist and meet the criteria, as the server orders them."""
        with self._command("searching"):
            return list(self._client.search(["UID", uids, *criteria]))

    def fetch(self, uids: str, items: str, *, size_bytes: int = 0) -> list[dict[bytes, Any]]:
        """Read attributes; one dictionary for each answer of the server, asked for or not.

        size_bytes: how much is expected; the deadline grows with it.
        """
        imap = self._client._imap
        imap.longest_literal = size_bytes + LITERAL_SLACK
        extra = size_bytes / SLOWEST_BYTES_PER_SECOND
        with self._command("reading mails", extra_seconds=extra):
            tag = imap._command("UID", "FETCH", uids, items)
            kind, words = imap._command_complete("FETCH", tag)
            answers = imap.untagged_responses.pop("FETCH", [])
            if kind != "OK":
                raise imaplib.IMAP4.error(f"fetch failed: {_text(words)}")
            return [_attributes(answer) for answer in _second_of_each(parse_response(answers))]

    def add_flags(self, uids: str, *flags: str) -> None:
        with self._command("setting flags"):
            self._client.add_flags(uids, flags, silent=True)

    def move(self, uids: str, folder: str) -> None:
        with self._command(f"moving mails to {folder}"):
            self._client.move(uids, folder)

    def copy(self, uids: str, folder: str) -> None:
        with self._command(f"copying mails to {folder}"):
            self._client.copy(uids, folder)

    def expunge(self, uids: str) -> None:
        r"""Remove those of `uids` that carry \Deleted, and no others (RFC 4315 section 2.1)."""
        with self._command("expunging"):
            self._client.uid_expunge(uids)

    def create(self, folder: str) -> None:
        with self._command(f"creating folder {folder}"):
            self._client.create_folder(folder)

    def folders(self) -> list[str]:
        """Name the folders that can be opened."""
        with self._command("listing folders"):
            found = self._client.list_folders()
        return [str(name) for flags, _, name in found if b"\\noselect" not in _lower(flags)]

    def idle(self, seconds: float, *, wake: socket.socket) -> None:
        """Wait for news from the server, for `wake` to be readable, or for the time to pass."""
        imap = self._client._imap
        end = time.monotonic() + seconds
        with self._command("starting IDLE"):
            tag = imap._command("IDLE")
            # Lines may come before the "+"; imapclient's own idle() fails over them.
            while imap._get_response() is not None:
                if imap.tagged_commands[tag]:
                    raise imaplib.IMAP4.error(
                        f"idle failed: {_text(imap.tagged_commands[tag][1])}"
                    )
        while not self.has_news and (left := end - time.monotonic()) > 0:
            if not self._stream.wait(left, wake=wake):
                break
            with self._command("waiting for new mail"):
                imap._get_response()
                imap._check_bye()
            if imap.untagged_responses.keys() & {"EXISTS", "RECENT", "EXPUNGE", "VANISHED"}:
                break
        with self._command("ending IDLE"):
            imap.send(b"DONE\r\n")
            imap._command_complete("IDLE", tag)

    def end(self) -> None:
        """Log out politely and close; never fails."""
        if not self.is_dead:
            self._stream.expire_in(min(3.0, self._seconds))
            with contextlib.suppress(OSError, imaplib.IMAP4.error, *UNREADABLE):
                self._client.logout()
        self.drop()

    def drop(self) -> None:
        """Close at once."""
        self.is_dead = True
        self._stream.close()

    def _open(self) -> TimedStream:
        settings = self._settings
        context = make_context(settings.ca_file)
        try:
            stream = open_stream(settings.host, port_of(settings), seconds=self._seconds)
            try:
                if settings.tls == "implicit":
                    stream.start_tls(context, settings.host)
            except BaseException:
                stream.close()
                raise
        except OSError as error:
            raise ConnectionLost(
                explain(error, server=self._where, seconds=self._seconds)
            ) from error
        return stream

    def _greet(self) -> None:
        with self._command("greeting"):
            try:
                self._client = _Client(
                    self._stream, self._settings.host, port_of(self._settings)
                )
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error as error:  # BYE: overloaded, or going down
                words = _shown(_text([error.args[0]]))
                raise ConnectionLost(
                    f"{self._where} turns us away ({words}); {NO_CONNECTION}"
                ) from error
        if self._client._imap.state != "NONAUTH":
            # RFC 9051 section 11.1: PREAUTH before TLS is how TLS is kept from happening.
            raise ConnectionLost(
                f"{self._where} greets with PREAUTH, which is not trusted; ask its operator"
            )
        if self._settings.tls == "starttls":
            with self._command("starting TLS"):
                self._start_tls()

    def _start_tls(self) -> None:
        imap = self._client._imap
        if "STARTTLS" not in imap.capabilities:
            raise ConnectionLost(f"{self._where} offers no STARTTLS; no login without TLS")
        kind, words = imap._simple_command("STARTTLS")
        if kind != "OK":
            raise imaplib.IMAP4.error(f"starttls failed: {_text(words)}")
        self._stream.start_tls(make_context(self._settings.ca_file), self._settings.host)
        imap.sock = self._stream.sock
        imap.untagged_responses.clear()
        imap._get_capabilities()
        self._client._starttls_done = True

    def _log_in(self) -> None:
        imap = self._client._imap
        username = self._settings.username
        password = self._settings.password.get_secret_value()
        plain_words = (username + password).isascii() and (username + password).isprintable()
        try:
            if plain_words and "LOGINDISABLED" not in imap.capabilities:
                kind, words = imap._simple_command(
                    "LOGIN", imap._quote(username), imap._quote(password)
                )
                if kind != "OK":
                    raise imaplib.IMAP4.error(f"login failed: {_text(words)}")
                imap.state = "AUTH"
            else:
                self._client.plain_login(username, password)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            refused = self._refused(error, "logging in")
            if refused.says_later or refused.code == "SERVERBUG":
                raise refused from None
            raise LoginRefused(
                f"{self._where} refuses the login of {username} ({refused.words});"
                " check username and password",
                code=refused.code,
            ) from None

    @contextlib.contextmanager
    def _command(self, doing: str, *, extra_seconds: float = 0.0) -> Iterator[None]:
        """Bound the time of a command and turn whatever goes wrong into our errors."""
        if self.is_dead:
            raise ConnectionLost(f"the connection to {self._where} is gone; {NO_CONNECTION}")
        self._stream.expire_in(self._seconds + extra_seconds, silence=self._seconds)
        if self._client is not None:
            for leftover in ("FETCH", "SEARCH", "EXISTS", "RECENT", "EXPUNGE"):
                self._client._imap.untagged_responses.pop(leftover, None)
        try:
            yield
        except Temporary:
            raise
        except OSError as error:
            self.drop()
            raise self._lost(doing, error) from error
        except UNREADABLE as error:
            self.drop()
            raise self._garbled(doing) from error
        except imaplib.IMAP4.readonly as error:
            raise CommandRefused(
                f"{self._where} lets nobody change folder {self._settings.folder};"
                " set after.action to nothing",
                words=str(error),
                code="READ-ONLY",
            ) from error
        except imaplib.IMAP4.abort as error:
            # imaplib calls both so: a lost connection, and an answer that it cannot place.
            said_bye = self._client and "BYE" in self._client._imap.untagged_responses
            was_cut = self._stream.is_broken or said_bye
            self.drop()
            raise (self._lost(doing, error) if was_cut else self._garbled(doing)) from error
        except imaplib.IMAP4.error as error:
            raise self._refused(error, doing) from error

    def _lost(self, doing: str, error: Exception) -> ConnectionLost:
        if isinstance(error, ssl.SSLError):
            return ConnectionLost(explain(error, server=self._where, seconds=self._seconds))
        if isinstance(error, TimeoutError):
            words = f"did not answer within {self._seconds:g} s"
        else:
            words = f"hung up ({_shown(str(error))})"
        return ConnectionLost(f"{self._where} {words} while {doing}; {NO_CONNECTION}")

    def _garbled(self, doing: str) -> Garbled:
        return Garbled(f"{self._where} sent an answer that makes no sense while {doing}")

    def _refused(self, error: Exception, doing: str) -> CommandRefused:
        words = _shown(re.sub(r"^.*?(failed: |command error: (NO|BAD) )", "", str(error)))
        words = re.sub(r"^\[b['\"](.*)['\"]\]$", r"\1", words)
        code = re.match(r"\[([A-Za-z-]+)", words)
        return CommandRefused(
            f"{self._where} refuses {doing} ({words})",
            words=words,
            code=code[1].upper() if code else None,
        )


def port_of(settings: Mailbox) -> int:
    """Tell the port: the configured one, or the usual one of the TLS mode."""
    return settings.port or (993 if settings.tls == "implicit" else 143)


def where(settings: Mailbox) -> str:
    """Name the server for people."""
    return f"the IMAP server {settings.host}:{port_of(settings)}"


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
    found = {bytes(parsed[i]).upper(): parsed[i + 1] for i in range(0, len(parsed), 2)}
    if b"INTERNALDATE" in found:
        found[b"INTERNALDATE"] = _date(found[b"INTERNALDATE"])
    return found


def _date(text: Any) -> datetime:
    try:
        date: datetime = parse_to_datetime(text, normalise=False)
        return date.astimezone(UTC)
    except (*UNREADABLE, OverflowError):
        return UNKNOWN_DATE


def _lower(flags: tuple[bytes, ...]) -> set[bytes]:
    return {bytes(flag).lower() for flag in flags}


def _text(words: list[Any]) -> str:
    last = words[-1] if words else b""
    return last.decode("utf-8", "replace") if isinstance(last, bytes) else str(last)


def _shown(words: str) -> str:
    """Cut a server's words to what may stand in a sentence of ours."""
    return "".join(c if c.isprintable() else "?" for c in words.strip())[:200]
