"""Rules and models are held against mail; corrections are kept, learnt from and rolled back."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.builders import a_mail
from tests.pipeline.house import House
from worker import actions
from worker.actions import judging
from worker.config import Config
from worker.errors import ConfigError
from worker.rules import load

FEW = [
    ("my parcel burns", "critical", "delivery", "fire"),
    ("the box burns badly", "critical", "delivery", "fire"),
    ("it burns, the parcel", "critical", "delivery", "fire"),
    ("parcel burns again", "critical", "delivery", "fire"),
    ("which size do you have", "low", "other", "ask"),
    ("which colour do you have", "low", "other", "ask"),
    ("do you have a shop", "low", "other", "ask"),
    ("do you have this in red", "low", "other", "ask"),
]


@pytest.fixture
def mails(tmp_path: Path) -> Path:
    path = tmp_path / "labelled.jsonl"
    rows = (dict(zip(("body", "urgency", "category", "kind"), row, strict=True)) for row in FEW)
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return path


def correct(house: House, body: str, *, urgency: str, category: str) -> str:
    local = hashlib.sha256(body.encode()).hexdigest()[:8]
    mail = a_mail(body, message_id=f"{local}@x.example", sender=f"{local}@cust.example")
    (outcome,) = house.take(mail)
    assert outcome.number
    actions.set_ticket(
        house.desk,
        outcome.number,
        actor="cli:anna",
        urgency=urgency,
        category=category,
        reason="wrong",
    )
    return outcome.number


def test_layers_are_measured_apart_and_together(mails: Path) -> None:
    scores, wrong = judging.test_rules(load(), judging.labelled(mails))
    assert set(scores) == {"rules", "model", "together"}
    assert scores["together"].mails == len(FEW)
    right = round(scores["together"].mails * float(scores["together"].urgency or 0))
    assert len(wrong) >= len(FEW) - right


def test_rules_without_a_model_are_measured_alone(mails: Path) -> None:
    scores, _ = judging.test_rules(replace(load(), model=None), judging.labelled(mails))
    assert "model" not in scores


def test_bad_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"body": "x", "urgency": "huge", "category": "fees"}\n', "utf-8")
    with pytest.raises(ConfigError, match=r"bad\.jsonl:1"):
        judging.labelled(path)


def test_correction_is_kept_with_what_was_judged(house: House, number: str) -> None:
    actions.set_ticket(house.desk, number, actor="me", urgency="critical", reason="wrong")
    actions.set_ticket(house.desk, number, actor="me", category="kyc", reason="wrong")
    with house.desk.database.read() as tx:
        (one,) = judging.found.corrections(tx)
    assert (one.ticket, one.urgency, one.category) == (number, "critical", "kyc")
    assert one.own_words


def test_change_of_team_is_no_correction(house: House, number: str) -> None:
    actions.set_ticket(house.desk, number, actor="me", team="night", reason="shift")
    with house.desk.database.read() as tx:
        assert judging.found.corrections(tx) == []


def test_model_learns_from_corrections_and_goes_live_when_told(
    house: House, mails: Path
) -> None:
    for place in ("hall", "yard", "room", "shop", "barn", "loft"):
        correct(house, f"The {place} smells odd.\n", urgency="high", category="smell")
    config: Config = house.desk.config
    done = judging.learn(house.desk, mails=mails)
    name = str(done["model"])

    assert done["corrections"] == 6
    assert judging.rules_of(config).model is load(config.rules).model
    judging.publish_model(config, name)
    assert judging.rules_of(config).model is not load(config.rules).model
    assert [row["is_live"] for row in judging.list_models(config)] == [True]
    _, changed = judging.preview_rules(house.desk, load(config.rules), limit=10)
    assert changed
    assert judging.roll_back_model(config) is None
    assert judging.rules_of(config).model is load(config.rules).model


def test_preview_changes_nothing(house: House, number: str) -> None:
    before = actions.show_ticket(house.desk, number)
    judged, _ = judging.preview_rules(house.desk, replace(load(), model=None), limit=10)
    assert judged == 1
    assert actions.show_ticket(house.desk, number) == before


def test_drift_is_the_share_that_was_corrected(house: House, number: str) -> None:
    correct(house, "The card is refused.\n", urgency="critical", category="kyc")
    this_week, last_week = judging.drift(house.desk, weeks=2)
    assert (this_week["tickets"], this_week["corrected"]) == (2, 1)
    assert this_week["share"] == 0.5
    assert last_week["share"] is None
