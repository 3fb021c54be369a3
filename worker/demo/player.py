"""Plays the customers: puts mail into the desk's mailbox, and reads what came back to them."""

import imaplib
import re
from collections.abc import Mapping
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from worker.demo.servers import HOST, USER
from worker.demo.shapes import Answer
from worker.errors import Temporary

UID = re.compile(rb"\[APPENDUID \d+ (\d+)\]")
TIMEOUT_SECONDS = 20


class Postman:
    """Delivers mail as another server would: by APPEND, one connection for the day."""

    def __init__(self, port: int, password: str) -> None:
        try:
            self._imap = imaplib.IMAP4(HOST, port, timeout=TIMEOUT_SECONDS)
            self._imap.login(USER, password)
        except (OSError, imaplib.IMAP4.error) as error:
            raise Temporary(f"The demo's IMAP server cannot be reached: {error}.") from error

    def deliver(self, raw: bytes) -> int:
        """Put a mail into the mailbox; returns its UID."""
        try:
            # The date is left to the server: the mail arrives now, whatever its own Date says.
            status, said = self._imap.append("INBOX", "", "", raw)
        except (OSError, imaplib.IMAP4.error) as error:
            raise Temporary(f"The demo's IMAP server is gone: {error}.") from error
        found = UID.search(said[0] or b"") if said else None
        if status != "OK" or found is None:
            raise Temporary("The demo's IMAP server did not take a mail.")
        return int(found[1])

    def close(self) -> None:
        """Leave the server."""
        self._imap.shutdown()


class Letterbox:
    """The answers that customers got, by the Message-ID of the mail that they answer."""

    def __init__(self, sent: Path) -> None:
        self._sent = sent
        self._read: set[str] = set()
        self._first: dict[str, Answer] = {}

    def answers(self) -> Mapping[str, Answer]:
        """Return the first answer to each mail, by its Message-ID without brackets."""
        for file in sorted(self._sent.glob("*.eml")):
            if file.name not in self._read:
                self._read.add(file.name)
                self._take(file.read_bytes())
        return self._first

    def _take(self, raw: bytes) -> None:
        mail = message_from_bytes(raw, EmailMessage, policy=default)
        body = mail.get_body(("plain",))
        answer = Answer(
            message_id=str(mail["Message-ID"] or "").strip(),
            subject=str(mail["Subject"] or ""),
            text=str(body.get_content()) if body else "",
        )
        self._first.setdefault(str(mail["In-Reply-To"] or "").strip(" <>"), answer)
