"""Senders told apart at a glance."""

import pytest

from worker.mail.sender_key import sender_key

PLAIN = b"To: x@y.example\r\nFrom: a@b.example\r\n\r\nHello"


@pytest.mark.parametrize(
    "field",
    [
        pytest.param(b"From: Ann <A@B.example>", id="name-and-case"),
        pytest.param(b"FROM:a@b.example", id="capitals"),
        pytest.param(b"From: Ann\r\n <a@b.example>", id="folded"),
        pytest.param(b'From: "z@z.example" <a@b.example>', id="address-as-a-name"),
    ],
)
def test_same_address_is_the_same_sender(field: bytes) -> None:
    assert sender_key(field + b"\r\n\r\nHello") == sender_key(PLAIN)


def test_other_address_is_another_sender() -> None:
    assert sender_key(PLAIN.replace(b"a@b", b"c@b")) != sender_key(PLAIN)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"Subject: x\r\n\r\nFrom: a@b.example\r\n", id="only-in-the-text"),
        pytest.param(b"From: nobody\r\n\r\n", id="no-address"),
        pytest.param(b"From: " + b"<" * 60_000, id="brackets"),
        pytest.param(b"From: " + b"a" * 60_000 + b"@", id="long"),
    ],
)
def test_mail_without_a_sender_has_no_key(raw: bytes) -> None:
    assert sender_key(raw) is None


def test_key_fits_a_column_of_both_databases() -> None:
    key = sender_key(PLAIN)
    assert key is not None
    assert 0 <= key < 2**63
