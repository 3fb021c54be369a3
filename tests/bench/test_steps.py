"""The stopwatch of the bench gives each step its own time and no other's."""

import time

import pytest

from bench.steps import Stopwatch


def test_inner_step_is_not_counted_in_the_outer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 1.0, 3.0, 7.0, 12.0])
    monkeypatch.setattr(time, "process_time", lambda: next(moments))
    watch = Stopwatch()
    with watch.step("outer"), watch.step("inner"):
        pass
    assert watch.seconds == {"outer": 2.0 + 5.0, "inner": 4.0}
