"""What a mail is about and how urgent it is, seen through the one function that callers use."""

import pytest

from worker.domain.judge import as_json, judge
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


def test_line_of_classify_has_the_public_names() -> None:
    line = as_json(
        judged("UID 20481937, 1,200 USDT 没到账"),
        redacted="x",
        secrets=("otp",),
        name={"id": "7"},
    )
    assert list(line) == [
        *("id", "language", "category", "urgency", "score", "hits", "identifiers"),
        *("secrets", "redacted", "missing", "marks"),
    ]
    assert line["identifiers"] == {
        "uid": ["20481937"],
        "txid": [],
        "order_id": [],
        "ticket_id": [],
        "address": [],
        "amount": [{"value": 1200.0, "coin": "USDT"}],
        "coin": ["USDT"],
        "time": [],
        "instants": [],
        "mistyped_address": [],
    }


def test_missing_lists_what_a_good_report_would_hold() -> None:
    judgement = judged("UID 20481937, I deposited 1,200 USDT yesterday, not credited")
    assert judgement.category == "deposit"
    assert judgement.missing == ("network", "txid", "address", "screenshot")


def test_subject_alone_does_not_make_a_theft() -> None:
    judgement = judged("How do I change my nickname?", subject="MY ACCOUNT WAS HACKED!!!")
    assert judgement.urgency is Urgency.LOW


def test_quoted_words_do_not_count() -> None:
    quoted = "How do I change my nickname?\n> my account was hacked, all coins are gone"
    judgement = judged(quoted, own_words="How do I change my nickname?")
    assert judgement.urgency is Urgency.LOW


def test_secret_in_the_mail_is_never_below_high() -> None:
    assert judged("password: Zebra!2026 how do I change the language?").urgency is Urgency.HIGH
    assert judged("password: [removed: password] how?").urgency is Urgency.HIGH


def test_solved_case_comes_last_unless_it_goes_on() -> None:
    assert judged("My withdrawal was stuck for two days. It arrived now, thanks").urgency is (
        Urgency.LOW
    )
    assert judged("It arrived, thanks. But another withdrawal is stuck").urgency is Urgency.HIGH


def test_hint_serves_where_the_text_tells_no_language() -> None:
    judgement = judge(
        subject="", body="12345", own_words="", rules=load(), language_hint="zh-Hans"
    )
    assert judgement.language == "zh-Hans"
