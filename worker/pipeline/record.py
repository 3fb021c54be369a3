"""Puts a mail on a ticket: opens, follows up, repeats, links; rows are only intended here."""

from dataclasses import replace

from worker.context import Desk
from worker.domain import circumstances, ticket_numbers
from worker.domain.decoration import Sighting
from worker.domain.duplicates import Repeat, Verdict
from worker.domain.instants import instant_text
from worker.domain.judgement import Identifiers
from worker.domain.threads import Join
from worker.domain.ticket import TicketStatus, may_reopen
from worker.domain.traits import is_farewell
from worker.pipeline.pictures import small_pictures
from worker.pipeline.read import Reading
from worker.pipeline.thread import Place
from worker.pipeline.working_set import (
    IDENTIFIER_LIMIT,
    WorkingSet,
    changed,
    strong_identifiers,
)
from worker.store.events import NewEvent
from worker.store.inbound import Claimed
from worker.store.incidents import NewSignal
from worker.store.threads import EarlierMail, Reference
from worker.store.tickets import NewMessage, Ticket

NUMBER_BYTES = 16


class Recorded:
    """Which ticket a mail stands on now, and how it came there."""

    __slots__ = ("is_participant", "message_id", "outcome", "ticket")

    def __init__(
        self, ticket: Ticket, *, outcome: str, message_id: int, is_participant: bool
    ) -> None:
        self.ticket = ticket
        self.outcome = outcome
        """opened, followed_up, merged (a repeat joined) or linked."""
        self.message_id = message_id
        self.is_participant = is_participant


def record(
    desk: Desk, known: WorkingSet, claimed: Claimed, reading: Reading, place: Place
) -> Recorded:
    """Put a request where it belongs."""
    ticket = target(desk, known, place)
    if ticket is None:
        return _open(desk, known, claimed, reading, place)
    is_repeat = place.join is None
    is_participant = is_repeat or (place.join is not None and place.join.is_participant)
    if is_participant:
        ticket = _take_note(known, ticket, reading)
    else:
        ticket = changed(ticket, updated_at=known.now)
        known.put_ticket(ticket)
    message_id = _add_message(
        desk, known, claimed, reading, ticket, is_unverified=not is_participant
    )
    outcome = "merged" if is_repeat else "followed_up"
    kind = "ticket.repeated" if is_repeat else "ticket.followed_up"
    _tell(desk, known, claimed, ticket, kind, evidence_of(place) | _notes(reading))
    return Recorded(
        ticket, outcome=outcome, message_id=message_id, is_participant=is_participant
    )


def record_ours(
    desk: Desk, known: WorkingSet, claimed: Claimed, reading: Reading
) -> tuple[Ticket | None, int | None]:
    """Put a mail that the desk wrote on its ticket; None when it belongs to none.

    The second value is the ledger row in which the same mail was found before, if it was.
    """
    message = reading.message
    own = known.references.get(message.message_id or "", [])
    for place, reference in enumerate(own):
        ticket = known.current(reference.ticket_id)
        if ticket is None or reference.message is None:
            continue
        if reference.inbound_id is None:
            known.writes.found.append((reference.message, claimed.id))
            own[place] = replace(reference, inbound_id=claimed.id)
        return ticket, reference.inbound_id
    named = [*own]
    for message_id in message.ancestors:
        named += known.references.get(message_id, [])
    for reference in named:
        ticket = known.current(reference.ticket_id)
        if ticket is not None:
            _add_message(
                desk, known, claimed, reading, ticket, is_unverified=False, direction="out"
            )
            _tell(desk, known, claimed, ticket, "ticket.answered_by_mail", {})
            return ticket, None
    return None, None


def target(desk: Desk, known: WorkingSet, place: Place) -> Ticket | None:
    """Name the ticket that a mail goes to; None when it opens one."""
    found: Join | Repeat | None = place.join
    if place.repeat is not None and place.repeat.verdict is Verdict.JOINED:
        found = place.repeat
    ticket = known.current(found.ticket_id) if found is not None else None
    if ticket is None or ticket.status is not TicketStatus.CLOSED:
        return ticket
    if isinstance(place.join, Join) and not place.join.is_participant:
        return ticket  # a stranger's side message changes nothing, so it may stand there
    window = desk.config.tickets.reopen_window
    return (
        ticket if may_reopen(closed_at=ticket.closed_at, now=known.now, window=window) else None
    )


def _take_note(known: WorkingSet, ticket: Ticket, reading: Reading) -> Ticket:
    judged = reading.judgement
    urgency = max(ticket.urgency, judged.urgency, key=lambda urgency: urgency.rank)
    if ticket.status is TicketStatus.CLOSED and is_farewell(reading.traits):
        ticket = changed(ticket, updated_at=known.now)  # thanks ask for nothing
    else:
        ticket = changed(
            ticket,
            updated_at=known.now,
            urgency=urgency,
            status=TicketStatus.OPEN,
            closed_at=None,
        )
    known.put_ticket(ticket)
    return ticket


def _open(
    desk: Desk, known: WorkingSet, claimed: Claimed, reading: Reading, place: Place
) -> Recorded:
    message, judged = reading.message, reading.judgement
    mailbox = next((m for m in desk.config.mailboxes if m.name == claimed.mailbox), None)
    language = judged.language
    if language == "und":
        language = (mailbox and mailbox.language) or desk.config.desk.language
    late = place.join.ticket_id if place.join else None  # closed for too long to be reopened
    is_linked = place.repeat is not None and place.repeat.verdict is Verdict.LINKED
    told = place.repeat.ticket_id if place.repeat else late
    claims = [known.tickets[claim.ticket_id].number for claim in place.claims]
    author = message.author
    signals = known.signals.get(claimed.id, ()) if not claimed.is_old else ()
    ticket = Ticket(
        id=desk.ids.next(),
        number=ticket_numbers.make(desk.chance(NUMBER_BYTES)),
        subject=message.subject,
        status=TicketStatus.OPEN,
        urgency=judged.urgency,
        category=judged.category,
        language=language,
        requester=author.addr_spec.lower() if author else "",
        mailbox_id=claimed.mailbox_id,
        team=mailbox.team if mailbox else "support",
        opened_at=known.now,
        updated_at=known.now,
        duplicate_of=told if is_linked else None,
        possible_duplicate_of=None if is_linked else told,
        claims=",".join(dict.fromkeys(claims)) or None,
        incident_id=next(
            (known.followed[key] for key in signals if key in known.followed), None
        ),
    )
    known.put_ticket(ticket)
    known.participants.setdefault(ticket.id, set())
    if author is not None:
        known.let_speak(ticket.id, ticket.requester)
    message_id = _add_message(desk, known, claimed, reading, ticket, is_unverified=False)
    evidence = evidence_of(place) | _notes(reading)
    _tell(desk, known, claimed, ticket, "ticket.opened", evidence)
    known.writes.signals += [
        NewSignal(key, min(claimed.internal_date, known.now), ticket.id, ticket.requester)
        for key in signals
    ]
    if ticket.incident_id is not None:
        signal = next(key for key in signals if key in known.followed)
        incident: dict[str, object] = {
            "incident": str(ticket.incident_id),
            "signal": signal,
        }
        _tell(desk, known, claimed, ticket, "ticket.joined_incident", incident)
    outcome = "linked" if is_linked else "opened"
    return Recorded(ticket, outcome=outcome, message_id=message_id, is_participant=True)


def _add_message(
    desk: Desk,
    known: WorkingSet,
    claimed: Claimed,
    reading: Reading,
    ticket: Ticket,
    *,
    is_unverified: bool,
    direction: str = "in",
) -> int:
    message, judged = reading.message, reading.judgement
    author = message.author or (message.authors[0] if message.authors else None)
    sender = author.addr_spec.lower() if author else ""
    row = NewMessage(
        id=desk.ids.next(),
        ticket_id=ticket.id,
        inbound_id=claimed.id,
        direction=direction,
        kind=message.kind.value,
        message_id=message.message_id,
        sender=sender,
        sender_name=author.display_name if author else "",
        subject=message.subject,
        sent_at=message.date,
        text=message.body_text,
        own_words=None if message.reply_text == message.body_text else message.reply_text,
        sha256=claimed.sha256,
        is_unverified=is_unverified,
        language=judged.language,
        urgency=judged.urgency.value,
        recorded_at=known.now,
        traits=reading.traits.to_dict() if direction == "in" else None,
    )
    writes = known.writes
    writes.messages.append(row)
    files = (found for found in message.attachments if not found.is_signature)
    writes.attachments += [(desk.ids.next(), row.id, found) for found in files]
    if direction == "in":
        for digest in small_pictures([reading]):
            known.pictures.setdefault(digest, []).append(Sighting(sender, ticket.id))
    writes.identifiers += [
        (ticket.id, row.id, kind, value[:IDENTIFIER_LIMIT])
        for kind, value in identifier_rows(judged.identifiers)
    ]
    if row.message_id:
        known.references.setdefault(row.message_id, []).append(
            Reference(
                message_id=row.message_id,
                ticket_id=ticket.id,
                is_answer=False,
                message=row.id,
                inbound_id=claimed.id,
            )
        )
    if direction == "in" and not is_unverified and sender:
        _remember(known, row, reading)
    return row.id


def _remember(known: WorkingSet, row: NewMessage, reading: Reading) -> None:
    """Let the next mails of the batch find this one."""
    mail = EarlierMail(
        sender=row.sender,
        message=row.id,
        inbound_id=row.inbound_id,
        ticket_id=row.ticket_id,
        subject=row.subject,
        words=row.text if row.own_words is None else row.own_words,
        language=row.language,
        urgency=reading.judgement.urgency,
        traits=row.traits or {},
        sent_at=row.sent_at,
        recorded_at=row.recorded_at,
        identifiers=reading.judgement.identifiers,
    )
    known.mails.setdefault(row.sender, []).insert(0, mail)
    for pair in strong_identifiers(reading):
        known.same_case.setdefault(pair, []).insert(0, mail)


def identifier_rows(found: Identifiers) -> list[tuple[str, str]]:
    """Return identifiers as (kind, value) pairs for the table of them."""
    names = ("uid", "txid", "order_id", "ticket_id", "address", "mistyped_address", "coin")
    rows = [(name, value) for name in names for value in getattr(found, name)]
    rows += [("instant", instant_text(instant.at)) for instant in found.instants]
    rows += [("amount", f"{amount.value:g} {amount.coin}") for amount in found.amount]
    return list(dict.fromkeys(rows))


def _tell(
    desk: Desk,
    known: WorkingSet,
    claimed: Claimed,
    ticket: Ticket,
    kind: str,
    evidence: dict[str, object],
) -> None:
    known.writes.events.append(
        NewEvent(
            id=desk.ids.next(),
            at=known.now,
            kind=kind,
            actor="worker",
            ticket_id=ticket.id,
            inbound_id=claimed.id,
            evidence=evidence or None,
        )
    )


def _notes(reading: Reading) -> dict[str, object]:
    """What is noted beside the words: circumstances and marks."""
    judged = reading.judgement
    notes = {
        "weighed": [f"{hit.rule} {hit.text}".strip() for hit in circumstances.of(judged)],
        "marks": list(judged.mark_names),
    }
    return {name: found for name, found in notes.items() if found}


def evidence_of(place: Place) -> dict[str, object]:
    refused = {"refused": list(place.refused)} if place.refused else {}
    return {**_proof(place), **refused}


def _proof(place: Place) -> dict[str, object]:
    if place.join is not None:
        return {
            "as": "participant" if place.join.is_participant else "unverified side message",
            "evidence": [f"{e.kind.value} {e.value}" for e in place.join.evidence],
        }
    if place.repeat is not None:
        return {
            "as": place.repeat.verdict.value,
            "score": place.repeat.score,
            "evidence": list(place.repeat.evidence),
        }
    if place.claims:
        return {"claims": [f"{claim.kind.value} {claim.value}" for claim in place.claims]}
    return {}
