"""When things happen, also when the clock steps."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.builders import a_mail
from tests.daemon.desks import LiveDesk, wait_until
from worker import log
from worker.config import Schedule
from worker.daemon import scheduler, wiring
from worker.daemon.loops import Loop
from worker.daemon.scheduler import Guard, Scheduler


class SteppingClock:
    """The real time, plus what a test steps it by."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def told() -> Iterator[list[tuple[str, dict[str, object]]]]:
    """The events of the test."""
    events: list[tuple[str, dict[str, object]]] = []
    end = log.listen(lambda event, facts: events.append((event, facts)))
    yield events
    end()


@pytest.fixture
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "LOOK_EVERY", 0.05)


@pytest.mark.usefixtures("quick_looks")
@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(days=3)])
def test_guard_tells_of_a_step_once(
    clock: SteppingClock, told: list[tuple[str, dict[str, object]]], step: timedelta
) -> None:
    steps: list[timedelta] = []
    guard = Guard(clock, [], on_step=steps.append)
    guard.start()
    clock.offset = step
    wait_until(lambda: bool(steps))
    guard.stop()
    assert len(steps) == 1
    assert abs(steps[0] - step) < timedelta(seconds=2)
    assert told[0][0] == "clock.stepped"


@pytest.mark.usefixtures("quick_looks")
def test_guard_tells_once_of_a_loop_whose_step_takes_far_too_long(
    clock: SteppingClock,
    told: list[tuple[str, dict[str, object]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scheduler, "OVERDUE", 0.1)
    leave = threading.Event()
    loop = Loop("stuck", lambda: leave.wait(20) and False)
    guard = Guard(clock, [loop], on_step=lambda _: None)
    loop.start()
    guard.start()
    wait_until(lambda: bool(told))
    leave.set()
    guard.stop()
    loop.stop()
    loop.join(5)
    assert [event for event, _ in told] == ["loop.overdue"]
    assert told[0][1]["loop"] == "stuck"


def test_schedule_wakes_again_and_again(clock: SteppingClock) -> None:
    woken = threading.Semaphore(0)
    jobs = Scheduler(clock)
    jobs.poll(Schedule(every=timedelta(seconds=1), jitter=timedelta(0)), woken.release)
    jobs.start()
    assert woken.acquire(timeout=10)
    assert woken.acquire(timeout=10)
    jobs.stop()


def test_plan_made_anew_wakes_at_once(clock: SteppingClock) -> None:
    woken = threading.Event()
    jobs = Scheduler(clock)
    jobs.poll(Schedule(every=timedelta(hours=1), jitter=timedelta(0)), woken.set)
    jobs.start()
    jobs.plan_anew()
    assert woken.wait(10)
    jobs.stop()


@pytest.mark.parametrize("cron", ["*/5 * * * *", "0 8-18 * * mon-fri"])
def test_cron_line_is_taken(clock: SteppingClock, cron: str) -> None:
    jobs = Scheduler(clock)
    jobs.poll(Schedule(cron=cron), lambda: None)
    jobs.start()
    jobs.stop()


def test_clock_that_steps_back_makes_what_waits_due(
    desk: LiveDesk, clock: SteppingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "now", clock)
    config = desk.write_config(delivery={"first_backoff": "1h", "max_backoff": "4h"})
    desk.sink.reply("data", "451 4.3.0 later")
    desk.account.append(a_mail())
    worker = wiring.Worker(config)
    worker.start()
    try:
        wait_until(lambda: any(row["next_attempt_at"] for row in desk.rows("answers")))
        assert desk.sink.messages == []
        clock.offset = timedelta(hours=-6)
        wait_until(lambda: len(desk.sink.messages) == 1)
    finally:
        worker.stop()
