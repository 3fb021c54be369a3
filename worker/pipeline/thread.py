"""Finds out which ticket a mail belongs to: collects the evidence, asks the domain.

First by reference, then by what the same sender told before (worker/domain/threads.py,
duplicates.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from worker.context import Desk
from worker.domain import duplicates, threads, ticket_numbers, traits
from worker.domain.duplicates import Repeat
from worker.domain.reply_addresses import Tag
from worker.domain.telling import Telling
from worker.domain.threads import Evidence, EvidenceKind, Join, Open
from worker.domain.ticket import TicketStatus
from worker.mail.fields import base_subject
from worker.pipeline.own_addresses import tags_of
from worker.pipeline.read import Reading
from worker.pipeline.working_set import WorkingSet, strong_identifiers
from worker.rules import repeats
from worker.store.threads import EarlierMail


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a mail goes; at most one of `join` and `repeat` is set.

    It opens a ticket unless it joins one or is the repeat of a participant.
    """

    join: Join | None
    repeat: Repeat | None
    claims: tuple[Evidence, ...]
    refused: tuple[str, ...] = ()
    """What looks like evidence and is none: addresses with a seal that is not ours."""


def numbers_in(reading: Reading) -> tuple[str, ...]:
    """Return ticket numbers that stand in the subject."""
    return ticket_numbers.find(reading.message.subject)


def find_place(desk: Desk, known: WorkingSet, reading: Reading) -> Place:
    """Say where the mail belongs."""
    message = reading.message
    author = message.author.addr_spec.lower() if message.author else None
    tags = tags_of(desk, message)
    refused = tuple(f"seal is not ours: {tag.address}" for tag in tags if not tag.is_sealed)
    verdict = threads.match(
        author=author,
        authentication=message.authentication.result,
        evidence=tuple(_evidence(known, reading, tags)),
        participants=known.participants,
    )
    if isinstance(verdict, Join):
        return Place(join=verdict, repeat=None, claims=(), refused=refused)
    repeat = _repeat(desk, known, reading, author) if author else None
    claims = _unproven(verdict, repeat)
    return Place(join=None, repeat=repeat, claims=claims, refused=refused)


def _unproven(verdict: Open, repeat: Repeat | None) -> tuple[Evidence, ...]:
    return tuple(
        claim
        for claim in verdict.claims
        if repeat is None or claim.ticket_id != repeat.ticket_id
    )


def _evidence(known: WorkingSet, reading: Reading, tags: tuple[Tag, ...]) -> Iterator[Evidence]:
    for tag in tags:
        ticket_id = known.numbers.get(tag.number or "") if tag.is_sealed else None
        ticket = known.current(ticket_id) if ticket_id is not None else None
        if ticket is not None:
            yield Evidence(EvidenceKind.SIGNED_ADDRESS, tag.address, ticket.id)
    for message_id in reading.message.ancestors:
        for reference in known.references.get(message_id, ()):
            ticket = known.current(reference.ticket_id)
            if ticket is not None:
                kind = EvidenceKind.PARTICIPANTS_MAIL
                if reference.is_answer:
                    kind = EvidenceKind.OUR_MESSAGE_ID
                yield Evidence(kind, message_id, ticket.id)
    for number in numbers_in(reading):
        ticket_id = known.numbers.get(number)
        ticket = known.current(ticket_id) if ticket_id is not None else None
        if ticket is not None:
            yield Evidence(EvidenceKind.SUBJECT_NUMBER, number, ticket.id)


def _repeat(desk: Desk, known: WorkingSet, reading: Reading, author: str) -> Repeat | None:
    if reading.message.authentication.result == "fail":
        return None
    mails = {mail.message: mail for mail in known.mails.get(author, ())}
    for pair in strong_identifiers(reading):
        mails |= {mail.message: mail for mail in known.same_case.get(pair, ())}
    taken_apart = known.not_for(author)
    earlier = [
        told
        for mail in mails.values()
        if (told := _told(known, mail, author)) is not None
        and told.ticket_id not in taken_apart
    ]
    if not earlier:
        return None
    return duplicates.find_repeat(
        _new(known, reading),
        earlier,
        window=desk.config.tickets.duplicate_window,
        rules=repeats.load(desk.config.rules),
    )


def _told(known: WorkingSet, mail: EarlierMail, author: str) -> Telling | None:
    ticket = known.current(mail.ticket_id)
    if ticket is None:
        return None
    return Telling(
        subject=base_subject(mail.subject),
        words=mail.words,
        identifiers=mail.identifiers,
        traits=traits.from_dict(mail.traits),
        urgency=mail.urgency,
        language=mail.language,
        at=mail.recorded_at,
        sent_at=mail.sent_at,
        ticket_id=ticket.id,
        inbound_id=mail.inbound_id,
        is_same_party=author in known.participants.get(ticket.id, ()),
        is_closed=ticket.status is TicketStatus.CLOSED,
    )


def _new(known: WorkingSet, reading: Reading) -> Telling:
    message, judged = reading.message, reading.judgement
    is_all_own = message.reply_text == message.body_text
    return Telling(
        subject=base_subject(message.subject),
        words=message.reply_text,
        whole="" if is_all_own else message.body_text,
        identifiers=judged.identifiers,
        traits=reading.traits,
        urgency=judged.urgency,
        language=judged.language,
        at=known.now,
        sent_at=message.date,
    )
