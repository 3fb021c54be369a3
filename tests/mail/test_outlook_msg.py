"""A .msg file is read like an attached mail, and a hostile one costs no more than its size."""

import struct
import time

from tests.mail.msg_files import Storage, a_file, a_msg, compound_file
from worker.mail.outlook_msg import mail_of
from worker.mail.parse import parse


def read(storage: Storage) -> str:
    found = mail_of(compound_file(storage))
    assert found is not None
    return found.decode("utf-8")


def test_a_msg_becomes_a_mail_with_people_subject_date_and_text() -> None:
    mail = parse(read(a_msg(subject="提现", text="没有到账")).encode())
    assert (mail.subject, mail.body_text) == ("提现", "没有到账")
    assert mail.author is not None
    assert mail.author.addr_spec == "li.wei@customer.example"
    assert mail.date is not None
    assert mail.date.isoformat() == "2025-12-30T00:00:00+00:00"


def test_the_fields_that_the_mail_came_with_count_before_the_properties() -> None:
    people = "Received: x\r\nFrom: Wei\r\n <wei@other.example>\r\n"
    fields = f"{people}Date: Mon, 1 Dec 2025 08:00:00 +0800\r\n"
    mail = parse(read(a_msg().text(0x007D, fields)).encode())
    assert mail.author is not None
    assert mail.author.addr_spec == "wei@other.example"
    assert mail.date is not None
    assert mail.date.day == 1


def test_a_subject_with_line_ends_makes_no_field() -> None:
    mail = parse(read(a_msg(subject="Hello\r\nReply-To: evil@evil.example\r\n\r\nx")).encode())
    assert mail.reply_to == ()


def test_a_sender_known_by_name_only_has_no_address() -> None:
    mail = parse(read(a_msg(address="/O=DESK/OU=FIRST/CN=WEI")).encode())
    assert [(one.display_name, one.addr_spec) for one in mail.authors] == [("Li Wei", "")]


def test_text_and_html_are_two_forms_of_one_body() -> None:
    both = a_msg(text="see the HTML").binary(0x1013, b"<p>My deposit is <b>late</b></p>")
    mail = parse(read(both).encode())
    assert mail.html_text == "My deposit is late"
    assert mail.attachments == ()


def test_a_picture_of_the_html_keeps_its_content_id() -> None:
    picture = a_file("logo.png", b"\x89PNG\r\n\x1a\nx", label="image/png", content_id="i1")
    html = a_msg().binary(0x1013, b'<p>Hi<img src="cid:i1"></p>').attach(0, picture)
    octets = mail_of(compound_file(html))
    assert octets is not None
    (found,) = parse(octets).attachments
    assert (found.content_id, found.is_inline, found.content_type) == ("i1", True, "image/png")


def test_an_empty_mail_inside_takes_nothing_away() -> None:
    empty = Storage().fixed(8).attached_mail(Storage().fixed(24))
    octets = mail_of(compound_file(a_msg().attach(0, empty)))
    assert octets is not None
    mail = parse(octets)
    assert mail.subject == "Deposit missing"
    assert [one.filename for one in mail.attachments] == ["message.eml"]


def test_what_is_no_msg_is_none() -> None:
    for octets in (b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"From: a@b.example\r\n\r\n"):
        assert mail_of(octets) is None
    assert mail_of(compound_file(Storage())) is None


def test_a_msg_cut_anywhere_raises_nothing() -> None:
    whole = compound_file(a_msg().attach(0, a_file("a.bin", b"x" * 5000)))
    for length in range(0, len(whole), 97):
        assert mail_of(whole[:length]) is None or length > 512


def test_a_header_that_claims_endless_tables_is_not_believed() -> None:
    whole = bytearray(compound_file(a_msg()))
    struct.pack_into("<I", whole, 44, 0x7FFFFFFF)  # FAT sectors
    struct.pack_into("<I", whole, 72, 0x01000000)  # DIFAT sectors
    began = time.process_time()
    assert mail_of(bytes(whole)) is None
    assert time.process_time() - began < 0.5


def test_streams_that_share_their_octets_multiply_nothing() -> None:
    many = a_msg()
    for index in range(100):
        many.attach(index, a_file(f"{index}.bin", b"x"))
    whole = bytearray(compound_file(many.attach(100, a_file("big.bin", b"y" * 100_000))))
    name = "__substg1.0_37010102".encode("utf-16-le")
    at = whole.rfind(name)
    start, size = whole[at + 116 : at + 120], whole[at + 120 : at + 128]
    place = whole.find(name)
    while place != -1:
        whole[place + 116 : place + 120], whole[place + 120 : place + 128] = start, size
        place = whole.find(name, place + 1)
    assert mail_of(bytes(whole)) is None


def test_a_crowd_of_entries_is_refused() -> None:
    crowd = a_msg()
    for index in range(21_000):
        crowd.entries[f"r{index:06d}"] = Storage() if index % 150 else Storage({"s": b""})
    began = time.process_time()
    assert mail_of(compound_file(crowd)) is None
    assert time.process_time() - began < 5
