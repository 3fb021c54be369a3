"""SmtpSubmission against a real SMTP server on a good network."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from pydantic import SecretStr

from tests.adapters.conftest import submission
from tests.servers.smtp_sink import SmtpSink, Stage, run_smtp_sink
from worker.adapters import smtp
from worker.adapters.smtp import (
    MailUnfit,
    SenderRefused,
    ServerUnreachable,
    SmtpSubmission,
    SubmissionDeferred,
    SubmissionRefused,
    SubmissionUnknown,
)
from worker.config import Smtp
from worker.errors import Permanent, Temporary

LI_WEI = "li.wei@example.com"
MAIL = b"From: help@desk.example\r\nTo: li.wei@example.com\r\n\r\nHello.\r\n.\r\n..two dots\r\n"


@pytest.fixture
def way_out(smtp_sink: SmtpSink) -> Iterator[SmtpSubmission]:
    way_out = submission(smtp_sink.port)
    yield way_out
    way_out.close()


def send(way_out: SmtpSubmission, mail: bytes = MAIL, recipient: str = LI_WEI) -> None:
    way_out.submit(mail, reverse_path="", recipient=recipient)


def test_mail_arrives_byte_for_byte(way_out: SmtpSubmission, smtp_sink: SmtpSink) -> None:
    way_out.submit(MAIL, reverse_path="bounce@desk.example", recipient=LI_WEI)
    (mail,) = smtp_sink.messages
    assert mail.raw == MAIL
    assert (mail.reverse_path, mail.recipients) == ("bounce@desk.example", (LI_WEI,))
    assert mail.mail_options == ()


def test_null_reverse_path_is_sent_as_such(
    way_out: SmtpSubmission, smtp_sink: SmtpSink
) -> None:
    send(way_out)
    assert smtp_sink.messages[0].reverse_path in {"", "<>"}


def test_connection_is_used_for_many_mails(
    way_out: SmtpSubmission, smtp_sink: SmtpSink
) -> None:
    for _ in range(3):
        send(way_out)
    assert (len(smtp_sink.messages), smtp_sink.connections) == (3, 1)


def test_mail_without_last_line_end_gets_one(
    way_out: SmtpSubmission, smtp_sink: SmtpSink
) -> None:
    send(way_out, MAIL + b"end")
    assert smtp_sink.messages[0].raw == MAIL + b"end\r\n"


@pytest.mark.parametrize(
    ("stage", "line", "error"),
    [
        ("greeting", "421 4.3.2 too many connections", ServerUnreachable),
        ("greeting", "554 5.3.2 no service", ServerUnreachable),
        ("mail", "451 4.3.0 later", SubmissionDeferred),
        ("mail", "421 4.3.2 shutting down", ServerUnreachable),
        ("mail", "550 5.7.1 not you", SenderRefused),
        ("mail", "530 5.7.0 login first", SenderRefused),
        ("mail", "552 5.3.4 too large", SubmissionRefused),
        ("rcpt", "450 4.2.0 greylisted", SubmissionDeferred),
        ("rcpt", "550 5.1.1 nobody", SubmissionRefused),
        ("rcpt", "421 4.3.2 shutting down", ServerUnreachable),
        ("data", "452 4.3.1 disk full", SubmissionDeferred),
        ("data", "421 4.3.2 shutting down", SubmissionDeferred),
        ("data", "554 5.6.0 not this", SubmissionRefused),
        ("data", "251 hm", SubmissionUnknown),
        ("data", "354 go on", SubmissionUnknown),
    ],
)
def test_reply_decides_what_became_of_the_mail_and_the_next_goes_out(
    way_out: SmtpSubmission,
    smtp_sink: SmtpSink,
    stage: Stage,
    line: str,
    error: type[Temporary | Permanent],
) -> None:
    smtp_sink.reply(stage, line)
    with pytest.raises(error) as caught:
        send(way_out)
    assert type(caught.value) is error
    assert smtp_sink.messages == []
    send(way_out)
    assert len(smtp_sink.messages) == 1


def test_refusal_carries_code_and_status_but_no_address(
    way_out: SmtpSubmission, smtp_sink: SmtpSink
) -> None:
    smtp_sink.reply("rcpt", f"550 5.1.1 {LI_WEI} is unknown here")
    with pytest.raises(SubmissionRefused, match="unknown here") as caught:
        send(way_out)
    assert caught.value.facts == {"code": 550, "status": "5.1.1"}
    assert LI_WEI not in str(caught.value)


@pytest.mark.parametrize(
    "mail",
    [
        pytest.param(MAIL.replace(b"\r\n", b"\n"), id="bare LF"),
        pytest.param(MAIL + b"a\rb\r\n", id="bare CR"),
        pytest.param(MAIL + b"\r\n.\n", id="smuggled dot"),
        pytest.param(MAIL + b"x" * 999 + b"\r\n", id="line of 999"),
        pytest.param(MAIL + b"x" * 999, id="last line of 999"),
        pytest.param(MAIL + b"\0\r\n", id="NUL"),
    ],
)
def test_unfit_mail_is_refused_before_a_connection_is_made(
    way_out: SmtpSubmission, smtp_sink: SmtpSink, mail: bytes
) -> None:
    with pytest.raises(MailUnfit):
        send(way_out, mail)
    assert smtp_sink.connections == 0


def test_line_of_998_octets_is_fit(way_out: SmtpSubmission, smtp_sink: SmtpSink) -> None:
    send(way_out, MAIL + b"x" * 998 + b"\r\n")
    assert len(smtp_sink.messages) == 1


@pytest.mark.parametrize(
    "recipient",
    [
        "a@b.example>\r\nRSET",
        "two words@b.example",
        "<a@b.example>",
        "a@" + "ü" * 80 + ".example",
    ],
)
def test_address_that_smtp_cannot_carry_is_refused(
    way_out: SmtpSubmission, smtp_sink: SmtpSink, recipient: str
) -> None:
    with pytest.raises(SubmissionRefused):
        send(way_out, recipient=recipient)
    assert smtp_sink.messages == []


def test_domain_beyond_ascii_is_written_in_ascii(
    way_out: SmtpSubmission, smtp_sink: SmtpSink
) -> None:
    send(way_out, recipient="anna@bücher.example")
    assert smtp_sink.messages[0].recipients == ("anna@xn--bcher-kva.example",)


def test_local_part_beyond_ascii_is_refused_without_smtputf8(way_out: SmtpSubmission) -> None:
    with pytest.raises(SubmissionRefused, match="SMTPUTF8"):
        send(way_out, recipient="李伟@example.com")


def test_local_part_beyond_ascii_is_sent_with_smtputf8() -> None:
    with run_smtp_sink(smtputf8=True) as sink:
        way_out = submission(sink.port)
        send(way_out, recipient="李伟@example.com")
        send(way_out)
        way_out.close()
    assert [mail.recipients for mail in sink.messages] == [("李伟@example.com",), (LI_WEI,)]
    assert [mail.is_smtputf8 for mail in sink.messages] == [True, False]


def test_8bit_text_is_declared(way_out: SmtpSubmission, smtp_sink: SmtpSink) -> None:
    send(way_out, MAIL + "你好\r\n".encode())
    assert smtp_sink.messages[0].mail_options == ("BODY=8BITMIME",)


def test_mail_larger_than_the_server_takes_is_refused(way_out: SmtpSubmission) -> None:
    with pytest.raises(SubmissionRefused, match="bytes at most"):
        send(way_out, MAIL + b"x" * 70 + b"\r\n" + (b"y" * 900 + b"\r\n") * 40_000)


@pytest.mark.parametrize("tls", ["none", "starttls", "implicit"])
def test_login_works_in_each_tls_mode(tls: str) -> None:
    with run_smtp_sink(tls=tls, auth=True) as sink:  # type: ignore[arg-type]
        way_out = submission(sink.port, **_login(sink, tls))
        send(way_out)
        way_out.close()
    assert len(sink.messages) == 1


def test_refused_login_is_a_matter_of_configuration_and_stays_secret() -> None:
    with run_smtp_sink(auth=True) as sink:
        changes = _login(sink, "none") | {"password": SecretStr("wrong-and-secret")}
        way_out = submission(sink.port, **changes)
        with pytest.raises(SenderRefused, match="check username and password") as caught:
            send(way_out)
    assert "wrong-and-secret" not in f"{caught.value} {caught.value.facts}"


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_unknown_certificate_is_not_trusted(tls: str) -> None:
    with (
        run_smtp_sink(tls=tls) as sink,  # type: ignore[arg-type]
        pytest.raises(ServerUnreachable, match="is not trusted"),
    ):
        send(submission(sink.port, tls=tls))


def test_starttls_never_falls_back_to_plain_text(smtp_sink: SmtpSink) -> None:
    with pytest.raises(ServerUnreachable, match="offers no STARTTLS"):
        send(submission(smtp_sink.port, tls="starttls"))
    assert smtp_sink.messages == []


def test_nobody_there_is_unreachable() -> None:
    with pytest.raises(ServerUnreachable, match="takes no connections"):
        send(submission(1))


def test_probe_finds_a_good_server_well(smtp_sink: SmtpSink) -> None:
    settings = Smtp(host=smtp_sink.host, port=smtp_sink.port, tls="insecure-plaintext")
    found = smtp.probe(settings, local_hostname="desk.example", deadline=timedelta(seconds=5))
    assert [(what, is_well) for what, is_well, _ in found] == [
        ("connection", True),
        ("sender", True),
    ]
    assert smtp_sink.messages == []


def test_probe_names_a_sender_that_is_refused(smtp_sink: SmtpSink) -> None:
    smtp_sink.reply("mail", "550 5.7.1 not you")
    settings = Smtp(host=smtp_sink.host, port=smtp_sink.port, tls="insecure-plaintext")
    found = smtp.probe(settings, local_hostname="desk.example", deadline=timedelta(seconds=5))
    assert found[-1][:2] == ("sender", False)


def _login(sink: SmtpSink, tls: str) -> dict[str, object]:
    return {
        "tls": "insecure-plaintext" if tls == "none" else tls,
        "ca_file": sink.ca_file,
        "username": sink.username,
        "password": SecretStr(sink.password),
    }
