"""The servers of the tests do what the fixtures promise."""

import smtplib

import pytest
from sqlalchemy import create_engine, text

from tests.servers.dovecot import Dovecot
from tests.servers.smtp_sink import SmtpSink

MAIL = b"From: li.wei@example.com\nTo: help@example.com\nSubject: one\n\nHello.\n"


def test_dovecot_keeps_what_is_appended(dovecot: Dovecot) -> None:
    box = dovecot.mailbox("appended")
    assert box.append(MAIL, MAIL, flags=["Blue"]) == [1, 2]
    assert box.fetch(2) == MAIL.replace(b"\n", b"\r\n")
    assert box.flags() == {1: {"Blue"}, 2: {"Blue"}}


def test_dovecot_forgets_what_is_expunged(dovecot: Dovecot) -> None:
    box = dovecot.mailbox("expunged")
    box.append(MAIL, MAIL, MAIL)
    box.expunge(2)
    assert box.uids() == [1, 3]


def test_dovecot_renumbers_a_folder_when_asked(dovecot: Dovecot) -> None:
    box = dovecot.mailbox("renumbered")
    box.append(MAIL, MAIL)
    box.expunge(1)
    before = box.uidvalidity()
    assert box.change_uidvalidity() != before
    assert box.uids() == [1]


def test_dovecot_can_leave_a_gap_in_the_uids(dovecot: Dovecot) -> None:
    box = dovecot.mailbox("gap")
    box.append(MAIL)
    box.set_next_uid(4_000_000_000)
    assert box.append(MAIL) == [4_000_000_000]


def test_sink_keeps_what_it_accepts(smtp_sink: SmtpSink) -> None:
    with smtplib.SMTP(smtp_sink.host, smtp_sink.port) as client:
        client.sendmail("", ["li.wei@example.com"], MAIL)
    assert [m.recipients for m in smtp_sink.messages] == [("li.wei@example.com",)]


def test_sink_refuses_what_it_is_told_to_refuse(smtp_sink: SmtpSink) -> None:
    smtp_sink.reply("data", "452 4.3.1 full")
    with smtplib.SMTP(smtp_sink.host, smtp_sink.port) as client:
        with pytest.raises(smtplib.SMTPDataError, match="full"):
            client.sendmail("", ["li.wei@example.com"], MAIL)
        client.sendmail("", ["li.wei@example.com"], MAIL)
    assert len(smtp_sink.messages) == 1


@pytest.mark.parametrize("again", [1, 2])
def test_each_test_gets_an_empty_database(postgres_url: str, again: int) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as tx:
        tx.execute(text("CREATE TABLE proof (id int)"))
    engine.dispose()
