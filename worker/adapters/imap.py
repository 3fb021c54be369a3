"""A folder of an IMAP account as a source of mail: listed whole, fetched whole, acknowledged.

Keeps one connection, makes it anew after a failure, and waits for news. How mails are listed
and fetched is imap_reading.py, what is done to them afterwards imap_acknowledging.py, the
commands are imap_session.py. Follows RFC 9051 and 2177.
"""

import contextlib
import difflib
import socket
import time
from collections.abc import Sequence
from datetime import timedelta

from worker.adapters.imap_acknowledging import NO_KEYWORDS, NO_UIDPLUS, Acknowledger
from worker.adapters.imap_reading import Reader
from worker.adapters.imap_session import (
    CommandRefused,
    ConnectionLost,
    FolderMissing,
    ImapSession,
    LoginRefused,
    where,
)
from worker.config import Mailbox
from worker.context import Fetched, FolderState, ListedMail
from worker.errors import Temporary

__all__ = ["LISTED_AT_MOST", "FolderMissing", "ImapMailbox", "LoginRefused", "probe"]

LISTED_AT_MOST = 2_000
"""Mails that one `list` returns; as many as this may mean that there are more."""
RENEW_IDLE_SECONDS = 9 * 60.0

Finding = tuple[str, bool, str]
"""What was looked at, whether it is well, and a sentence."""


class ImapMailbox:
    """One folder of one account: a MailSource of worker/context.py.

    Connects and logs in at the first use and again after a failure. One thread uses it; only
    `wake` may come from any thread. Every error is Temporary; its sentence names the server.
    UIDs mean what they meant at the last `select`: when the server renumbers the folder behind
    a lost connection, calls fail until `select` has told the new UIDVALIDITY.
    """

    def __init__(self, settings: Mailbox, *, deadline: timedelta) -> None:
        """deadline: longest wait for one answer; a fetch gets more by its size."""
        self._settings = settings
        self._seconds = deadline.total_seconds()
        self._session: ImapSession | None = None
        self._state: FolderState | None = None
        self._may_keyword = False
        self._reader = Reader(self._opened)
        self._acknowledger = Acknowledger(settings)
        self._alarm, self._ear = socket.socketpair()
        self._alarm.setblocking(False)
        self._ear.setblocking(False)

    def __repr__(self) -> str:
        return f"ImapMailbox({self._settings.name!r})"

    def select(self) -> FolderState:
        """Open the folder anew and tell its state; nothing is created or changed.

        Raises FolderMissing, with the nearest names, and LoginRefused.
        """
        is_old = self._session is not None and not self._session.is_dead
        try:
            self._state = self._select()
        except ConnectionLost:
            if not is_old:
                raise
            self._state = self._select()  # the server may end an idle session when it likes
        return self._state

    def list(self, first: int, last: int) -> tuple[ListedMail, ...]:
        r"""List the mails with UIDs `first` to `last`, ascending, those with \Deleted too.

        Returns the LISTED_AT_MOST lowest; fewer mean that these are all.
        """
        uidnext = self._known_state().uidnext
        return self._reader.listing(first, last, uidnext=uidnext, at_most=LISTED_AT_MOST)

    def fetch(self, wanted: Sequence[ListedMail]) -> Fetched:
        """Read whole mails, leaving their flags alone.

        Each wanted UID ends in `mails`, in `refused` or in `gone`. A mail over which the
        connection broke three times is refused, so that the others get through.
        """
        return self._reader.fetch(wanted)

    def acknowledge(self, uids: Sequence[int]) -> None:
        """Do to these mails what `after` says; again, or to mails gone, is harmless."""
        session = self._opened()
        self._acknowledger.acknowledge(session, uids, may_keyword=self._may_keyword)

    def wait(self, seconds: float) -> None:
        """Return when the server has news, on `wake`, or when the time has passed.

        Uses IDLE where configured and offered, and then returns after 9 minutes at the latest
        (RFC 2177 wants it renewed). Without a connection it only sleeps.
        """
        session, until = self._session, time.monotonic() + seconds
        if self._was_woken():
            return
        if session is not None and not session.is_dead and self._state is not None:
            if session.has_news:
                session.forget_news()
                return
            if self._settings.schedule.idle and "IDLE" in session.capabilities:
                with contextlib.suppress(CommandRefused):
                    session.idle(min(seconds, RENEW_IDLE_SECONDS), wake=self._ear)
                    session.forget_news()
                    self._was_woken()
                    return
        self._sleep(until - time.monotonic())

    def wake(self) -> None:
        """End a `wait`, the running one or the next; any thread may call it, at any time."""
        with contextlib.suppress(OSError):
            self._alarm.send(b"!")

    def close(self) -> None:
        """Log out and close for good; never fails."""
        if self._session is not None:
            self._session.end()
            self._session = None
        self._alarm.close()
        self._ear.close()

    def findings(self) -> "Sequence[Finding]":
        """Open the folder and say what is there, and what the server lacks for `after`."""
        state, offered = self.select(), self._opened().capabilities
        settings, server = self._settings, where(self._settings)
        wishes = [
            ("IDLE", settings.schedule.idle, "new mail is seen at the next poll only"),
            ("UIDPLUS", settings.after.action in {"move", "delete"}, NO_UIDPLUS),
        ]
        found = [
            ("connection", True, f"{server} answers ({settings.tls})"),
            ("login", True, f"{settings.username} is logged in"),
            ("folder", True, f"{settings.folder} holds {state.exists} mails"),
        ]
        if settings.after.action == "keyword":
            words = f"{settings.after.keyword} is kept" if self._may_keyword else NO_KEYWORDS
            found.append(("keyword", self._may_keyword, words))
        for name, is_wished, price in wishes:
            if is_wished:
                has_it = name in offered
                found.append((name, has_it, f"{server} offers {name}" if has_it else price))
        return found

    def _select(self) -> FolderState:
        if self._session is None or self._session.is_dead:
            self._session = None
            self._session = ImapSession(self._settings, seconds=self._seconds)
        session, settings = self._session, self._settings
        try:
            # EXAMINE where nothing will be changed: then a read-only folder will do.
            answer = session.select(
                settings.folder, read_only=settings.after.action == "nothing"
            )
        except CommandRefused as error:
            if not error.says_later and error.code != "READ-ONLY":
                _complain_of_folder(session, settings)
            raise
        if b"UIDVALIDITY" not in answer:
            raise Temporary(f"{session.where} tells no UIDVALIDITY for {settings.folder}")
        kept = {bytes(flag).strip(b"()").lower() for flag in answer.get(b"PERMANENTFLAGS", ())}
        self._may_keyword = bool(kept & {b"\\*", settings.after.keyword.lower().encode()})
        return FolderState(
            uidvalidity=int(answer[b"UIDVALIDITY"]),
            uidnext=int(answer[b"UIDNEXT"]) if b"UIDNEXT" in answer else None,
            exists=int(answer.get(b"EXISTS", 0)),
        )

    def _opened(self) -> ImapSession:
        """Hand over a session with the folder open and the UIDs as the last `select` told."""
        known = self._known_state()
        if self._session is None or self._session.is_dead:
            again = self._select()
            if again.uidvalidity != known.uidvalidity:
                self._state = None
                raise Temporary(
                    f"{where(self._settings)} has renumbered folder {self._settings.folder};"
                    " it is read anew at the next poll"
                )
        if self._session is None:
            raise Temporary(f"{where(self._settings)} is not connected")
        return self._session

    def _known_state(self) -> FolderState:
        if self._state is None:
            raise Temporary(f"folder {self._settings.folder} is not open yet")
        return self._state

    def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(OSError):
            self._ear.settimeout(max(0.001, seconds))
            self._ear.recv(1)
        self._was_woken()

    def _was_woken(self) -> bool:
        """Take in all calls of `wake`; True when there was one."""
        woken = False
        with contextlib.suppress(OSError):
            self._ear.setblocking(False)
            while self._ear.recv(1024):
                woken = True
        return woken


def probe(settings: Mailbox, *, deadline: timedelta) -> list[Finding]:
    """Try a mailbox without changing anything."""
    mailbox = ImapMailbox(settings, deadline=deadline)
    try:
        return list(mailbox.findings())
    except LoginRefused as error:
        return [("login", False, str(error))]
    except FolderMissing as error:
        return [("folder", False, str(error))]
    except Temporary as error:
        return [("connection", False, str(error))]
    finally:
        mailbox.close()


def _complain_of_folder(session: ImapSession, settings: Mailbox) -> None:
    """Raise FolderMissing, with near names, when the server does not list the folder."""
    folders = session.folders()
    if settings.folder in folders:
        return
    near = difflib.get_close_matches(settings.folder, folders, n=3, cutoff=0.5)
    raise FolderMissing(
        f"{session.where} has no folder {settings.folder} for {settings.username};"
        f" it has {', '.join(near or sorted(folders)[:5]) or 'none'}",
        folder=settings.folder,
    )
