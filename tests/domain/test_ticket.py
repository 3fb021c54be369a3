from datetime import timedelta

import pytest

from tests.builders import NOON
from worker.domain.ticket import may_reopen

TWO_WEEKS = timedelta(days=14)


@pytest.mark.parametrize(
    ("closed_at", "may"),
    [
        pytest.param(None, True, id="time of closing unknown"),
        pytest.param(NOON - timedelta(days=1), True, id="closed yesterday"),
        pytest.param(NOON - TWO_WEEKS, True, id="last moment"),
        pytest.param(NOON - TWO_WEEKS - timedelta(seconds=1), False, id="too late"),
    ],
)
def test_closed_ticket_reopens_within_its_window(closed_at: object, may: bool) -> None:
    assert may_reopen(closed_at=closed_at, now=NOON, window=TWO_WEEKS) is may  # type: ignore[arg-type]
