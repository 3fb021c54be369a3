r"""Marks, moves or deletes mails on the server once they are safely ours, as `after` says.

Doing it twice, or to mails that are gone, does no harm. Removes a mail from the folder only
when the configuration says so, and never by a plain EXPUNGE: that would take along what others
have flagged \Deleted. Follows RFC 4315 and 6851.
"""

from collections.abc import Callable, Sequence

from worker import log
from worker.adapters.imap_session import CommandRefused, ImapSession
from worker.adapters.imap_uids import uid_sets
from worker.config import Mailbox

DEFAULT_FOLDER = "Postclerk"
NO_KEYWORDS = "the server keeps no keywords; mails stay as they are"
NO_UIDPLUS = r"the server has no UIDPLUS; mails stay in the folder, flagged \Deleted"


class Acknowledger:
    """What a mailbox does to mails that are done; says once what the server cannot do."""

    def __init__(self, settings: Mailbox) -> None:
        self._settings = settings
        self._said: set[str] = set()

    def acknowledge(
        self, session: ImapSession, uids: Sequence[int], *, may_keyword: bool
    ) -> None:
        """Do to these mails what the configuration says.

        may_keyword: whether the open folder keeps the configured keyword (PERMANENTFLAGS).
        """
        after = self._settings.after
        for part in uid_sets(uids):
            match after.action:
                case "keyword" if may_keyword:
                    session.add_flags(part, after.keyword)
                case "keyword":
                    self._say_once(NO_KEYWORDS)
                case "seen":
                    session.add_flags(part, r"\Seen")
                case "move":
                    self._move(session, part, after.folder or DEFAULT_FOLDER)
                case "delete":
                    session.add_flags(part, r"\Deleted")
                    self._expunge(session, part)
                case "nothing":
                    return

    def _move(self, session: ImapSession, uids: str, folder: str) -> None:
        if "MOVE" in session.capabilities:
            _into(session, folder, lambda: session.move(uids, folder))
            return
        # A mail that was copied before carries \Deleted by now: it is not copied twice.
        for left in uid_sets(session.search(uids, "UNDELETED")):
            _copy_away(session, left, folder)
        self._expunge(session, uids)

    def _expunge(self, session: ImapSession, uids: str) -> None:
        if "UIDPLUS" in session.capabilities:
            session.expunge(uids)
        else:
            self._say_once(NO_UIDPLUS)

    def _say_once(self, reason: str) -> None:
        if reason not in self._said:
            self._said.add(reason)
            name = self._settings.name
            log.warning("inbound.acknowledge_failed", mailbox=name, reason=reason)


def _copy_away(session: ImapSession, uids: str, folder: str) -> None:
    _into(session, folder, lambda: session.copy(uids, folder))
    session.add_flags(uids, r"\Deleted")


def _into(session: ImapSession, folder: str, transfer: Callable[[], None]) -> None:
    """Move or copy; when the target is missing make it and try once more (TRYCREATE)."""
    try:
        transfer()
    except CommandRefused as error:
        if error.says_later or folder in session.folders():
            raise
        session.create(folder)
        transfer()
