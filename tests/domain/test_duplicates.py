from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import NOON
from worker.domain.duplicates import Repeat, Told, find_repeat, runs
from worker.domain.judgement import Amount, Identifiers

WORDS = (
    "I sent 20 USDT this morning from my wallet and it is still not in my account. Please help."
)
CHINESE = "我今天早上充值了二十个USDT，到现在还没有到账，请尽快帮我处理一下，谢谢。"
TOLD = Told(
    ticket_id=7,
    inbound_id=70,
    words=runs(WORDS),
    identifiers=Identifiers(),
    at=NOON - timedelta(hours=2),
)
WEEK = timedelta(days=7)
TXID, OTHER_TXID = "0x" + "ab" * 32, "0x" + "cd" * 32


def find(words: str, identifiers: Identifiers | None = None, *told: Told) -> Repeat | None:
    earlier = told or (TOLD,)
    return find_repeat(
        runs(words), identifiers or Identifiers(), earlier, now=NOON, window=WEEK
    )


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(WORDS, id="word for word"),
        pytest.param(WORDS.upper(), id="in capitals"),
        pytest.param(WORDS.replace(" ", "  ").replace(".", " !!!"), id="other punctuation"),
        pytest.param("Hello, " + WORDS + " Thank you", id="politer"),
    ],
)
def test_same_words_are_a_repeat(words: str) -> None:
    found = find(words)
    assert found is not None
    assert found.ticket_id == 7


def test_chinese_words_are_compared_as_well() -> None:
    told = replace(TOLD, words=runs(CHINESE))
    assert find(CHINESE.replace("谢谢", "多谢"), None, told) is not None
    assert find("我的身份认证被拒绝了，请告诉我需要什么文件。", None, told) is None


def test_another_matter_is_no_repeat() -> None:
    assert find("How can I change the language of the app on my telephone?") is None


def test_empty_texts_are_not_alike() -> None:
    assert find("", None, replace(TOLD, words=runs(""))) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(Identifiers(txid=(TXID,)), Identifiers(txid=(OTHER_TXID,)), id="txid"),
        pytest.param(
            Identifiers(order_id=("8812",)), Identifiers(order_id=("8813",)), id="order"
        ),
        pytest.param(
            Identifiers(amount=(Amount(20, "USDT"),)),
            Identifiers(amount=(Amount(30, "USDT"),)),
            id="amount",
        ),
    ],
)
def test_another_identifier_in_equal_words_is_another_matter(
    one: Identifiers, other: Identifiers
) -> None:
    assert find(WORDS, one, replace(TOLD, identifiers=other)) is None
    assert find(WORDS, one, replace(TOLD, identifiers=one)) is not None


def test_shared_txid_lets_looser_words_count() -> None:
    looser = "Again about the 20 USDT that I sent this morning from my wallet, any news at all?"
    same = Identifiers(txid=(TXID,))
    assert find(looser) is None
    found = find(looser, same, replace(TOLD, identifiers=same))
    assert found is not None
    assert found.evidence[1:] == (f"same identifier {TXID[:6]}…",)


def test_what_was_told_before_the_window_is_forgotten() -> None:
    assert find(WORDS, None, replace(TOLD, at=NOON - WEEK - timedelta(seconds=1))) is None
    assert find(WORDS, None, replace(TOLD, at=NOON - WEEK)) is not None


def test_likest_earlier_mail_wins() -> None:
    likely = replace(TOLD, ticket_id=8, inbound_id=80, words=runs(WORDS + " Thanks"), at=NOON)
    found = find(WORDS, None, likely, TOLD)
    assert found is not None
    assert (found.ticket_id, found.inbound_id, found.score) == (7, 70, 1.0)
