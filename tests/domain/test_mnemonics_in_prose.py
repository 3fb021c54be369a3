"""Prose that warns of mnemonic phrases is no phrase; a part of one, announced, is."""

import re

import pytest

from worker.domain.mnemonics import find_phrases

TOLD = re.compile("seed phrase|mnemonic")


def announced(text: str) -> list[int]:
    return [found.end() for found in TOLD.finditer(text)]


@pytest.mark.parametrize(
    "text",
    [
        "we never ask for your password, private key, mnemonic phrase, API secret or code",
        "Never send us a private key or mnemonic phrase. Nobody from our team adds customers",
        "keep the mnemonic private; whoever asks you to move money first is a thief",
    ],
)
def test_a_warning_is_no_phrase(text: str) -> None:
    assert find_phrases(text, announced=announced(text), known=frozenset()) == []


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("harbor collect nominee brother like cereal", id="six-words"),
        pytest.param("harbor collect nominee brother lik cereal", id="a-slip-of-the-finger"),
    ],
)
def test_a_part_that_is_announced_is_found(words: str) -> None:
    text = f"the mnemonic is {words} and I cannot log in"
    (found,) = find_phrases(text, announced=announced(text), known=frozenset())
    assert text[found.start : found.end] == words
