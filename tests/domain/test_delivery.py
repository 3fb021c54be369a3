from datetime import timedelta

import pytest

from tests.builders import NOON
from worker.domain.delivery import MIN_ATTEMPTS, backoff, is_given_up

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(0, 1), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (5000, 60)]
)
def test_wait_doubles_up_to_the_longest(attempts: int, minutes: int) -> None:
    wait = backoff(attempts, first=MINUTE, longest=HOUR, jitter=0.0)
    assert wait == timedelta(minutes=minutes)


def test_jitter_adds_a_quarter_at_most() -> None:
    assert backoff(2, first=MINUTE, longest=HOUR, jitter=1.0) == timedelta(seconds=150)


@pytest.mark.parametrize(
    ("attempts", "age", "is_over"),
    [
        pytest.param(MIN_ATTEMPTS, timedelta(days=5), True, id="old and tried often"),
        pytest.param(MIN_ATTEMPTS - 1, timedelta(days=500), False, id="tried too seldom"),
        pytest.param(9999, timedelta(days=5) - MINUTE, False, id="too young"),
        pytest.param(9999, timedelta(days=-1), False, id="queued in the future"),
    ],
)
def test_answer_is_given_up_when_old_and_tried_often(
    attempts: int, age: timedelta, is_over: bool
) -> None:
    five_days = timedelta(days=5)
    assert is_over is is_given_up(
        attempts, queued_at=NOON - age, now=NOON, give_up_after=five_days
    )
