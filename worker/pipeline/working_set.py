"""What a batch of mails knows of the store while it is decided, and what it wants written.

Gathered with a few queries for the whole batch, then kept true in memory mail by mail, so that
the second mail of a batch sees what the first one did. `flush` writes everything at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from worker.context import Desk
from worker.domain.answers import Leaving
from worker.domain.decoration import Sighting
from worker.domain.message import Attachment
from worker.mail.parse import parse
from worker.pipeline.incidents import signals as signals_left
from worker.pipeline.own_addresses import tags_of
from worker.pipeline.pictures import small_pictures
from worker.pipeline.read import Reading
from worker.store import events, inbound, incidents, outbox, pictures, threads, tickets
from worker.store.events import NewEvent
from worker.store.inbound import Claimed, Earlier, Settlement
from worker.store.incidents import NewSignal
from worker.store.outbox import NewAnswer
from worker.store.session import lock_keys
from worker.store.threads import Answered, EarlierMail, Reference
from worker.store.tickets import NewMessage, Ticket

STRONG = ("txid", "order_id", "uid", "address")
STRONG_LIMIT = 8
"""A mail with more of them is a list; its first ones are looked for."""
IDENTIFIER_LIMIT = 200
"""Characters of an identifier that are stored."""


@dataclass(slots=True)
class Writes:
    """Rows to write, in the order of their tables."""

    opened: dict[int, Ticket] = field(default_factory=dict)
    changed: dict[int, Ticket] = field(default_factory=dict)
    participants: list[tuple[int, str]] = field(default_factory=list)
    messages: list[NewMessage] = field(default_factory=list)
    found: list[tuple[int, int]] = field(default_factory=list)
    attachments: list[tuple[int, int, Attachment]] = field(default_factory=list)
    identifiers: list[tuple[int, int, str, str]] = field(default_factory=list)
    answers: list[NewAnswer] = field(default_factory=list)
    events: list[NewEvent] = field(default_factory=list)
    settlements: list[Settlement] = field(default_factory=list)
    signals: list[NewSignal] = field(default_factory=list)

    def flush(self, tx: Connection) -> None:
        """Write all of it."""
        tickets.add(tx, list(self.opened.values()))
        tickets.change(tx, list(self.changed.values()))
        tickets.add_participants(tx, self.participants, added_by="mail")
        tickets.add_messages(tx, self.messages)
        tickets.link_inbound(tx, self.found)
        tickets.add_attachments(tx, self.attachments)
        tickets.add_identifiers(tx, self.identifiers)
        outbox.add(tx, self.answers)
        events.add(tx, self.events)
        inbound.settle(tx, self.settlements)
        incidents.add_signals(tx, self.signals)


@dataclass(slots=True)
class WorkingSet:
    now: datetime
    copies: dict[bytes, list[Earlier]]
    references: dict[str, list[Reference]]
    own_digests: dict[str, str]
    """Content digest of each answer of ours that came back, by Message-ID."""
    numbers: dict[str, int]
    tickets: dict[int, Ticket]
    participants: dict[int, set[str]]
    mails: dict[str, list[EarlierMail]]
    """Lately sent, by sender, newest first."""
    same_case: dict[tuple[str, str], list[EarlierMail]]
    """Mails that name an identifier, by its kind and value."""
    answered: dict[int, list[Answered]]
    blocked: set[str]
    to_address: dict[str, tuple[int, int]]
    """Answers of the last hour and day, by recipient."""
    to_domain: dict[str, int]
    overall: int
    pictures: dict[bytes, list[Sighting]] = field(default_factory=dict)
    """Where small pictures of this batch were seen before, by SHA-256."""
    apart: set[tuple[int, int]] = field(default_factory=set)
    """Pairs of tickets that an operator took apart."""
    signals: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """What each mail is about, by its row of the ledger."""
    followed: dict[str, int] = field(default_factory=dict)
    """Open incidents, by the signals of their tickets."""
    incident_texts: dict[int, dict[str, str]] = field(default_factory=dict)
    """What customers are told, by open incident and language."""
    writes: Writes = field(default_factory=Writes)

    def put_ticket(self, ticket: Ticket) -> None:
        """Open or change a ticket."""
        is_opened = ticket.id not in self.tickets or ticket.id in self.writes.opened
        target = self.writes.opened if is_opened else self.writes.changed
        target[ticket.id] = self.tickets[ticket.id] = ticket

    def current(self, ticket_id: int) -> Ticket | None:
        """Return a ticket, or the one that it was merged into at last."""
        ticket = self.tickets.get(ticket_id)
        for _ in range(20):  # merges form no circle, but a loop here would stop the desk
            if ticket is None or ticket.merged_into is None:
                return ticket
            ticket = self.tickets.get(ticket.merged_into)
        return ticket

    def not_for(self, address: str) -> set[int]:
        """Return tickets that were taken apart from one of this sender's, and are not his."""
        mine = {ticket for ticket, speakers in self.participants.items() if address in speakers}
        near = {
            other
            for pair in self.apart
            for ticket, other in (pair, pair[::-1])
            if ticket in mine
        }
        return near - mine

    def let_speak(self, ticket_id: int, address: str) -> None:
        """Make an address a participant."""
        if address not in self.participants.setdefault(ticket_id, set()):
            self.participants[ticket_id].add(address)
            self.writes.participants.append((ticket_id, address))

    def leaving(self, address: str, domain: str) -> Leaving:
        """Count what left lately, with what this batch already queued."""
        hour, day = self.to_address.get(address, (0, 0))
        return Leaving(
            address_hour=hour,
            address_day=day,
            domain_hour=self.to_domain.get(domain, 0),
            overall_hour=self.overall,
        )

    def count_answer(self, address: str, domain: str) -> None:
        """Count an answer that this batch queues."""
        hour, day = self.to_address.get(address, (0, 0))
        self.to_address[address] = (hour + 1, day + 1)
        self.to_domain[domain] = self.to_domain.get(domain, 0) + 1
        self.overall += 1


def gather(
    tx: Connection, desk: Desk, batch: Sequence[tuple[Claimed, Reading]], *, numbers: set[str]
) -> WorkingSet:
    """Ask the store all that the batch needs to know, and hold it against other workers.

    numbers: ticket numbers that stand in the batch's subjects.
    """
    readings = [reading for _, reading in batch]
    senders = sorted({_author(reading) for reading in readings} - {""})
    digests = sorted({bytes.fromhex(reading.message.content_digest) for reading in readings})
    lock_keys(tx, _locks(readings, senders, digests))
    now = desk.now()
    named = {
        message_id
        for reading in readings
        for message_id in (
            *reading.message.ancestors[:60],
            *(report.message_id for report in reading.message.reports),
            reading.message.message_id,
        )
        if message_id
    }
    references = threads.references(tx, sorted(named))
    sealed = {
        tag.number or ""
        for reading in readings
        for tag in tags_of(desk, reading.message)
        if tag.is_sealed
    }
    by_number = tickets.ids_of_numbers(tx, sorted(numbers | sealed))
    since = now - desk.config.tickets.duplicate_window
    mails = threads.last_mails(tx, senders, since=since)
    strong = {pair for reading in readings for pair in strong_identifiers(reading)}
    same_case = threads.same_case(tx, sorted(strong), since=since)
    wanted = {
        *(mail.ticket_id for all_mails in same_case.values() for mail in all_mails),
        *(found.ticket_id for all_found in references.values() for found in all_found),
        *by_number.values(),
        *(mail.ticket_id for all_mails in mails.values() for mail in all_mails),
    }
    loaded = _tickets(tx, wanted)
    signals = {row.id: signals_left(desk, reading) for row, reading in batch}
    followed = incidents.followed(
        tx, sorted({key for keys in signals.values() for key in keys})
    )
    belonging = {ticket.incident_id for ticket in loaded.values()}
    known_incidents = {one for one in (*belonging, *followed.values()) if one is not None}
    caps = desk.config.answers.caps
    domains = sorted({sender.rpartition("@")[2] for sender in senders}) if senders else []
    to_address = outbox.left_to(tx, "recipient_key", senders, now=now)
    to_domain = outbox.left_to(tx, "recipient_domain", domains, now=now)
    return WorkingSet(
        now=now,
        copies=inbound.with_digests(tx, digests),
        references=references,
        own_digests=_own_digests(tx, readings, references),
        numbers=by_number,
        tickets=loaded,
        participants=tickets.participants_of(tx, sorted(loaded)),
        mails=mails,
        same_case=same_case,
        answered=threads.answered(tx, sorted(loaded)),
        blocked=threads.blocked(tx, senders),
        to_address={key: (left.hour, left.day) for key, left in to_address.items()},
        to_domain={
            key: left.hour for key, left in to_domain.items() if key not in caps.public_domains
        },
        overall=outbox.left_overall(tx, now=now),
        pictures=pictures.sightings(tx, small_pictures(readings)),
        apart=threads.apart(tx, sorted(loaded)),
        signals=signals,
        followed=followed,
        incident_texts=incidents.texts_of(tx, sorted(known_incidents)),
    )


def _own_digests(
    tx: Connection, readings: Sequence[Reading], references: dict[str, list[Reference]]
) -> dict[str, str]:
    named = {reading.message.message_id or "" for reading in readings}
    ours = [
        message_id
        for message_id in sorted(named)
        if any(reference.is_answer for reference in references.get(message_id, ()))
    ]
    composed = outbox.composed(tx, ours)
    return {message_id: parse(mail).content_digest for message_id, mail in composed.items()}


def strong_identifiers(reading: Reading) -> list[tuple[str, str]]:
    """Return the identifiers by which a mail of somebody else is found, as (kind, value)."""
    named = reading.judgement.identifiers
    rows = [(kind, value) for kind in STRONG for value in getattr(named, kind)]
    return [(kind, value[:IDENTIFIER_LIMIT]) for kind, value in rows[:STRONG_LIMIT]]


def _author(reading: Reading) -> str:
    author = reading.message.author
    return author.addr_spec.lower() if author else ""


def _locks(
    readings: Sequence[Reading], senders: Iterable[str], digests: Iterable[bytes]
) -> list[str]:
    strong = (
        f"identifier {value}"
        for reading in readings
        for _, value in strong_identifiers(reading)
    )
    return [
        *(f"sender {sender}" for sender in senders),
        *(f"digest {digest.hex()}" for digest in digests),
        *strong,
    ]


def _tickets(tx: Connection, wanted: set[int]) -> dict[int, Ticket]:
    """Load tickets and, where they were merged, their targets."""
    loaded: dict[int, Ticket] = {}
    missing = wanted
    while missing:
        loaded |= tickets.with_ids(tx, sorted(missing))
        targets = {t.merged_into for t in loaded.values() if t.merged_into is not None}
        missing = targets - loaded.keys()
    return loaded


def changed(ticket: Ticket, **values: object) -> Ticket:
    """Return the ticket with other values."""
    return replace(ticket, **values)  # type: ignore[arg-type]
