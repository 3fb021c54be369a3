"""Desks on real servers."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from tests.daemon.desks import LiveDesk
from tests.servers.dovecot import Dovecot, TestMailbox
from tests.servers.smtp_sink import SmtpSink

ACCOUNTS = count(1)
Open = Callable[[], TestMailbox]


@pytest.fixture
def new_account(dovecot: Dovecot) -> Open:
    """Make accounts that no other test knows."""
    return lambda: dovecot.mailbox(f"desk{next(ACCOUNTS)}")


@pytest.fixture
def desk(tmp_path: Path, new_account: Open, smtp_sink: SmtpSink) -> LiveDesk:
    """A desk with one mailbox of its own."""
    return LiveDesk(tmp_path, new_account(), smtp_sink)
