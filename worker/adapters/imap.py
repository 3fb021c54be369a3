"""A folder of an IMAP account as a source of mail: listed whole, fetched whole, acknowledged.

Trusts no single answer of a server: a listing is asked for in two ways, every body is held against
its size, and whatever is odd is asked again mail by mail. Deletes nothing unless the configuration
says so. The connection itself is worker/adapters/imap_session.py. Follows RFC 9051, 2177, 4315, 6851.
"""

import contextlib
import difflib
import socket
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from worker import log
from worker.adapters.imap_session import (
    CommandRefused,
    ConnectionLost,
    FolderMissing,
    Garbled,
    ImapSession,
    LoginRefused,
    UNKNOWN_DATE,
    where,
)
from worker.config import Mailbox
from worker.context import Fetched, FetchedMail, FolderState, ListedMail
from worker.errors import ConfigError, Temporary

__all__ = ["LISTED_AT_MOST", "FolderMissing", "ImapMailbox", "LoginRefused", "probe"]

LISTED_AT_MOST = 2_000
"""Mails that one `list` returns; as many as this may mean that there are more."""
FIRST_WINDOW = 2_000
"""UIDs that the first question of a listing covers; doubled while nothing is found."""
HIGHEST_UID = 2**32 - 1
LONGEST_SET = 4_000
"""Bytes of a set of UIDs in one command; servers take 8,000 a line (RFC 7162 section 4)."""
RENEW_IDLE_SECONDS = 9 * 60
TRIES = 3


Listed = list[ListedMail]
Whole = list[FetchedMail]


class ImapMailbox:
    """One folder of one account: a MailSource of worker/context.py.

    Connects and logs in at the first use and again after a failure. One thread uses it; only
    `wake` may come from any thread. Every error is Temporary; its sentence names the server.
    UIDs mean what they meant at the last `select`: when the server renumbers the folder behind a
    lost connection, calls fail until `select` has told the new UIDVALIDITY.
    """

    def __init__(self, settings: Mailbox, *, deadline: timedelta) -> None:
        """deadline: longest wait for one answer; a fetch gets more by its size."""
        self._settings = settings
        self._seconds = deadline.total_seconds()
        self._session: ImapSession | None = None
        self._state: FolderState | None = None
        self._may_keyword = False
        self._lost_with: Counter[int] = Counter()
        """How often the connection broke while this UID was under way."""
        self._said: set[str] = set()
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

        Returns the LISTED_AT_MOST lowest; fewer mean that these are all. Each part of the range
        is asked for by SEARCH and by FETCH, which must agree.
        """
        known = self._known_state()
        last = min(last, HIGHEST_UID)
        # Beyond UIDNEXT there is nothing but what came since SELECT: one question is enough.
        border = last if known.uidnext is None else known.uidnext - 1
        low, width, found = max(first, 1), FIRST_WINDOW, list[ListedMail]()
        while low <= last and len(found) < LISTED_AT_MOST:
            high = last if low > border else min(low + width - 1, border, last)
            mails, high = self._list_window(low, high, LISTED_AT_MOST - len(found))
            found += mails
            width = (
                FIRST_WINDOW if len(mails) > FIRST_WINDOW // 4 else width * (1 + (not mails))
            )
            low = high + 1
        return tuple(found)

    def fetch(self, wanted: Sequence[ListedMail]) -> Fetched:
        """Read whole mails, leaving their flags alone.

        Each wanted UID ends in `mails`, in `refused` or in `gone`. A mail whose transfer broke
        the connection three times is refused, so that the others get through.
        """
        suspects = [mail for mail in wanted if self._lost_with[mail.uid]]
        calm = [mail for mail in wanted if not self._lost_with[mail.uid]]
        mails = self._fetch_batch(calm)
        if mails is None:
            mails, suspects = [], [*calm, *suspects]
        refused, gone = dict[int, str](), list[int]()
        for mail in suspects:
            match self._fetch_alone(mail):
                case FetchedMail() as fetched:
                    mails.append(fetched)
                case str(words):
                    refused[mail.uid] = words
                case None:
                    gone.append(mail.uid)
        return Fetched(mails=tuple(mails), refused=refused, gone=tuple(gone))

    def acknowledge(self, uids: Sequence[int]) -> None:
        """Do to these mails what `after` says; doing it again, or to mails gone, does no harm."""
        after = self._settings.after
        for part in _sets(uids):
            match after.action:
                case "keyword":
                    self._set_keyword(part)
                case "seen":
                    self._opened().add_flags(part, r"\Seen")
                case "move":
                    self._move(part, after.folder or "Postclerk")
                case "delete":
                    self._opened().add_flags(part, r"\Deleted")
                    self._expunge(part)
                case "nothing":
                    return

    def wait(self, seconds: float) -> None:
        """Return when the server has news, on `wake`, or when the time has passed.

        Uses IDLE where configured and offered, and then returns after 9 minutes at the latest
        (RFC 2177 wants it renewed). Without a connection it only sleeps.
        """
        session = self._session
        if self._woken():
            return None
        if session is None or session.is_dead or self._state is None:
            return self._sleep(seconds)
        if not self._settings.schedule.idle or "IDLE" not in session.capabilities:
            return self._sleep(seconds)
        if not session.has_news:
            try:
                session.idle(min(seconds, RENEW_IDLE_SECONDS), wake=self._ear)
            except CommandRefused:
                return self._sleep(seconds)
        session.forget_news()
        self._woken()
        return None

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

    def shortcomings(self) -> "Sequence[tuple[str, bool, str]]":
        """Say what the server lacks of what the configuration would use; after `select`."""
        offered = self._opened().capabilities
        after = self._settings.after.action
        wishes = [
            ("IDLE", self._settings.schedule.idle, "new mail is only seen at the next poll"),
            ("MOVE", after == "move", "mails are copied and flagged instead"),
            ("UIDPLUS", after in {"move", "delete"}, r"mails stay, flagged \Deleted"),
        ]
        lacks = [
            (name, False, f"{self._where} offers no {name}: {price}")
            for name, is_wished, price in wishes
            if is_wished and name not in offered
        ]
        if after == "keyword" and not self._may_keyword:
            lacks.append(
                ("keyword", False, f"{self._where} keeps no keywords: mails stay as is")
            )
        return lacks

    # -- the connection

    def _select(self) -> FolderState:
        if self._session is None or self._session.is_dead:
            self._session = None
            self._session = ImapSession(self._settings, seconds=self._seconds)
        session, folder = self._session, self._settings.folder
        try:
            answer = session.select(folder, read_only=self._settings.after.action == "nothing")
        except CommandRefused as error:
            if error.says_later or error.code == "READ-ONLY":
                raise
            self._complain_of_folder(error)
        if b"UIDVALIDITY" not in answer:
            raise Temporary(f"{self._where} tells no UIDVALIDITY for folder {folder}")
        kept = {bytes(flag).strip(b"()").lower() for flag in answer.get(b"PERMANENTFLAGS", ())}
        self._may_keyword = bool(kept & {b"\\*", self._settings.after.keyword.lower().encode()})
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
                raise Temporary(f"{self._where} has renumbered folder {self._settings.folder}")
        if self._session is None:
            raise AssertionError("a session that was selected is there")
        return self._session

    def _known_state(self) -> FolderState:
        if self._state is None:
            raise Temporary(f"folder {self._settings.folder} of {self._where} is not open yet")
        return self._state

    @property
    def _where(self) -> str:
        return where(self._settings)

    def _complain_of_folder(self, error: CommandRefused) -> None:
        if self._session is None:
            raise error
        folders = self._session.folders()
        folder = self._settings.folder
        if folder in folders:
            raise error
        near = (
            difflib.get_close_matches(folder, folders, n=3, cutoff=0.5) or sorted(folders)[:5]
        )
        raise FolderMissing(
            f"{self._where} has no folder {folder} for {self._settings.username};"
            f" it has {', '.join(near)}",
            folder=folder,
        ) from error

    # -- listing

    def _list_window(self, low: int, high: int, room: int) -> tuple[Listed, int]:
        """List the `room` lowest mails of a window; tell also up to where they are all."""
        for _ in range(TRIES):
            session = self._opened()
            searched = sorted(set(session.search(f"{low}:{high}")))
            top = searched[room - 1] if len(searched) > room else high
            answers = session.fetch(f"{low}:{top}", "(UID RFC822.SIZE INTERNALDATE FLAGS)")
            listed = _listed(answers)
            if list(listed) == searched[:room] and all(low <= uid <= top for uid in listed):
                return list(listed.values()), top
        raise Temporary(
            f"{self._where} lists other mails by SEARCH than by FETCH in folder"
            f" {self._settings.folder}; it is asked again at the next poll",
            first=low,
            last=high,
        )

    # -- fetching

    def _fetch_batch(self, wanted: Sequence[ListedMail]) -> Whole | None:
        """Fetch mails together; None when anything about the answer is odd."""
        if not wanted:
            return []
        found: dict[int, tuple[bytes, int]] = {}
        size_bytes = sum(mail.size_bytes for mail in wanted)
        try:
            for part in _sets(mail.uid for mail in wanted):
                found.update(self._read(part, size_bytes, wanted))
        except Garbled:
            return None
        except CommandRefused as error:
            if error.says_later:
                raise
            return None
        if set(found) != {mail.uid for mail in wanted}:
            return None
        if any(not _is_whole(mail, *found[mail.uid]) for mail in wanted):
            return None
        return [FetchedMail(uid=mail.uid, raw=found[mail.uid][0]) for mail in wanted]

    def _fetch_alone(self, mail: ListedMail) -> FetchedMail | str | None:
        """Fetch one mail with patience; words when the server refuses it, None when it is gone."""
        earlier: bytes | None = None
        words = "the server sends other bytes each time"
        for _ in range(TRIES):
            try:
                found = self._read(str(mail.uid), mail.size_bytes, [mail])
            except Garbled as error:
                words = error.sentence
                continue
            except (ConnectionLost, CommandRefused) as error:
                comes_later = isinstance(error, ConnectionLost) or error.says_later
                if comes_later and self._lost_with[mail.uid] < TRIES:
                    raise
                words, found = error.sentence, {}
                if comes_later:
                    return words
            if mail.uid not in found:
                if not self._list_window(mail.uid, mail.uid, 1)[0]:
                    return None
                continue
            raw, size_bytes = found[mail.uid]
            if _is_whole(mail, raw, size_bytes):
                return FetchedMail(uid=mail.uid, raw=raw)
            if raw == earlier:
                return FetchedMail(uid=mail.uid, raw=raw, is_size_wrong=True)
            earlier = raw
        return words

    def _read(
        self, uids: str, size_bytes: int, wanted: Sequence[ListedMail]
    ) -> dict[int, tuple[bytes, int]]:
        """Read bodies and sizes by UID; answers that nobody asked for are left out."""
        items = "(UID RFC822.SIZE BODY.PEEK[])"
        found: dict[int, tuple[bytes, int]] = {}
        session = self._opened()
        with self._noting_losses(wanted):
            answers = session.fetch(uids, items, size_bytes=size_bytes)
        for answer in answers:
            uid, body = answer.get(b"UID"), answer.get(b"BODY[]")
            size = answer.get(b"RFC822.SIZE")
            if isinstance(uid, int) and isinstance(body, bytes) and isinstance(size, int):
                found[uid] = body, size
        return found

    @contextlib.contextmanager
    def _noting_losses(self, wanted: Sequence[ListedMail]) -> Iterator[None]:
        try:
            yield
        except (ConnectionLost, CommandRefused) as error:
            # A server may die of one mail; found out by fetching each of these alone next time.
            if isinstance(error, ConnectionLost) or error.says_later:
                self._lost_with.update(mail.uid for mail in wanted)
            raise
        for mail in wanted:
            self._lost_with.pop(mail.uid, None)

    # -- acknowledging

    def _set_keyword(self, uids: str) -> None:
        session = self._opened()
        if self._may_keyword:
            session.add_flags(uids, self._settings.after.keyword)
        else:
            self._say_once("the server keeps no keywords; mails stay as they are")

    def _move(self, uids: str, folder: str) -> None:
        session = self._opened()
        if "MOVE" in session.capabilities:
            return self._into(folder, lambda: session.move(uids, folder))
        # A mail that was copied before carries \Deleted by now: it is not copied twice.
        left = session.search(uids, "UNDELETED")
        for part in _sets(left):
            self._copy_away(session, part, folder)
        return self._expunge(uids)

    def _copy_away(self, session: ImapSession, uids: str, folder: str) -> None:
        self._into(folder, lambda: session.copy(uids, folder))
        session.add_flags(uids, r"\Deleted")

    def _into(self, folder: str, transfer: Callable[[], None]) -> None:
        """Move or copy; when the target is missing make it and try once more (TRYCREATE)."""
        try:
            transfer()
        except CommandRefused as error:
            session = self._opened()
            if error.says_later or folder in session.folders():
                raise
            session.create(folder)
            transfer()

    def _expunge(self, uids: str) -> None:
        r"""Remove these mails and no others that carry \Deleted (RFC 4315)."""
        session = self._opened()
        if "UIDPLUS" in session.capabilities:
            session.expunge(uids)
        else:
            self._say_once(
                r"the server has no UIDPLUS; mails stay in the folder, flagged \Deleted"
            )

    def _say_once(self, reason: str) -> None:
        if reason not in self._said:
            self._said.add(reason)
            name = self._settings.name
            log.warning("inbound.acknowledge_failed", mailbox=name, reason=reason)

    # -- waiting

    def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(OSError):
            self._ear.settimeout(max(0.001, seconds))
            self._ear.recv(1)
            self._woken()

    def _woken(self) -> bool:
        """Take in all calls of `wake`; True when there was one."""
        woken = False
        with contextlib.suppress(OSError):
            self._ear.setblocking(False)
            while self._ear.recv(1024):
                woken = True
        return woken


def probe(settings: Mailbox, *, deadline: timedelta) -> list[tuple[str, bool, str]]:
    """Try a mailbox without changing anything: (what, whether it is well, a sentence) each."""
    mailbox = ImapMailbox(settings, deadline=deadline)
    try:
        state = mailbox.select()
    except (Temporary, ConfigError) as error:
        what = {LoginRefused: "login", FolderMissing: "folder"}.get(type(error), "connection")
        return [(what, False, str(error))]
    else:
        return [
            ("connection", True, f"{where(settings)} answers ({settings.tls})"),
            ("login", True, f"{settings.username} is logged in"),
            ("folder", True, f"{settings.folder} holds {state.exists} mails"),
            *mailbox.shortcomings(),
        ]
    finally:
        mailbox.close()


def _sets(uids: Iterable[int]) -> Iterator[str]:
    """Write UIDs as IMAP sets such as "3:9,12", in pieces of bounded length."""
    piece = ""
    for low, high in _ranges(sorted(set(uids))):
        item = str(low) if low == high else f"{low}:{high}"
        if len(piece) + len(item) >= LONGEST_SET:
            yield piece
            piece = ""
        piece = f"{piece},{item}" if piece else item
    if piece:
        yield piece


def _ranges(uids: Sequence[int]) -> Iterator[tuple[int, int]]:
    for index, uid in enumerate(uids):
        if index == 0 or uid != uids[index - 1] + 1:
            low = uid
        if index + 1 == len(uids) or uids[index + 1] != uid + 1:
            yield low, uid


def _listed(answers: Iterable[dict[bytes, Any]]) -> dict[int, ListedMail]:
    """Read a listing, ascending; answers without UID or size were sent unasked."""
    found = {}
    for answer in answers:
        uid, size = answer.get(b"UID"), answer.get(b"RFC822.SIZE")
        if not isinstance(uid, int) or not isinstance(size, int):
            continue
        flags = answer.get(b"FLAGS") or ()
        found[uid] = ListedMail(
            uid=uid,
            size_bytes=size,
            internal_date=answer.get(b"INTERNALDATE", UNKNOWN_DATE),
            is_deleted=b"\\deleted" in {bytes(flag).lower() for flag in flags},
        )
    return dict(sorted(found.items()))


def _is_whole(mail: ListedMail, raw: bytes, size_bytes: int) -> bool:
    return len(raw) == size_bytes == mail.size_bytes
