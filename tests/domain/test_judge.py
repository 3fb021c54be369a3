"""What a mail is about and how urgent it is, seen through the one function that callers use."""

import pytest

from worker.domain.judge import judge
from worker.domain.judgement import Judgement, Urgency
from worker.rules import load


def judged(body: str, *, subject: str = "", own_words: str = "") -> Judgement:
    return judge(subject=subject, body=body, own_words=own_words, rules=load())


def test_theft_is_critical_and_says_which_words_decided() -> None:
    judgement = judged("我的账号昨晚被人盗了，钱都被转走了，不是我操作的")
    assert judgement.urgency is Urgency.CRITICAL
    assert judgement.category == "account_security"
    assert any("被人盗" in hit.text for hit in judgement.hits)


def test_tone_raises_nothing() -> None:
    judgement = judged("URGENT!!! 请问提币手续费是多少？？？急急急", subject="紧急！！！")
    assert judgement.urgency is Urgency.LOW


def test_denied_theft_is_no_theft() -> None:
    assert judged("我的账户没有被盗，只是想问怎么换头像").urgency.rank < Urgency.HIGH.rank


@pytest.mark.parametrize("body", ["", "   \n", "?"], ids=["empty", "blank", "mark"])
def test_mail_without_words_is_judged(body: str) -> None:
    assert judged(body).language == "und"


def test_hint_serves_where_the_text_tells_no_language() -> None:
    judgement = judge(
        subject="", body="12345", own_words="", rules=load(), language_hint="zh-Hans"
    )
    assert judgement.language == "zh-Hans"
