"""When many customers telling one matter is an incident, and when it is an ordinary day."""

from datetime import timedelta

import pytest

from tests.builders import NOON, a_judgement
from worker.domain.incidents import (
    READ,
    Sighting,
    Surge,
    Thresholds,
    bands,
    notice,
    signals_of,
    text_for,
)
from worker.domain.judgement import Identifiers
from worker.domain.traits import Traits

RULES = Thresholds(
    window=timedelta(hours=1), same_words=6, same_identifier=5, same_topic=20, surge=4.0
)
TOPIC = "topic:deposit:SOL"


def seen(count: int, *, every: timedelta, start: int = 0, same: bool = False) -> list[Sighting]:
    """Sightings, the newest first, `every` apart."""
    return [
        Sighting(NOON - every * n, n, f"{0 if same else n}@customer.example")
        for n in range(start, start + count)
    ]


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("key", "count", "is_one"),
    [
        pytest.param("words:0:ab", 6, True, id="words"),
        pytest.param("words:0:ab", 5, False, id="too-few-words"),
        pytest.param("txid:0xab", 5, True, id="transaction"),
        pytest.param("txid:0xab", 4, False, id="too-few-of-a-transaction"),
        pytest.param(TOPIC, 40, True, id="topic-without-a-past"),
        pytest.param(TOPIC, 39, False, id="too-few-of-a-topic-without-a-past"),
    ],
)
def test_enough_customers_in_the_window_are_a_surge(key: str, count: int, is_one: bool) -> None:
    found = notice(key, seen(count, every=MINUTE), RULES)
    assert (found is not None) is is_one
    if found is not None:
        assert (found.customers, len(found.tickets)) == (count, count)


def test_one_customer_is_no_incident_however_often_he_writes() -> None:
    assert notice("words:0:ab", seen(30, every=MINUTE, same=True), RULES) is None


def test_customers_over_a_day_are_no_incident() -> None:
    assert notice("words:0:ab", seen(30, every=timedelta(minutes=15)), RULES) is None


def test_topic_that_always_comes_so_often_is_no_incident() -> None:
    assert notice(TOPIC, seen(READ, every=timedelta(minutes=2)), RULES) is None


def test_topic_that_comes_far_more_often_than_usual_is_one() -> None:
    before = [
        Sighting(NOON - timedelta(hours=2 + n), 100 + n, f"{n}@old.example") for n in range(20)
    ]
    found = notice(TOPIC, [*seen(25, every=MINUTE), *before], RULES)
    assert found is not None
    assert found.usual is not None
    assert 0.5 < found.usual < 1.5


def test_kind_that_is_switched_off_is_never_noticed() -> None:
    off = Thresholds(
        window=timedelta(hours=1), same_words=0, same_identifier=0, same_topic=0, surge=4.0
    )
    for key in ("words:0:ab", "txid:ab", TOPIC):
        assert notice(key, seen(READ, every=MINUTE), off) is None


def test_signals_are_few_however_long_the_list_of_the_mail_is() -> None:
    named = Identifiers(
        txid=tuple(f"0x{n}" for n in range(500)), coin=("SOL", "BTC", "ETH", "USDT")
    )
    traits = Traits(concepts=frozenset(f"c{n}" for n in range(50)))
    stems = frozenset(f"word{n}" for n in range(500))
    found = signals_of(a_judgement(identifiers=named), traits, stems)
    assert len(found) <= 13
    assert "topic:deposit:SOL" in found


def test_mail_about_nothing_in_particular_leaves_no_topic() -> None:
    judged = a_judgement(category="other", identifiers=Identifiers(coin=("SOL",)))
    assert signals_of(judged, Traits(), frozenset({"hello"})) == ()


def test_texts_alike_share_a_band_and_unlike_ones_do_not() -> None:
    text = [f"word{n}" for n in range(40)]
    one = set(bands(frozenset(text)))
    near = set(bands(frozenset([*text[:38], "more", "less"])))
    far = set(bands(frozenset(f"other{n}" for n in range(40))))
    assert one & near
    assert not one & far
    assert bands(frozenset(text[:3])) == ()


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("zh-Hans", "停"),
        ("zh-Hant", "停"),
        ("en", "halted"),
        ("en-GB", "halted"),
        ("fr", "parado"),
        ("es-MX", "parado"),
    ],
)
def test_text_is_told_in_the_nearest_language(language: str, expected: str) -> None:
    texts = {"zh-Hans": "停", "en": "halted", "es": "parado"}
    assert text_for(texts, language, default="es") == expected


def test_nothing_said_is_nothing_told() -> None:
    assert text_for({}, "en", default="en") is None
    assert text_for({"en": ""}, "en", default="en") is None
    assert text_for({"ja": "x"}, "de", default="fr") == "x"


def test_title_says_how_many_and_what() -> None:
    words = Surge(key="words:0:ab", customers=7, tickets=(), usual=None)
    named = Surge(key="txid:0xab", customers=5, tickets=(), usual=None)
    topic = Surge(key=TOPIC, customers=30, tickets=(), usual=1.0)
    assert words.title == "7 customers: the same words"
    assert named.title == "5 customers: txid 0xab"
    assert topic.title == "30 customers: topic deposit SOL"
