"""What looks for traces finds them, or else a test that finds none would mean nothing."""

import base64
import quopri
import zlib

import pytest
import zstandard

from tests.traces import plain_runs, traces

VALUE = "Zebra-4417/жук"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(VALUE.encode(), id="as-it-is"),
        pytest.param(b"\0\1" + VALUE.encode("utf-16-le"), id="utf-16"),
        pytest.param(b'{"a": "Zebra-4417/\\u0436\\u0443\\u043a"}', id="json"),
        pytest.param(b"x" + base64.b64encode(b"ab" + VALUE.encode() * 3), id="base64"),
        pytest.param(base64.encodebytes(b"." * 70 + VALUE.encode() + b"." * 70), id="lines"),
        pytest.param(quopri.encodestring(VALUE.encode() * 9), id="quoted-printable"),
        pytest.param(b"head" + zlib.compress(VALUE.encode()), id="zlib"),
        pytest.param(b"head" + zstandard.compress(VALUE.encode() * 9), id="zstd"),
    ],
)
def test_a_trace_is_found_in_every_form(data: bytes) -> None:
    assert traces([("file", b"before " + data + b" after")], [VALUE]) == [("file", VALUE)]


def test_what_is_not_there_is_not_found() -> None:
    assert traces([("file", b"nothing of it " * 99)], [VALUE]) == []


def test_a_plain_run_of_a_mail_is_found_wherever_it_begins() -> None:
    mail = bytes(range(40, 120))
    for shift in range(30):
        assert plain_runs([mail], [("blob", b"\0" * shift + mail)]) == ["blob"]
    assert plain_runs([mail], [("blob", zlib.compress(mail))]) == []
