"""Rules are data: the shipped ones load, others drop in, and nonsense is refused by name."""

from pathlib import Path

import pytest

from worker.domain.judge import judge
from worker.domain.judgement import Urgency
from worker.rules import load

SHOP = {
    "desk.yaml": """
everywhere: en
default_urgency: normal
unread_urgency: normal
default_category: other
categories:
  delivery: {parcel: 5}
  refund: {refund: 5}
  other: {}
needs:
  delivery: [order_id, screenshot]
given_by: {}
""",
    "facts.yaml": """
modality: {negation: not, negatable: burns, supposed: if, real: howto}
facts:
  - {rule: fire, urgency: critical, category: delivery, when: burns}
  - {rule: late, urgency: high, when: parcel & late}
  - {rule: ask, urgency: low, when: howto}
""",
    "money.yaml": "names: {EUR: euro}\nrates: {EUR: 1}\nmultipliers: {}\n",
    "patterns.yaml": """
identifiers:
  patterns: {order_id: ['order (?P<v>[A-Z]{2}-[0-9]{4})']}
secrets:
  patterns: {}
""",
    "words/en.yaml": """
parcel: parcel*, delivery
late: late, not here
burns: (is )?on fire, smokes
refund: refund*
howto: how do i
not: not
if: if
""",
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "words").mkdir()
    for name, text in SHOP.items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("body", "urgency", "category"),
    [
        ("The parcel is on fire", "critical", "delivery"),
        ("The parcel is not on fire, how do I open it", "low", "delivery"),
        ("If it smokes, how do I reach you", "low", "other"),
        ("My parcel is late", "high", "delivery"),
        ("How do I get a refund", "low", "refund"),
    ],
)
def test_another_desk_drops_in(shop: Path, body: str, urgency: str, category: str) -> None:
    judgement = judge(subject="", body=body, own_words="", rules=load(shop))
    assert (judgement.urgency, judgement.category) == (Urgency(urgency), category)


def test_mail_in_a_language_without_words_is_not_put_last(shop: Path) -> None:
    judgement = judge(subject="", body="ช่วยด้วย เงินหาย ?", own_words="", rules=load(shop))
    assert judgement.urgency is Urgency.NORMAL


def test_other_desk_names_its_own_numbers(shop: Path) -> None:
    judgement = judge(
        subject="order AB-1234", body="parcel late", own_words="", rules=load(shop)
    )
    assert judgement.identifiers.order_id == ("AB-1234",)
    assert judgement.missing == ("screenshot",)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("facts.yaml", "modality: {}\nfacts: [{rule: x}]", id="no-when"),
        pytest.param("facts.yaml", "modality: {}\nfacts: 3", id="no-list"),
        pytest.param("words/en.yaml", "parcel: (a|b", id="bracket"),
        pytest.param("words/en.yaml", "parcel: (a)?", id="empty-phrase"),
        pytest.param("words/en.yaml", "parcel: [", id="yaml"),
        pytest.param("words/en.yaml", "late: a\nlate: b", id="twice"),
        pytest.param("patterns.yaml", "identifiers: {patterns: {uid: '('}}", id="pattern"),
    ],
)
def test_rules_that_make_no_sense_are_refused(shop: Path, name: str, text: str) -> None:
    (shop / name).write_text(text, "utf-8")
    with pytest.raises(ValueError, match="make no sense"):
        load(shop)


def test_every_concept_that_a_shipped_rule_asks_for_has_words() -> None:
    rules = load()
    known = set(rules.money.thresholds) | set(rules.money.small)
    known |= set(rules.modality.marks.values()) | {"denied", "never"}
    for vocabulary in rules.vocabularies.values():
        known |= vocabulary.concepts
    asked = {c for f in rules.facts for group in f.all_of for c in group}
    assert asked - known == set()


def test_every_category_of_a_fact_is_a_category_of_the_desk() -> None:
    rules = load()
    assert {f.category for f in rules.facts if f.category} <= set(rules.categories)
    assert set(rules.needs) == set(rules.categories)
