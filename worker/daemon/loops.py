"""The three loops, each in a thread of its own: poll (one per mailbox), process, deliver.

A loop does its step again at once while there is work, else rests until it is woken. A failure
is said once in plain words, and said again when it is over; between the two the loop backs off
and tries for ever. Nothing that fails in one loop stops another.
"""

import random
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

from worker import log
from worker.adapters.children import Children
from worker.adapters.imap import LoginRefused
from worker.config import Mailbox
from worker.context import Desk, MailSource
from worker.errors import PostclerkError, Temporary
from worker.pipeline import process
from worker.pipeline.deliver import Delivery
from worker.pipeline.process import Outcome
from worker.pipeline.read import Reading
from worker.pipeline.receive import LeaseLost, poll_once
from worker.store import mailboxes

FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
REST_AFTER = 20.0
"""Idle reading processes end after so long: they hold half of the worker's memory."""
FIRST_LOGIN_WAIT = 30.0
LOGIN_WAIT = 300.0
"""A refused password is not hammered: that locks accounts."""
LONGEST_REST = 300.0
"""A server may forget to tell of news: after so long it is asked anyway."""
TRIES_OF_ONE_RUN = 3


@dataclass
class Loop:
    """Runs `step` until stopped; `step` returns True while there is more to do."""

    name: str
    step: Callable[[], bool]
    rest: Callable[[float], None] | None = None
    """Waits for news at most so many seconds; None waits for `wake`."""
    rest_seconds: float = 30.0
    rouse: Callable[[], None] = lambda: None
    """Ends `rest` at once."""
    on_failure: Callable[[PostclerkError], None] = lambda _: None
    on_recovery: Callable[[], None] = lambda: None
    finish_when: Callable[[], bool] | None = None
    """For a single run: the loop ends when this held before a step that found nothing."""
    failure: str | None = None
    is_finished: bool = False
    is_resting: bool = False
    busy_since: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._broken_rests = 0
        self._news = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Let it look for work now."""
        self._news.set()
        self.rouse()

    def stop(self) -> None:
        """Ask it to end after the step under way."""
        self._stop.set()
        self._news.set()
        self.rouse()

    def join(self, seconds: float) -> bool:
        """Wait for its end; False when it did not come in time."""
        self._thread.join(max(0.0, seconds))
        return not self._thread.is_alive()

    @property
    def is_stopping(self) -> bool:
        return self._stop.is_set()

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            may_finish = self.finish_when is not None and self.finish_when()
            self._news.clear()
            self.is_resting = False
            self.busy_since = time.monotonic()
            try:
                is_more = self.step()
            except Exception as error:  # noqa: BLE001 - the one place where nothing may get past
                failures += 1
                self._tell_failure(error, failures)
                if self._is_hopeless(error, failures):
                    break
                self._stop.wait(self._wait_after(error, failures))
                continue
            if failures:
                failures, self.failure = 0, None
                self.on_recovery()
            if not is_more:
                if may_finish:
                    break
                self._rest()
        self.is_finished = True

    def _rest(self) -> None:
        self.is_resting = True
        if self._news.is_set():
            return
        if self.rest is None or self.finish_when is not None:
            self._news.wait(0.05 if self.finish_when else self.rest_seconds)
            return
        try:
            self.rest(self.rest_seconds)
        except Temporary as error:
            # A connection that ends while it idles is no news: the next poll opens another. But
            # a server that ends it at once each time must not make the loop spin.
            log.info("mailbox.connected", loop=self.name, again=str(error))
            self._broken_rests = min(self._broken_rests + 1, 8)
            self._news.wait(0.05 * 2**self._broken_rests)
        else:
            self._broken_rests = 0

    def _tell_failure(self, error: Exception, failures: int) -> None:
        known = isinstance(error, PostclerkError)
        sentence = str(error) if known else f"{type(error).__name__}: {error}"
        if not known:
            detail = "".join(traceback.format_exception(error))
            log.error("loop.failed", loop=self.name, detail=detail)
        if failures == 1 or sentence != self.failure:
            self.failure = sentence
            self.on_failure(error if isinstance(error, PostclerkError) else Temporary(sentence))

    def _is_hopeless(self, error: Exception, failures: int) -> bool:
        if self.finish_when is None:
            return False
        return failures >= TRIES_OF_ONE_RUN or isinstance(error, LoginRefused)

    def _wait_after(self, error: Exception, failures: int) -> float:
        is_refused = isinstance(error, LoginRefused)
        first, longest = (
            (FIRST_LOGIN_WAIT, LOGIN_WAIT) if is_refused else (FIRST_WAIT, LONGEST_WAIT)
        )
        wait = min(first * 2.0 ** min(failures - 1, 20), longest)
        return wait * random.uniform(0.75, 1.0)  # noqa: S311 - spreads reconnects, no secret


def mailbox_loop(
    desk: Desk,
    mailbox: Mailbox,
    source: MailSource,
    *,
    on_received: Callable[[], None],
    finish_when: Callable[[], bool] | None,
    on_polled: Callable[[int], None] = lambda _: None,
) -> Loop:
    """Make the poll loop of one mailbox."""

    def step() -> bool:
        polled = poll_once(desk, mailbox, source, on_received=on_received)
        if polled.received:
            on_polled(polled.received)
            log.info("mailbox.polled", mailbox=mailbox.name, received=polled.received)
        return not polled.is_drained

    def failed(error: PostclerkError) -> None:
        if isinstance(error, LeaseLost):
            log.info("mailbox.lease_lost", mailbox=mailbox.name)
            return
        log.error("mailbox.failed", mailbox=mailbox.name, reason=str(error))
        _note_failure(desk, mailbox.name, str(error))

    def recovered() -> None:
        log.info("mailbox.recovered", mailbox=mailbox.name)

    schedule = mailbox.schedule
    waits_for_clock = bool(schedule.cron) and not schedule.idle
    return Loop(
        f"poll {mailbox.name}",
        step,
        rest=None if waits_for_clock else source.wait,
        rest_seconds=threading.TIMEOUT_MAX if waits_for_clock else LONGEST_REST,
        rouse=source.wake,
        on_failure=failed,
        on_recovery=recovered,
        finish_when=finish_when,
    )


def _note_failure(desk: Desk, name: str, sentence: str) -> None:
    try:
        with desk.database.write() as tx:
            mailboxes.note_failure(tx, name, now=desk.now(), error=sentence)
    except PostclerkError:
        pass  # the database is the fault, and that is said by itself


class Processing:
    """The process loop's step: reads the next batch while it decides the present one."""

    def __init__(
        self,
        desk: Desk,
        children: Children[Reading],
        *,
        on_outcomes: Callable[[list[Outcome]], None],
    ) -> None:
        self._desk, self._children, self._on_outcomes = desk, children, on_outcomes
        self._ahead: process.Batch | None = None
        self._is_clean = True
        self._quiet_since: float | None = None

    def step(self) -> bool:
        """Process one batch; False when nothing waits."""
        if not self._is_clean:
            self._ahead = None
            process.give_back(self._desk)
        self._is_clean = False
        batch = self._ahead or process.claim(self._desk, self._children, suspects=False)
        self._ahead = None
        if batch is None:
            batch = process.claim(self._desk, self._children, suspects=True)
        elif batch is not None:
            self._ahead = process.claim(self._desk, self._children, suspects=False)
        if batch is not None:
            self._on_outcomes(process.settle(self._desk, batch))
        self._is_clean = True
        self._rest_children(is_quiet=batch is None)
        return batch is not None

    def give_back(self) -> None:
        """Return what was claimed ahead, when the worker stops."""
        self._ahead = None
        process.give_back(self._desk)

    def _rest_children(self, *, is_quiet: bool) -> None:
        """End idle reading processes: they cost memory."""
        if not is_quiet:
            self._quiet_since = None
        elif self._quiet_since is None:
            self._quiet_since = time.monotonic()
        elif time.monotonic() - self._quiet_since > REST_AFTER:
            self._children.rest()


def process_loop(processing: Processing, *, finish_when: Callable[[], bool] | None) -> Loop:
    """Make the process loop."""
    return Loop(
        "process",
        processing.step,
        rest_seconds=5.0,
        on_failure=lambda error: log.error(
            "database.failed", reason=str(error), loop="process"
        ),
        on_recovery=lambda: log.info("database.recovered", loop="process"),
        finish_when=finish_when,
    )


def deliver_loop(
    delivery: Delivery,
    *,
    on_delivered: Callable[[int, int, int], None],
    finish_when: Callable[[], bool] | None,
) -> Loop:
    """Make the deliver loop."""

    def step() -> bool:
        done = delivery.once(is_stopping=lambda: loop.is_stopping)
        on_delivered(done.sent, done.deferred, done.failed)
        return done.claimed > 0

    loop = Loop(
        "deliver",
        step,
        rest_seconds=1.0,
        on_failure=lambda error: log.error("delivery.failed", reason=str(error)),
        on_recovery=lambda: log.info("delivery.recovered"),
        finish_when=finish_when,
    )
    return loop
