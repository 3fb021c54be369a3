"""What is noted beside the urgency: who asks for a human, a lawyer's letter, anger, despair."""

import pytest

from worker.domain.judge import judge
from worker.domain.judgement import Judgement, Urgency
from worker.rules import load


def judged(body: str) -> Judgement:
    return judge(subject="", body=body, own_words="", rules=load())


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("Let me talk to a real person about my deposit.", id="en"),
        pytest.param("Stop the automatic replies and give me a human.", id="en, bot"),
        pytest.param("提币还没到，转人工", id="zh-Hans"),
        pytest.param("請轉人工客服，謝謝", id="zh-Hant"),
        pytest.param("Quiero hablar con una persona real, por favor", id="es"),
        pytest.param("Quero falar com um atendente humano", id="pt"),
        pytest.param("Je veux parler à un conseiller humain", id="fr"),
        pytest.param("Ich möchte mit einem echten Menschen sprechen", id="de"),
        pytest.param("Соедините меня с живым оператором", id="ru"),
        pytest.param("Gerçek bir kişiyle görüşmek istiyorum", id="tr"),
        pytest.param("Cho tôi nói chuyện với nhân viên thật", id="vi"),
        pytest.param("Saya mau bicara dengan orang asli", id="id"),
        pytest.param("オペレーターに繋いでください", id="ja"),
        pytest.param("상담원 연결 부탁드립니다", id="ko"),
    ],
)
def test_who_asks_for_a_human_is_marked(body: str) -> None:
    assert "asks_human" in judged(body).mark_names


@pytest.mark.parametrize(
    "body",
    [
        "How do I change my nickname?",
        "A person at the bank told me to send the form to the agent.",
        "人工智能的代币什么时候上线？",
        "My withdrawal is under human review since Monday.",
    ],
)
def test_who_does_not_ask_for_a_human_is_not_marked(body: str) -> None:
    assert judged(body).mark_names == ()


@pytest.mark.parametrize(
    ("calm", "angry"),
    [
        ("How do I change my nickname?", "This is outrageous, you idiots! "),
        ("请问提币手续费是多少？", "气死我了，什么垃圾平台！"),
        ("我的账号昨晚被人盗了，钱都被转走了，不是我操作的", "气死我了！"),
        ("My withdrawal is stuck since three days.", "I am furious. "),
    ],
)
def test_anger_is_marked_and_the_rules_do_not_hear_it(calm: str, angry: str) -> None:
    told, shouted = judged(calm), judged(angry + calm)
    assert "anger" in shouted.mark_names
    assert "anger" not in told.mark_names
    assert shouted.urgency is told.urgency
    assert "anger" not in shouted.told


def test_words_of_marks_are_in_no_vocabulary_that_weighs() -> None:
    rules = load()
    assert rules.mark_words.concepts == {"asks_human", "anger"}
    for vocabulary in rules.vocabularies.values():
        assert rules.mark_words.concepts.isdisjoint(vocabulary.concepts)


def test_letter_of_a_lawyer_is_marked() -> None:
    judgement = judged(
        "We represent the account holder. Our law firm demands a written reply within 14 days, "
        "otherwise we go to court. Letter attached, case number 33/2026."
    )
    assert "legal_letter" in judgement.mark_names


def test_threat_of_self_harm_is_critical_and_marked_with_its_words() -> None:
    judgement = judged("I lost everything on your platform. I want to kill myself.")
    (mark,) = [mark for mark in judgement.marks if mark.name == "self_harm"]
    assert judgement.urgency is Urgency.CRITICAL
    assert "kill myself" in mark.text
    assert "C7.self-harm" in mark.hits


def test_desk_without_marks_in_its_rules_notes_none() -> None:
    rules = load()
    bare = type(rules)(
        **{name: getattr(rules, name) for name in rules.__slots__ if name != "marks"}
    )
    found = judge(subject="", body="转人工", own_words="", rules=bare)
    assert found.marks == ()
