import re

import pytest

from worker.domain import message_ids

KEY = b"k" * 32
OLD_KEY = b"o" * 32
OURS = message_ids.make(KEY, bytes(range(10)), "exchange.example")


def test_our_message_id_is_known_again() -> None:
    assert re.fullmatch(r"[a-z2-7]{16}\.[a-z2-7]{16}@exchange\.example", OURS)
    assert message_ids.is_ours((KEY,), OURS, "exchange.example")


@pytest.mark.parametrize("written", [f"<{OURS}>", OURS.upper(), f" {OURS} "])
def test_brackets_case_and_blanks_do_not_matter(written: str) -> None:
    assert message_ids.is_ours((KEY,), written, "Exchange.Example")


def test_retired_key_still_counts() -> None:
    assert message_ids.is_ours((b"new", KEY), OURS, "exchange.example")


@pytest.mark.parametrize(
    "foreign",
    [
        pytest.param("", id="empty"),
        pytest.param("@", id="bare at"),
        pytest.param(OURS.replace("exchange.example", "other.example"), id="other domain"),
        pytest.param(("b" if OURS[0] == "a" else "a") + OURS[1:], id="other chance"),
        pytest.param(
            OURS.split(".")[0] + "." + "a" * 16 + "@exchange.example", id="guessed seal"
        ),
        pytest.param(OURS.replace(".", ".é", 1), id="not ASCII"),
        pytest.param("a" * 100_000 + OURS, id="huge"),
        pytest.param(OURS + "x", id="longer domain"),
    ],
)
def test_foreign_message_id_is_not_ours(foreign: str) -> None:
    assert not message_ids.is_ours((KEY,), foreign, "exchange.example")


def test_another_key_does_not_open_it() -> None:
    assert not message_ids.is_ours((OLD_KEY,), OURS, "exchange.example")
    assert not message_ids.is_ours((), OURS, "exchange.example")


@pytest.mark.parametrize("random_part", [b"", b"nine.byte", b"x" * 41])
def test_wrong_amount_of_chance_is_refused(random_part: bytes) -> None:
    with pytest.raises(ValueError, match="10 to 40"):
        message_ids.make(KEY, random_part, "exchange.example")
