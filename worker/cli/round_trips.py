"""The proof by a real mail: sent through SMTP to each mailbox, awaited there.

The mail is marked as automatic (RFC 3834), so that nobody answers it, and is left where it
arrives; nothing is acknowledged. Imported late.
"""

import secrets
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from worker.adapters.imap import ImapMailbox
from worker.adapters.smtp import SmtpSubmission
from worker.config import Config, Mailbox
from worker.context import FolderState, ListedMail
from worker.daemon import wiring
from worker.errors import PostclerkError

LARGEST_BYTES = 100_000
"""Our mail is far smaller, also with the fields that transport adds."""
LOOK_EVERY_SECONDS = 5.0
HIGHEST_UID = 2**32 - 1
HINT = "look into the junk folder and the server's log; a running worker may have moved it"


def run(config: Config, *, wait: timedelta) -> Iterator[dict[str, object]]:
    """Give one row a mailbox; role `sent` has none."""
    for box in config.mailboxes:
        if box.role == "inbound":
            yield {"check": f"round trip {box.name}", **_trip(config, box, wait)}


def _trip(config: Config, box: Mailbox, wait: timedelta) -> dict[str, object]:
    deadline = config.limits.network_deadline
    token = secrets.token_hex(12)
    begun = time.monotonic()
    submission = SmtpSubmission(
        config.smtp, local_hostname=config.desk.domain, deadline=deadline
    )
    try:
        with closing(ImapMailbox(box, deadline=deadline)) as mailbox, closing(submission):
            first = _next_uid(mailbox, mailbox.select())
            submission.submit(
                _mail(config, box, token, wiring.now()),
                reverse_path=config.smtp.envelope_from,
                recipient=box.address,
            )
            sent = time.monotonic()
            is_there = _await(mailbox, first, token.encode(), until=sent + wait.total_seconds())
    except PostclerkError as error:
        return {"ok": False, "found": error.sentence, "advice": None}
    if not is_there:
        found = f"the mail to {box.address} was sent, but is not in {box.folder} after {wait}"
        return {"ok": False, "found": found, "advice": HINT}
    seconds = time.monotonic() - begun
    return {
        "ok": True,
        "found": f"{box.address} got its mail in {seconds:.1f} s",
        "advice": None,
    }


def _mail(config: Config, box: Mailbox, token: str, now: datetime) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = box.address
    mail["To"] = box.address
    mail["Subject"] = f"Postclerk round trip {token}"
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<round-trip.{token}@{config.desk.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(f"`postclerk check --round-trip` sent this mail: {token}\n")
    return mail.as_bytes()


def _next_uid(mailbox: ImapMailbox, state: FolderState) -> int:
    if state.uidnext is not None:
        return state.uidnext
    listed = mailbox.list(1, HIGHEST_UID) if state.exists else ()
    return listed[-1].uid + 1 if listed else 1


def _await(mailbox: ImapMailbox, first: int, token: bytes, *, until: float) -> bool:
    seen: set[int] = set()
    while True:
        mailbox.select()
        new = [
            mail
            for mail in mailbox.list(first, HIGHEST_UID)
            if mail.uid not in seen and mail.size_bytes <= LARGEST_BYTES
        ]
        if _holds(mailbox, new, token):
            return True
        seen.update(mail.uid for mail in new)
        left = until - time.monotonic()
        if left <= 0:
            return False
        mailbox.wait(min(LOOK_EVERY_SECONDS, left))


def _holds(mailbox: ImapMailbox, new: list[ListedMail], token: bytes) -> bool:
    return bool(new) and any(token in mail.raw for mail in mailbox.fetch(new).mails)
