"""The events of the house: every log line is one, with ids, counts, seconds and reasons.

Never bodies, subjects, addresses' names or secrets. A name outside `Event` is a type error.
`listen` lets the demo and the tests watch the same events that the log prints.
"""

import contextlib
import logging
import sys
from collections.abc import Callable
from typing import Literal

import structlog

Event = Literal[
    "worker.started",
    "worker.stopping",
    "worker.stopped",
    "config.reloaded",
    "config.refused",
    "clock.stepped",
    "loop.overdue",
    "loop.failed",
    "mailbox.connected",
    "mailbox.failed",
    "mailbox.recovered",
    "mailbox.polled",
    "mailbox.lease_lost",
    "mailbox.uidvalidity_changed",
    "mailbox.old_mail_noted",
    "model.unusable",
    "inbound.received",
    "inbound.acknowledged",
    "inbound.acknowledge_failed",
    "inbound.unfetchable",
    "inbound.size_differs",
    "inbound.recorded",
    "inbound.copied",
    "inbound.screened_out",
    "inbound.buried",
    "inbound.retried",
    "inbound.suspect",
    "answer.queued",
    "answer.suppressed",
    "answer.sent",
    "answer.deferred",
    "answer.uncertain",
    "answer.failed",
    "incident.opened",
    "incident.closed",
    "delivery.failed",
    "delivery.recovered",
    "database.failed",
    "database.recovered",
    "database.upgraded",
    "parser.restarted",
    "template.broken",
    "lookup.failed",
    "lookup.recovered",
    "language_model.failed",
    "language_model.ignored",
    "language_model.skipped",
    "language_model.recovered",
]
Listener = Callable[[str, dict[str, object]], None]

_listeners: list[Listener] = []
_logger = structlog.get_logger("postclerk")


def listen(listener: Listener) -> Callable[[], None]:
    """Call `listener(event, facts)` for each event from now on; what is returned ends it."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def info(event: Event, **facts: object) -> None:
    """Tell of something that went as meant."""
    _tell("info", event, facts)


def warning(event: Event, **facts: object) -> None:
    """Tell of something that a person may have to look at."""
    _tell("warning", event, facts)


def error(event: Event, **facts: object) -> None:
    """Tell of something that a person has to look at."""
    _tell("error", event, facts)


def _tell(level: str, event: str, facts: dict[str, object]) -> None:
    for listener in tuple(_listeners):
        listener(event, {"level": level, **facts})
    with contextlib.suppress(OSError):  # a full disk or a closed pipe must not stop the desk
        getattr(_logger, level)(event, **facts)


def configure(*, style: Literal["console", "json"], level: str) -> None:
    """Set how lines look: one JSON object a line, or text for a terminal; both go to stderr."""
    number = logging.getLevelNamesMapping()[level.upper()]
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    last: structlog.typing.Processor = structlog.processors.JSONRenderer(ensure_ascii=True)
    if style == "console":
        last = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[structlog.processors.add_log_level, stamp, last],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
