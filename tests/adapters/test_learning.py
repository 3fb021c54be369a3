"""Learning: labelled mail in, a small file of weights out, the same each time."""

import gzip
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from worker.adapters.learning import learn, study_all, terms_of
from worker.domain.judge import judge
from worker.domain.judgement import Urgency
from worker.domain.model import Case
from worker.rules import load
from worker.rules.labelled import Labelled
from worker.rules.model_file import about, load_model

RULES = replace(load(), model=None)
BURNS = Case("fire", Urgency.CRITICAL, "delivery")
ASKS = Case("ask", Urgency.LOW, "other")


def labelled(body: str, case: Case) -> Labelled:
    return Labelled("here:1", "en", "", body, case, ())


MAILS = [
    labelled(f"the {thing} {verb} and {end}", BURNS)
    for thing in ("parcel", "box")
    for verb in ("burns", "smokes")
    for end in ("stinks", "glows")
] + [
    labelled(f"which {thing} do you {verb} {end}", ASKS)
    for thing in ("colour", "size")
    for verb in ("sell", "have")
    for end in ("now", "here")
]


def test_what_is_learnt_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "model.json.gz"
    path.write_bytes(learn(study_all(MAILS, RULES)))
    rules = replace(RULES, model=load_model(path))
    judged = judge(subject="", body="my parcel smokes and glows", own_words="", rules=rules)
    assert (judged.urgency, judged.category) == (Urgency.CRITICAL, "delivery")


def test_same_mails_give_the_same_file() -> None:
    studied = study_all(MAILS, RULES)
    assert learn(studied) == learn(studied)


def test_file_tells_what_it_was_trained_on(tmp_path: Path) -> None:
    path = tmp_path / "model.json.gz"
    path.write_bytes(learn(study_all(MAILS, RULES), told={"corrections": 0}))
    assert about(path)["mails"] == len(MAILS)
    assert about(path)["corrections"] == 0


def test_too_few_mails_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        learn(study_all(MAILS[:3], RULES))


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda model: b"not gzip", id="no gzip"),
        pytest.param(lambda model: model[: len(model) // 2], id="half"),
        pytest.param(lambda model: model[:40] + b"XXXX" + model[44:], id="damaged"),
        pytest.param(lambda model: gzip.compress(b"[" * 9000), id="deep"),
        pytest.param(lambda model: gzip.compress(b"{}"), id="empty"),
        pytest.param(lambda model: _with(model, bias=[0.0]), id="a bias too few"),
        pytest.param(lambda model: _with(model, bias=[math.nan, 0.0]), id="no number"),
        pytest.param(
            lambda model: _with(model, terms={"unit": 1, "rows": {"a": ""}}), id="row"
        ),
    ],
)
def test_spoilt_file_is_named(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "model.json.gz"
    path.write_bytes(spoil(learn(study_all(MAILS, RULES))))
    with pytest.raises(ValueError, match="is no model"):
        load_model(path)


def _with(model: bytes, **changed: object) -> bytes:
    return gzip.compress(json.dumps(json.loads(gzip.decompress(model)) | changed).encode())


def test_single_mail_that_counts_much_leaves_no_words_of_its_own() -> None:
    studied = study_all([*MAILS, labelled("the parcel burns xylophonist", BURNS)], RULES)
    model = learn(studied, shares=[1.0] * len(MAILS) + [3.0])
    assert b"xylophonist" not in gzip.decompress(model)


@pytest.mark.parametrize(
    ("words", "some"),
    [
        pytest.param(" my account ", {" my ", " account ", " my account ", "ccoun"}, id="en"),
        pytest.param(" 账户被盗 ", {"盗", "被盗", "账户被盗"}, id="characters"),
        pytest.param(" 充了 0 usdt ", {"充了", " 0 usdt "}, id="both"),
    ],
)
def test_terms_are_words_their_rows_and_pieces(words: str, some: set[str]) -> None:
    assert some <= terms_of(words)
