"""Copies have one digest, attachments can be got again, bounds leave a defect."""

import pickle
import subprocess
import sys

import pytest

from worker.errors import Permanent
from worker.mail.extract import attachment_bytes
from worker.mail.parse import ParseSettings, parse

PLAIN = (
    b"From: Li Wei <li.wei@customer.example>\r\nTo: support@exchange.example\r\n"
    b"Subject: Withdrawal\r\nMessage-ID: <a@customer.example>\r\n\r\nIt is stuck.\r\n"
)
PARTS = (
    b"From: li.wei@customer.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\n\r\nsee file\r\n--b\r\nContent-Type: text/csv; name=a.csv\r\n"
    b"Content-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\nYSxiCg==\r\n"
    b"--b--\r\n"
)


def test_two_deliveries_of_one_mail_have_one_digest() -> None:
    other = (
        b"Return-Path: <li.wei@customer.example>\r\nDelivered-To: support@exchange.example\r\n"
        b"Received: from a by b; Fri, 21 Nov 2025 09:55:06 +0800\r\n"
        b"Authentication-Results: mx.example; dkim=pass\r\nX-Spam-Status: No\r\n" + PLAIN
    )
    assert parse(PLAIN).content_digest == parse(other).content_digest


def test_line_ends_do_not_change_the_digest() -> None:
    assert parse(PLAIN).content_digest == parse(PLAIN.replace(b"\r\n", b"\n")).content_digest


def test_folding_does_not_change_the_digest() -> None:
    folded = PLAIN.replace(b"Li Wei <", b"Li Wei\r\n\t<")
    assert parse(PLAIN).content_digest == parse(folded).content_digest


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"stuck", b"gone"),
        (b"Subject: W", b"Subject: D"),
        (b"<a@", b"<b@"),
        (b"To: s", b"To: d"),
    ],
)
def test_what_the_sender_wrote_changes_the_digest(before: bytes, after: bytes) -> None:
    assert parse(PLAIN).content_digest != parse(PLAIN.replace(before, after)).content_digest


def test_an_attachment_is_found_again_by_its_part() -> None:
    (attachment,) = parse(PARTS).attachments
    assert attachment.part == "2"
    assert attachment_bytes(PARTS, attachment.part) == b"a,b\n"


def test_a_part_that_is_not_there_is_a_permanent_error() -> None:
    with pytest.raises(Permanent, match="no attachment '7'"):
        attachment_bytes(PARTS, "7")


def test_a_message_can_cross_a_process_border() -> None:
    message = parse(PARTS)
    assert pickle.loads(pickle.dumps(message)) == message


def test_a_mail_over_the_size_bound_is_read_as_far_as_it_goes() -> None:
    message = parse(PLAIN + b"x" * 5000, settings=ParseSettings(max_size_bytes=1000))
    assert message.subject == "Withdrawal"
    assert any("over the bound" in defect for defect in message.defects)


def test_parts_over_the_bound_are_left_out_with_a_defect() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 500
    message = parse(raw, settings=ParseSettings(max_parts=20))
    assert message.body_text.count("x") < 25
    assert any("more parts than the bound" in defect for defect in message.defects)


def test_nesting_over_the_bound_is_kept_whole() -> None:
    raw = b"From: a@b.example\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 300
    message = parse(raw)
    assert any("nested over the bound" in defect for defect in message.defects)


def test_fields_that_matter_are_found_behind_a_flood_of_others() -> None:
    raw = b"".join(b"X-%d: y\r\n" % number for number in range(20_000)) + PLAIN
    message = parse(raw)
    assert message.subject == "Withdrawal"
    assert message.author is not None
    assert message.body_text == "It is stuck."


@pytest.mark.parametrize(
    "piece",
    [b"<div>", b"<a ", b"<!--", b"<b><i><u></b>", b'<a x=">', b"&", b"<table><tr><td>"],
)
def test_hostile_html_comes_out_bounded(piece: bytes) -> None:
    raw = b"From: a@b.example\r\nContent-Type: text/html\r\n\r\nhello" + piece * 20_000
    message = parse(raw)
    assert message.body_text.startswith("hello")
    assert len(message.html) < 6 * len(raw)


def test_tags_over_the_bound_are_left_out_and_named() -> None:
    message = parse(b"Content-Type: text/html\r\n\r\n" + b"<i>a</i>" * 100_000)
    assert "HTML with more tags than the bound: its end is left out" in message.defects
    assert message.body_text.startswith("aaa")


def test_memory_that_runs_out_is_no_empty_mail() -> None:
    script = (
        "import resource\n"
        "from worker.mail.parse import parse\n"
        "parse(b'Content-Type: text/html\\r\\n\\r\\n<p>x')\n"
        "raw = b'Content-Type: text/plain\\r\\n\\r\\n' + b'a b\\r\\n' * 4_000_000\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 2**22, used + 2**22))\n"
        "try:\n    parse(raw)\nexcept MemoryError:\n    print('out of memory')\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ended.stdout.strip() == "out of memory", ended.stderr
