"""Tickets that belong together and tickets that do not: merge, split, unlink.

Nothing moves silently: each message remembers the ticket on which it was recorded first, both
tickets tell the move with the mails' ids. What is taken apart is remembered, so that the desk
does not bring it together again (worker.pipeline.thread).
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from worker.actions.events import tell
from worker.actions.refusals import NotFound, Refused, whole_number
from worker.context import Desk
from worker.domain import ticket_numbers
from worker.domain.ticket import TicketStatus
from worker.pipeline.record import NUMBER_BYTES
from worker.store import tickets
from worker.store.operators import regroup
from worker.store.operators import tickets as listed
from worker.store.operators.regroup import Standing
from worker.store.operators.shown import Shown
from worker.store.tickets import Ticket

_IDS = 10
"""Two events for a pair of tickets, and a ticket."""


def merge_ticket(desk: Desk, number: str, into: str, *, actor: str, reason: str) -> Shown:
    """Let all mails of a ticket stand on another; answers to either lead there from now on.

    Returns the ticket that took them in.
    """
    desk.ids.ensure(_IDS)
    with desk.database.write() as tx:
        found = _locked(tx, number, into)
        source, target = found[number], found[into]
        if source.id == target.id:
            raise Refused(f"Ticket {number} cannot be merged into itself.")
        for ticket in (source, target):
            _refuse_merged(tx, ticket)
        is_living = source.status is not TicketStatus.CLOSED
        if is_living and target.status is TicketStatus.CLOSED:
            raise Refused(f"Ticket {into} is closed; reopen it first.")
        now = desk.now()
        mails = [str(mail.message) for mail in regroup.mails_on(tx, source.id)]
        regroup.move_all(tx, source.id, target.id)
        regroup.let_together(tx, source.id, target.id)
        merged = replace(
            source, status=TicketStatus.MERGED, merged_into=target.id, updated_at=now
        )
        urgency = max(source.urgency, target.urgency, key=lambda urgency: urgency.rank)
        taken = replace(
            target,
            urgency=urgency,
            duplicate_of=None if target.duplicate_of == source.id else target.duplicate_of,
            possible_duplicate_of=None
            if target.possible_duplicate_of == source.id
            else target.possible_duplicate_of,
            incident_id=target.incident_id or source.incident_id,
            updated_at=now,
        )
        tickets.change(tx, [merged, taken])
        left: dict[str, object] = {"into": into, "mails": mails}
        told: dict[str, object] = {"from": number, "mails": mails}
        if urgency is not target.urgency:
            told["urgency"] = [target.urgency.value, urgency.value]
        for kind, ticket, evidence in (
            ("ticket.merged", source, left),
            ("ticket.took_in", target, told),
        ):
            tell(
                desk,
                tx,
                kind,
                actor=actor,
                reason=reason,
                ticket_id=ticket.id,
                evidence=evidence,
            )
        return _shown(tx, into)


def split_ticket(
    desk: Desk, number: str, mails: Sequence[str], *, actor: str, reason: str
) -> list[Shown]:
    """Take mails off a ticket: back to the merged ticket they came from, else to a new one.

    mails: ids of messages or of rows of the ledger. Returns the tickets that have them now.
    """
    wanted = [whole_number(written, "mail") for written in mails]
    desk.ids.ensure(_IDS * (len(wanted) + 1))
    with desk.database.write() as tx:
        source = _locked(tx, number)[number]
        _refuse_merged(tx, source)
        there = regroup.mails_on(tx, source.id)
        taken = [_pick(there, one, number) for one in dict.fromkeys(wanted)]
        taken = sorted(set(taken), key=lambda mail: mail.message)
        if len(taken) == len(there):
            raise Refused(f"Ticket {number} must keep one mail at least.")
        groups: dict[int | None, list[Standing]] = {}
        origins = tickets.with_ids(tx, sorted({m.origin for m in taken if m.origin}))
        for mail in taken:
            home = origins.get(mail.origin or 0)
            is_back = home is not None and home.status is TicketStatus.MERGED
            groups.setdefault(mail.origin if is_back else None, []).append(mail)
        numbers = []
        for origin, group in groups.items():
            target = _restored(desk, tx, origins[origin]) if origin else None
            numbers.append(
                _take_off(desk, tx, source, group, target, actor=actor, reason=reason)
            )
        guests = regroup.silence_guests(tx, source.id)
        if guests:
            tell(
                desk,
                tx,
                "ticket.participants_left",
                actor=actor,
                ticket_id=source.id,
                evidence={"addresses": guests},
            )
        return [_shown(tx, one) for one in numbers]


def unlink_ticket(desk: Desk, number: str, *, actor: str, reason: str) -> Shown:
    """Take back the links of a ticket to an earlier one and to an incident, for good."""
    desk.ids.ensure(_IDS)
    with desk.database.write() as tx:
        ticket = _locked(tx, number)[number]
        links = {
            "duplicate_of": ticket.duplicate_of,
            "possible_duplicate_of": ticket.possible_duplicate_of,
            "incident_id": ticket.incident_id,
        }
        found = {name: other for name, other in links.items() if other is not None}
        if not found:
            raise Refused(f"Ticket {number} is linked to nothing.")
        now = desk.now()
        for other in found.values():
            regroup.keep_apart(tx, ticket.id, other, actor=actor, now=now)
        free = replace(
            ticket,
            duplicate_of=None,
            possible_duplicate_of=None,
            incident_id=None,
            updated_at=now,
        )
        tickets.change(tx, [free])
        numbers = regroup.numbers_of(tx, list(found.values()))
        tell(
            desk,
            tx,
            "ticket.unlinked",
            actor=actor,
            reason=reason,
            ticket_id=ticket.id,
            evidence={name: numbers.get(other, str(other)) for name, other in found.items()},
        )
        return _shown(tx, number)


def _locked(tx: Connection, *numbers: str) -> dict[str, Ticket]:
    ids = tickets.ids_of_numbers(tx, numbers)
    for number in numbers:
        if number not in ids:
            raise NotFound(f"There is no ticket {number}.")
    rows = tickets.with_ids(tx, sorted(set(ids.values())))
    return {number: rows[row_id] for number, row_id in ids.items()}


def _refuse_merged(tx: Connection, ticket: Ticket) -> None:
    if ticket.merged_into is not None:
        other = regroup.numbers_of(tx, [ticket.merged_into])[ticket.merged_into]
        raise Refused(f"Ticket {ticket.number} is merged into {other}; change that one.")


def _pick(there: Sequence[Standing], wanted: int, number: str) -> Standing:
    for mail in there:
        if wanted in (mail.message, mail.inbound_id):
            return mail
    raise NotFound(f"There is no mail {wanted} on ticket {number}.")


def _restored(desk: Desk, tx: Connection, home: Ticket) -> Ticket:
    """Let a merged ticket live again, as it stood before."""
    status = TicketStatus.OPEN if home.closed_at is None else TicketStatus.CLOSED
    alive = replace(home, status=status, merged_into=None, updated_at=desk.now())
    tickets.change(tx, [alive])
    return alive


def _take_off(
    desk: Desk,
    tx: Connection,
    source: Ticket,
    group: Sequence[Standing],
    target: Ticket | None,
    *,
    actor: str,
    reason: str,
) -> str:
    is_new = target is None
    if target is None:
        target = _opened(desk, source, group)
        tickets.add(tx, [target])
        senders = sorted({mail.sender for mail in group if mail.sender})
        regroup.let_speak(tx, target.id, senders, added_by="split")
    ids = [mail.message for mail in group]
    regroup.move(tx, ids, source.id, target.id)
    if is_new:
        regroup.verify(tx, ids)
    regroup.unlink(tx, source.id, target.id)
    regroup.keep_apart(tx, source.id, target.id, actor=actor, now=desk.now())
    mails = [str(message) for message in ids]
    for kind, ticket, told in (
        ("ticket.split", source, {"into": target.number}),
        ("ticket.split_off" if is_new else "ticket.restored", target, {"from": source.number}),
    ):
        tell(
            desk,
            tx,
            kind,
            actor=actor,
            reason=reason,
            ticket_id=ticket.id,
            evidence={**told, "mails": mails},
        )
    return target.number


def _opened(desk: Desk, source: Ticket, group: Sequence[Standing]) -> Ticket:
    first = group[0]
    return Ticket(
        id=desk.ids.next(),
        number=ticket_numbers.make(desk.chance(NUMBER_BYTES)),
        subject=first.subject,
        status=TicketStatus.OPEN,
        urgency=max((mail.urgency for mail in group), key=lambda urgency: urgency.rank),
        category=first.category,
        language=source.language if first.language == "und" else first.language,
        requester=first.sender,
        mailbox_id=source.mailbox_id,
        team=source.team,
        opened_at=first.recorded_at,
        updated_at=desk.now(),
    )


def _shown(tx: Connection, number: str) -> Shown:
    ticket = listed.by_number(tx, number)
    if ticket is None:
        raise NotFound(f"There is no ticket {number}.")
    claims = ticket["claims"]
    return {**ticket, "claims": str(claims).split(",") if claims else []}
