"""A real SMTP server (aiosmtpd) that keeps what it accepts and refuses what a test tells it to.

Broken networks are the business of fault_proxy.py; here every reply is whole.
"""

import ssl
import warnings
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers import process
from tests.servers.certificates import make_certificate

Stage = Literal["greeting", "auth", "mail", "rcpt", "data"]
"""Where a scripted reply stands in for the usual one; `data` is the reply to the final dot."""
PASSWORD = "a-password-of-the-tests"
USERNAME = "desk"


@dataclass(frozen=True, slots=True, kw_only=True)
class SunkMail:
    """A mail that the sink took responsibility for."""

    reverse_path: str
    recipients: tuple[str, ...]
    raw: bytes
    is_smtputf8: bool
    mail_options: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class SmtpSink:
    host: str = "127.0.0.1"
    port: int = 0
    ca_file: Path
    username: str = USERNAME
    password: str = PASSWORD
    messages: list[SunkMail] = field(default_factory=list)
    """What was accepted, oldest first."""
    connections: int = 0
    replies: dict[Stage, deque[str]] = field(default_factory=dict)

    def reply(self, stage: Stage, line: str, *, times: int = 1) -> None:
        """Answer the next `times` commands of `stage` with `line`, say "451 4.3.0 later"."""
        self.replies.setdefault(stage, deque()).extend([line] * times)

    def clear(self) -> None:
        """Forget mails, counts and scripted replies."""
        self.messages.clear()
        self.replies.clear()
        self.connections = 0

    def _scripted(self, stage: Stage) -> str | None:
        waiting = self.replies.get(stage)
        return waiting.popleft() if waiting else None


class _Handler:
    """The hooks of aiosmtpd, which prescribes their names and arguments."""

    def __init__(self, sink: SmtpSink) -> None:
        self.sink = sink

    async def handle_MAIL(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if line := self.sink._scripted("mail"):
            return line
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 sender ok"

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if line := self.sink._scripted("rcpt"):
            return line
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 recipient ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if line := self.sink._scripted("data"):
            return line
        raw = envelope.original_content
        self.sink.messages.append(
            SunkMail(
                reverse_path=envelope.mail_from or "",
                recipients=tuple(envelope.rcpt_tos),
                raw=raw if isinstance(raw, bytes) else str(raw).encode(),
                is_smtputf8=envelope.smtp_utf8,
                mail_options=tuple(envelope.mail_options),
            )
        )
        return f"250 2.0.0 taken as {len(self.sink.messages)}"


class _Server(SMTP):
    """aiosmtpd with a greeting that can be scripted and a count of connections."""

    sink: SmtpSink

    async def push(self, status: Any) -> None:
        if self.session is not None and not getattr(self, "_greeted", False):
            self._greeted = True
            self.sink.connections += 1
            if line := self.sink._scripted("greeting"):
                await super().push(line)
                if self.transport is not None:
                    self.transport.close()
                return
        await super().push(status)


class _Controller(Controller):
    sink: SmtpSink

    def factory(self) -> SMTP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a login without TLS is unwise
            server = _Server(self.handler, **self.SMTP_kwargs)
        server.sink = self.sink
        return server


@contextmanager
def run_smtp_sink(
    *,
    tls: Literal["none", "starttls", "implicit"] = "none",
    auth: bool = False,
    smtputf8: bool = False,
) -> Iterator[SmtpSink]:
    """Run a sink for as long as the block lasts."""
    with process.private_folder("smtp") as folder:
        certificate, key = make_certificate(folder)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
        sink = SmtpSink(ca_file=certificate)

        def check(
            server: SMTP, session: Session, envelope: Envelope, mech: str, data: Any
        ) -> Any:
            if sink._scripted("auth"):
                return AuthResult(success=False, handled=False)
            good = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
            return AuthResult(success=good, handled=False)

        controller = _Controller(
            _Handler(sink),
            hostname=sink.host,
            port=process.free_port(),
            server_hostname="sink.test",
            enable_SMTPUTF8=smtputf8,
            ssl_context=context if tls == "implicit" else None,
            tls_context=context if tls == "starttls" else None,
            require_starttls=tls == "starttls",
            authenticator=check if auth else None,
            auth_required=auth,
            auth_require_tls=False,
        )
        controller.sink = sink
        sink.port = controller.port
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            controller.start()
        sink.clear()  # the controller has just tried the port itself
        try:
            yield sink
        finally:
            controller.stop()
