"""One SMTP connection, ready to take mail: bounded commands, strictly read replies.

Decides nothing about mails; that is worker/adapters/smtp.py. Own code instead of smtplib: that
reads a cut reply "25" as a code and bounds no command as a whole. Follows RFC 5321, 3207, 4954.
"""

import base64
import contextlib
import re
from dataclasses import dataclass
from typing import Literal

from worker.adapters.deadline import TimedStream
from worker.adapters.tls import connect, explain, start_tls
from worker.config import Smtp

LONGEST_REPLY_LINE = 4_000
MOST_REPLY_LINES = 200
REPLY_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?\r?\n", re.DOTALL)
ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole and well-formed reply (RFC 5321 section 4.2)."""

    code: int
    lines: tuple[str, ...]

    @property
    def status(self) -> str | None:
        """Enhanced status code such as 5.1.1 (RFC 2034); None without one."""
        found = ENHANCED.match(self.lines[-1]) if self.lines else None
        return found[1] if found else None

    @property
    def is_temporary(self) -> bool:
        return 400 <= self.code <= 499

    @property
    def is_permanent(self) -> bool:
        return 500 <= self.code <= 599

    def __str__(self) -> str:
        return f"{self.code} {' '.join(self.lines)}".strip()[:300]


class Trouble(Exception):
    """No whole reply came: the network failed, or it is not SMTP. The session is dead."""


class NotReady(Exception):
    """The server would not let the session begin.

    stage: `connection`, or `login` when username and password are not taken.
    """

    def __init__(self, sentence: str, *, stage: Literal["connection", "login"]) -> None:
        super().__init__(sentence)
        self.stage: Literal["connection", "login"] = stage


class SmtpSession:
    """A connection after greeting, EHLO, TLS and login; one thread uses it."""

    def __init__(self, settings: Smtp, *, local_hostname: str, seconds: float) -> None:
        """Raises NotReady. seconds: for the connection, and for each reply later."""
        self._settings = settings
        self._seconds = seconds
        self.where = where(settings)
        self.is_amid_mail = False
        """True while a mail is begun and not ended; the next one needs RSET first."""
        self._stream = self._connect()
        try:
            self._begin(local_hostname)
        except Trouble as error:
            raise NotReady(str(error), stage="connection") from error
        except BaseException:
            self.drop()
            raise

    def is_stale(self) -> bool:
        """Tell whether the server has hung up or spoken unasked ("421 idle too long")."""
        return self._stream.is_closed or self._stream.wait(0)

    def command(self, line: str) -> Reply:
        """Send one command and read its reply; raises Trouble."""
        self.send(line.encode() + b"\r\n")
        return self.reply(self._seconds)

    def begin_mail(self, line: str) -> Reply:
        """Send MAIL, after RSET where an earlier mail was left unfinished; raises Trouble."""
        if self.is_amid_mail:
            self.command("RSET")
        self.is_amid_mail = True
        return self.command(line)

    def send(self, data: bytes) -> None:
        """Send bytes; raises Trouble."""
        self._stream.expire_in(self._seconds + len(data) / 64_000, silence=self._seconds)
        try:
            self._stream.send(data)
        except OSError as error:
            raise self._trouble(error, self._seconds) from error

    def reply(self, seconds: float) -> Reply:
        """Read one reply within `seconds`; raises Trouble."""
        self._stream.expire_in(seconds)
        codes, lines = set[int](), list[str]()
        try:
            for _ in range(MOST_REPLY_LINES):
                found = REPLY_LINE.fullmatch(self._stream.readline(LONGEST_REPLY_LINE))
                if found is None:
                    break
                codes.add(int(found[1]))
                lines.append(_shown(found[3] or b""))
                if found[2] != b"-":
                    if len(codes) == 1:
                        return Reply(code=codes.pop(), lines=tuple(lines))
                    break
        except OSError as error:
            raise self._trouble(error, seconds) from error
        except ValueError:
            pass  # a line without end
        self.drop()
        raise Trouble(f"{self.where} sent a reply that is not SMTP")

    def end(self) -> None:
        """Say QUIT and close; never fails."""
        if not self._stream.is_closed:
            self._stream.expire_in(min(3.0, self._seconds))
            with contextlib.suppress(OSError, ValueError):
                self._stream.send(b"QUIT\r\n")
                self._stream.readline(LONGEST_REPLY_LINE)
        self.drop()

    def drop(self) -> None:
        """Close at once."""
        self._stream.close()

    def offers(self, extension: str) -> str | None:
        """Tell the parameters of an EHLO keyword, "" for none; None when it is not offered."""
        return self._extensions.get(extension)

    def _connect(self) -> TimedStream:
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
            raise NotReady(sentence, stage="connection") from error

    def _begin(self, local_hostname: str) -> None:
        self._want(self.reply(self._seconds), 220, "greets with")
        self._greet(local_hostname)
        if self._settings.tls == "starttls":
            self._start_tls()
            self._greet(local_hostname)
        if self._settings.username is not None:
            self._log_in()

    def _greet(self, local_hostname: str) -> None:
        reply = self.command(f"EHLO {local_hostname}")
        self._want(reply, 250, "answers EHLO with")
        words = [line.split(None, 1) for line in reply.lines[1:] if line.strip()]
        self._extensions = {w[0].upper(): w[1] if len(w) > 1 else "" for w in words}

    def _start_tls(self) -> None:
        if self.offers("STARTTLS") is None:
            raise NotReady(
                f"{self.where} offers no STARTTLS; no mail without TLS", stage="connection"
            )
        self._want(self.command("STARTTLS"), 220, "answers STARTTLS with")
        try:
            start_tls(self._stream, self._settings.host, ca_file=self._settings.ca_file)
        except OSError as error:
            sentence = explain(error, server=self.where, seconds=self._seconds)
            raise NotReady(sentence, stage="connection") from error

    def _log_in(self) -> None:
        secret = self._settings.password
        username = self._settings.username or ""
        password = secret.get_secret_value() if secret else ""
        offered = (self.offers("AUTH") or "").upper().split()
        if "PLAIN" in offered:
            reply = self.command(
                f"AUTH PLAIN {_base64(f'{chr(0)}{username}{chr(0)}{password}')}"
            )
        elif "LOGIN" in offered:
            reply = self.command("AUTH LOGIN")
            for answer in (username, password):
                if reply.code == 334:
                    reply = self.command(_base64(answer))
        else:
            raise NotReady(
                f"{self.where} offers neither AUTH PLAIN nor AUTH LOGIN; check port and tls",
                stage="login",
            )
        if reply.is_permanent:
            raise NotReady(
                f"{self.where} refuses the login of {username} ({reply});"
                " check username and password",
                stage="login",
            )
        self._want(reply, 235, "answers the login with")

    def _want(self, reply: Reply, code: int, verb: str) -> None:
        if reply.code != code:
            raise NotReady(f"{self.where} {verb} {reply}", stage="connection")

    def _trouble(self, error: OSError, seconds: float) -> Trouble:
        self.drop()
        if isinstance(error, TimeoutError):
            return Trouble(f"{self.where} did not answer within {seconds:g} s")
        return Trouble(f"{self.where} hung up")


def port_of(settings: Smtp) -> int:
    """Tell the port: the configured one, or the usual one of the TLS mode."""
    return settings.port or {"implicit": 465, "starttls": 587}.get(settings.tls, 25)


def where(settings: Smtp) -> str:
    """Name the server for people."""
    return f"the SMTP server {settings.host}:{port_of(settings)}"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _shown(line: bytes) -> str:
    text = line.decode("utf-8", "replace").strip()
    return "".join(c if c.isprintable() else "?" for c in text)
