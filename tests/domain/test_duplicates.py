import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.builders import NOON
from worker.domain import traits
from worker.domain.duplicates import Repeat, Verdict, find_repeat
from worker.domain.judge import judge
from worker.domain.judgement import Amount
from worker.domain.telling import Telling
from worker.mail.fields import base_subject
from worker.mail.visible_text import reply_text
from worker.rules import load, repeats

MONTH = timedelta(days=30)
WORDS = (
    "I sent 20 USDT this morning from my wallet and it is still not in my account. Please help."
)
CHINESE = "我今天早上充值了二十个USDT，到现在还没有到账，请尽快帮我处理一下，谢谢。"
TXID, OTHER_TXID = "0x" + "ab" * 32, "0x" + "cd" * 32
ORDER, OTHER_ORDER = "771701988940781692", "522801988940781437"


def telling(words: str, subject: str = "Help", *, hours: float = 0, **known: Any) -> Telling:
    """What a mail says; `hours` after noon."""
    own = reply_text(words)
    judged = judge(subject=subject, body=words, own_words=own, rules=load())
    return Telling(
        subject=base_subject(subject),
        words=own,
        whole="" if own == words else words,
        identifiers=judged.identifiers,
        traits=traits.note(
            subject=subject, own_words=own, judgement=judged, rules=repeats.load()
        ),
        urgency=judged.urgency,
        language=judged.language,
        at=NOON + timedelta(hours=hours),
        ticket_id=known.pop("ticket_id", 7),
        inbound_id=known.pop("inbound_id", 70),
        **known,
    )


def find(new: Telling, *earlier: Telling) -> Repeat | None:
    return find_repeat(new, earlier, window=MONTH, rules=repeats.load())


def is_repeat(first: str, second: str, *, hours: float = 5) -> bool:
    found = find(telling(second, hours=hours), telling(first))
    return found is not None and found.verdict is Verdict.JOINED


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(WORDS, id="word for word"),
        pytest.param(WORDS.upper(), id="in capitals"),
        pytest.param(WORDS.replace(" ", "  ").replace(".", " !!!"), id="other punctuation"),
        pytest.param("Hello, " + WORDS + " Thank you", id="politer"),
        pytest.param("Any news?\n\n> " + WORDS, id="quoted under a nudge"),
        pytest.param(WORDS.replace("morning", "moring"), id="misspelled"),
    ],
)
def test_same_words_are_a_repeat(words: str) -> None:
    assert is_repeat(WORDS, words)


def test_chinese_words_are_compared_as_well() -> None:
    assert is_repeat(CHINESE, CHINESE.replace("谢谢", "多谢"))
    assert not is_repeat(CHINESE, "我的身份认证被拒绝了，请告诉我需要什么文件。")


def test_another_matter_is_no_repeat() -> None:
    asks = telling("How can I change the language of the app on my telephone?", "App")
    assert find(asks, telling(WORDS)) is None


def test_empty_texts_are_not_alike() -> None:
    assert find(telling("", "", hours=1), telling("", "")) is None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (f"500 USDT missing, {TXID}", f"500 USDT missing, {OTHER_TXID}"),
        (f"Order {ORDER} paid, seller gone", f"Order {OTHER_ORDER} paid, seller gone"),
        ("My withdrawal of 1,000 USDT failed", "My withdrawal of 2,500 USDT failed"),
        ("Freeze my account, UID 104665225", "Freeze my account, UID 204665226"),
        ("queue 12 items on node fra1", "queue 48 items on node fra2"),
        ("When will ZIL deposits be open again?", "When will NEAR deposits be open again?"),
        ("需要8月流水证明", "需要9月流水证明"),
    ],
)
def test_other_values_in_equal_words_are_another_matter(first: str, second: str) -> None:
    assert is_repeat(first, first)
    assert not is_repeat(first, second)


def test_corrected_number_is_the_same_matter() -> None:
    first = f"My withdrawal of 2 ETH is missing, order {ORDER}"
    assert is_repeat(first, f"Correction, the right order is {OTHER_ORDER}, 2 ETH missing")


@pytest.mark.parametrize(
    "second",
    [
        f"{ORDER} arrived, all good, thank you",
        f"{ORDER} arrived now, but only half of it",
        f"Please cancel {ORDER}",
        f"I need a payment certificate for {ORDER}",
        f"Why was the fee of {ORDER} so high?",
        f"{ORDER} 到账了，能开个证明吗",
    ],
)
def test_same_order_with_another_request_is_no_repeat(second: str) -> None:
    assert not is_repeat(f"Withdrawal {ORDER} of 2 ETH is pending since Monday", second)


def test_same_order_in_another_language_is_a_repeat() -> None:
    assert is_repeat(
        f"Mi retiro de 3.000 USDT, orden {ORDER}, no ha llegado",
        f"My withdrawal of 3,000 USDT, order {ORDER}, has not arrived",
    )


def test_new_theft_is_no_repeat_of_a_login_problem() -> None:
    assert not is_repeat(
        "I cannot log in, the code never comes",
        "Somebody logged in and withdrew all my bitcoin, freeze the account!",
    )


def test_bare_nudge_belongs_to_the_only_matter_and_is_doubtful_among_several() -> None:
    nudge = telling("Any news?", "Question", hours=20)
    fiat = telling("Card payment charged but nothing bought", "Card", ticket_id=8)
    alone = find(nudge, telling(WORDS, "Deposit"))
    assert alone is not None
    assert alone.verdict is Verdict.JOINED
    among = find(nudge, telling(WORDS, "Deposit"), fiat)
    assert among is not None
    assert among.verdict is Verdict.POSSIBLE


def test_what_was_told_before_the_window_is_forgotten() -> None:
    late = MONTH / timedelta(hours=1)
    assert find(telling(WORDS, hours=late + 1), telling(WORDS)) is None
    assert find(telling(WORDS, hours=late), telling(WORDS)) is not None


def test_likest_earlier_mail_wins() -> None:
    likely = telling(WORDS + " It was the blue one.", ticket_id=8, inbound_id=80)
    found = find(telling(WORDS, hours=1), likely, telling(WORDS))
    assert found is not None
    assert (found.ticket_id, found.inbound_id) == (7, 70)


def test_evidence_names_every_point() -> None:
    found = find(telling(f"{ORDER} ???", hours=9), telling(f"{ORDER} is missing"))
    assert found is not None
    assert any(told.startswith(f"same order id {ORDER[:6]}…: +") for told in found.evidence)


def test_closed_matter_is_only_possibly_told_again() -> None:
    found = find(telling(WORDS, hours=1), telling(WORDS, is_closed=True))
    assert found is not None
    assert found.verdict is Verdict.POSSIBLE


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        pytest.param(f"200 USDT, tx {TXID}, not credited", Verdict.LINKED, id="txid"),
        pytest.param(f"200 USDT, order {ORDER}, not credited", Verdict.LINKED, id="order"),
        pytest.param("I am locked out, UID 104665225, lost 2FA", Verdict.LINKED, id="uid"),
        pytest.param("I am locked out and I lost my 2FA", None, id="only words"),
        pytest.param(WORDS, None, id="amount and words"),
    ],
)
def test_somebody_else_is_linked_by_strong_identifiers_only(
    words: str, verdict: Verdict | None
) -> None:
    found = find(telling(words, hours=3), telling(words, is_same_party=False))
    assert (found.verdict if found else None) == verdict


def test_same_scam_address_reported_by_two_victims_is_not_linked() -> None:
    address = "TXqGZ2pqQhYT2mSD1oYkZt8PdYJmbMUdX7"
    one = telling(f"I sent 900 USDT to the scammer {address}", is_same_party=False)
    assert find(telling(f"A man made me send 4,000 USDT to {address}", hours=2), one) is None


def test_uid_links_no_other_matter_of_another_sender() -> None:
    one = telling("Which VIP level will I get? UID 104665225", is_same_party=False)
    other = telling("How do I delete an address from the whitelist? UID 104665225", hours=2)
    assert find(other, one) is None


def test_traits_survive_being_stored() -> None:
    kept = telling(WORDS).traits
    assert traits.from_dict(json.loads(json.dumps(kept.to_dict()))) == kept
    assert traits.from_dict({}) == traits.Traits()


FAREWELLS = """Thanks!|Thank you very much, all solved now.|谢谢，已解决|谢谢，已经收到了|solved
Problem solved, thanks. Best regards|Danke, hat geklappt!|Merci, c'est réglé|Спасибо, всё решено
Gracias, ya está resuelto|Obrigado, resolvido
ありがとうございました。解決しました。|ok thanks
감사합니다 해결됐습니다|Cảm ơn ad, xong rồi|terima kasih, sudah beres|teşekkürler, çözüldü
謝謝，問題已解決|Money arrived, thank you
Great, it works now. Thanks for your help!|好的，谢谢"""
NO_FAREWELLS = """Thanks, but it is still not there
谢谢，但还没到账|Thank you, please send the receipt
Thanks. Another question: what about order 8812?|solved? It is not solved|It is not solved
谢谢，另外我的提现也没到|Thanks for nothing, the money is gone|未解决，谢谢|没有解决|Hello
Thanks, and when will the rest arrive?|Danke, aber der Rest fehlt noch|谢谢。请问手续费多少
Solved, but now my password was changed|Thank you for your answer. Here is the TxID"""


@pytest.mark.parametrize("words", FAREWELLS.replace("\n", "|").split("|"))
def test_thanks_are_a_farewell(words: str) -> None:
    assert traits.is_farewell(telling(words).traits)


@pytest.mark.parametrize("words", NO_FAREWELLS.replace("\n", "|").split("|"))
def test_thanks_with_a_matter_are_no_farewell(words: str) -> None:
    assert not traits.is_farewell(telling(words).traits)


def test_amount_alone_never_contradicts_itself() -> None:
    one = telling(WORDS)
    same = replace(one, identifiers=replace(one.identifiers, amount=(Amount(20, "USDT"),)))
    assert find(replace(same, at=one.at + timedelta(hours=1)), same) is not None


def test_pairs_that_people_labelled_are_told_apart() -> None:
    """A dozen languages: a resend, a nudge, a correction, a development ..."""
    right = wrong = missed = 0
    for line in (Path(__file__).parent / "repeats.jsonl").read_text("utf-8").splitlines():
        pair = json.loads(line)
        is_same = pair["a"]["from"] == pair["b"]["from"]
        first, second = (
            replace(
                telling(pair[key]["body"], pair[key]["subject"], is_same_party=is_same),
                at=datetime.fromisoformat(pair[key]["sent"]),
            )
            for key in "ab"
        )
        found = find(second, first)
        is_sure = found is not None and found.verdict is not Verdict.POSSIBLE
        right += is_sure and pair["duplicate"]
        wrong += is_sure and not pair["duplicate"]
        missed += pair["duplicate"] and not is_sure
    assert right / (right + wrong) >= 0.95
    assert right / (right + missed) >= 0.88


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (f"Still waiting for {TXID}", f"Still waiting for {OTHER_TXID}, any news?"),
        (f"{ORDER} ???", f"{OTHER_ORDER} ???"),
        ("Locked, UID 104665225", "Locked, please hurry, no answer, UID 204665226"),
    ],
)
def test_no_odds_outweigh_another_case(first: str, second: str) -> None:
    assert find(telling(second, hours=5), telling(first)) is None


def test_mails_taken_in_at_once_are_as_far_apart_as_they_were_sent() -> None:
    first = telling(WORDS, sent_at=NOON)
    late = replace(telling(WORDS), sent_at=NOON + MONTH + timedelta(hours=1))
    assert find(late, first) is None
    assert find(replace(late, sent_at=NOON - MONTH), first) is not None
