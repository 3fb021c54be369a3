"""winmail.dat gives its files, and a broken one gives nothing."""

import struct

from worker.mail.extract import attachment_bytes
from worker.mail.parse import parse
from worker.mail.tnef import tnef_files


def attribute(level: int, code: int, data: bytes) -> bytes:
    checksum = sum(data) & 0xFFFF
    return struct.pack("<BII", level, code, len(data)) + data + struct.pack("<H", checksum)


def a_winmail() -> bytes:
    return (
        struct.pack("<IH", 0x223E9F78, 1)
        + attribute(1, 0x00089006, struct.pack("<I", 0x00010000))
        + attribute(1, 0x00069007, struct.pack("<II", 936, 0))
        + attribute(2, 0x00069002, b"\x00" * 14)
        + attribute(2, 0x00018010, b"proof.txt\x00")
        + attribute(2, 0x0006800F, b"paid 5 ETH")
    )


def test_files_of_a_winmail_dat_are_attachments() -> None:
    raw = (
        b"From: a@b.example\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n"
        b"Content-Transfer-Encoding: binary\r\n\r\n" + a_winmail()
    )
    (attachment,) = parse(raw).attachments
    assert (attachment.filename, attachment.size_bytes) == ("proof.txt", 10)
    assert attachment_bytes(raw, attachment.part) == b"paid 5 ETH"


def test_a_broken_winmail_dat_gives_no_files() -> None:
    whole = a_winmail()
    assert tnef_files(b"nothing") == []
    for length in range(0, len(whole), 7):
        assert isinstance(tnef_files(whole[:length]), list)


def test_a_stream_that_claims_four_thousand_million_rows_is_kept_whole() -> None:
    table = struct.pack("<I", 0xFFFFFFFF) + b"\x00" * 8
    recipients = struct.pack("<BHHI", 1, 0x9004, 6, len(table)) + table + b"\x00\x00"
    stream = b"\x78\x9f\x3e\x22\x01\x00" + recipients
    assert tnef_files(stream) == []


def test_a_stream_of_very_many_objects_is_kept_whole() -> None:
    stream = b"\x78\x9f\x3e\x22\x01\x00" + struct.pack("<BHHIH", 2, 0x9006, 0, 0, 0) * 200_000
    assert tnef_files(stream) == []


def test_a_stream_whose_attachment_never_begins_is_kept_whole() -> None:
    stream = struct.pack("<IH", 0x223E9F78, 1) + attribute(2, 0x0006800F, b"octets")
    assert tnef_files(stream) == []
