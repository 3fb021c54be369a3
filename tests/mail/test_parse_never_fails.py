"""No exception leaves parse, and what comes out can be stored, whatever goes in."""

import random
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.domain.message import Message
from worker.mail.parse import parse

MAILS = [
    path.read_bytes()
    for path in sorted((Path(__file__).parent.parent / "corpus").glob("*.eml"))
]
FRAGMENTS = [
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n",
    b"Content-Type: message/rfc822\r\n\r\n",
    b"\r\n\r\n--b--\r\n",
    b"Subject: =?utf-8?B?5oiR?= =?gbk?Q?=CE?=\r\n",
    b'From: "x <a@b.example>\r\n',
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Disposition: attachment; filename*0*=utf-7''%00; filename=\"../x\r\n",
    b"Content-Type: text/html; charset=utf-16\r\n\r\n<p>&#xD800;<a href='x",
    b"begin 644 x\r\n#86)C\r\n`\r\nend\r\n",
    b"Content-Type: text/plain; charset=utf-7\r\n\r\n+2AA-",
    b"\x00\xff\xd8\r\r\n",
]


def storable(message: Message) -> None:
    for text in (message.subject, message.body_text, message.reply_text, message.html_text):
        text.encode("utf-8")
        assert "\x00" not in text
        assert "\r" not in text
    for text in (message.html, *message.defects, *message.kind_reasons, *message.references):
        text.encode("utf-8")
        assert "\r" not in text
    for address in (*message.authors, *message.to):
        f"{address.addr_spec}{address.display_name}".encode()
    for report in message.reports:
        assert "\x00" not in f"{report.recipient}{report.status}{report.message_id}"
    for mail in message.attached_mails:
        people = "".join(f"{one.display_name}{one.addr_spec}" for one in mail.authors)
        f"{mail.subject}{mail.body_text}{people}".encode()
        assert "\x00" not in f"{mail.subject}{mail.body_text}{people}"
    inner = (one for mail in message.attached_mails for one in mail.attachments)
    for attachment in (*message.attachments, *inner):
        assert attachment.filename
        assert len(attachment.filename.encode("utf-8")) <= 240
    assert not any("could not be read" in defect for defect in message.defects), message.defects


@given(st.binary(max_size=2000))
@settings(max_examples=100, deadline=None)
def test_any_bytes_become_a_message(raw: bytes) -> None:
    storable(parse(raw))


@given(st.lists(st.sampled_from(FRAGMENTS) | st.binary(max_size=40), max_size=30))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_mixture_of_odd_pieces_becomes_a_message(pieces: list[bytes]) -> None:
    storable(parse(b"".join(pieces)))


@given(st.integers(min_value=0, max_value=2**32))
@settings(max_examples=100, deadline=None)
def test_any_damaged_mail_becomes_a_message(seed: int) -> None:
    chance = random.Random(seed)
    raw = bytearray(chance.choice(MAILS))
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(max(len(raw), 1))
        match chance.randrange(4):
            case 0:
                del raw[place:]
            case 1:
                raw[place : place + 1] = bytes([chance.randrange(256)])
            case 2:
                raw[place:place] = chance.choice(FRAGMENTS)
            case _:
                del raw[place : place + chance.randrange(200)]
    storable(parse(bytes(raw)))
