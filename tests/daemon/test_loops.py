"""The loop itself: resting, failing, recovering, ending."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.daemon.desks import wait_until
from worker.adapters.imap import LoginRefused
from worker.daemon import loops
from worker.daemon.loops import Loop
from worker.errors import PostclerkError, Temporary

Make = Callable[..., Loop]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Start a loop that backs off for hundredths of seconds; stopped after the test."""
    monkeypatch.setattr(loops, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(loops, "LONGEST_WAIT", 0.02)
    monkeypatch.setattr(loops, "LOGIN_WAIT", 0.02)
    made: list[Loop] = []

    def make(step: Callable[[], bool], **more: object) -> Loop:
        made.append(Loop("test", step, **more))  # type: ignore[arg-type]
        made[-1].start()
        return made[-1]

    yield make
    for loop in made:
        loop.stop()
        assert loop.join(5)


class Steps:
    """A step that returns or raises what a test says, in turn, and then finds nothing."""

    def __init__(self, *results: bool | Exception) -> None:
        self.results = list(results)
        self.count = 0

    def __call__(self) -> bool:
        self.count += 1
        result = self.results.pop(0) if self.results else False
        if isinstance(result, Exception):
            raise result
        return result


def test_loop_goes_on_while_there_is_more_and_then_rests(start: Make) -> None:
    steps = Steps(True, True, False)
    loop = start(steps)
    wait_until(lambda: loop.is_resting and steps.count == 3)


def test_woken_loop_looks_again(start: Make) -> None:
    steps = Steps()
    loop = start(steps)
    wait_until(lambda: loop.is_resting)
    loop.wake()
    wait_until(lambda: steps.count == 2)


def test_news_during_a_step_is_not_lost(start: Make) -> None:
    inside, leave = threading.Event(), threading.Event()
    steps = Steps()

    def step() -> bool:
        result = steps()
        if steps.count == 1:
            inside.set()
            leave.wait(5)
        return result

    loop = start(step)
    inside.wait(5)
    loop.wake()
    leave.set()
    wait_until(lambda: steps.count == 2)


def test_failure_is_said_once_and_its_end_as_well(start: Make) -> None:
    said: list[str] = []
    away = Temporary("The server is away.")
    steps = Steps(away, away, away, Temporary("It refuses us."), False)
    loop = start(
        steps,
        on_failure=lambda error: said.append(str(error)),
        on_recovery=lambda: said.append("well again"),
    )
    wait_until(lambda: loop.is_resting)
    assert said == ["The server is away.", "It refuses us.", "well again"]
    assert loop.failure is None


def test_unknown_error_ends_nothing_and_counts_as_temporary(start: Make) -> None:
    said: list[PostclerkError] = []
    steps = Steps(ZeroDivisionError("a bug"), False)
    loop = start(steps, on_failure=said.append)
    wait_until(lambda: loop.is_resting)
    assert isinstance(said[0], Temporary)
    assert str(said[0]) == "ZeroDivisionError: a bug"


def test_stopped_loop_ends_while_it_rests(start: Make) -> None:
    loop = start(Steps())
    wait_until(lambda: loop.is_resting)
    loop.stop()
    assert loop.join(5)
    assert loop.is_finished


def test_single_run_ends_when_a_step_that_began_late_enough_finds_nothing(
    start: Make,
) -> None:
    is_last = threading.Event()
    steps = Steps()
    loop = start(steps, finish_when=is_last.is_set)
    wait_until(lambda: steps.count > 1)
    assert not loop.is_finished
    is_last.set()
    assert loop.join(5)


def test_single_run_gives_up_after_three_failures(start: Make) -> None:
    steps = Steps(*[Temporary("away")] * 9)
    loop = start(steps, finish_when=lambda: True)
    assert loop.join(5)
    assert (steps.count, loop.failure) == (loops.TRIES_OF_ONE_RUN, "away")


def test_single_run_tries_a_refused_password_once(start: Make) -> None:
    steps = Steps(*[LoginRefused("wrong password")] * 9)
    loop = start(steps, finish_when=lambda: True)
    assert loop.join(5)
    assert steps.count == 1


def test_connection_that_ends_at_once_each_time_does_not_make_it_spin(start: Make) -> None:
    steps = Steps()

    def rest(_: float) -> None:
        raise Temporary("the server hung up")

    start(steps, rest=rest)
    time.sleep(0.5)
    assert 1 <= steps.count <= 5


def test_failure_waits_longer_each_time_up_to_a_bound() -> None:
    loop = Loop("test", Steps())
    waits = [loop._wait_after(Temporary("away"), failures) for failures in (1, 3, 5, 50, 5000)]
    assert 0.75 <= waits[0] <= 1.0
    assert 3.0 <= waits[1] <= 4.0
    assert 45.0 <= waits[3] <= 60.0
    assert waits[4] <= 60.0
    assert loop._wait_after(LoginRefused("no"), 50) > 200
