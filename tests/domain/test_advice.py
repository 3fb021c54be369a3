"""How far the opinion of a language model counts."""

import pytest

from tests.builders import a_judgement
from worker.domain.advice import Advice, take
from worker.domain.judgement import Urgency

LOW, NORMAL, HIGH, CRITICAL = Urgency


def taken(
    own: Urgency, theirs: Urgency, *, raises_to: Urgency = CRITICAL, lowers_by: int = 0
) -> Urgency:
    advice = Advice(theirs, "deposit", "because")
    judgement = a_judgement(urgency=own)
    return take(judgement, advice, raises_to=raises_to, lowers_by=lowers_by).urgency


@pytest.mark.parametrize("own", Urgency)
@pytest.mark.parametrize("theirs", Urgency)
def test_opinion_never_lowers_by_default(own: Urgency, theirs: Urgency) -> None:
    assert taken(own, theirs) is max(own, theirs, key=lambda u: u.rank)


@pytest.mark.parametrize(
    ("own", "theirs", "raises_to", "level"),
    [
        pytest.param(LOW, CRITICAL, HIGH, HIGH, id="up to its bound"),
        pytest.param(NORMAL, HIGH, CRITICAL, HIGH, id="within its bound"),
        pytest.param(CRITICAL, CRITICAL, NORMAL, CRITICAL, id="above its bound already"),
        pytest.param(HIGH, CRITICAL, NORMAL, HIGH, id="a bound below is no lowering"),
    ],
)
def test_opinion_raises_up_to_its_bound(
    own: Urgency, theirs: Urgency, raises_to: Urgency, level: Urgency
) -> None:
    assert taken(own, theirs, raises_to=raises_to) is level


@pytest.mark.parametrize(
    ("own", "theirs", "lowers_by", "level"),
    [
        pytest.param(HIGH, LOW, 1, NORMAL, id="one step"),
        pytest.param(HIGH, LOW, 2, LOW, id="two steps"),
        pytest.param(HIGH, NORMAL, 2, NORMAL, id="no further than it says"),
        pytest.param(LOW, LOW, 2, LOW, id="nothing below low"),
        pytest.param(CRITICAL, LOW, 2, CRITICAL, id="never a critical"),
    ],
)
def test_opinion_lowers_as_far_as_the_desk_allows(
    own: Urgency, theirs: Urgency, lowers_by: int, level: Urgency
) -> None:
    assert taken(own, theirs, lowers_by=lowers_by) is level


def test_opinion_is_a_hit_that_tells_what_it_did() -> None:
    advice = Advice(HIGH, "withdrawal", "stuck for days\r\nX-Evil: 1")
    (hit,) = take(a_judgement(), advice, raises_to=CRITICAL, lowers_by=0).hits
    assert hit.rule == "language_model"
    told = "raised from normal to high; high, withdrawal: stuck for days X-Evil: 1"
    assert " ".join(hit.text.split()) == told


def test_reason_of_the_language_model_is_cut() -> None:
    advice = Advice(NORMAL, "deposit", "x" * 10_000)
    (hit,) = take(a_judgement(), advice, raises_to=CRITICAL, lowers_by=0).hits
    assert len(hit.text) < 250
