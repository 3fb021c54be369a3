"""Accounts, faulty networks and ways out for the tests of the adapters."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count

import pytest
from pydantic import SecretStr

from tests.servers.dovecot import Dovecot, TestMailbox
from tests.servers.fault_proxy import FaultProxy, run_fault_proxy
from tests.servers.smtp_sink import SmtpSink
from worker.adapters.imap import ImapMailbox
from worker.adapters.smtp import SmtpSubmission
from worker.config import After, Mailbox, Smtp

DEADLINE = timedelta(seconds=1)
ACCOUNTS = count(1)

Connect = Callable[..., ImapMailbox]


@pytest.fixture(scope="session")
def _imap_proxy(dovecot: Dovecot) -> Iterator[FaultProxy]:
    with run_fault_proxy(dovecot.port) as proxy:
        yield proxy


@pytest.fixture
def network(_imap_proxy: FaultProxy) -> Iterator[FaultProxy]:
    """The network between us and Dovecot, without faults at the start of the test."""
    _imap_proxy.clear()
    yield _imap_proxy
    _imap_proxy.clear()


@pytest.fixture
def account(dovecot: Dovecot) -> TestMailbox:
    """The INBOX of an account that no other test knows."""
    return dovecot.mailbox(f"account{next(ACCOUNTS)}")


@pytest.fixture
def connect(dovecot: Dovecot, account: TestMailbox) -> Iterator[Connect]:
    """Make an ImapMailbox of the account; arguments stand in for settings of the mailbox."""
    made: list[ImapMailbox] = []

    def build(*, deadline: timedelta = timedelta(seconds=10), **changes: object) -> ImapMailbox:
        made.append(ImapMailbox(settings_for(account, **changes), deadline=deadline))
        return made[-1]

    yield build
    for mailbox in made:
        mailbox.close()


@pytest.fixture
def shaky(connect: Connect, network: FaultProxy) -> ImapMailbox:
    """An ImapMailbox of the account behind the faulty network, with a short deadline."""
    return connect(port=network.port, deadline=DEADLINE)


@pytest.fixture
def smtp_network(smtp_sink: SmtpSink) -> Iterator[FaultProxy]:
    """The network between us and the sink, without faults at the start of the test."""
    with run_fault_proxy(smtp_sink.port) as proxy:
        yield proxy


def settings_for(account: TestMailbox, **changes: object) -> Mailbox:
    """Build the settings of an account: plain text, keyword, IDLE."""
    plain: dict[str, object] = {
        "name": "support",
        "address": "help@example.com",
        "host": account.server.host,
        "port": account.server.port,
        "tls": "insecure-plaintext",
        "username": account.user,
        "password": SecretStr(account.server.password),
        "folder": account.folder,
        "after": After(),
    }
    return Mailbox.model_validate(plain | changes)


def submission(port: int, **changes: object) -> SmtpSubmission:
    """Build a way out through a loopback port: plain text, no login."""
    plain: dict[str, object] = {
        "host": "127.0.0.1",
        "port": port,
        "tls": "insecure-plaintext",
    }
    settings = Smtp.model_validate(plain | changes)
    return SmtpSubmission(settings, local_hostname="desk.example", deadline=DEADLINE)
