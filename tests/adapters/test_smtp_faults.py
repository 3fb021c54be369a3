"""SmtpSubmission on a bad network: it tells rightly how sure it is of a mail's fate."""

import pytest

from tests.adapters.conftest import submission
from tests.servers import fault_proxy
from tests.servers.fault_proxy import FaultProxy
from tests.servers.smtp_sink import SmtpSink
from worker.adapters.smtp import (
    ServerUnreachable,
    SmtpSubmission,
    SubmissionDeferred,
    SubmissionUnknown,
)
from worker.errors import Temporary

MAIL = b"From: help@desk.example\r\nTo: li.wei@example.com\r\n\r\nHello.\r\n"
ACCEPTED = rb"^250 2\.0\.0 taken"

FAULTS = [
    pytest.param(fault_proxy.drop, id="closed"),
    pytest.param(fault_proxy.reset, id="reset"),
    pytest.param(fault_proxy.stall, id="silent"),
    pytest.param(fault_proxy.last_words(b"25"), id="cut reply"),
    pytest.param(fault_proxy.replace(b"\x00\xff oops\r\n"), id="rubbish"),
]
MORE_FAULTS = [
    *FAULTS,
    pytest.param(fault_proxy.half, id="half a reply"),
    pytest.param(fault_proxy.replace(b"250-and so on\r\n"), id="reply without end"),
    pytest.param(fault_proxy.replace(b"250-yes\r\n550 no\r\n"), id="reply of two minds"),
    pytest.param(fault_proxy.drip(0.3), id="slow drip"),
]


@pytest.fixture
def way_out(smtp_network: FaultProxy) -> SmtpSubmission:
    return submission(smtp_network.port)


def send(way_out: SmtpSubmission) -> None:
    way_out.submit(MAIL, reverse_path="", recipient="li.wei@example.com")


@pytest.mark.parametrize("action", FAULTS)
@pytest.mark.parametrize(
    ("line", "error"),
    [
        pytest.param(rb"^220", ServerUnreachable, id="greeting"),
        pytest.param(rb"^250 HELP", ServerUnreachable, id="EHLO"),
        pytest.param(rb"^250 2\.1\.0", SubmissionDeferred, id="MAIL"),
        pytest.param(rb"^250 2\.1\.5", SubmissionDeferred, id="RCPT"),
        pytest.param(rb"^354", SubmissionDeferred, id="DATA"),
    ],
)
def test_fault_before_the_dot_means_not_accepted(
    way_out: SmtpSubmission,
    smtp_network: FaultProxy,
    smtp_sink: SmtpSink,
    line: bytes,
    error: type[Temporary],
    action: object,
) -> None:
    smtp_network.on("server", line, action)  # type: ignore[arg-type]
    with pytest.raises(error) as caught:
        send(way_out)
    assert type(caught.value) is error
    assert smtp_sink.messages == []
    send(way_out)
    assert len(smtp_sink.messages) == 1
    way_out.close()


@pytest.mark.parametrize("action", MORE_FAULTS)
def test_fault_after_the_dot_means_perhaps_accepted(
    way_out: SmtpSubmission, smtp_network: FaultProxy, smtp_sink: SmtpSink, action: object
) -> None:
    smtp_network.on("server", ACCEPTED, action)  # type: ignore[arg-type]
    with pytest.raises(SubmissionUnknown):
        send(way_out)
    assert len(smtp_sink.messages) == 1
    send(way_out)
    assert len(smtp_sink.messages) == 2
    way_out.close()


def test_connection_lost_with_the_dot_means_perhaps_accepted(
    way_out: SmtpSubmission, smtp_network: FaultProxy, smtp_sink: SmtpSink
) -> None:
    smtp_network.on("client", rb"^\.\r\n", fault_proxy.drop)
    with pytest.raises(SubmissionUnknown):
        send(way_out)
    assert smtp_sink.messages == []


def test_connection_lost_in_the_text_means_not_accepted(
    way_out: SmtpSubmission, smtp_network: FaultProxy, smtp_sink: SmtpSink
) -> None:
    smtp_network.on("client", rb"^yyy", fault_proxy.reset)
    large = MAIL + (b"y" * 900 + b"\r\n") * 10_000
    with pytest.raises(SubmissionDeferred):
        way_out.submit(large, reverse_path="", recipient="li.wei@example.com")
    assert smtp_sink.messages == []


def test_idle_connection_that_the_server_closed_is_made_anew_unseen(
    way_out: SmtpSubmission, smtp_network: FaultProxy, smtp_sink: SmtpSink
) -> None:
    send(way_out)
    smtp_network.cut_all()
    send(way_out)
    assert (len(smtp_sink.messages), smtp_network.connections) == (2, 2)
    way_out.close()


@pytest.mark.parametrize(
    "action",
    [
        pytest.param(fault_proxy.drop, id="closed"),
        pytest.param(fault_proxy.answer(b"421 4.4.2 idle too long\r\n"), id="421"),
    ],
)
def test_old_connection_that_fails_at_once_is_made_anew_unseen(
    way_out: SmtpSubmission, smtp_network: FaultProxy, smtp_sink: SmtpSink, action: object
) -> None:
    send(way_out)
    smtp_network.on("client", rb"^MAIL", action)  # type: ignore[arg-type]
    send(way_out)
    assert (len(smtp_sink.messages), smtp_network.connections) == (2, 2)
    way_out.close()


def test_late_reply_is_never_taken_for_that_of_the_next_mail(
    way_out: SmtpSubmission, smtp_network: FaultProxy, smtp_sink: SmtpSink
) -> None:
    smtp_network.on("server", rb"^250 2\.1\.5", lambda link, line: line + b"250 late\r\n")
    with pytest.raises(Temporary):
        send(way_out)
    assert smtp_sink.messages == []
    send(way_out)
    assert len(smtp_sink.messages) == 1
    way_out.close()


def test_password_is_not_sent_when_starttls_is_taken_away(
    smtp_network: FaultProxy, smtp_sink: SmtpSink
) -> None:
    way_out = submission(smtp_network.port, tls="starttls", username="desk", password="secret")
    with pytest.raises(ServerUnreachable):
        send(way_out)
    assert not any(b"AUTH" in line for line in smtp_network.lines)
