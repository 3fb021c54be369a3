"""Lists and fetches mails so that a lost or garbled line of the server can never hide a mail.

Each listing is asked for in two ways that must agree; each body is held against its size, and
whatever is odd is asked again mail by mail. worker/adapters/imap.py gives it the session.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from worker.adapters.imap_session import (
    CommandRefused,
    ConnectionLost,
    Garbled,
    ImapSession,
)
from worker.adapters.imap_uids import HIGHEST_UID, uid_sets
from worker.context import Fetched, FetchedMail, ListedMail
from worker.errors import Temporary

FIRST_WINDOW = 2_000
"""UIDs that the first question of a listing covers; doubled while nothing is found."""
TRIES = 3


class Reader:
    """The folder that a session has open, read with distrust."""

    def __init__(self, opened: Callable[[], ImapSession]) -> None:
        """opened: hands over a session in which UIDs still mean the same; raises Temporary."""
        self._opened = opened
        self._lost_with: Counter[int] = Counter()
        """How often the connection broke, or the server put us off, over this UID."""

    def listing(
        self, first: int, last: int, *, uidnext: int | None, at_most: int
    ) -> tuple[ListedMail, ...]:
        """List the `at_most` lowest mails of a range, ascending; fewer are all there are."""
        last = min(last, HIGHEST_UID)
        # From UIDNEXT on there is only what came since SELECT: one question is enough.
        border = last if uidnext is None else uidnext - 1
        low, width, found = max(first, 1), FIRST_WINDOW, list[ListedMail]()
        while low <= last and len(found) < at_most:
            high = last if low > border else min(low + width - 1, border, last)
            mails, high = self._list_window(low, high, at_most - len(found))
            found += mails
            if not mails:
                width *= 2
            elif len(mails) > FIRST_WINDOW // 4:
                width = FIRST_WINDOW
            low = high + 1
        return tuple(found)

    def fetch(self, wanted: Sequence[ListedMail]) -> Fetched:
        """Read whole mails; each wanted UID ends in `mails`, in `refused` or in `gone`."""
        calm = [mail for mail in wanted if not self._lost_with[mail.uid]]
        alone = [mail for mail in wanted if self._lost_with[mail.uid]]
        mails = self._fetch_together(calm)
        if mails is None:
            mails, alone = [], [*calm, *alone]
        refused, gone = dict[int, str](), list[int]()
        for mail in alone:
            match self._fetch_alone(mail):
                case FetchedMail() as fetched:
                    mails.append(fetched)
                case str(words):
                    refused[mail.uid] = words
                case None:
                    gone.append(mail.uid)
        return Fetched(mails=tuple(mails), refused=refused, gone=tuple(gone))

    def _list_window(self, low: int, high: int, room: int) -> tuple[list[ListedMail], int]:
        """List the `room` lowest mails of a window; tell also up to where they are all."""
        for _ in range(TRIES):
            session = self._opened()
            searched = sorted(set(session.search(f"{low}:{high}")))
            top = searched[room - 1] if len(searched) > room else high
            answers = session.fetch(f"{low}:{top}", "(UID RFC822.SIZE INTERNALDATE FLAGS)")
            listed = _listed(answers)
            agrees = [mail.uid for mail in listed] == searched[:room]
            if agrees and all(low <= mail.uid <= top for mail in listed):
                return listed, top
        raise Temporary(
            f"{self._opened().where} lists other mails by SEARCH than by FETCH;"
            " it is asked again at the next poll",
            first=low,
            last=high,
        )

    def _fetch_together(self, wanted: Sequence[ListedMail]) -> list[FetchedMail] | None:
        """Fetch mails in one go; None when anything about the answer is odd."""
        found: dict[int, tuple[bytes, int]] = {}
        size_bytes = sum(mail.size_bytes for mail in wanted)
        try:
            for uids in uid_sets(mail.uid for mail in wanted):
                found.update(self._read(uids, size_bytes, wanted))
        except Garbled:
            return None
        except CommandRefused as error:
            if error.says_later:
                raise
            return None
        if set(found) != {mail.uid for mail in wanted}:
            return None
        if not all(_is_whole(mail, *found[mail.uid]) for mail in wanted):
            return None
        return [FetchedMail(uid=mail.uid, raw=found[mail.uid][0]) for mail in wanted]

    def _fetch_alone(self, mail: ListedMail) -> FetchedMail | str | None:
        """Fetch one mail with patience; words when it is refused, None when it is gone."""
        earlier: bytes | None = None
        words = "the server says OK and hands over nothing, or other bytes each time"
        for _ in range(TRIES):
            try:
                found = self._read(str(mail.uid), mail.size_bytes, [mail])
            except Garbled as error:
                words = error.sentence
                continue
            except (ConnectionLost, CommandRefused) as error:
                if _puts_off(error):
                    if self._lost_with[mail.uid] < TRIES:
                        raise
                    return error.sentence
                words, found = error.sentence, {}
            if mail.uid not in found:
                if not self._list_window(mail.uid, mail.uid, 1)[0]:
                    return None
                continue
            raw, size_bytes = found[mail.uid]
            if _is_whole(mail, raw, size_bytes):
                return FetchedMail(uid=mail.uid, raw=raw)
            if raw == earlier:
                return FetchedMail(uid=mail.uid, raw=raw, is_size_wrong=len(raw) != size_bytes)
            earlier = raw
        return words

    def _read(
        self, uids: str, size_bytes: int, wanted: Sequence[ListedMail]
    ) -> dict[int, tuple[bytes, int]]:
        """Read bodies and sizes by UID; answers that nobody asked for are left out."""
        session = self._opened()
        with self._noting_losses(wanted):
            items = "(UID RFC822.SIZE BODY.PEEK[])"
            answers = session.fetch(uids, items, size_bytes=size_bytes)
        found: dict[int, tuple[bytes, int]] = {}
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
            # A server may die of one mail. Next time each of these is fetched alone, and the
            # culprit is refused after three losses, so that the others get through.
            if _puts_off(error):
                self._lost_with.update(mail.uid for mail in wanted)
            raise
        for mail in wanted:
            self._lost_with.pop(mail.uid, None)


def _puts_off(error: ConnectionLost | CommandRefused) -> bool:
    return isinstance(error, ConnectionLost) or error.says_later


def _listed(answers: Iterable[dict[bytes, Any]]) -> list[ListedMail]:
    """Read a listing, ascending; answers that lack something were sent unasked.

    A UID with two answers that differ stands there twice, which no SEARCH agrees with.
    """
    found = set()
    for answer in answers:
        uid, size = answer.get(b"UID"), answer.get(b"RFC822.SIZE")
        date = answer.get(b"INTERNALDATE")
        if not isinstance(uid, int) or not isinstance(size, int) or date is None:
            continue
        flags = answer.get(b"FLAGS")
        is_deleted = isinstance(flags, tuple) and b"\\deleted" in map(_lower, flags)
        found.add(
            ListedMail(uid=uid, size_bytes=size, internal_date=date, is_deleted=is_deleted)
        )
    return sorted(found, key=lambda mail: mail.uid)


def _lower(flag: object) -> bytes:
    return flag.lower() if isinstance(flag, bytes) else b""


def _is_whole(mail: ListedMail, raw: bytes, size_bytes: int) -> bool:
    return len(raw) == size_bytes == mail.size_bytes
