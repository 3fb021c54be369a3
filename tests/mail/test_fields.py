"""Subjects, msg-ids, addresses and dates are read as the fields mean them."""

from datetime import UTC, datetime

import pytest

from worker.mail.addresses import normal_spec, read_addresses
from worker.mail.dates import read_date
from worker.mail.fields import base_subject, read_msg_ids


@pytest.mark.parametrize(
    ("subject", "base"),
    [
        ("Withdrawal stuck", "Withdrawal stuck"),
        ("Re: Withdrawal stuck", "Withdrawal stuck"),
        ("RE: FW: Re[2]: Withdrawal stuck", "Withdrawal stuck"),
        ("回复：提币", "提币"),
        ("回复: Re：转发：提币", "提币"),
        ("答复：【公告】提币", "【公告】提币"),
        ("回覆：轉寄：提幣", "提幣"),
        ("AW: WG: Frage", "Frage"),
        ("Antw: Vraag", "Vraag"),
        ("SV: VS: Fråga", "Fråga"),
        ("Odp: Pytanie", "Pytanie"),
        ("TR : Question", "Question"),
        ("Re:Re:Re:x", "x"),
        ("[Fwd: Withdrawal stuck]", "Withdrawal stuck"),
        ("Withdrawal stuck (fwd)", "Withdrawal stuck"),
        ("Re: [#K7M4-2QXD] Withdrawal", "[#K7M4-2QXD] Withdrawal"),
        ("Regarding: my account", "Regarding: my account"),
        ("Re:", ""),
        ("", ""),
    ],
)
def test_base_subject_leaves_reply_and_forward_prefixes_out(subject: str, base: str) -> None:
    assert base_subject(subject) == base


def test_references_keep_the_first_and_the_last_of_very_many() -> None:
    ids = [b"<%d@a.example>" % number for number in range(2000)]
    found = read_msg_ids([b" ".join(ids)])
    assert len(found) == 500
    assert found[0] == "0@a.example"
    assert found[-1] == "1999@a.example"


def test_nothing_encoded_can_pose_as_an_address() -> None:
    (address,) = read_addresses(b"=?utf-8?Q?alice=40a.example=3E_=3C?= <mallory@evil.test>")
    assert address.addr_spec == "mallory@evil.test"


def test_more_addresses_than_the_limit_are_left_out() -> None:
    field = b", ".join(b"<a%d@b.example>" % number for number in range(50))
    assert len(read_addresses(field, limit=10)) == 10


@pytest.mark.parametrize(
    "spec", ["", "a", "@b.example", "a@", "a b@c.example", "a@b@c.example", "x" * 700]
)
def test_what_is_no_address_gives_none(spec: str) -> None:
    assert normal_spec(spec) == ""


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("Fri, 21 Nov 2025 09:55:06 +0800", datetime(2025, 11, 21, 1, 55, 6, tzinfo=UTC)),
        ("21 Nov 2025 9:55 -0500", datetime(2025, 11, 21, 14, 55, tzinfo=UTC)),
        ("Fri Nov 21 09:55:06 2025", datetime(2025, 11, 21, 9, 55, 6, tzinfo=UTC)),
        ("Nov 21, 2025 09:55 JST", datetime(2025, 11, 21, 0, 55, tzinfo=UTC)),
        ("Fri, 21 Nov 2025 09:55:06 +0530 (IST)", datetime(2025, 11, 21, 4, 25, 6, tzinfo=UTC)),
        ("Fri, 31 Feb 2025 09:55:06 +0000", None),
        ("", None),
        ("x" * 10_000, None),
    ],
)
def test_dates_are_read_by_rule_or_by_shape(field: str, expected: datetime | None) -> None:
    assert read_date(field) == expected
