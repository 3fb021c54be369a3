"""Puts the desk together and runs it: the one place that knows all parts, clock and chance."""

import contextlib
import gc
import itertools
import os
import secrets
import select
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial

from worker import keys, log, rules
from worker.adapters.blobs import FolderBlobs
from worker.adapters.children import Children
from worker.adapters.imap import ImapMailbox
from worker.adapters.render import Templates
from worker.adapters.smtp import SmtpSubmission
from worker.config import Config
from worker.context import Adviser, Customers, Desk
from worker.daemon.loops import (
    Loop,
    Processing,
    deliver_loop,
    mailbox_loop,
    process_loop,
)
from worker.daemon.scheduler import Guard, Scheduler
from worker.errors import ConfigError, PostclerkError, Temporary
from worker.pipeline.deliver import Delivery
from worker.pipeline.process import Outcome
from worker.pipeline.read import Reading, read_mails
from worker.pipeline.read_settings import read_settings
from worker.pipeline.receive import LEASE
from worker.store import inbound, mailboxes, outbox, upgrade, workers
from worker.store.ids import Ids
from worker.store.schema import REVISION
from worker.store.session import Database, WorkerRunning, prepare_folder, sole_worker

STOP_SECONDS = 7.0
LOCK_PATIENCE = 30.0
HEARTBEAT_SECONDS = 10
DEAD_AFTER = timedelta(seconds=60)
PRELOAD = ("worker.pipeline.read",)
_serial = itertools.count(1)


def now() -> datetime:
    """Tell the time, aware UTC."""
    return datetime.now(UTC)


def open_desk(config: Config) -> Desk:
    """Open database, blobs and keys; raises ConfigError or Temporary in plain words.

    An SQLite database that is not there yet is made; an older schema is refused.
    """
    database = Database(config.database.url)
    try:
        prepare_folder(database)
        if database.is_sqlite and upgrade.status(database).found is None:
            with sole_worker(database, patience=LOCK_PATIENCE):
                upgrade.upgrade(database)
        upgrade.require_current(database)
        secret = keys.load(config.keys.file)
        blobs = FolderBlobs(config.blobs.folder, secret)
        blobs.prepare()
    except BaseException:
        database.close()
        raise
    return Desk(
        config=config,
        database=database,
        ids=Ids(database),
        keys=secret,
        blobs=blobs,
        now=now,
        chance=secrets.token_bytes,
        worker=f"{socket.gethostname()}-{os.getpid()}-{next(_serial)}",
        customers=_open_customers(config),
        adviser=_open_adviser(config),
    )


def _open_customers(config: Config) -> Customers | None:
    if not config.urgency.lookup.command:
        return None
    from worker.adapters.customer_lookup import CustomerLookup

    return CustomerLookup(config.urgency.lookup)


def _open_adviser(config: Config) -> Adviser | None:
    if config.language_model.url is None:
        return None
    from worker.adapters.language_model import LanguageModel

    return LanguageModel(config.language_model, categories=rules.categories(config.rules))


def open_templates(config: Config) -> Templates:
    """Open the reply templates; a broken file of the desk's gives way to the shipped one."""
    templates = Templates(
        config.templates,
        default_language=config.desk.language,
        link_hosts=(config.desk.domain,),
    )
    for complaint in templates.lint():
        if complaint.is_error:
            log.warning("template.broken", complaint=str(complaint))
    return templates


def make_children(config: Config) -> Children[Reading]:
    """Make the reading processes; they start with the first mail."""
    return Children(
        partial(read_mails, settings=read_settings(config)),
        processes=config.limits.parse_processes,
        time_limit=config.limits.parse_time,
        memory_limit=config.limits.parse_memory,
        preload=PRELOAD,
    )


class Worker:
    """One worker: the loops, their surroundings, and what they have done so far."""

    def __init__(
        self,
        config: Config,
        *,
        is_single_run: bool = False,
        templates: Templates | None = None,
    ) -> None:
        self.config = config
        self.counts: Counter[str] = Counter()
        self._is_single_run = is_single_run
        self._held = ExitStack()
        self.loops: tuple[Loop, ...] = ()
        self._stopped = False
        self._steady_beats = 0
        self._earlier = templates

    def start(self) -> None:
        """Open everything and start the loops; a PostclerkError leaves nothing open."""
        try:
            self._open()
        except BaseException:
            self._held.close()
            raise
        gc.freeze()  # what is open now stays: no need to look for garbage in it again and again
        for loop in self.loops:
            loop.start()
        log.info("worker.started", worker=self.desk.worker, mailboxes=len(self._polls))

    def _open(self) -> None:
        config = self.config
        if not config.mailboxes:
            raise ConfigError("The configuration names no mailbox; add one under `mailboxes`.")
        keys.load(config.keys.file)  # before anything is started: it is the likeliest to lack
        if config.rules is not None and not config.rules.is_dir():
            raise ConfigError(f"The folder of rules {config.rules} is not there.")
        self._take_database()
        self._children = make_children(config)
        self._held.callback(self._children.close)
        warmed = self._children.warm()  # early: they load while the rest is opened
        self._upgrade_database()
        self.desk = open_desk(config)
        self._held.callback(self.desk.close)
        self.templates = self._open_templates()
        self._recover()
        self._submission = SmtpSubmission(
            config.smtp,
            local_hostname=config.desk.domain,
            deadline=config.limits.network_deadline,
        )
        self._held.callback(self._submission.close)
        self._make_loops()
        self._make_clocks()
        if not self._is_single_run:
            warmed()

    def _open_templates(self) -> Templates:
        """Take over the templates of the worker before: they know the last good versions."""
        if self._earlier is None:
            return open_templates(self.config)
        for complaint in self._earlier.reload():
            log.warning("template.broken", complaint=str(complaint))
        return self._earlier

    def _take_database(self) -> None:
        """Take the lock first: only the one worker of an SQLite database may upgrade it."""
        database = Database(self.config.database.url)
        prepare_folder(database)
        self._held.enter_context(sole_worker(database, patience=0.0))

    def _upgrade_database(self) -> None:
        database = Database(self.config.database.url)
        try:
            if database.is_sqlite:
                before = upgrade.upgrade(database)
                if not before.is_current:
                    log.info("database.upgraded", revision=before.needed)
        finally:
            database.close()

    def _recover(self) -> None:
        """Give back what dead workers held; where only one can run, that is everything."""
        with self.desk.database.write() as tx:
            if self.desk.database.is_sqlite:
                mailboxes.release_leases(tx)
                inbound.recover(tx)
                outbox.recover(tx, now=self.desk.now())
                workers.forget(tx)
                # The times in the rows may come from another clock: try everything now.
                inbound.make_due(tx)
                outbox.make_due(tx)
                mailboxes.make_due(tx)
            workers.beat(tx, self.desk.worker, now=workers.clock(tx, now=self.desk.now()))

    def _make_loops(self) -> None:
        single = self._is_single_run
        self._sources = [
            ImapMailbox(mailbox, deadline=self.config.limits.network_deadline)
            for mailbox in self.config.mailboxes
        ]
        for source in self._sources:
            self._held.callback(source.close)
        processing = Processing(self.desk, self._children, on_outcomes=self._note_outcomes)
        self._processing = processing
        delivery = Delivery(self.desk, self.templates, self._submission)
        self._process = process_loop(
            processing, finish_when=self._polls_are_finished if single else None
        )
        self._deliver = deliver_loop(
            delivery,
            on_delivered=self._note_delivered,
            finish_when=(lambda: self._process.is_finished) if single else None,
        )
        self._polls = tuple(
            mailbox_loop(
                self.desk,
                mailbox,
                source,
                on_received=self._process.wake,
                on_polled=self._note_polled,
                finish_when=(lambda: True) if single else None,
            )
            for mailbox, source in zip(self.config.mailboxes, self._sources, strict=True)
        )
        self.loops = (*self._polls, self._process, self._deliver)

    def _make_clocks(self) -> None:
        self._scheduler = Scheduler(self.desk.now)
        for mailbox, loop in zip(self.config.mailboxes, self._polls, strict=True):
            self._scheduler.poll(mailbox.schedule, loop.wake)
        self._scheduler.every(HEARTBEAT_SECONDS, self._beat)
        self._scheduler.start()
        self._held.callback(self._scheduler.stop)
        guard = Guard(self.desk.now, self.loops, on_step=self._clock_stepped)
        guard.start()
        self._held.callback(guard.stop)

    def _polls_are_finished(self) -> bool:
        return all(loop.is_finished for loop in self._polls)

    def _beat(self) -> None:
        """Show that this worker lives and polls; take over what dead ones held."""
        try:
            with self.desk.database.write() as tx:
                moment = workers.clock(tx, now=self.desk.now())
                workers.beat(tx, self.desk.worker, now=moment)
                until = self.desk.now() + LEASE
                mailboxes.renew_leases(tx, owner=self.desk.worker, until=until)
                if self._takes_over():
                    living = workers.living(tx, since=moment - DEAD_AFTER)
                    inbound.recover(tx, living=living)
                    outbox.recover(tx, living=living, now=self.desk.now())
                    workers.forget(tx, but=living)
        except PostclerkError as error:
            self._steady_beats = 0
            log.warning("database.failed", reason=str(error), loop="heartbeat")

    def _takes_over(self) -> bool:
        """Judge others only when this worker itself was heard for long enough without a gap.

        After an outage of the database every worker looks dead until it has beaten again.
        """
        self._steady_beats += 1
        enough = DEAD_AFTER.total_seconds() / HEARTBEAT_SECONDS
        return not self.desk.database.is_sqlite and self._steady_beats > enough

    def _clock_stepped(self, step: timedelta) -> None:
        """Stored times were kept by the clock before the step: what waits is due now."""
        self._scheduler.plan_anew()
        if step < timedelta(0):
            try:
                with self.desk.database.write() as tx:
                    inbound.make_due(tx)
                    outbox.make_due(tx)
                    mailboxes.make_due(tx)
            except PostclerkError as error:
                log.warning("database.failed", reason=str(error), loop="guard")
        for loop in self.loops:
            loop.wake()

    def _note_polled(self, count: int) -> None:
        self.counts["received"] += count

    def _note_outcomes(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            self.counts["processed"] += 1
            self.counts[outcome.outcome or outcome.state.value] += 1
        if outcomes:
            self._deliver.wake()

    def _note_delivered(self, sent: int, deferred: int, failed: int) -> None:
        self.counts.update(sent=sent, deferred=deferred, failed=failed)

    @property
    def is_idle(self) -> bool:
        """Nothing is under way: every loop rests and nothing waits in ledger or outbox."""
        if not all(loop.is_resting or loop.is_finished for loop in self.loops):
            return False
        with self.desk.database.read() as tx:
            return inbound.waiting(tx)[0] == 0 and outbox.waiting(tx)[0] == 0

    @property
    def failures(self) -> dict[str, str]:
        """What failed and has not recovered, by loop, in plain words."""
        return {loop.name: loop.failure for loop in self.loops if loop.failure}

    def wait(self) -> None:
        """Wait for the end of a single run."""
        for loop in self.loops:
            while not loop.join(0.5):
                pass

    def stop(self) -> None:
        """End within STOP_SECONDS: finish what is under way, leave what waits."""
        if self._stopped:
            return
        self._stopped = True
        log.info("worker.stopping")
        for loop in self.loops:
            loop.stop()
        deadline = time.monotonic() + STOP_SECONDS
        ended = [loop.join(deadline - time.monotonic()) for loop in self.loops]
        if all(ended):
            try:
                self._processing.give_back()
                with self.desk.database.write() as tx:
                    mailboxes.release_leases(tx, owner=self.desk.worker)
                    workers.forget(tx, only=self.desk.worker)
            except PostclerkError as error:
                log.warning("database.failed", reason=str(error), loop="stop")
        if not all(ended):
            # A step that hangs is left to its deadline: closing its connection from here could
            # cut an acknowledgement off, and the mail would be sent again.
            self._held.pop_all()
            self._children.close()
        self._held.close()
        log.info("worker.stopped", in_time=all(ended))

    def finish(self) -> None:
        """Stop, but wait for the step under way however long it takes; for a reload."""
        for loop in self.loops:
            loop.stop()
        for loop in self.loops:
            while not loop.join(1.0):
                pass
        self.stop()


def once(config: Config) -> dict[str, object]:
    """Poll, process and deliver until nothing is due; returns what was done."""
    worker = Worker(config, is_single_run=True)
    worker.start()
    try:
        worker.wait()
    finally:
        worker.stop()
    names = (
        "received",
        "processed",
        "opened",
        "followed_up",
        "merged",
        "linked",
        "screened_out",
        "copy",
        "dead",
        "sent",
        "deferred",
        "failed",
    )
    failed = {
        name.removeprefix("poll "): sentence for name, sentence in worker.failures.items()
    }
    return {**{name: worker.counts[name] for name in names}, "mailboxes_failed": failed}


class Signals:
    """What the process was told by signals.

    They come through a pipe: a handler that takes a lock could wait for the very code that it
    interrupted.
    """

    def __init__(self) -> None:
        self.is_ending = False
        """SIGTERM or SIGINT came; that stays so."""
        self._ear, mouth = os.pipe()
        for end in (self._ear, mouth):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(mouth, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)

    def wait(self, seconds: float | None = None) -> None:
        """Wait for a signal; returns at once when one came since the last wait."""
        select.select([self._ear], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            numbers = os.read(self._ear, 4096)
            self.is_ending |= bool({signal.SIGTERM, signal.SIGINT} & set(numbers))


def run(config: Config, *, reload: Callable[[], Config]) -> None:
    """Run until SIGTERM or SIGINT; SIGHUP reads configuration and templates again.

    A database that is away or a disk that is full at the start is waited for.
    """
    signals = Signals()
    worker = _started(config, signals)
    try:
        while worker is not None:
            signals.wait()
            if signals.is_ending:
                return
            worker = _reloaded(worker, reload, signals)
    finally:
        if worker is not None:
            worker.stop()


def _started(
    config: Config, signals: Signals, *, templates: Templates | None = None
) -> Worker | None:
    """Start a worker, however long that takes; None when the end came first."""
    begun = time.monotonic()
    for wait in itertools.chain((1.0, 2.0, 4.0), itertools.repeat(8.0)):
        worker = Worker(config, templates=templates)
        try:
            worker.start()
        except WorkerRunning:
            # The one before may be about to end: a restart is no fault.
            if time.monotonic() - begun > LOCK_PATIENCE:
                raise
            signals.wait(0.5)
            if signals.is_ending:
                return None
        except Temporary as error:
            log.error("database.failed", reason=str(error), loop="start", again=wait)
            signals.wait(wait)
            if signals.is_ending:
                return None
        else:
            return worker
    return None


def _reloaded(worker: Worker, reload: Callable[[], Config], signals: Signals) -> Worker | None:
    """Start anew with the new configuration; a refused one changes nothing."""
    try:
        config = reload()
    except ConfigError as error:
        log.error("config.refused", reason=str(error), complaints=list(error.complaints))
        return worker
    worker.finish()
    try:
        same = (config.templates, config.desk) == (worker.config.templates, worker.config.desk)
        fresh = _started(config, signals, templates=worker.templates if same else None)
    except PostclerkError as error:
        log.error("config.refused", reason=str(error))
        return _started(worker.config, signals)
    log.info("config.reloaded")
    return fresh


def database_status(config: Config) -> dict[str, object]:
    """Tell where the database is and whether its schema is the one needed."""
    database = Database(config.database.url)
    try:
        exists = database.file is None or database.file.exists()
        facts: dict[str, object] = {
            "url": database.shown_url,
            "exists": exists,
            "head": REVISION,
            "size_bytes": database.file.stat().st_size if database.file and exists else None,
        }
        if not exists:
            return {**facts, "reachable": False, "revision": None, "current": False}
        found = upgrade.status(database)
        return {
            **facts,
            "reachable": True,
            "revision": found.found,
            "current": found.is_current,
        }
    finally:
        database.close()


def upgrade_database(config: Config) -> dict[str, object]:
    """Bring the database to the schema of this version."""
    database = Database(config.database.url)
    try:
        prepare_folder(database)
        with sole_worker(database, patience=0.0):
            before = upgrade.upgrade(database)
        return {"before": before.found, "after": before.needed}
    finally:
        database.close()
