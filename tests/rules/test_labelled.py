"""The shipped rules against mails labelled by hand: floors under what they get right."""

import json
from pathlib import Path

from worker.domain.judge import judge
from worker.rules import load

MAILS = [
    json.loads(line)
    for line in (Path(__file__).parent / "labelled.jsonl").read_text("utf-8").splitlines()
]


def share(hits: list[bool]) -> float:
    return sum(hits) / len(hits)


def judged(mail: dict[str, str]) -> dict[str, str]:
    judgement = judge(subject=mail["subject"], body=mail["body"], own_words="", rules=load())
    return {
        "language": judgement.language,
        "urgency": judgement.urgency.value,
        "category": judgement.category,
    }


JUDGED = {mail["id"]: judged(mail) for mail in MAILS}


def test_there_are_mails_enough_in_many_languages() -> None:
    assert len(MAILS) >= 150
    assert len({mail["language"] for mail in MAILS}) >= 12


def test_language_is_named() -> None:
    assert share([JUDGED[m["id"]]["language"] == m["language"] for m in MAILS]) >= 0.99


def test_urgency_is_right_nearly_always() -> None:
    assert share([JUDGED[m["id"]]["urgency"] == m["urgency"] for m in MAILS]) >= 0.93


def test_category_is_right_mostly() -> None:
    assert share([JUDGED[m["id"]]["category"] == m["category"] for m in MAILS]) >= 0.88


def test_critical_mail_is_found_and_nothing_is_cried_up() -> None:
    critical = [JUDGED[m["id"]]["urgency"] for m in MAILS if m["urgency"] == "critical"]
    called = [m["urgency"] for m in MAILS if JUDGED[m["id"]]["urgency"] == "critical"]
    assert share([u == "critical" for u in critical]) >= 0.95
    assert share([u == "critical" for u in called]) >= 0.93


def test_no_critical_mail_is_taken_for_a_trifle() -> None:
    low = [
        m["id"]
        for m in MAILS
        if m["urgency"] == "critical" and JUDGED[m["id"]]["urgency"] in ("normal", "low")
    ]
    assert len(low) <= 2
