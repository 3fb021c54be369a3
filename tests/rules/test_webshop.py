"""The second desk that comes as an example: its rules load, and judge as its labels say."""

from pathlib import Path

import pytest

from worker.domain.judge import judge
from worker.domain.secrets import seal
from worker.rules import load
from worker.rules.labelled import Labelled, read_labelled

SHOP = Path(__file__).parents[2] / "docs" / "examples" / "webshop"
RULES = load(SHOP)
MAILS = list(read_labelled(SHOP / "labelled.jsonl"))


@pytest.mark.parametrize("mail", MAILS, ids=lambda mail: mail.place)
def test_mail_of_a_shop_is_judged_by_its_rules(mail: Labelled) -> None:
    judged = judge(subject=mail.subject, body=mail.body, own_words="", rules=RULES)
    assert (judged.urgency, judged.category) == (mail.case.urgency, mail.case.category)


def test_shop_has_no_model_of_another_trade() -> None:
    assert RULES.model is None


def test_secrets_are_sealed_by_the_shipped_patterns() -> None:
    assert seal("my password: Zebra!2026xy", rules=RULES).kinds == ("password",)
