"""The figures that rules and models are held by."""

import pytest

from worker.domain.judgement import Urgency
from worker.domain.scoring import Right, Said, Score, score

C, H, N, L = Urgency.CRITICAL, Urgency.HIGH, Urgency.NORMAL, Urgency.LOW


def scored(*levels: tuple[Urgency, Urgency]) -> Score:
    return score([(Right(right, "a"), Said(said, "a")) for right, said in levels])


def test_all_right_is_one() -> None:
    figures = scored((C, C), (H, H), (N, N), (L, L))
    assert (figures.urgency, figures.urgency_f1, figures.critical_recall) == (1, 1, 1)


def test_recall_and_precision_of_critical_mail() -> None:
    figures = scored((C, C), (C, H), (L, C), (L, C))
    assert figures.critical_recall == 0.5
    assert figures.critical_precision == pytest.approx(1 / 3)


def test_critical_mail_taken_for_a_trifle_is_counted() -> None:
    assert scored((C, N), (C, L), (C, H), (C, C)).missed == 2


def test_other_categories_that_are_right_count_as_lenient() -> None:
    figures = score([(Right(L, "fees", ("vip",)), Said(L, "vip"))])
    assert (figures.category, figures.category_lenient) == (0, 1)


def test_nothing_has_no_figures() -> None:
    assert scored().urgency is None
