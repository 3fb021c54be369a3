"""One logged-in IMAP connection: commands with a total deadline each, answers strictly read.

What to ask, and what an answer means for the mailbox, is the business of
worker/adapters/imap.py and its neighbours. Follows RFC 9051 and 3501; codes of RFC 5530.
"""

import contextlib
import imaplib
import re
import socket
import ssl
import time
from collections.abc import Iterator
from typing import Any

from worker.adapters.deadline import TimedStream
from worker.adapters.imap_wire import (
    LITERAL_SLACK,
    UNREADABLE,
    Client,
    fetch_answers,
    text_of,
)
from worker.adapters.tls import connect, explain, start_tls
from worker.config import Mailbox
from worker.errors import Temporary

SLOWEST_BYTES_PER_SECOND = 64_000
"""A mail gets the deadline and one second more for each of these."""
LATER = frozenset({"UNAVAILABLE", "INUSE", "LIMIT"})
"""Codes of RFC 5530 that tell to come back later, not that the request is wrong."""
NO_CONNECTION = "it is tried again by itself"


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


class ImapSession:
    """A connection that is open, safe and logged in by its constructor; one thread uses it.

    Every method raises ConnectionLost, Garbled or CommandRefused; after the first two the
    session is dead. Sets of UIDs are written as in IMAP: "3:9,12".
    """

    _client: Any = None  # until the server has greeted

    def __init__(self, settings: Mailbox, *, seconds: float) -> None:
        self._settings = settings
        self._seconds = seconds
        self.where = where(settings)
        self.is_dead = False
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
                raise imaplib.IMAP4.error(f"fetch failed: {text_of(words)}")
            return fetch_answers(answers)

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
            return [str(name) for flags, _, name in found if not _is_unselectable(flags)]

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
                        f"idle failed: {text_of(imap.tagged_commands[tag][1])}"
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
        try:
            return connect(
                settings.host,
                port_of(settings),
                tls=settings.tls,
                ca_file=settings.ca_file,
                seconds=self._seconds,
            )
        except OSError as error:
            sentence = explain(error, server=self.where, seconds=self._seconds)
            raise ConnectionLost(sentence) from error

    def _greet(self) -> None:
        with self._command("greeting"):
            try:
                self._client = Client(
                    self._stream, self._settings.host, port_of(self._settings)
                )
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error as error:  # BYE: overloaded, or going down
                words = _shown(text_of([error.args[0]]))
                raise ConnectionLost(
                    f"{self.where} turns us away ({words}); {NO_CONNECTION}"
                ) from error
        if self._client._imap.state != "NONAUTH":
            # RFC 9051 section 11.1: PREAUTH before TLS is how TLS is kept from happening.
            raise ConnectionLost(
                f"{self.where} greets with PREAUTH, which is not trusted; ask its operator"
            )
        if self._settings.tls == "starttls":
            with self._command("starting TLS"):
                self._start_tls()

    def _start_tls(self) -> None:
        imap = self._client._imap
        if "STARTTLS" not in imap.capabilities:
            raise ConnectionLost(f"{self.where} offers no STARTTLS; no login without TLS")
        kind, words = imap._simple_command("STARTTLS")
        if kind != "OK":
            raise imaplib.IMAP4.error(f"starttls failed: {text_of(words)}")
        start_tls(self._stream, self._settings.host, ca_file=self._settings.ca_file)
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
                    raise imaplib.IMAP4.error(f"login failed: {text_of(words)}")
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
                f"{self.where} refuses the login of {username} ({refused.words});"
                " check username and password",
                code=refused.code,
            ) from None

    @contextlib.contextmanager
    def _command(self, doing: str, *, extra_seconds: float = 0.0) -> Iterator[None]:
        """Bound the time of a command and turn whatever goes wrong into our errors."""
        if self.is_dead:
            raise ConnectionLost(f"the connection to {self.where} is gone; {NO_CONNECTION}")
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
                f"{self.where} lets nobody change folder {self._settings.folder};"
                " set after.action to nothing",
                words=str(error),
                code="READ-ONLY",
            ) from error
        except imaplib.IMAP4.abort as error:
            # imaplib calls both so: a lost connection, and an answer that it cannot place.
            said_bye = self._client and "BYE" in self._client._imap.untagged_responses
            was_cut = self._stream.has_failed or said_bye
            self.drop()
            raise (self._lost(doing, error) if was_cut else self._garbled(doing)) from error
        except imaplib.IMAP4.error as error:
            raise self._refused(error, doing) from error

    def _lost(self, doing: str, error: Exception) -> ConnectionLost:
        if isinstance(error, ssl.SSLError):
            return ConnectionLost(explain(error, server=self.where, seconds=self._seconds))
        if isinstance(error, TimeoutError):
            words = f"did not answer within {self._seconds:g} s"
        else:
            words = f"hung up ({_shown(str(error))})"
        return ConnectionLost(f"{self.where} {words} while {doing}; {NO_CONNECTION}")

    def _garbled(self, doing: str) -> Garbled:
        return Garbled(f"{self.where} sent an answer that makes no sense while {doing}")

    def _refused(self, error: Exception, doing: str) -> CommandRefused:
        words = _shown(re.sub(r"^.*?(failed: |command error: (NO|BAD) )", "", str(error)))
        words = re.sub(r"^\[b['\"](.*)['\"]\]$", r"\1", words)
        code = re.match(r"\[([A-Za-z-]+)", words)
        return CommandRefused(
            f"{self.where} refuses {doing} ({words})",
            words=words,
            code=code[1].upper() if code else None,
        )


def port_of(settings: Mailbox) -> int:
    """Tell the port: the configured one, or the usual one of the TLS mode."""
    return settings.port or (993 if settings.tls == "implicit" else 143)


def where(settings: Mailbox) -> str:
    """Name the server for people."""
    return f"the IMAP server {settings.host}:{port_of(settings)}"


def _is_unselectable(flags: tuple[bytes, ...]) -> bool:
    return bool({b"\\noselect", b"\\nonexistent"} & {flag.lower() for flag in flags})


def _shown(words: str) -> str:
    """Cut a server's words to what may stand in a sentence of ours."""
    return "".join(c if c.isprintable() else "?" for c in words.strip())[:200]
