"""`once` on a real Dovecot and a real SMTP server."""

from tests.builders import LI_WEI, a_mail
from tests.daemon.conftest import Open
from tests.daemon.desks import KEYWORD, LiveDesk, a_day, mailbox_of, sent_to
from tests.servers import process
from worker.daemon import wiring


def test_every_mail_ends_in_one_outcome_and_each_request_is_answered(desk: LiveDesk) -> None:
    mails = a_day(20)
    desk.account.append(*mails)
    done = wiring.once(desk.config())
    desk.prove_whole(len(mails))
    assert done["received"] == done["processed"] == len(mails)
    assert desk.states() == {"recorded": 18, "copy": 2, "screened_out": 3}
    assert len(desk.sink.messages) == done["sent"] == 17
    assert {KEYWORD} == set().union(*desk.account.flags().values())


def test_second_run_changes_nothing(desk: LiveDesk) -> None:
    mails = a_day(5)
    desk.account.append(*mails)
    wiring.once(desk.config())
    before = [desk.rows(name) for name in ("inbound", "tickets", "messages", "answers")]
    sent = list(desk.sink.messages)
    done = wiring.once(desk.config())
    assert [desk.rows(name) for name in ("inbound", "tickets", "messages", "answers")] == before
    assert desk.sink.messages == sent
    assert not any(value for name, value in done.items())


def test_uidvalidity_change_brings_copies_and_no_second_answer(desk: LiveDesk) -> None:
    mails = a_day(5)
    desk.account.append(*mails)
    wiring.once(desk.config())
    sent = len(desk.sink.messages)
    desk.account.change_uidvalidity()
    wiring.once(desk.config())
    later = desk.rows("inbound")[len(mails) :]
    assert [row["state"] for row in later] == ["copy"] * len(mails)
    assert len(desk.sink.messages) == sent
    assert desk.account.count() == len(mails)


def test_reply_to_our_answer_joins_its_ticket(desk: LiveDesk) -> None:
    desk.account.append(a_mail())
    wiring.once(desk.config())
    message_id = desk.rows("answers")[0]["message_id"]
    desk.account.append(
        a_mail("It arrived.\n", message_id="r", fields={"In-Reply-To": f"<{message_id}>"})
    )
    done = wiring.once(desk.config())
    assert done["followed_up"] == 1
    assert len(desk.rows("tickets")) == 1


def test_moved_mail_is_all_in_the_other_folder(desk: LiveDesk) -> None:
    archive = desk.account.server.mailbox(desk.account.user, "Archive")
    assert archive.count() == 0
    moving = mailbox_of(desk.account, after={"action": "move", "folder": "Archive"})
    desk.account.append(*a_day(3))
    wiring.once(desk.write_config(mailboxes=[moving]))
    assert (desk.account.count(), archive.count()) == (0, 4)
    assert sum(desk.states().values()) == 4


def test_same_mail_in_two_mailboxes_makes_one_ticket(desk: LiveDesk, new_account: Open) -> None:
    other = new_account()
    config = desk.write_config(
        mailboxes=[mailbox_of(desk.account), mailbox_of(other, name="other")]
    )
    for account in (desk.account, other):
        account.append(a_mail())
    wiring.once(config)
    assert desk.states() == {"recorded": 1, "copy": 1}
    assert sent_to(desk.sink) == [LI_WEI]


def test_wrong_password_is_told_and_the_other_mailbox_goes_on(
    desk: LiveDesk, new_account: Open
) -> None:
    wrong = mailbox_of(new_account(), name="wrong", password="not-the-password")
    config = desk.write_config(mailboxes=[wrong, mailbox_of(desk.account)])
    desk.account.append(a_mail())
    done = wiring.once(config)
    assert sent_to(desk.sink) == [LI_WEI]
    failed = done["mailboxes_failed"]
    assert isinstance(failed, dict)
    assert list(failed) == ["wrong"]
    assert "not-the-password" not in failed["wrong"]
    assert desk.rows("mailboxes")[0]["error"] is None


def test_unreachable_mailbox_is_told_and_the_other_goes_on(desk: LiveDesk) -> None:
    away = mailbox_of(desk.account, name="away", port=process.free_port())
    config = desk.write_config(mailboxes=[away, mailbox_of(desk.account)])
    desk.account.append(a_mail())
    done = wiring.once(config)
    assert sent_to(desk.sink) == [LI_WEI]
    assert list(done["mailboxes_failed"]) == ["away"]  # type: ignore[call-overload]


def test_unreachable_mail_server_loses_no_answer(desk: LiveDesk) -> None:
    smtp = {"host": "127.0.0.1", "port": process.free_port(), "tls": "insecure-plaintext"}
    desk.account.append(a_mail())
    wiring.once(desk.write_config(smtp=smtp))
    assert [row["state"] for row in desk.rows("answers")] == ["queued"]
    del desk.sections["smtp"]
    done = wiring.once(desk.write_config())
    assert done["sent"] == 1
    assert sent_to(desk.sink) == [LI_WEI]
