"""`postclerk run` in a process of its own, on a real Dovecot and a real SMTP server."""

import random
import signal
import time

import pytest

from tests.builders import LI_WEI, a_mail
from tests.cli.command import postclerk_process
from tests.daemon.conftest import Open
from tests.daemon.desks import LiveDesk, a_day, mailbox_of, sent_to, wait_until

pytestmark = pytest.mark.slow


def test_mail_that_arrives_while_the_worker_waits_is_answered_without_the_schedule(
    desk: LiveDesk,
) -> None:
    with desk.running() as child:
        child.wait_for("mailbox.old_mail_noted")
        for number in range(3):
            before = len(desk.sink.messages)
            sender = f"customer{number}@customer.example"
            desk.account.append(a_mail(sender=sender, message_id=f"{number}@x.example"))
            wait_until(lambda: len(desk.sink.messages) > before, child.words)  # noqa: B023
    assert desk.account.count() == 3


def test_sigterm_ends_it_in_time_and_nothing_is_left_in_flight(desk: LiveDesk) -> None:
    desk.account.append(*a_day(40))
    with desk.running() as child:
        child.wait_for("inbound.received")
        asked = time.monotonic()
        assert child.stop() == 0
        assert time.monotonic() - asked < 10
        assert child.events()[-1]["event"] == "worker.stopped"
        assert child.events()[-1]["in_time"] is True
    assert {row["claimed_by"] for row in desk.rows("inbound")} == {None}
    assert "sending" not in {row["state"] for row in desk.rows("answers")}
    assert desk.rows("mailboxes")[0]["lease_owner"] is None


STAGES = ("inbound.received", "inbound.acknowledged", "inbound.recorded", "answer.sent")


@pytest.mark.parametrize("seed", [1, 2])
def test_worker_killed_again_and_again_comes_to_the_same_end(desk: LiveDesk, seed: int) -> None:
    chance = random.Random(seed)
    mails = a_day(50)
    for number, stage in enumerate(chance.choices(STAGES, k=5)):
        desk.account.append(*mails[number::5])
        with desk.running() as child:
            while stage not in child.names():
                time.sleep(0.002)
            time.sleep(chance.uniform(0.0, 0.02))
            child.kill()
    with desk.running() as child:
        child.wait_for("worker.started")
        wait_until(lambda: desk.is_settled(len(mails)), child.words)
        assert child.stop() == 0
    desk.prove_whole(len(mails))
    assert desk.states() == {"recorded": 44, "copy": 5, "screened_out": 7}


def test_sighup_takes_in_the_new_configuration(desk: LiveDesk, new_account: Open) -> None:
    other = new_account()
    other.append(a_mail())
    with desk.running() as child:
        child.wait_for("mailbox.old_mail_noted")
        both = [mailbox_of(desk.account), mailbox_of(other, name="other")]
        desk.write_config(mailboxes=both)
        child.process.send_signal(signal.SIGHUP)
        child.wait_for("config.reloaded")
        wait_until(lambda: sent_to(desk.sink) == [LI_WEI], child.words)


def test_broken_configuration_is_refused_and_the_old_one_goes_on(desk: LiveDesk) -> None:
    with desk.running() as child:
        child.wait_for("mailbox.old_mail_noted")
        desk.file.write_text("desk: {nmae: Desk}\n", "utf-8")
        child.process.send_signal(signal.SIGHUP)
        child.wait_for("config.refused")
        (refused,) = [one for one in child.events() if one["event"] == "config.refused"]
        assert any("nmae" in complaint for complaint in refused["complaints"])
        desk.account.append(a_mail())
        wait_until(lambda: sent_to(desk.sink) == [LI_WEI], child.words)
        desk.write_config()
        assert child.stop() == 0


def test_wrong_password_is_said_once_while_the_others_go_on(
    desk: LiveDesk, new_account: Open
) -> None:
    wrong = mailbox_of(new_account(), name="wrong", password="not-the-password")
    desk.write_config(mailboxes=[wrong, mailbox_of(desk.account)])
    desk.account.append(a_mail())
    with desk.running() as child:
        wait_until(lambda: sent_to(desk.sink) == [LI_WEI], child.words)
        child.wait_for("mailbox.failed")
        assert child.stop() == 0
    failed = [event for event in child.events() if event["event"] == "mailbox.failed"]
    assert [event["mailbox"] for event in failed] == ["wrong"]
    assert "not-the-password" not in child.log.read_text()
    assert "Traceback" not in child.log.read_text()


def test_secrets_of_a_mail_reach_no_log_line(desk: LiveDesk) -> None:
    desk.account.append(a_mail("My password is hunter2-and-more, please help.\n"))
    with desk.running() as child:
        wait_until(lambda: len(desk.sink.messages) == 1, child.words)
        assert child.stop() == 0
    assert "hunter2" not in child.log.read_text()
    assert "deposit" not in child.log.read_text()


def test_second_worker_on_the_same_sqlite_is_refused_in_one_line(desk: LiveDesk) -> None:
    with desk.running() as child:
        child.wait_for("worker.started")
        done = postclerk_process("once", "--config", desk.file)
    assert done.status == 75
    assert f"process {child.process.pid}" in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("verb", ["run", "once"])
def test_database_folder_that_cannot_be_made_is_one_line_and_status_2(
    desk: LiveDesk, verb: str
) -> None:
    (desk.folder / "file").write_text("")
    desk.write_config(database={"url": f"sqlite:///{desk.folder}/file/desk.db"})
    done = postclerk_process(verb, "--config", desk.file)
    assert (done.status, len(done.err.splitlines())) == (2, 1)
    assert "cannot be written" in done.err


def test_missing_key_file_is_one_line_and_status_2(desk: LiveDesk) -> None:
    (desk.folder / "desk.key").unlink()
    done = postclerk_process("once", "--config", desk.file)
    lines = [line for line in done.err.splitlines() if not line.startswith("{")]
    assert (done.status, len(lines)) == (2, 1)
    assert "config init" in lines[0]


def test_once_with_a_failing_mailbox_has_status_1(desk: LiveDesk) -> None:
    desk.write_config(mailboxes=[mailbox_of(desk.account, password="not-the-password")])
    done = postclerk_process("once", "--config", desk.file)
    assert done.status == 1
    assert "support" in done.out
    assert "Traceback" not in done.err
