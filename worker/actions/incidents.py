"""Incidents: list, show, open, say, close.

What customers are told is said once, a text per language; answers carry it from then on.
Closing may write to all of an incident's customers, once, through the gate.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection

from worker import log
from worker.actions.refusals import NotFound, Refused, whole_number
from worker.context import Desk
from worker.domain import message_ids
from worker.domain.answers import AnswerKind, Leaving, Silence, TicketAnswers, choose
from worker.domain.delivery import AnswerState
from worker.domain.facts import INCIDENT_LIMIT, Facts
from worker.domain.incidents import NAMED, TOPIC, WORDS, text_for
from worker.domain.judgement import Urgency
from worker.pipeline.answer import MESSAGE_ID_BYTES, policy
from worker.pipeline.incidents import tell_joined
from worker.pipeline.own_addresses import own_addresses
from worker.store import events, incidents, outbox, tickets
from worker.store.events import NewEvent
from worker.store.incidents import OPEN, Incident
from worker.store.operators.shown import Shown
from worker.store.outbox import NewAnswer, Received

_IDS = 10
LONGEST_TITLE = 200


def list_incidents(desk: Desk, *, every: bool, limit: int) -> list[Shown]:
    """List incidents, the latest first; every: the closed ones, too."""
    with desk.database.read() as tx:
        found = incidents.listed(tx, every=every, limit=limit)
    return [_row(incident, count) for incident, count in found]


def show_incident(desk: Desk, incident_id: str) -> Shown:
    """Show an incident with the numbers of its tickets."""
    with desk.database.read() as tx:
        return _shown(tx, _id(incident_id))


def open_incident(
    desk: Desk, title: str, numbers: Sequence[str], *, actor: str, reason: str
) -> Shown:
    """Open an incident for tickets, and for new ones like them.

    New tickets belong to it that leave a signal which all of these have left; of a single
    ticket, what it names and its words count.
    """
    title = " ".join(title.split())[:LONGEST_TITLE]
    if not title:
        raise Refused("An incident needs a title.")
    desk.ids.ensure(_IDS + len(numbers))
    with desk.database.write() as tx:
        ids = tickets.ids_of_numbers(tx, numbers)
        for number in numbers:
            if number not in ids:
                raise NotFound(f"There is no ticket {number}.")
        now = desk.now()
        keys = _common(tx, list(ids.values()))
        incident = Incident(
            id=desk.ids.next(),
            title=title,
            opened_at=now,
            opened_by=actor,
            why={"reason": reason, "signals": keys} if reason else {"signals": keys},
        )
        incidents.add(tx, incident)
        incidents.follow(tx, incident.id, keys)
        came = incidents.link(tx, incident.id, list(ids.values()))
        tell_joined(desk, tx, incident.id, came, actor=actor, now=now, why={})
        _tell(desk, tx, "incident.opened", incident, actor=actor, reason=reason)
        found = _shown(tx, incident.id)
    log.info("incident.opened", incident=incident.id, reason="operator", tickets=len(came))
    return found


def say_incident(
    desk: Desk, incident_id: str, language: str, text: str, *, actor: str
) -> Shown:
    """Set what customers of an incident are told in a language; an empty text takes it back."""
    text = " ".join(text.split())
    if len(text) > INCIDENT_LIMIT:
        raise Refused(f"The text has {len(text)} characters; {INCIDENT_LIMIT} are the most.")
    desk.ids.ensure(_IDS)
    with desk.database.write() as tx:
        incident = _held(tx, incident_id)
        texts = dict(incident.texts or {})
        texts.pop(language, None)
        if text:
            texts[language] = text
        incidents.say(tx, incident.id, texts)
        said: dict[str, object] = {"language": language, "text": text}
        _tell(desk, tx, "incident.said", incident, actor=actor, evidence=said)
        return _shown(tx, incident.id)


def close_incident(
    desk: Desk, incident_id: str, *, answer: bool, actor: str, reason: str
) -> Shown:
    """Close an incident: new tickets belong to it no longer.

    answer: write to the customers of its living tickets, once, what was said of it; those who
    never got an automatic answer get none now. Returns it with `queued` and `silent` counts.
    """
    with desk.database.read() as tx:
        count = len(incidents.tickets_of(tx, _id(incident_id)))
    desk.ids.ensure(_IDS + count + 100)
    with desk.database.write() as tx:
        incident = _held(tx, incident_id)
        if answer and not incident.texts:
            raise Refused(
                f"Nothing was said of incident {incident_id}: "
                f"postclerk incidents say {incident_id} TEXT"
            )
        incidents.close(tx, incident.id, now=desk.now())
        rows = _answers(desk, tx, incident) if answer else []
        outbox.add(tx, rows)
        states = Counter(row.state for row in rows)
        told: dict[str, object] = {
            "queued": states[AnswerState.QUEUED],
            "silent": states[AnswerState.SUPPRESSED],
        }
        _tell(desk, tx, "incident.closed", incident, actor=actor, reason=reason, evidence=told)
        found = {**_shown(tx, incident.id), **told}
    log.info("incident.closed", incident=incident.id, **told)
    return found


def _answers(desk: Desk, tx: Connection, incident: Incident) -> list[NewAnswer]:
    """One answer, or silence, for each living ticket whose customer was answered before."""
    living = [ticket_id for ticket_id, _ in incidents.tickets_of(tx, incident.id, living=True)]
    received = outbox.received(tx, living)
    recipients = sorted({one.recipient.lower() for one in received})
    domains = sorted({recipient.rpartition("@")[2] for recipient in recipients})
    now = desk.now()
    to_address = outbox.left_to(tx, "recipient_key", recipients, now=now)
    to_domain = outbox.left_to(tx, "recipient_domain", domains, now=now)
    public = desk.config.answers.caps.public_domains
    hours = Counter({key: left.hour for key, left in to_address.items()})
    days = Counter({key: left.day for key, left in to_address.items()})
    at_domain = Counter({key: left.hour for key, left in to_domain.items()})
    overall = outbox.left_overall(tx, now=now)
    rows = []
    for one in received:
        key = one.recipient.lower()
        domain = key.rpartition("@")[2]
        leaving = Leaving(
            address_hour=hours[key],
            address_day=days[key],
            domain_hour=0 if domain in public else at_domain[domain],
            overall_hour=overall,
        )
        row = _answer(desk, incident, one, leaving)
        if row.state is AnswerState.QUEUED:
            hours[key] += 1
            days[key] += 1
            at_domain[domain] += 1
            overall += 1
        rows.append(row)
    return rows


def _answer(desk: Desk, incident: Incident, before: Received, leaving: Leaving) -> NewAnswer:
    facts = Facts.from_dict(before.facts)
    verdict = choose(
        AnswerKind.INCIDENT,
        silence=None,
        author=before.recipient.lower(),
        desk_domain=desk.config.desk.domain.lower(),
        desk_addresses=own_addresses(desk),
        # As its first mail was judged: only what passed was told more than set phrases.
        authentication="none" if facts.is_neutral else "pass",
        is_participant=True,
        age=timedelta(0),
        is_old=False,
        urgency=Urgency.NORMAL,
        blocks=("safety",),
        before=TicketAnswers(was_received_sent=True),
        leaving=leaving,
        policy=policy(desk),
        now=desk.now(),
    )
    is_silent = isinstance(verdict, Silence)
    text = text_for(incident.texts or {}, before.language, default=desk.config.desk.language)
    told = replace(
        facts,
        event=AnswerKind.INCIDENT.value,
        ticket_number=before.ticket_number,
        incident_text=text,
        missing=(),
        secret_kinds=(),
        blocks=("safety",),
    )
    _, key = desk.keys.current("message-id")
    chance = desk.chance(MESSAGE_ID_BYTES)
    return NewAnswer(
        id=desk.ids.next(),
        ticket_id=before.ticket_id,
        cause=None,
        kind=AnswerKind.INCIDENT.value,
        language=before.language,
        message_id=None
        if is_silent
        else message_ids.make(key, chance, desk.config.desk.domain),
        recipient=before.recipient,
        mailbox=before.mailbox,
        state=AnswerState.SUPPRESSED if is_silent else AnswerState.QUEUED,
        reason=verdict.reason if isinstance(verdict, Silence) else None,
        queued_at=desk.now(),
        facts=None if is_silent else told.to_dict(),
        in_reply_to=before.in_reply_to,
        references=before.references,
    )


def _common(tx: Connection, ticket_ids: Sequence[int]) -> list[str]:
    left = incidents.signals_of(tx, ticket_ids)
    if not left:
        return []
    found = set.intersection(*left.values())
    if len(ticket_ids) == 1:
        specific = (WORDS, *NAMED)
        found = {key for key in found if key.partition(":")[0] in specific}
    coins = {key for key in found if key.startswith(f"{TOPIC}:") and key[-1:].isupper()}
    topics = {key for key in found if key.startswith(f"{TOPIC}:")}
    # Topics by coin say more than topics by what happened; words and names say the most.
    return sorted(found - topics | (coins or topics))


def _held(tx: Connection, incident_id: str) -> Incident:
    incident = incidents.with_id(tx, _id(incident_id), is_held=True)
    if incident is None:
        raise NotFound(f"There is no incident {incident_id}.")
    if incident.status != OPEN:
        raise Refused(f"Incident {incident_id} is closed.")
    return incident


def _shown(tx: Connection, incident_id: int) -> Shown:
    incident = incidents.with_id(tx, incident_id)
    if incident is None:
        raise NotFound(f"There is no incident {incident_id}.")
    numbers = [number for _, number in incidents.tickets_of(tx, incident_id)]
    return {**_row(incident, len(numbers)), "numbers": numbers}


def _row(incident: Incident, count: int) -> Shown:
    return {
        "id": str(incident.id),
        "title": incident.title,
        "status": incident.status,
        "tickets": count,
        "opened_at": incident.opened_at,
        "opened_by": incident.opened_by,
        "closed_at": incident.closed_at,
        "why": incident.why or {},
        "texts": incident.texts or {},
    }


def _id(written: str) -> int:
    return whole_number(written, "incident")


def _tell(
    desk: Desk,
    tx: Connection,
    kind: str,
    incident: Incident,
    *,
    actor: str,
    reason: str = "",
    evidence: dict[str, object] | None = None,
) -> None:
    told = {"incident": str(incident.id), "title": incident.title, **(evidence or {})}
    event = NewEvent(
        id=desk.ids.next(),
        at=desk.now(),
        kind=kind,
        actor=actor,
        reason=reason or None,
        evidence=told,
    )
    events.add(tx, [event])
