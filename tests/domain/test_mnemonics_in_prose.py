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


SEED = "vanish apology seven crane fly pulse distance cover garbage twelve client empty"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"i wrote it down as {SEED} but it says invalid", id="tail"),
        pytest.param(f"Mnemonic:\n{SEED}\nCan you check what went wrong?", id="more-words"),
        pytest.param(f"my seed: vannish {SEED[7:]} please help", id="first-slips"),
        pytest.param(f"my seed: {SEED[:-5]}emtpy, please help", id="last-slips"),
    ],
)
def test_the_sentence_around_a_phrase_leaves_none_of_its_words(text: str) -> None:
    (found,) = find_phrases(text, announced=announced(text), known=frozenset())
    rest = text[: found.start] + text[found.end :]
    assert not {*SEED.split(), "vannish", "emtpy"} & set(rest.replace(",", " ").split()), rest


def test_a_clause_of_twelve_chinese_characters_is_no_phrase_by_its_number() -> None:
    for text in (
        "我的账户今天早上无法登录了",
        "充值三千元到账户后没有显示",
        "客服一直没有人回复我消息",
    ):
        assert find_phrases(text, announced=[], known=frozenset()) == []
