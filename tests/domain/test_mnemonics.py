"""BIP-39 phrases in every language, as people send them, and texts that only look like one."""

import random
import re

import pytest
from mnemonic import Mnemonic

from worker.domain.mnemonics import find_phrases
from worker.domain.secrets import seal
from worker.rules import load

LANGUAGES = sorted(Mnemonic.list_languages())
SIZES = {128: 12, 160: 15, 192: 18, 224: 21, 256: 24}


def a_phrase(language: str, *, bits: int = 128, seed: int = 1) -> list[str]:
    entropy = random.Random(f"{language} {bits} {seed}").randbytes(bits // 8)
    return re.split(r"[ \u3000]", Mnemonic(language).to_mnemonic(entropy))


def is_sealed(text: str, words: list[str]) -> bool:
    """No six of its words may stand in a row any more."""
    sealed = seal(text, rules=load())
    left = " ".join(re.findall(r"[^\W\d_]+", sealed.text))
    rows = (" ".join(words[i : i + 6]) for i in range(len(words) - 5))
    return "mnemonic" in sealed.kinds and not any(row in left for row in rows)


@pytest.mark.parametrize("bits", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_phrase_of_every_language_and_length_is_sealed(language: str, bits: int) -> None:
    for seed in range(5):
        words = a_phrase(language, bits=bits, seed=seed)
        assert is_sealed("please help\n" + " ".join(words) + "\nthanks", words)


@pytest.mark.parametrize(
    "layout",
    [
        pytest.param("\n".join, id="one-a-line"),
        pytest.param(
            lambda w: "\n".join(f"{i}. {x}" for i, x in enumerate(w, 1)), id="numbered"
        ),
        pytest.param(lambda w: " ".join(f"{i}){x}" for i, x in enumerate(w, 1)), id="glued"),
        pytest.param(", ".join, id="commas"),
        pytest.param(lambda w: " ".join(w[:6]) + "\n\n" + " ".join(w[6:]), id="broken"),
        pytest.param(lambda w: "|".join(f" {x} " for x in w), id="table"),
        pytest.param(lambda w: " ".join(w).upper(), id="capitals"),
        pytest.param(lambda w: " ".join(x.capitalize() for x in w), id="title"),
    ],
)
@pytest.mark.parametrize("language", ["english", "spanish", "korean", "chinese_simplified"])
def test_layout_does_not_hide_a_phrase(layout: object, language: str) -> None:
    for seed in range(5):
        words = a_phrase(language, seed=seed)
        text = layout(words)  # type: ignore[operator]
        found = seal(f"my words\n{text}\n", rules=load())
        assert "mnemonic" in found.kinds
        assert "12 words" in found.text


@pytest.mark.parametrize("language", ["english", "french", "italian", "portuguese", "turkish"])
@pytest.mark.parametrize("slip", ["drop", "swap", "double", "other"])
def test_one_mistyped_word_does_not_hide_a_phrase(language: str, slip: str) -> None:
    for seed in range(5):
        words = a_phrase(language, seed=seed)
        place = 1 + seed * 2
        words[place] = mistyped(words[place], slip)
        assert is_sealed(f"seed: {' '.join(words)}", words)


def mistyped(word: str, slip: str) -> str:
    middle = max(1, len(word) // 2)
    match slip:
        case "drop":
            return word[:middle] + word[middle + 1 :]
        case "swap":
            return word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :]
        case "double":
            return word[:middle] + word[middle] + word[middle:]
        case _:
            return word[:middle] + "q" + word[middle + 1 :]


def test_chinese_phrase_without_spaces_is_sealed_when_announced() -> None:
    for seed in range(20):
        words = a_phrase("chinese_simplified", seed=seed)
        sealed = seal(f"我的助记词是：{''.join(words)}，帮我看看", rules=load())
        assert sealed.kinds == ("mnemonic",)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("I never wrote down my seed phrase, what now?", id="mention"),
        pytest.param("助记词是什么？需要抄在纸上保管好然后放在保险柜里面吗", id="question"),
        pytest.param("abandon " * 11 + "about", id="documentation"),
        pytest.param(
            "legal winner thank year wave sausage worth useful legal winner thank yellow",
            id="test-vector",
        ),
        pytest.param(
            "你好我的提现还没有到账请帮我查一下谢谢订单号是这个一直没有动静", id="prose-zh"
        ),
        pytest.param(
            "please check order status again today because money still stuck", id="prose"
        ),
        pytest.param("12 words are needed, he told me, but why would I give those", id="talk"),
    ],
)
def test_talk_of_phrases_is_no_phrase(text: str) -> None:
    assert "mnemonic" not in seal(text, rules=load()).kinds


def test_text_of_many_list_words_takes_no_time_to_speak_of() -> None:
    text = "abandn abilit ablee abot above abxent absorb abstrct absurd abuze xx " * 60
    assert isinstance(find_phrases(text, announced=[], known=frozenset()), list)
