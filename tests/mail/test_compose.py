import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from typing import Literal

import pytest

from worker.domain.message import Address
from worker.domain.rendered import Rendered
from worker.errors import Permanent
from worker.mail.compose import MOST_REFERENCES, compose

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
OURS = "k4x2abcdefghijkl.mnopqrstuvwxyz23@exchange.example"
DESK = Address(addr_spec="support@exchange.example", display_name="Example Exchange")
HEADER_BREAKS = [
    "a\r\nBcc: victim@example.org",
    "a\nBcc: victim@example.org",
    "a\rBcc: victim@example.org",
    "a\r\n\r\n<html>",
    "a\u2028Bcc: victim@example.org",
    "a\x0bBcc: x\x0cBcc: y\x1cBcc: z\x1dBcc: z\x1eBcc: z\x85Bcc: v",
    "a\x00b\x7fc\x9fd",
    "=?utf-8?q?a=0D=0ABcc:_victim@example.org?=",
    "\u202eevil\u200b\ud800",
    "x" * 100_000,
    "很长" * 50_000,
    '"quoted" \\ <x@example.org>, y@example.org',
    "",
]


@dataclass(frozen=True, kw_only=True)
class Case:
    """Arguments of compose, with plain defaults."""

    subject: str = "[#K7M4-2QXD] Re: Deposit"
    text: str = "Hello,\n\nthank you.\n"
    html: str = "<p>Hello,</p>\n<p>thank you.</p>\n"
    language: str = "en"
    from_address: Address = DESK
    to: str = "li.wei@example.com"
    message_id: str = OURS
    date: datetime = NOON
    in_reply_to: str | None = "question@example.com"
    references: tuple[str, ...] = ()
    auto_submitted: Literal["auto-replied", "auto-generated"] = "auto-replied"
    reply_to: Address | None = None

    def write(self) -> bytes:
        return compose(
            rendered=Rendered(
                subject=self.subject,
                text=self.text,
                html=self.html,
                language=self.language,
                version="v",
            ),
            from_address=self.from_address,
            to=self.to,
            message_id=self.message_id,
            date=self.date,
            in_reply_to=self.in_reply_to,
            references=self.references,
            auto_submitted=self.auto_submitted,
            reply_to=self.reply_to,
        )


def read(raw: bytes) -> EmailMessage:
    """Parse as strictly as the standard library can, and check what holds for every mail."""
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    for part in message.walk():
        assert part.defects == []
        for name, value in part.items():
            assert value.defects == (), (name, value)
    names = [name.lower() for name in message.keys()]  # noqa: SIM118 - fields, not a dict
    assert len(names) == len(set(names))
    assert {"from", "to", "subject", "date", "message-id", "mime-version"} <= set(names)
    assert "bcc" not in names
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == [
        "text/plain",
        "text/html",
    ]
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_answer_has_each_field_of_an_automatic_reply_once() -> None:
    message = read(Case(references=("first@example.com",)).write())
    assert dict(message.items()) == {
        "From": "Example Exchange <support@exchange.example>",
        "To": "li.wei@example.com",
        "Subject": "[#K7M4-2QXD] Re: Deposit",
        "Date": "Sat, 21 Nov 2026 12:00:00 +0000",
        "Message-ID": f"<{OURS}>",
        "In-Reply-To": "<question@example.com>",
        "References": "<first@example.com> <question@example.com>",
        "Auto-Submitted": "auto-replied",
        "X-Auto-Response-Suppress": "All",
        "MIME-Version": "1.0",
        "Content-Language": "en",
        "Content-Type": message["Content-Type"],
    }


def test_mail_that_no_mail_caused_refers_to_none() -> None:
    message = read(Case(in_reply_to=None, auto_submitted="auto-generated").write())
    assert message["In-Reply-To"] is None
    assert message["References"] is None
    assert message["Auto-Submitted"] == "auto-generated"


def test_same_answer_is_the_same_bytes() -> None:
    assert Case().write() == Case().write()
    assert Case().write() != Case(message_id="x" + OURS).write()


def test_reply_to_is_written_only_when_given() -> None:
    address = Address(addr_spec="support+k7@exchange.example")
    assert read(Case().write())["Reply-To"] is None
    assert read(Case(reply_to=address).write())["Reply-To"] == address.addr_spec


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Hello,\n\nthank you.", id="ASCII"),
        pytest.param("您好：\n\n感谢您的来信。😀", id="Chinese"),
        pytest.param("Un saludo – señor", id="some accents"),
        pytest.param("x" * 5000 + "\n" + "很" * 5000, id="long lines"),
        pytest.param("a\n.\n..\n.b\nFrom me\n--\n-- \nend ", id="dots, From, dashes"),
        pytest.param("--=_k4x2\n--\n=_", id="looks like a boundary"),
        pytest.param("a = b =\n=3D =20\tTab\t", id="equals signs"),
        pytest.param("", id="empty"),
    ],
)
def test_text_and_html_come_out_as_they_went_in(text: str) -> None:
    raw = Case(text=text, html=f"<p>{text}</p>").write()
    message = read(raw)
    assert body(message, "plain").rstrip("\n") == text.rstrip("\n")
    assert body(message, "html").rstrip("\n") == f"<p>{text}</p>"
    assert raw.isascii()


def test_dot_alone_on_a_line_is_encoded() -> None:
    # RFC 5321 section 4.5.2: whoever forgets to stuff dots cuts the mail here.
    assert b"\r\n.\r\n" not in Case(text="a\n.\nb").write()


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_line_ends_are_crlf_whatever_they_were(end: str) -> None:
    assert body(read(Case(text=f"a{end}b").write()), "plain").strip() == "a\nb"


@pytest.mark.parametrize("hostile", HEADER_BREAKS, ids=lambda text: repr(text[:30]))
def test_nothing_in_a_value_can_end_its_field(hostile: str) -> None:
    address = Address(addr_spec="support@exchange.example", display_name=hostile)
    raw = Case(
        subject=hostile,
        from_address=address,
        reply_to=address,
        language=hostile,
        in_reply_to=hostile,
        references=(hostile, "kept@example.com", f"<{hostile}>"),
    ).write()
    message = read(raw)
    head = raw.partition(b"\r\n\r\n")[0]
    assert b"victim" not in re.sub(rb"(?m)^(Subject|From|Reply-To):.*(\r\n .*)*", b"", head)
    assert message["From"].addresses[0].addr_spec == "support@exchange.example"
    assert len(message["From"].addresses) == 1
    assert message["References"] == "<kept@example.com>"
    assert len(message["Subject"]) <= 250


@pytest.mark.parametrize(
    "subject",
    [
        "账户被盗，有人在提现",
        "很" * 240,
        "a" * 240,
        "word " * 45 + "end",
        "😀" * 60,
        "=?not an encoded word",
        "mixed 提现 and =?utf-8?b?5Zyo?= text",
        "é",
    ],
)
def test_subject_comes_out_as_it_went_in(subject: str) -> None:
    raw = Case(subject=subject).write()
    assert read(raw)["Subject"] == subject
    head = raw.partition(b"\r\n\r\n")[0]
    words = re.findall(rb"=\?utf-8\?b\?[^?]*\?=", head)
    assert all(len(word) <= 75 for word in words)
    assert all(len(line) <= 76 for line in head.split(b"\r\n") if b"=?" in line)


@pytest.mark.parametrize(
    "name",
    [
        "Example Exchange",
        "欧例客服",
        'The "Desk", Inc.',
        "a\\b",
        "Ann. (Support)",
        "",
    ],
)
def test_display_name_comes_out_as_it_went_in(name: str) -> None:
    address = Address(addr_spec="support@exchange.example", display_name=name)
    assert read(Case(from_address=address).write())["From"].addresses[0].display_name == name


def test_long_display_name_is_split_between_whole_characters() -> None:
    raw = Case(from_address=Address(addr_spec="a@b.example", display_name="很" * 90)).write()
    field = message_from_bytes(raw)["From"]  # the newer parser puts blanks between the words
    assert str(make_header(decode_header(field))) == "很" * 90 + " <a@b.example>"


@pytest.mark.parametrize(
    ("to", "written"),
    [
        ("li.wei@example.com", "li.wei@example.com"),
        ("a..b.@example.com", '"a..b."@example.com'),
        ('"a b"@example.com', '"a b"@example.com'),
        ("o'neil+x=y@sub.example.com", "o'neil+x=y@sub.example.com"),
        ("li@b\u00fccher.example", "li@xn--bcher-kva.example"),
        ("li@[192.0.2.1]", "li@[192.0.2.1]"),
    ],
)
def test_recipient_is_written_as_the_standard_wants_it(to: str, written: str) -> None:
    raw = Case(to=to).write()
    assert f"\r\nTo: {written}\r\n".encode() in raw
    assert raw.isascii()
    assert len(read(raw)["To"].addresses) == 1


def test_recipient_that_is_not_ascii_makes_the_one_field_utf8() -> None:
    raw = Case(to="李伟@例子.中国").write()
    assert "\r\nTo: 李伟@xn--fsqu00a.xn--fiqs8s\r\n".encode() in raw
    lines = [line for line in raw.split(b"\r\n") if not line.isascii()]
    assert len(lines) == 1


@pytest.mark.parametrize(
    "to",
    [
        "",
        "@",
        "li",
        "li@",
        "@example.com",
        "li wei@example.com",
        "li@example.com\r\nBcc: x@example.org",
        "li\r\nBcc: x@example.org",
        "li\u2028@example.com",
        "a@example.com,b@example.com",
        "<li@example.com>",
        'a"b@example.com',
        '"a\r\nb"@example.com',
        "li@exa mple.com",
        "li@-..example",
        "li\ud800@example.com",
        "l" * 400 + "@example.com",
        "li@" + "很" * 300 + ".example",
    ],
)
def test_address_that_cannot_be_written_is_refused(to: str) -> None:
    with pytest.raises(Permanent, match="is no address"):
        Case(to=to).write()


@pytest.mark.parametrize("message_id", ["", "a", "<a@b>", "a@b\r\nx", "a b@c", "é@b", "a@b@c"])
def test_message_id_that_cannot_be_written_is_refused(message_id: str) -> None:
    with pytest.raises(Permanent, match="Message-ID"):
        Case(message_id=message_id).write()


def test_references_end_with_the_parent_and_lose_their_middle() -> None:
    many = tuple(f"id{number}@example.com" for number in range(80))
    message = read(Case(references=many, in_reply_to="parent@example.com").write())
    kept = message["References"].split()
    assert len(kept) == MOST_REFERENCES
    assert kept[:10] == [f"<{each}>" for each in many[:10]]
    assert kept[-2:] == ["<id79@example.com>", "<parent@example.com>"]


def test_parent_stands_in_references_once_and_last() -> None:
    message = read(Case(references=("question@example.com", "b@example.com")).write())
    assert message["References"] == "<b@example.com> <question@example.com>"


def test_references_without_end_are_cut_and_folded() -> None:
    many = tuple(f"{'x' * 300}{number}@example.com" for number in range(10_000))
    assert len(Case(references=many).write()) < 30_000


def test_date_keeps_its_zone_and_a_naive_one_is_refused() -> None:
    beijing = timezone(timedelta(hours=8))
    message = read(Case(date=NOON.astimezone(beijing)).write())
    assert message["Date"] == "Sat, 21 Nov 2026 20:00:00 +0800"
    with pytest.raises(ValueError, match="aware"):
        Case(date=NOON.replace(tzinfo=None)).write()
