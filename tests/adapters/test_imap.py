"""ImapMailbox against a real Dovecot on a good network."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from tests.adapters.conftest import Connect, settings_for
from tests.servers.dovecot import TestMailbox
from worker import log
from worker.adapters import imap, imap_acknowledging
from worker.adapters.imap import FolderMissing, ImapMailbox, LoginRefused
from worker.config import After, Schedule
from worker.context import ListedMail
from worker.errors import Temporary

EVERYTHING = 2**32 - 1
A_LONG_TIME = 30.0
MAILS = [
    b"From: li.wei@example.com\r\nSubject: %d\r\n\r\n" % number + b"line\r\n" * number
    for number in range(6)
]


def uids_of(mailbox: ImapMailbox) -> list[int]:
    return [mail.uid for mail in mailbox.list(1, EVERYTHING)]


def test_select_tells_the_state_of_the_folder(connect: Connect, account: TestMailbox) -> None:
    account.append(*MAILS)
    state = connect().select()
    assert (state.uidvalidity, state.uidnext, state.exists) == (account.uidvalidity(), 7, 6)


def test_missing_folder_is_named_with_its_neighbours(
    connect: Connect, account: TestMailbox
) -> None:
    account.server.mailbox(account.user, "Support").append(MAILS[0])
    with pytest.raises(FolderMissing, match=r"no folder Suport .* it has Support"):
        connect(folder="Suport").select()


def test_wrong_password_is_a_refused_login_and_stays_secret(connect: Connect) -> None:
    mailbox = connect(password="wrong-and-secret")
    with pytest.raises(LoginRefused, match="check username and password") as caught:
        mailbox.select()
    assert "wrong-and-secret" not in f"{caught.value} {caught.value.facts} {mailbox!r}"


def test_password_beyond_ascii_reaches_the_server(connect: Connect) -> None:
    with pytest.raises(LoginRefused, match="AUTHENTICATIONFAILED"):
        connect(password="密码").select()


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_tls_is_spoken_with_a_certificate_of_the_named_authority(
    connect: Connect, account: TestMailbox, tls: str
) -> None:
    account.append(*MAILS)
    server = account.server
    port = server.tls_port if tls == "implicit" else server.port
    mailbox = connect(tls=tls, port=port, ca_file=server.ca_file)
    mailbox.select()
    fetched = mailbox.fetch(mailbox.list(1, EVERYTHING))
    assert [mail.raw for mail in fetched.mails] == MAILS


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_unknown_certificate_is_not_trusted(
    connect: Connect, account: TestMailbox, tls: str
) -> None:
    port = account.server.tls_port if tls == "implicit" else account.server.port
    with pytest.raises(Temporary, match="is not trusted"):
        connect(tls=tls, port=port).select()


def test_unusable_ca_file_is_named(connect: Connect, account: TestMailbox) -> None:
    mailbox = connect(tls="starttls", ca_file=account.server.folder / "nothing.pem")
    with pytest.raises(Temporary, match=r"ca_file .*nothing\.pem"):
        mailbox.select()


def test_list_tells_size_date_and_deletion(connect: Connect, account: TestMailbox) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    account.append(MAILS[1], internal_date=noon, flags=[r"\Deleted"])
    mailbox = connect()
    mailbox.select()
    expected = ListedMail(uid=1, size_bytes=len(MAILS[1]), internal_date=noon, is_deleted=True)
    assert mailbox.list(1, 1) == (expected,)


def test_list_finds_mails_however_far_apart(connect: Connect, account: TestMailbox) -> None:
    account.append(MAILS[0])
    for uid in (30_000, 3_000_000, 4_294_967_000):
        account.set_next_uid(uid)
        account.append(MAILS[1])
    mailbox = connect()
    mailbox.select()
    assert uids_of(mailbox) == [1, 30_000, 3_000_000, 4_294_967_000]


def test_list_keeps_to_its_range(connect: Connect, account: TestMailbox) -> None:
    account.append(*MAILS)
    mailbox = connect()
    mailbox.select()
    assert [mail.uid for mail in mailbox.list(3, 5)] == [3, 4, 5]
    assert mailbox.list(7, EVERYTHING) == ()


def test_list_returns_the_lowest_mails_when_there_are_too_many(
    connect: Connect, account: TestMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "LISTED_AT_MOST", 4)
    account.append(*MAILS)
    mailbox = connect()
    mailbox.select()
    assert uids_of(mailbox) == [1, 2, 3, 4]


def test_list_sees_mail_that_came_after_select(connect: Connect, account: TestMailbox) -> None:
    mailbox = connect()
    mailbox.select()
    account.append(MAILS[0])
    assert uids_of(mailbox) == [1]


def test_fetch_hands_over_whole_mails_and_leaves_flags_alone(
    connect: Connect, account: TestMailbox
) -> None:
    account.append(*MAILS)
    mailbox = connect()
    mailbox.select()
    fetched = mailbox.fetch(mailbox.list(2, 5))
    assert {mail.uid: mail.raw for mail in fetched.mails} == dict(
        zip(range(2, 6), MAILS[1:5], strict=True)
    )
    assert not any(mail.is_size_wrong for mail in fetched.mails)
    assert set().union(*account.flags().values()) == set()


def test_mail_that_somebody_expunged_is_gone(connect: Connect, account: TestMailbox) -> None:
    account.append(*MAILS)
    mailbox = connect()
    mailbox.select()
    listed = mailbox.list(1, EVERYTHING)
    account.expunge(2, 6)
    fetched = mailbox.fetch(listed)
    assert (fetched.gone, fetched.refused) == ((2, 6), {})
    assert [mail.uid for mail in fetched.mails] == [1, 3, 4, 5]


def test_no_mail_wanted_is_no_mail_fetched(connect: Connect) -> None:
    mailbox = connect()
    mailbox.select()
    assert mailbox.fetch([]).mails == ()


@pytest.mark.parametrize(
    ("after", "flag"),
    [
        pytest.param(After(), "$Postclerk", id="keyword"),
        pytest.param(After(keyword="Ours"), "Ours", id="own keyword"),
        pytest.param(After(action="seen"), r"\Seen", id="seen"),
    ],
)
def test_acknowledged_mail_is_flagged(
    connect: Connect, account: TestMailbox, after: After, flag: str
) -> None:
    account.append(*MAILS)
    mailbox = connect(after=after)
    mailbox.select()
    for _ in range(2):
        mailbox.acknowledge([1, 2, 5])
    flags = account.flags()
    assert [uid for uid in flags if flag in flags[uid]] == [1, 2, 5]


def test_acknowledged_mail_is_moved_into_a_folder_that_is_made(
    connect: Connect, account: TestMailbox
) -> None:
    account.append(*MAILS)
    mailbox = connect(after=After(action="move", folder="Done"))
    mailbox.select()
    for _ in range(2):
        mailbox.acknowledge([2, 3])
    assert account.uids() == [1, 4, 5, 6]
    assert account.server.mailbox(account.user, "Done").count() == 2


def test_delete_takes_the_acknowledged_mail_and_no_other(
    connect: Connect, account: TestMailbox
) -> None:
    account.append(*MAILS)
    account.add_flags([6], r"\Deleted")
    mailbox = connect(after=After(action="delete"))
    mailbox.select()
    mailbox.acknowledge([1, 2])
    assert account.uids() == [3, 4, 5, 6]


def test_nothing_is_done_when_the_configuration_says_so(
    connect: Connect, account: TestMailbox
) -> None:
    account.append(*MAILS)
    mailbox = connect(after=After(action="nothing"))
    mailbox.select()
    mailbox.acknowledge([1, 2])
    assert set().union(*account.flags().values()) == set()


def test_thousands_of_scattered_mails_are_acknowledged(
    connect: Connect, account: TestMailbox
) -> None:
    account.append(*MAILS)
    mailbox = connect(after=After(action="seen"))
    mailbox.select()
    mailbox.acknowledge([*range(1, 7), *range(1_000_001, 1_005_000, 2)])
    assert all(r"\Seen" in flags for flags in account.flags().values())


def test_renumbered_folder_is_not_touched_before_it_is_selected_again(
    connect: Connect, account: TestMailbox
) -> None:
    account.append(*MAILS)
    mailbox = connect(after=After(action="delete"))
    mailbox.select()
    account.expunge(1)
    account.change_uidvalidity()
    with pytest.raises(Temporary):
        mailbox.acknowledge([2])
    with pytest.raises(Temporary):
        mailbox.acknowledge([2])
    assert account.count() == 5
    assert mailbox.select().uidvalidity == account.uidvalidity()


def test_session_that_the_server_ended_is_opened_again(
    connect: Connect, account: TestMailbox
) -> None:
    account.append(MAILS[0])
    mailbox = connect()
    mailbox.select()
    account.kick()
    assert mailbox.select().exists == 1


def test_new_mail_ends_the_wait(connect: Connect, account: TestMailbox) -> None:
    mailbox = connect()
    mailbox.select()
    sender = threading.Timer(0.2, account.append, [MAILS[0]])
    sender.start()
    mailbox.wait(A_LONG_TIME)
    sender.join()
    assert uids_of(mailbox) == [1]


def test_news_told_beside_another_command_ends_the_next_wait(
    connect: Connect, account: TestMailbox
) -> None:
    account.append(MAILS[0])
    mailbox = connect()
    mailbox.select()
    account.append(MAILS[1])
    mailbox.acknowledge([1])
    mailbox.wait(A_LONG_TIME)


@pytest.mark.parametrize("idle", [True, False], ids=["idle", "asleep"])
def test_wake_ends_the_wait_from_another_thread(connect: Connect, idle: bool) -> None:
    mailbox = connect(schedule=Schedule(idle=idle))
    mailbox.select()
    waker = threading.Timer(0.1, mailbox.wake)
    waker.start()
    mailbox.wait(A_LONG_TIME)
    waker.join()


def test_wake_before_the_wait_is_not_lost(connect: Connect) -> None:
    mailbox = connect()
    mailbox.wake()
    mailbox.wait(A_LONG_TIME)


def test_wake_after_close_does_no_harm(connect: Connect) -> None:
    mailbox = connect()
    mailbox.close()
    mailbox.wake()


def test_wait_ends_when_its_time_has_passed(connect: Connect) -> None:
    mailbox = connect()
    mailbox.select()
    mailbox.wait(0.05)
    assert mailbox.select().exists == 0


def test_nothing_is_listed_before_the_folder_is_selected(connect: Connect) -> None:
    with pytest.raises(Temporary, match="not open yet"):
        connect().list(1, 2)


def test_probe_finds_a_good_mailbox_well(account: TestMailbox) -> None:
    found = imap.probe(settings_for(account), deadline=timedelta(seconds=5))
    assert {what: is_well for what, is_well, _ in found} == {
        "connection": True,
        "login": True,
        "folder": True,
        "keyword": True,
        "IDLE": True,
    }


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        pytest.param({"password": "wrong"}, "login", id="wrong password"),
        pytest.param({"folder": "Nowhere"}, "folder", id="missing folder"),
        pytest.param({"port": 1}, "connection", id="nobody there"),
        pytest.param({"host": "nowhere.invalid"}, "connection", id="no such host"),
        pytest.param({"tls": "implicit"}, "connection", id="no TLS on that port"),
    ],
)
def test_probe_names_what_is_wrong(
    account: TestMailbox, changes: dict[str, object], what: str
) -> None:
    found = imap.probe(settings_for(account, **changes), deadline=timedelta(seconds=5))
    assert [(name, is_well) for name, is_well, _ in found] == [(what, False)]


def test_server_without_move_copies_flags_and_expunges(
    connect: Connect, account: TestMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.append(*MAILS)
    mailbox = connect(after=After(action="move", folder="Done"))
    mailbox.select()
    session = mailbox._opened()
    session.capabilities = frozenset({"IMAP4REV1", "UIDPLUS"})
    for _ in range(2):
        mailbox.acknowledge([2, 3])
    assert account.uids() == [1, 4, 5, 6]
    assert account.server.mailbox(account.user, "Done").count() == 2


def test_server_without_move_and_uidplus_keeps_flagged_mails_and_copies_once(
    connect: Connect, account: TestMailbox
) -> None:
    account.append(*MAILS)
    mailbox = connect(after=After(action="move", folder="Done"))
    mailbox.select()
    mailbox._opened().capabilities = frozenset({"IMAP4REV1"})
    for _ in range(2):
        mailbox.acknowledge([2, 3])
    assert [uid for uid, flags in account.flags().items() if r"\Deleted" in flags] == [2, 3]
    assert account.server.mailbox(account.user, "Done").count() == 2


def test_folder_without_keywords_leaves_mails_alone_and_says_so_once(
    connect: Connect, account: TestMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[object] = []
    monkeypatch.setattr(log, "warning", lambda event, **facts: said.append(facts["reason"]))
    account.append(*MAILS)
    mailbox = connect()
    mailbox.select()
    mailbox._may_keyword = False
    for _ in range(2):
        mailbox.acknowledge([1])
    assert said == [imap_acknowledging.NO_KEYWORDS]
    assert account.flags()[1] == set()
