"""What the model is given of a mail: plain words, and the concepts of the rules."""

import pytest

from worker.domain.clues import plain
from worker.domain.judge import study
from worker.domain.phrases import fold, join_contractions, tokenise
from worker.rules import load


def words(text: str) -> str:
    return plain(tokenise(join_contractions(fold(text))))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("My ACCOUNT", " my account ", id="lower case"),
        pytest.param("我的帳戶", " 我的账户 ", id="characters without spaces, simplified"),
        pytest.param("充了 500 USDT", " 充了 0 usdt ", id="numbers lose their digits"),
        pytest.param("got 123456", " got 00 ", id="long numbers are told apart"),
        pytest.param("hash 9f8e7d6c5b4a3f2e", " hash 0x ", id="codes are all alike"),
        pytest.param("Hi. Help", " hi . help ", id="sentences are parted"),
        pytest.param("ＵＳＤＴ", " usdt ", id="full width"),
        pytest.param("", "  ", id="nothing"),
    ],
)
def test_spellings_are_made_equal(text: str, expected: str) -> None:
    assert words(text).strip() == expected.strip()


def test_subject_and_body_are_parted() -> None:
    clues = study(subject="help", body="stolen", rules=load())
    assert "help / stolen" in clues.words


def test_concepts_are_the_same_in_every_language() -> None:
    english = study(subject="", body="someone withdrew my coins, not me", rules=load())
    chinese = study(subject="", body="有人把我的币提走了，不是我操作的", rules=load())
    shared = english.concepts & chinese.concepts
    assert {"told:not_me", "level:critical"} <= shared


def test_secret_is_a_clue_and_its_value_is_not() -> None:
    clues = study(subject="", body="my password: Zebra!2026xy", rules=load())
    assert "secret" in clues.concepts
    assert "zebra" not in clues.words
