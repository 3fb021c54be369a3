"""A picture is a logo when a sender or a company sent it on different tickets before."""

import pytest

from tests.builders import LI_WEI
from worker.domain.decoration import (
    MAX_LOGO_BYTES,
    Sighting,
    is_repeated,
    may_be_logo,
    may_be_screenshot,
)
from worker.domain.message import Attachment

PUBLIC = ("gmail.com",)


def a_picture(size_bytes: int = 9000, content_type: str = "image/png") -> Attachment:
    return Attachment(
        part="2",
        filename="image001.png",
        content_type=content_type,
        size_bytes=size_bytes,
        sha256="ab" * 32,
    )


@pytest.mark.parametrize(
    ("sender", "seen", "expected"),
    [
        pytest.param(LI_WEI, [(LI_WEI, 1), (LI_WEI, 2)], True, id="same-sender-two-tickets"),
        pytest.param(LI_WEI, [(LI_WEI, 1), (LI_WEI, 1)], False, id="one-ticket-twice"),
        pytest.param(LI_WEI, [(LI_WEI, 1)], False, id="once"),
        pytest.param(LI_WEI, [], False, id="never"),
        pytest.param(
            LI_WEI,
            [("anna@customer.example", 1), ("bob@customer.example", 2)],
            True,
            id="same-company",
        ),
        pytest.param(
            LI_WEI, [("a@other.example", 1), ("b@other.example", 2)], False, id="strangers"
        ),
        pytest.param(
            "c@gmail.com", [("a@gmail.com", 1), ("b@gmail.com", 2)], False, id="mail-host"
        ),
        pytest.param(
            "c@gmail.com",
            [("c@gmail.com", 1), ("c@gmail.com", 2)],
            True,
            id="same-at-mail-host",
        ),
        pytest.param("", [("", 1), ("", 2)], False, id="nobody"),
    ],
)
def test_repetition_is_what_makes_a_logo(
    sender: str, seen: list[tuple[str, int]], expected: bool
) -> None:
    sightings = [Sighting(address, ticket) for address, ticket in seen]
    assert is_repeated(sender, sightings, public_domains=PUBLIC) is expected


def test_only_small_pictures_may_be_logos() -> None:
    assert may_be_logo(a_picture(MAX_LOGO_BYTES))
    assert not may_be_logo(a_picture(MAX_LOGO_BYTES + 1))
    assert not may_be_logo(a_picture(0))
    assert not may_be_logo(a_picture(content_type="application/pdf"))


def test_an_icon_is_too_small_to_be_a_screenshot() -> None:
    assert not may_be_screenshot(a_picture(4096))
    assert may_be_screenshot(a_picture(4097))
