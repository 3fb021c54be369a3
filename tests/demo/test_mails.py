"""The sample mails of the demo: real mail, of all the kinds that a desk meets."""

import re
import struct
import zlib
from datetime import date
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from worker.demo import pictures
from worker.demo.mails import Sample, read_day
from worker.demo.shapes import Answer, message_id, write
from worker.domain.message import Kind
from worker.mail.parse import parse
from worker.mail.settings import ParseSettings

DAY = date(2026, 11, 20)
PLAN = read_day()
BY_KEY = {sample.key: sample for sample in PLAN}
OURS = Answer(
    message_id="<answer@exchange.example>", subject="[#K7M4-2QXD] Re: hello", text="Dear Li Wei"
)
SETTINGS = ParseSettings(
    trusted_authserv_ids=("mx.exchange.example",), own_addresses=("support@exchange.example",)
)


def written(key: str) -> bytes:
    return write(BY_KEY[key], day=DAY, answer=OURS)


def test_the_day_is_long_and_in_the_order_of_its_clock() -> None:
    assert len(PLAN) >= 40
    assert [sample.at for sample in PLAN] == sorted(sample.at for sample in PLAN)
    assert len(BY_KEY) == len(PLAN)


def test_what_a_mail_refers_to_came_before_it() -> None:
    seen: set[str] = set()
    for sample in PLAN:
        named = {sample.needs_answer_to, sample.resends, sample.origin and sample.origin.key}
        assert named - {"", None} <= seen
        seen.add(sample.key)


def test_all_addresses_are_of_nobody() -> None:
    for sample in PLAN:
        for found in re.findall(rb"@([A-Za-z0-9.-]+)", write(sample, day=DAY, answer=OURS)):
            assert found.endswith(b".example")


@pytest.mark.parametrize("sample", PLAN, ids=lambda sample: sample.key)
def test_each_mail_can_be_read(sample: Sample) -> None:
    mail = parse(write(sample, day=DAY, answer=OURS), settings=SETTINGS)
    assert mail.author is not None
    assert mail.author.addr_spec == sample.person.address
    assert mail.author.display_name == sample.person.name
    assert mail.authentication.result == sample.auth
    assert (mail.message_id or "") == message_id(sample, DAY)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        pytest.param("li-withdrawal", Kind.REQUEST, id="withdrawal"),
        pytest.param("david-away", Kind.AUTO_REPLY, id="out-of-office"),
        pytest.param("grace-bounce", Kind.BOUNCE, id="bounce"),
        pytest.param("chain-weekly", Kind.LIST, id="newsletter"),
        pytest.param("node-report", Kind.AUTO_GENERATED, id="machine"),
    ],
)
def test_odd_shapes_are_what_they_claim_to_be(key: str, kind: Kind) -> None:
    assert parse(written(key), settings=SETTINGS).kind is kind


def test_bounce_names_our_answer() -> None:
    (report,) = parse(written("grace-bounce"), settings=SETTINGS).reports
    assert report.message_id == "answer@exchange.example"
    assert report.recipient == "grace.hall@oldcorp.example"


def test_gbk_mail_says_gb2312_and_holds_more() -> None:
    raw = written("sun-fee")
    assert b"gb2312" in raw
    with pytest.raises(UnicodeDecodeError):
        raw.partition(b"\r\n\r\n")[2].decode("gb2312")
    assert "孙喆" in parse(raw, settings=SETTINGS).body_text


def test_broken_mail_still_says_what_it_wants() -> None:
    mail = parse(written("alan-broken"), settings=SETTINGS)
    assert mail.defects
    assert "chart stays white" in mail.body_text


def test_redelivered_mail_is_the_same_below_what_transport_adds() -> None:
    first, again = written("emma-deposit"), written("emma-copy")
    assert first != again
    assert (
        parse(first, settings=SETTINGS).content_digest
        == parse(again, settings=SETTINGS).content_digest
    )


def test_resent_mail_is_another_mail_with_the_same_words() -> None:
    first, again = (
        parse(written("li-withdrawal"), settings=SETTINGS),
        parse(written("li-resend"), settings=SETTINGS),
    )
    assert first.message_id != again.message_id
    assert first.body_text == again.body_text


def test_screenshot_is_a_sound_png() -> None:
    png = pictures.screenshot("a")
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, kinds, packed = 8, [], b""
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        kind, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", png, at + 8 + length)[0] == zlib.crc32(kind + body)
        kinds.append(kind)
        packed += body if kind == b"IDAT" else b""
        at += 12 + length
    assert kinds == [b"IHDR", b"IDAT", b"IEND"]
    rows = zlib.decompress(packed)
    assert len(rows) == pictures.HEIGHT * (1 + 3 * pictures.WIDTH)
    assert pictures.screenshot("b") != png


def test_receipt_is_a_pdf_whose_table_points_to_its_objects() -> None:
    pdf = pictures.receipt(["One", "Two"])
    start = int(pdf.rpartition(b"startxref\n")[2].split()[0])
    assert pdf[start:].startswith(b"xref")
    offsets = [int(line[:10]) for line in pdf[start:].split(b"\n") if line.endswith(b" n ")]
    for number, offset in enumerate(offsets, 1):
        assert pdf[offset:].startswith(b"%d 0 obj" % number)


def test_reply_quotes_our_answer_and_refers_to_it() -> None:
    mail = message_from_bytes(written("chen-more"), EmailMessage, policy=default)
    assert mail["In-Reply-To"] == OURS.message_id
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Dear Li Wei" in body.get_content()
