"""Says when: APScheduler wakes the loops and runs the sweeps; a small guard watches the clocks.

It holds no state that matters. Its jobs only wake loops, so none can hang. Measured: after the
wall clock steps back its interval jobs stop until the clock has caught up; so the guard
compares the wall clock with the monotonic one, re-plans every job after a step, and says so.
It also tells of a loop whose step takes far too long.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from worker import log
from worker.config import Schedule
from worker.context import Now
from worker.daemon.loops import Loop

LOOK_EVERY = 1.0
STEP = timedelta(seconds=2)
"""A larger difference between the clocks in one look is a step."""
OVERDUE = 300.0
"""Seconds; every wait inside a step has a shorter deadline of its own."""


class Scheduler:
    """Wakes loops by schedule; runs sweeps."""

    def __init__(self, now: Now) -> None:
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._now = now
        self._jobs = BackgroundScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def poll(self, schedule: Schedule, wake: Callable[[], None]) -> None:
        """Wake a mailbox's loop by its schedule."""
        if schedule.cron:
            trigger = CronTrigger.from_crontab(schedule.cron)
        else:
            trigger = IntervalTrigger(
                seconds=max(1, round(schedule.every.total_seconds())),
                jitter=round(schedule.jitter.total_seconds()) or None,
            )
        self._jobs.add_job(wake, trigger)

    def every(self, seconds: int, work: Callable[[], None]) -> None:
        """Run something short again and again."""
        self._jobs.add_job(work, IntervalTrigger(seconds=seconds))

    def start(self) -> None:
        self._jobs.start()

    def stop(self) -> None:
        if self._jobs.running:
            self._jobs.shutdown(wait=False)

    def plan_anew(self) -> None:
        """Let every job run now and count from now; after a step of the clock."""
        for job in self._jobs.get_jobs():
            job.modify(next_run_time=self._now())
        self._jobs.wakeup()


class Guard:
    """Watches the clocks and the loops from a thread of its own."""

    def __init__(
        self, now: Now, loops: Sequence[Loop], *, on_step: Callable[[timedelta], None]
    ) -> None:
        self._now, self._loops, self._on_step = now, loops, on_step
        self._stop = threading.Event()
        self._told: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="guard", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        wall, steady = self._now(), time.monotonic()
        while not self._stop.wait(LOOK_EVERY):
            new_wall, new_steady = self._now(), time.monotonic()
            step = (new_wall - wall) - timedelta(seconds=new_steady - steady)
            wall, steady = new_wall, new_steady
            if abs(step) > STEP:
                log.warning("clock.stepped", seconds=round(step.total_seconds()))
                self._on_step(step)
            self._look_at_loops(new_steady)

    def _look_at_loops(self, steady: float) -> None:
        for loop in self._loops:
            since = steady - loop.busy_since
            if loop.is_resting or loop.is_finished or since < OVERDUE:
                self._told.discard(loop.name)
            elif loop.name not in self._told:
                self._told.add(loop.name)
                log.error("loop.overdue", loop=loop.name, seconds=round(since))
