"""The model adds up what clues weigh; the sums are those of plain arithmetic."""

import math
import random

import pytest

from worker.domain.judgement import Urgency
from worker.domain.model import Case, Clues, Model, Opinion, Weights, pack, unpack

THEFT = Case("C1", Urgency.CRITICAL, "account_security")
STUCK = Case("H1", Urgency.HIGH, "withdrawal")
HOW = Case("L", Urgency.LOW, "withdrawal")


def a_model() -> Model:
    return Model(
        cases=(THEFT, STUCK, HOW),
        bias=(0.0, 0.0, 0.1),
        terms=Weights(
            {" stolen ": [100, -20, -80], "被盗": [90, 0, -90], " how ": [-30, -30, 60]},
            0.05,
        ),
        concepts=Weights({"told:stolen": [50, 0, -50]}, 0.05),
    )


def weighed(words: str, *concepts: str) -> Opinion:
    return a_model().weigh(Clues(words, frozenset(concepts)))


def test_terms_of_the_mail_decide() -> None:
    assert weighed(" my coins were stolen ").likeliest == THEFT
    assert weighed(" how do i withdraw ").likeliest == HOW


def test_mail_without_known_terms_gets_what_is_usual() -> None:
    assert weighed(" xyz ").likeliest == HOW


def test_probabilities_add_up_to_one() -> None:
    opinion = weighed(" stolen how ", "told:stolen")
    assert math.isclose(sum(opinion.urgency.values()), 1)
    assert math.isclose(sum(opinion.category.values()), 1)


def test_cases_of_one_category_count_together() -> None:
    opinion = weighed(" xyz ")
    assert opinion.category["withdrawal"] > opinion.category["account_security"]


def test_concepts_speak_where_words_are_unknown() -> None:
    assert weighed(" geklaut ", "told:stolen").likeliest == THEFT


def test_unknown_concepts_say_nothing() -> None:
    assert weighed(" xyz ", "told:nothing").urgency == weighed(" xyz ").urgency


def test_reasons_are_the_terms_that_weighed_most() -> None:
    assert weighed(" how was it stolen 被盗 ").reasons[:2] == ("stolen", "被盗")


def test_term_counts_once_however_often_it_stands() -> None:
    assert weighed(" stolen ").urgency == weighed(" stolen stolen stolen ").urgency


@pytest.mark.parametrize("rows", [1, 2, 700])
def test_packed_rows_add_up_like_numbers(rows: int) -> None:
    chance = random.Random(rows)
    table = [[chance.randint(-127, 127) for _ in range(64)] for _ in range(rows)]
    total = sum(pack(row) for row in table)
    assert unpack(total, summands=rows, columns=64) == [
        sum(column) for column in zip(*table, strict=True)
    ]
