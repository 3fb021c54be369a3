"""ImapMailbox on a bad network and before servers that answer wrongly.

One fault strikes; what follows must be a Temporary or the right mails, and in the end the right
mails in any case: never a mail too few, never other bytes.
"""

from datetime import timedelta

import pytest

from tests.adapters.conftest import Connect
from tests.servers import fault_proxy
from tests.servers.dovecot import TestMailbox
from tests.servers.fault_proxy import FaultProxy
from worker.adapters.imap import ImapMailbox, LoginRefused
from worker.config import After
from worker.context import Fetched
from worker.errors import Temporary

EVERYTHING = 2**32 - 1
MAILS = [
    b"From: li.wei@example.com\r\nSubject: %d\r\n\r\n" % number + b"line\r\n" * 50 * number
    for number in range(4)
]
A_LISTED_MAIL = rb"^\* \d+ FETCH .*INTERNALDATE"
A_BODY = rb"^\* \d+ FETCH .*BODY\[\]"

CUTS = [
    pytest.param(fault_proxy.drop, id="closed"),
    pytest.param(fault_proxy.reset, id="reset"),
    pytest.param(fault_proxy.last_words(b"* BYE shutting down\r\n"), id="bye"),
    pytest.param(fault_proxy.stall, id="silent"),
    pytest.param(fault_proxy.half, id="half a line"),
]


def take(mailbox: ImapMailbox) -> Fetched:
    """List and fetch everything, and acknowledge it: what a poll does."""
    mailbox.select()
    fetched = mailbox.fetch(mailbox.list(1, EVERYTHING))
    mailbox.acknowledge([mail.uid for mail in fetched.mails])
    return fetched


def take_patiently(mailbox: ImapMailbox) -> Fetched:
    """Poll again after each Temporary, four times at most."""
    for _ in range(3):
        try:
            return take(mailbox)
        except Temporary:
            continue
    return take(mailbox)


def raws(fetched: Fetched) -> list[bytes]:
    return [mail.raw for mail in sorted(fetched.mails, key=lambda mail: mail.uid)]


@pytest.mark.parametrize("action", CUTS)
@pytest.mark.parametrize(
    "line",
    [
        rb"^\S+ (OK|NO) .*Logged in",
        rb"^\* \d+ EXISTS",
        rb"^\* SEARCH",
        A_LISTED_MAIL,
        A_BODY,
        rb"^\S+ OK Store completed",
    ],
    ids=["login", "select", "search", "listing", "fetch", "store"],
)
def test_cut_connection_is_one_temporary_and_costs_no_mail(
    shaky: ImapMailbox, network: FaultProxy, account: TestMailbox, line: bytes, action: object
) -> None:
    account.append(*MAILS)
    fault = network.on("server", line, action)  # type: ignore[arg-type]
    with pytest.raises(Temporary, match="IMAP server"):
        take(shaky)
    assert fault.struck == 1
    assert raws(take_patiently(shaky)) == MAILS
    assert all("$Postclerk" in flags for flags in account.flags().values())


@pytest.mark.parametrize(
    ("line", "action"),
    [
        pytest.param(A_LISTED_MAIL, fault_proxy.swallow, id="listing lost"),
        pytest.param(rb"^\* SEARCH", fault_proxy.swallow, id="SEARCH lost"),
        pytest.param(rb"^\* SEARCH", fault_proxy.replace(b"* SEARCH\r\n"), id="SEARCH empty"),
        pytest.param(
            rb"^\* SEARCH", fault_proxy.replace(b"* SEARCH 2 3\r\n"), id="SEARCH less"
        ),
        pytest.param(
            rb"^\* SEARCH",
            fault_proxy.replace(b"* SEARCH 1 2 3 4 4294967296\r\n"),
            id="too high",
        ),
        pytest.param(rb"^\* SEARCH", fault_proxy.replace(b"* SEARCH what\r\n"), id="no number"),
        pytest.param(
            A_LISTED_MAIL, fault_proxy.change(rb"UID \d+ ", b""), id="listing without UID"
        ),
        pytest.param(
            A_LISTED_MAIL, fault_proxy.change(rb"UID \d+", b"UID 77"), id="listing of another"
        ),
        pytest.param(
            A_LISTED_MAIL,
            fault_proxy.before(
                b"* 1 FETCH (UID 1 RFC822.SIZE 9 FLAGS ()"
                b' INTERNALDATE "01-Jan-2026 00:00:00 +0000")\r\n'
            ),
            id="two listings that differ",
        ),
        pytest.param(
            A_LISTED_MAIL,
            fault_proxy.change(rb"FLAGS \(", b"FLAGS (NIL 7 "),
            id="strange flags",
        ),
        pytest.param(
            A_LISTED_MAIL, fault_proxy.change(rb"FLAGS", b"999999999999"), id="strange name"
        ),
        pytest.param(A_LISTED_MAIL, fault_proxy.change(rb"\(", b"(" * 5_000), id="deep"),
        pytest.param(
            A_LISTED_MAIL, fault_proxy.change(rb"-20\d\d ", b"-9999999 "), id="strange date"
        ),
        pytest.param(A_BODY, fault_proxy.swallow, id="body lost"),
        pytest.param(A_BODY, fault_proxy.change(rb"UID \d+ ", b""), id="body without UID"),
        pytest.param(A_BODY, fault_proxy.change(rb"UID \d+", b"UID 77"), id="body of another"),
        pytest.param(A_BODY, fault_proxy.change(rb"SIZE \d+", b"SIZE 7"), id="wrong size"),
        pytest.param(A_BODY, fault_proxy.change(rb"\{\d+", b"{20"), id="literal too short"),
        pytest.param(A_BODY, fault_proxy.change(rb"\{(\d+)", rb"{9\1"), id="literal too long"),
        pytest.param(A_BODY, fault_proxy.change(rb"\{", b"{99999999999999"), id="huge literal"),
        pytest.param(A_BODY, fault_proxy.change(rb"FETCH \(", b"FETCH ((("), id="garbled"),
        pytest.param(A_BODY, fault_proxy.before(b"rubbish\r\n"), id="rubbish between"),
        pytest.param(A_BODY, fault_proxy.cut_literal, id="cut in the body"),
        pytest.param(
            A_BODY,
            fault_proxy.before(b'* 1 FETCH (UID 1 RFC822.SIZE 4 BODY[] "evil")\r\n'),
            id="body twice",
        ),
        pytest.param(A_BODY, lambda link, line: line + line, id="line twice"),
        pytest.param(
            A_BODY, fault_proxy.before(b"* 2 FETCH (FLAGS (\\Deleted))\r\n"), id="unasked"
        ),
    ],
)
def test_wrong_answer_hides_no_mail_and_changes_no_byte(
    shaky: ImapMailbox, network: FaultProxy, account: TestMailbox, line: bytes, action: object
) -> None:
    account.append(*MAILS)
    fault = network.on("server", line, action)  # type: ignore[arg-type]
    fetched = take_patiently(shaky)
    assert fault.struck == 1
    assert raws(fetched) == MAILS
    assert (fetched.refused, fetched.gone) == ({}, ())
    assert not any(mail.is_size_wrong for mail in fetched.mails)


def test_listing_that_never_agrees_is_temporary(
    shaky: ImapMailbox, network: FaultProxy, account: TestMailbox
) -> None:
    account.append(*MAILS)
    network.on("server", rb"^\* SEARCH", fault_proxy.replace(b"* SEARCH\r\n"), times=3)
    with pytest.raises(Temporary, match="other mails by SEARCH than by FETCH"):
        take(shaky)


def test_slow_drip_is_cut_by_the_total_deadline(
    shaky: ImapMailbox, network: FaultProxy, account: TestMailbox
) -> None:
    account.append(*MAILS)
    network.on("server", A_LISTED_MAIL, fault_proxy.drip(0.2))
    with pytest.raises(Temporary, match="did not answer within"):
        take(shaky)
    assert raws(take_patiently(shaky)) == MAILS


def test_size_that_is_always_wrong_is_accepted_and_said(
    shaky: ImapMailbox, network: FaultProxy, account: TestMailbox
) -> None:
    account.append(*MAILS)
    lie = fault_proxy.change(rb"RFC822\.SIZE \d+", b"RFC822.SIZE 5")
    network.on("server", rb"UID 2 .*RFC822\.SIZE", lie, times=99)
    fetched = take(shaky)
    assert raws(fetched) == MAILS
    assert [mail.uid for mail in fetched.mails if mail.is_size_wrong] == [2]


def test_mail_that_the_server_never_hands_over_is_refused_and_the_others_come(
    shaky: ImapMailbox, network: FaultProxy, account: TestMailbox
) -> None:
    account.append(*MAILS)
    network.on("client", rb"UID FETCH 1:4 .*BODY", fault_proxy.answer(b"TAG NO broken\r\n"))
    network.on(
        "client", rb"UID FETCH 3 .*BODY", fault_proxy.answer(b"TAG NO broken\r\n"), times=99
    )
    fetched = take(shaky)
    assert [mail.uid for mail in fetched.mails] == [1, 2, 4]
    assert list(fetched.refused) == [3]
    assert "broken" in fetched.refused[3]


def test_mail_that_the_server_dies_of_does_not_hold_up_the_others(
    shaky: ImapMailbox, network: FaultProxy, account: TestMailbox
) -> None:
    account.append(*MAILS)
    network.on("server", rb"UID 3 .*BODY\[\]", fault_proxy.drop, times=99)
    fetched = take_patiently(shaky)
    assert [mail.uid for mail in fetched.mails] == [1, 2, 4]
    assert list(fetched.refused) == [3]


def test_busy_server_is_asked_again_later(
    shaky: ImapMailbox, network: FaultProxy, account: TestMailbox
) -> None:
    account.append(*MAILS)
    busy = fault_proxy.answer(b"TAG NO [UNAVAILABLE] backend busy\r\n")
    network.on("client", rb"UID FETCH .*BODY", busy)
    with pytest.raises(Temporary, match="backend busy"):
        take(shaky)
    assert raws(take(shaky)) == MAILS


@pytest.mark.parametrize(
    ("words", "is_refused"),
    [
        (b"[AUTHENTICATIONFAILED] no", True),
        (b"Invalid credentials", True),
        (b"[UNAVAILABLE] later", False),
        (b"[INUSE] later", False),
        (b"[LIMIT] later", False),
    ],
)
def test_refused_login_is_told_from_a_busy_server(
    shaky: ImapMailbox, network: FaultProxy, words: bytes, is_refused: bool
) -> None:
    network.on("client", rb"^\S+ LOGIN", fault_proxy.answer(b"TAG NO " + words + b"\r\n"))
    with pytest.raises(Temporary) as caught:
        shaky.select()
    assert isinstance(caught.value, LoginRefused) is is_refused


@pytest.mark.parametrize(
    ("greeting", "words"),
    [
        pytest.param(b"* PREAUTH welcome\r\n", "PREAUTH", id="preauth"),
        pytest.param(b"* BYE too many connections\r\n", "too many connections", id="bye"),
        pytest.param(b"220 mail.example ESMTP\r\n", "makes no sense", id="not IMAP"),
    ],
)
def test_strange_greeting_ends_the_connection(
    shaky: ImapMailbox, network: FaultProxy, greeting: bytes, words: str
) -> None:
    network.on("server", rb"^\* OK", fault_proxy.replace(greeting))
    with pytest.raises(Temporary, match=words):
        shaky.select()
    assert not any(b"LOGIN" in line for line in network.lines)


@pytest.mark.parametrize(
    ("line", "action"),
    [
        pytest.param(rb"CAPABILITY", fault_proxy.change(rb"STARTTLS", b""), id="not offered"),
        pytest.param(rb"CAPABILITY", fault_proxy.change(rb"OK", b"PREAUTH"), id="preauth"),
        pytest.param(
            rb"Begin TLS",
            lambda link, line: line + b"* CAPABILITY IMAP4rev1 X-EVIL\r\n",
            id="bytes before TLS",
        ),
    ],
)
def test_starttls_never_falls_back_to_plain_text(
    connect: Connect, network: FaultProxy, account: TestMailbox, line: bytes, action: object
) -> None:
    network.on("server", line, action, times=9)  # type: ignore[arg-type]
    mailbox = connect(port=network.port, tls="starttls", ca_file=account.server.ca_file)
    with pytest.raises(Temporary):
        mailbox.select()
    assert not any(b"LOGIN" in line for line in network.lines)


def test_read_only_folder_is_said_and_served_when_nothing_shall_be_done(
    connect: Connect, network: FaultProxy, account: TestMailbox
) -> None:
    account.append(*MAILS)
    read_only = fault_proxy.change(rb"READ-WRITE", b"READ-ONLY")
    network.on("server", rb"READ-WRITE", read_only, times=9)
    with pytest.raises(Temporary, match=r"set after\.action to nothing"):
        connect(port=network.port).select()
    mailbox = connect(port=network.port, after=After(action="nothing"))
    assert raws(take(mailbox)) == MAILS


def test_lost_acknowledgement_of_a_move_moves_nothing_twice(
    connect: Connect, network: FaultProxy, account: TestMailbox
) -> None:
    account.append(*MAILS)
    mailbox = connect(port=network.port, after=After(action="move", folder="Done"))
    mailbox.select()
    account.server.mailbox(account.user, "Done").append(MAILS[0])
    network.on("server", rb"^\S+ OK .*Move completed", fault_proxy.drop)
    with pytest.raises(Temporary):
        mailbox.acknowledge([1, 2])
    mailbox.acknowledge([1, 2])
    assert account.uids() == [3, 4]
    assert account.server.mailbox(account.user, "Done").count() == 3


@pytest.mark.parametrize("action", CUTS)
def test_idle_that_breaks_is_one_temporary_and_then_a_quiet_wait(
    shaky: ImapMailbox, network: FaultProxy, account: TestMailbox, action: object
) -> None:
    shaky.select()
    network.on("server", rb"^\+ idling", lambda link, line: line + b"* OK Still here\r\n")
    network.on("client", rb"IDLE", lambda link, line: _deliver(account, line))
    network.on("server", rb"^\* \d+ EXISTS", action)  # type: ignore[arg-type]
    with pytest.raises(Temporary):
        shaky.wait(3)
    shaky.wait(0.01)
    assert raws(take(shaky)) == MAILS[:1]


def test_idle_line_in_two_pieces_is_one_line(
    shaky: ImapMailbox, network: FaultProxy, account: TestMailbox
) -> None:
    shaky.select()
    network.on("client", rb"IDLE", lambda link, line: _deliver(account, line))
    network.on("server", rb"^\* \d+ EXISTS", fault_proxy.in_two_pieces(0.2))
    shaky.wait(20)
    assert raws(take(shaky)) == MAILS[:1]


def test_lines_that_tell_nothing_do_not_end_the_wait(
    shaky: ImapMailbox, network: FaultProxy
) -> None:
    shaky.select()
    idle = network.on(
        "server", rb"^\+ idling", lambda link, line: line + b"* OK Still here\r\n", times=9
    )
    shaky.wait(0.3)
    assert idle.struck == 1


def test_lines_before_the_go_ahead_of_idle_are_read(
    shaky: ImapMailbox, network: FaultProxy
) -> None:
    shaky.select()
    network.on("server", rb"^\+ idling", fault_proxy.before(b"* 9 EXISTS\r\n"))
    shaky.wait(20)
    assert b"DONE\r\n" in network.lines


def test_server_that_refuses_idle_is_waited_for_without_it(
    shaky: ImapMailbox, network: FaultProxy
) -> None:
    shaky.select()
    network.on("client", rb"IDLE", fault_proxy.answer(b"TAG NO [UNAVAILABLE] no\r\n"))
    shaky.wait(0.05)
    assert shaky.select().exists == 0


def test_server_that_never_ends_idle_is_given_up(
    shaky: ImapMailbox, network: FaultProxy
) -> None:
    shaky.select()
    network.on("client", rb"^DONE", lambda link, line: None)
    with pytest.raises(Temporary, match="did not answer within"):
        shaky.wait(0.05)


def test_large_mail_gets_more_time_than_the_deadline(
    connect: Connect, network: FaultProxy, account: TestMailbox
) -> None:
    large = (
        b"Subject: large\r\n\r\n" + b"x" * 70 + b"\r\n" + b"line of some length\r\n" * 20_000
    )
    account.append(large)
    network.on("server", A_BODY, fault_proxy.in_two_pieces(0.4))
    mailbox = connect(port=network.port, deadline=timedelta(seconds=0.8))
    assert raws(take(mailbox)) == [large]


def _deliver(account: TestMailbox, line: bytes) -> bytes:
    """Let a mail arrive while IDLE begins, then pass the line on."""
    account.append(MAILS[0])
    return line
