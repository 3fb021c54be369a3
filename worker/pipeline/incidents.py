"""Watches for incidents: signals of new tickets, and what to do when many tell the same.

A new ticket that leaves a signal of an open incident belongs to it at once, in its own
transaction. Whether a signal has become a surge is asked after the commit, in a short
transaction of its own: it locks tickets of other mails.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from worker import log
from worker.context import Desk
from worker.domain import likeness
from worker.domain.incidents import NAMED, WORDS, Surge, Thresholds, notice, signals_of
from worker.pipeline.read import Reading
from worker.rules import repeats
from worker.store import events, incidents
from worker.store.events import NewEvent
from worker.store.incidents import Incident, NewSignal
from worker.store.session import lock_keys

MEMORY = 48
"""Windows for which signals are kept: so much of the past tells what is usual."""
_SPECIFIC = (WORDS, *NAMED)
_IDS = 20


def is_watching(desk: Desk) -> bool:
    """Tell whether incidents are looked for at all."""
    rules = desk.config.incidents
    return bool(rules.same_words or rules.same_identifier or rules.same_topic)


def signals(desk: Desk, reading: Reading) -> tuple[str, ...]:
    """Return what signals a mail leaves if it opens a ticket."""
    if not is_watching(desk) or reading.message.is_auto or reading.message.author is None:
        return ()
    common = repeats.load(desk.config.rules).common_words
    stems = likeness.words_of(reading.message.reply_text, common).stems
    return signals_of(reading.judgement, reading.traits, stems)


def thresholds(desk: Desk) -> Thresholds:
    """Return when a signal becomes an incident under this configuration."""
    rules = desk.config.incidents
    return Thresholds(
        window=rules.window,
        same_words=rules.same_words,
        same_identifier=rules.same_identifier,
        same_topic=rules.same_topic,
        surge=rules.surge,
    )


def horizon(desk: Desk) -> timedelta:
    """How long signals are kept."""
    return desk.config.incidents.window * MEMORY


def watch(desk: Desk, left: Sequence[NewSignal]) -> None:
    """Open incidents for the signals that have become surges with these new tickets."""
    keys = sorted({signal.key for signal in left})
    if not keys:
        return
    rules = thresholds(desk)
    with desk.database.read() as tx:
        seen = incidents.sightings(tx, keys)
        surges = [found for key in keys if (found := notice(key, seen.get(key, ()), rules))]
        is_new = surges and set(incidents.followed(tx, keys)) != {one.key for one in surges}
    if not is_new:
        return
    # What is said exactly first: a topic is then known to be explained by it.
    surges.sort(key=lambda one: (_is_loose(one.key), -one.customers))
    for surge in surges:
        _open(desk, surge)


def _is_loose(key: str) -> bool:
    return key.partition(":")[0] not in _SPECIFIC


def _open(desk: Desk, surge: Surge) -> None:
    desk.ids.ensure(_IDS + len(surge.tickets))
    with desk.database.write() as tx:
        lock_keys(tx, ["incidents"])
        if incidents.followed(tx, [surge.key]):
            return
        known = Counter(incidents.incidents_of(tx, surge.tickets).values())
        incident_id, count = next(iter(known.most_common(1)), (0, 0))
        is_explained = 2 * count >= len(surge.tickets)
        if is_explained and _is_loose(surge.key):
            return  # the topic comes so often because of an incident that is open already
        now = desk.now()
        is_new = not is_explained
        why = _why(desk, surge)
        if is_new:
            incident_id = desk.ids.next()
            incident = Incident(
                id=incident_id, title=surge.title, opened_at=now, opened_by="worker", why=why
            )
            incidents.add(tx, incident)
        incidents.follow(tx, incident_id, [surge.key])
        came = incidents.link(tx, incident_id, surge.tickets)
        tell_joined(desk, tx, incident_id, came, actor="worker", now=now, why=why)
        if is_new:
            kind, evidence = "incident.opened", {"incident": str(incident_id), **why}
            event = NewEvent(
                id=desk.ids.next(), at=now, kind=kind, actor="worker", evidence=evidence
            )
            events.add(tx, [event])
    if is_new:
        log.warning(
            "incident.opened",
            incident=incident_id,
            reason=surge.key.partition(":")[0],
            customers=surge.customers,
            tickets=len(came),
        )


def tell_joined(
    desk: Desk,
    tx: Connection,
    incident_id: int,
    ticket_ids: Sequence[int],
    *,
    actor: str,
    now: datetime,
    why: dict[str, object],
) -> None:
    """Note on each ticket that it belongs to an incident now, and why."""
    rows = [
        NewEvent(
            id=desk.ids.next(),
            at=now,
            kind="ticket.joined_incident",
            actor=actor,
            ticket_id=ticket_id,
            evidence={"incident": str(incident_id), **why},
        )
        for ticket_id in ticket_ids
    ]
    events.add(tx, rows)


def _why(desk: Desk, surge: Surge) -> dict[str, object]:
    minutes = round(desk.config.incidents.window.total_seconds() / 60)
    told: dict[str, object] = {
        "signal": surge.key,
        "customers": surge.customers,
        "minutes": minutes,
    }
    if surge.usual is not None:
        told["usual"] = surge.usual
    return told
