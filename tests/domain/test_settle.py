"""Rules and model together: the model decides, but what is certain holds."""

from dataclasses import replace

import pytest

from worker.domain.judgement import Hit, Urgency
from worker.domain.model import Case, Opinion
from worker.domain.rules import Fact
from worker.domain.settle import Settled, settle
from worker.domain.urgency import Verdict
from worker.rules import load

RULES = replace(load(), critical_from=0.3, high_from=0.2)
SAID = Verdict(Urgency.NORMAL, (Hit("N.problem", "failed", 25),), ())


def an_opinion(**shares: float) -> Opinion:
    told = {level: shares.get(level.value, 0.0) for level in Urgency}
    best = max(told, key=lambda level: told[level])
    return Opinion(told, {"deposit": 0.7, "fees": 0.3}, Case("X", best, "deposit"), ("lost",))


def settled(opinion: Opinion | None, verdict: Verdict = SAID, *, length: int = 200) -> Settled:
    return settle(verdict, category="fees", opinion=opinion, length=length, rules=RULES)


def test_without_a_model_the_rules_decide() -> None:
    assert settled(None) == Settled(Urgency.NORMAL, "fees", SAID.hits)


def test_model_decides_level_and_category() -> None:
    found = settled(an_opinion(high=0.8, normal=0.2))
    assert (found.urgency, found.category) == (Urgency.HIGH, "deposit")


@pytest.mark.parametrize(
    ("share", "urgency"),
    [
        pytest.param(0.3, Urgency.CRITICAL, id="perhaps critical is critical"),
        pytest.param(0.2, Urgency.HIGH, id="what may be critical is at least high"),
        pytest.param(0.1, Urgency.LOW, id="a remote chance is none"),
    ],
)
def test_doubt_is_on_the_safe_side(share: float, urgency: Urgency) -> None:
    assert settled(an_opinion(critical=share, low=1 - share)).urgency is urgency


def test_firm_fact_is_not_overruled() -> None:
    fact = Fact(
        name="C7",
        urgency=Urgency.CRITICAL,
        points=120,
        all_of=(frozenset({"x"}),),
        is_firm=True,
    )
    verdict = Verdict(Urgency.CRITICAL, (Hit("C7", "", 120),), (fact,))
    assert settled(an_opinion(low=1.0), verdict).urgency is Urgency.CRITICAL


def test_live_secret_is_at_least_high() -> None:
    assert RULES.secret_fact
    verdict = Verdict(Urgency.HIGH, (), (RULES.secret_fact,))
    assert settled(an_opinion(low=1.0), verdict).urgency is Urgency.HIGH


def test_model_says_which_words_spoke_and_how_sure_it_is() -> None:
    assert settled(an_opinion(high=0.8, low=0.2)).hits[0] == Hit("model.X", "lost", 80)


def test_disagreement_is_said() -> None:
    hits = settled(an_opinion(high=0.8, low=0.2)).hits
    assert Hit("disagreement", "rules: normal, model: high", 0) in hits


def test_agreement_is_not() -> None:
    hits = settled(an_opinion(normal=1.0)).hits
    assert all(hit.rule != "disagreement" for hit in hits)


@pytest.mark.parametrize(
    ("length", "urgency"),
    [
        pytest.param(20, Urgency.CRITICAL, id="a few words"),
        pytest.param(200, Urgency.LOW, id="a story"),
    ],
)
def test_what_rules_read_in_a_few_words_stays_critical(length: int, urgency: Urgency) -> None:
    verdict = Verdict(Urgency.CRITICAL, (Hit("C1.taken-over", "hacked", 100),), ())
    assert settled(an_opinion(low=1.0), verdict, length=length).urgency is urgency
