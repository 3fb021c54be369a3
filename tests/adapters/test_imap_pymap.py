"""ImapMailbox against pymap, a server of another house, which sends IDLE lines in pieces."""

import imaplib
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from worker.adapters.imap import ImapMailbox
from worker.config import After, Mailbox
from worker.demo.servers import USER, serving

PASSWORD = "a-password-of-the-tests"
MAILS = [b"From: li.wei@example.com\r\nSubject: %d\r\n\r\nHello.\r\n" % n for n in range(3)]
EVERYTHING = 2**32 - 1


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with serving(tmp_path, password=PASSWORD) as servers:
        yield servers.imap_port


@pytest.fixture
def mailbox(port: int) -> Iterator[ImapMailbox]:
    settings = Mailbox(
        name="support",
        address="help@example.com",
        host="127.0.0.1",
        port=port,
        tls="insecure-plaintext",
        username=USER,
        password=SecretStr(PASSWORD),
        after=After(action="seen"),
    )
    mailbox = ImapMailbox(settings, deadline=timedelta(seconds=10))
    yield mailbox
    mailbox.close()


def append(port: int, *mails: bytes) -> None:
    with imaplib.IMAP4("127.0.0.1", port) as session:
        session.login(USER, PASSWORD)
        for mail in mails:
            session.append("INBOX", "", "", mail)


def test_mails_are_listed_fetched_and_acknowledged(mailbox: ImapMailbox, port: int) -> None:
    append(port, *MAILS)
    mailbox.select()
    listed = mailbox.list(1, EVERYTHING)
    assert [mail.raw for mail in mailbox.fetch(listed).mails] == MAILS
    mailbox.acknowledge([mail.uid for mail in listed])
    mailbox.acknowledge([mail.uid for mail in listed])


def test_new_mail_ends_the_wait(mailbox: ImapMailbox, port: int) -> None:
    mailbox.select()
    sender = threading.Timer(0.1, append, [port, MAILS[0]])
    sender.start()
    mailbox.wait(30)
    sender.join()
    mailbox.select()
    assert len(mailbox.list(1, EVERYTHING)) == 1


def test_the_wait_can_be_repeated(mailbox: ImapMailbox) -> None:
    mailbox.select()
    for _ in range(3):
        mailbox.wait(0.05)
    assert mailbox.select().exists == 0
