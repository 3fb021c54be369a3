"""The labelled mail that the model is trained on: well formed, varied, without live things."""

import re
from collections import Counter

import pytest

from worker.rules import load
from worker.rules.labelled import SHIPPED, fill, read_labelled

MAILS = list(read_labelled(SHIPPED))
RULES = load()


def test_there_are_thousands_in_the_main_languages_and_some_in_others() -> None:
    count = Counter(mail.language for mail in MAILS)
    assert sum(count[tag] for tag in ("en", "zh-Hans", "zh-Hant")) >= 2000
    others = [tag for tag in count if tag not in ("en", "zh-Hans", "zh-Hant")]
    assert sum(count[tag] >= 50 for tag in others) >= 8


def test_no_mail_stands_twice() -> None:
    assert len({(mail.subject, mail.body) for mail in MAILS}) == len(MAILS)


def test_categories_are_those_of_the_desk() -> None:
    named = {name for mail in MAILS for name in (mail.case.category, *mail.also)}
    assert named <= set(RULES.categories)


def test_kind_and_urgency_agree() -> None:
    of = {"C": "critical", "H": "high", "N": "normal", "L": "low"}
    wrong = [mail.place for mail in MAILS if of[mail.case.kind[0]] != mail.case.urgency.value]
    assert wrong == []


def test_every_placeholder_is_known() -> None:
    left = {name for mail in MAILS for name in re.findall(r"\{[A-Z]+\}", mail.body)}
    assert left == set()


def test_the_same_mail_is_filled_alike_each_time() -> None:
    assert fill("my key {PRIVKEY} {MNEMONIC}", seed="a") == fill(
        "my key {PRIVKEY} {MNEMONIC}", seed="a"
    )
    assert fill("{UID}", seed="a") != fill("{UID}", seed="b")


@pytest.mark.parametrize("text", ["{unknown}", "{NOTHING}", "no braces"])
def test_what_is_no_placeholder_stays(text: str) -> None:
    assert fill(text, seed="a") == text


def test_model_comes_with_the_rules_and_knows_every_urgency() -> None:
    assert RULES.model is not None
    assert {case.urgency.value for case in RULES.model.cases} == {
        "low",
        "normal",
        "high",
        "critical",
    }
