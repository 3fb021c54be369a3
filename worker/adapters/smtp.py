"""Hands finished mails to the SMTP server, and tells how sure it is of what became of each.

A mail is accepted when, and only when, the reply to its final dot is a whole "250". Before the
dot has left nothing can have been accepted; after it, silence means "perhaps". Retrying and
giving up are the business of worker/pipeline/deliver.py. Follows RFC 5321, 6152, 6531 and 2034.
"""

import re
from datetime import timedelta

from worker.adapters.smtp_session import NotReady, Reply, SmtpSession, Trouble, where
from worker.config import Smtp
from worker.errors import Permanent, Temporary

LONGEST_LINE = 998
"""Octets without CRLF (RFC 5321 section 4.5.3.1.6)."""
LONGEST_FINAL_WAIT = 600.0
"""Seconds; RFC 5321 section 4.5.3.2.6 wants ten minutes after the final dot."""
NO_LOGIN = frozenset({530, 534, 535, 538})
"""Codes that complain of the login, wherever they come (RFC 4954 section 6)."""
UNSAFE_IN_PATH = re.compile(r"[\x00-\x20\x7f<>]")


class MailUnfit(Permanent):
    """The mail breaks SMTP's own rules: a fault of ours, found before anything was sent."""


class SubmissionRefused(Permanent):
    """The server will not take this mail for this recipient; facts: code, status."""


class SubmissionDeferred(Temporary):
    """Certainly not accepted, try later; facts: code and status if the server gave them."""


class SubmissionUnknown(Temporary):
    """The final dot may have been taken, and no clean reply came: it may have been accepted."""


class SenderRefused(Temporary):
    """The server does not take our login or our sender: nothing leaves until somebody acts."""


class ServerUnreachable(Temporary):
    """There is no working connection; not this mail's fault."""


class SmtpSubmission:
    """A way out: the Submission of worker/context.py; one thread uses it.

    The connection is made at the first mail, kept, and silently made anew once when the server
    has closed it meanwhile.
    """

    def __init__(self, settings: Smtp, *, local_hostname: str, deadline: timedelta) -> None:
        """local_hostname: our name for EHLO. deadline: longest wait for one reply."""
        self._settings = settings
        self._local_hostname = local_hostname
        self._seconds = deadline.total_seconds()
        self._session: SmtpSession | None = None

    def submit(self, mail: bytes, *, reverse_path: str, recipient: str) -> None:
        """Hand over one mail for one recipient; returns only when the server accepted it.

        reverse_path: "" is the null one. Raises MailUnfit and SubmissionRefused, both final;
        SubmissionDeferred, SubmissionUnknown, SenderRefused and ServerUnreachable.
        """
        text = _checked(mail)
        sender, receiver = _path(reverse_path), _path(recipient)
        try:
            session = self._start_mail(text, sender, receiver)
            self._name_recipient(session, receiver)
            self._send_text(session, text)
        except Trouble as error:
            raise SubmissionDeferred(f"{error}; the mail was not accepted") from error

    def close(self) -> None:
        """Say goodbye and close; never fails. A later `submit` connects again."""
        if self._session is not None:
            self._session.end()
            self._session = None

    def _ready(self) -> SmtpSession:
        if self._session is not None and self._session.is_stale():
            self._session.drop()
            self._session = None
        if self._session is None:
            try:
                self._session = SmtpSession(
                    self._settings, local_hostname=self._local_hostname, seconds=self._seconds
                )
            except NotReady as error:
                if error.stage == "login":
                    raise SenderRefused(str(error)) from error
                raise ServerUnreachable(str(error)) from error
        return self._session

    def _start_mail(self, text: bytes, sender: str, receiver: str) -> SmtpSession:
        """Say MAIL; on a connection that went stale unseen, say it again on a new one."""
        is_fresh = self._session is None
        session = self._ready()
        parameters = _parameters(session, text, sender, receiver)
        try:
            reply = session.begin_mail(f"MAIL FROM:<{sender}>{parameters}")
        except Trouble:
            if is_fresh:
                raise
            reply = None
        if reply is None or (reply.code == 421 and not is_fresh):
            session.drop()
            self._session = None
            return self._start_mail(text, sender, receiver)
        if reply.code == 250:
            return session
        self._stop(session, reply)
        if reply.code == 552 or reply.status == "5.3.4":  # too large (RFC 1870 section 6.1)
            raise self._refused(reply, receiver)
        if reply.is_permanent:
            raise SenderRefused(
                f"{session.where} refuses our sender ({reply}); check smtp.envelope_from",
                code=reply.code,
                status=reply.status,
            )
        raise self._deferred(reply, receiver)

    def _name_recipient(self, session: SmtpSession, receiver: str) -> None:
        reply = session.command(f"RCPT TO:<{receiver}>")
        if reply.code in {250, 251}:
            return
        self._stop(session, reply)
        raise (
            self._refused(reply, receiver)
            if reply.is_permanent
            else self._deferred(reply, receiver)
        )

    def _send_text(self, session: SmtpSession, text: bytes) -> None:
        reply = session.command("DATA")
        if reply.code != 354:
            self._stop(session, reply)
            if reply.is_permanent:
                raise self._refused(reply, "")
            raise self._deferred(reply, "")
        stuffed = text.replace(b"\r\n.", b"\r\n..")  # RFC 5321 section 4.5.2
        session.send(b"." + stuffed if text.startswith(b".") else stuffed)
        try:
            session.send(b".\r\n")
            reply = session.reply(min(LONGEST_FINAL_WAIT, 2 * self._seconds))
        except Trouble as error:
            raise SubmissionUnknown(
                f"{error} after the whole mail; it may be accepted"
            ) from error
        session.is_amid_mail = False
        if reply.code == 250:
            return
        if reply.is_permanent:
            raise self._refused(reply, "")
        if reply.is_temporary:
            if reply.code == 421:
                session.drop()
            raise self._deferred(reply, "")
        session.drop()
        raise SubmissionUnknown(
            f"{session.where} ends the mail with {reply}; it may be accepted"
        )

    def _stop(self, session: SmtpSession, reply: Reply) -> None:
        """Look at a reply that is no yes for what concerns more than this mail."""
        if reply.code == 421:
            session.drop()
            raise ServerUnreachable(f"{session.where} says {reply}", code=reply.code)
        if reply.code in NO_LOGIN:
            raise SenderRefused(
                f"{session.where} wants a login ({reply}); check username and password",
                code=reply.code,
                status=reply.status,
            )
        if not (reply.is_temporary or reply.is_permanent):
            session.drop()  # out of step

    def _refused(self, reply: Reply, receiver: str) -> SubmissionRefused:
        words = _without(str(reply), receiver)
        return SubmissionRefused(
            f"{where(self._settings)} refuses the mail ({words})",
            code=reply.code,
            status=reply.status,
        )

    def _deferred(self, reply: Reply, receiver: str) -> SubmissionDeferred:
        words = _without(str(reply), receiver)
        return SubmissionDeferred(
            f"{where(self._settings)} wants the mail later ({words})",
            code=reply.code,
            status=reply.status,
        )


def probe(
    settings: Smtp, *, local_hostname: str, deadline: timedelta
) -> list[tuple[str, bool, str]]:
    """Try the server without sending anything: (what, whether it is well, a sentence) each."""
    seconds = deadline.total_seconds()
    try:
        session = SmtpSession(settings, local_hostname=local_hostname, seconds=seconds)
    except NotReady as error:
        return [(error.stage, False, str(error))]
    found = [("connection", True, f"{session.where} answers ({settings.tls})")]
    if settings.username is not None:
        found.append(("login", True, f"{settings.username} is logged in"))
    try:
        reply = session.command(f"MAIL FROM:<{_path(settings.envelope_from)}>")
        is_well = reply.code == 250
        words = "is taken" if is_well else f"is refused ({reply}); check smtp.envelope_from"
        found.append(("sender", is_well, f"<{settings.envelope_from}> {words}"))
    except (Trouble, Permanent) as error:
        found.append(("sender", False, str(error)))
    session.end()
    return found


def _checked(mail: bytes) -> bytes:
    """Refuse what no server may be given (RFC 5321 sections 2.3.8 and 4.5.3.1.6)."""
    mail = mail if mail.endswith(b"\r\n") else mail + b"\r\n"
    if not mail.count(b"\r\n") == mail.count(b"\r") == mail.count(b"\n"):
        raise MailUnfit("the mail has a bare CR or LF; it was not sent")
    if max(map(len, mail.split(b"\r\n"))) > LONGEST_LINE:
        raise MailUnfit(
            f"the mail has a line of more than {LONGEST_LINE} octets; it was not sent"
        )
    if b"\0" in mail:
        raise MailUnfit("the mail has a NUL; it was not sent")
    return mail


def _path(address: str) -> str:
    """Write an address for MAIL or RCPT, its domain in ASCII where that can be (RFC 5891)."""
    if UNSAFE_IN_PATH.search(address):
        raise SubmissionRefused("the address cannot be written in SMTP; it was not sent")
    local_part, at, domain = address.rpartition("@")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode()
        except UnicodeError as error:
            raise SubmissionRefused("the address has no valid domain") from error
    return f"{local_part}{at}{domain}"


def _parameters(session: SmtpSession, mail: bytes, sender: str, receiver: str) -> str:
    """Ask for the extensions that the mail needs, and no others."""
    header_section = mail.partition(b"\r\n\r\n")[0]
    needs_utf8 = not (header_section.isascii() and sender.isascii() and receiver.isascii())
    if needs_utf8 and session.offers("SMTPUTF8") is None:
        raise SubmissionRefused(f"{session.where} takes no addresses beyond ASCII (SMTPUTF8)")
    if not mail.isascii() and session.offers("8BITMIME") is None:
        raise SubmissionRefused(f"{session.where} takes no 8-bit mail (8BITMIME)")
    limit = session.offers("SIZE") or ""
    if limit.isdigit() and 0 < int(limit) < len(mail):
        raise SubmissionRefused(f"{session.where} takes mails of {limit} bytes at most")
    return ("" if mail.isascii() else " BODY=8BITMIME") + (" SMTPUTF8" if needs_utf8 else "")


def _without(words: str, address: str) -> str:
    """Leave the customer's address out of what the server says: it goes to the log."""
    return words.replace(address, "the recipient") if address else words
