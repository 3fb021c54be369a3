"""Tickets: list, show, close, reopen, set."""

from worker.actions.displayed import display_html
from worker.actions.events import NEEDED, tell
from worker.actions.refusals import NotFound, Refused
from worker.context import Desk
from worker.domain.ticket import TicketStatus
from worker.store.operators import history, outbox, tickets
from worker.store.operators.shown import Shown

LIVING = (TicketStatus.OPEN, TicketStatus.WAITING, TicketStatus.ON_HOLD)


def list_tickets(
    desk: Desk,
    *,
    active: bool,
    status: str | None,
    urgency: str | None,
    category: str | None,
    mailbox: str | None,
    requester: str | None,
    limit: int,
    search: str | None = None,
) -> list[Shown]:
    """List tickets, the latest first.

    active: leave out closed and merged ones. The other arguments select; None: any.
    search: a number or an identifier of the case, whole, or words of the subject.
    """
    equal = {
        "status": status,
        "urgency": urgency,
        "category": category,
        "mailbox": mailbox,
        "requester": requester.lower() if requester else None,
    }
    with desk.database.read() as tx:
        found = tickets.listed(tx, active=active, equal=equal, limit=limit, search=search)
        marks = history.marks_of(tx, [_id(ticket) for ticket in found])
    return [{**_row(ticket), "marks": marks.get(_id(ticket), [])} for ticket in found]


def show_ticket(desk: Desk, number: str, *, html: bool = False) -> Shown:
    """Show a ticket with its messages, answers, events, identifiers and what is missing.

    html: each message also has `html`, sanitised for a sandboxed frame; never empty.
    """
    with desk.database.read() as tx:
        ticket = tickets.by_number(tx, number)
        if ticket is None:
            raise NotFound(f"There is no ticket {number}.")
        ticket_id = int(str(ticket["id"]))
        messages = tickets.messages_of(tx, ticket_id)
        attachments = tickets.attachments_of(tx, ticket_id)
        answers = outbox.of_ticket(tx, ticket_id)
        events = history.of_ticket(tx, ticket_id)
        identifiers = tickets.identifiers_of(tx, ticket_id)
        marks = history.marks_of(tx, [ticket_id])
        composed = {
            message["id"]: tickets.composed(tx, str(message["message_id"]))
            for message in messages
            if html and message["direction"] == "out" and message["message_id"]
        }
    for message in messages:
        message["attachments"] = [
            {name: value for name, value in one.items() if name != "message"}
            for one in attachments
            if one["message"] == message["id"]
        ]
        key = message.pop("blob_key")
        if html:
            message["html"] = display_html(
                desk, message, blob_key=key, composed=composed.get(message["id"])
            )
    return {
        **_row(ticket),
        "message_count": ticket["messages"],
        "messages": messages,
        "answers": answers,
        "events": events,
        "identifiers": identifiers,
        "missing": _missing(events),
        "marks": marks.get(ticket_id, []),
    }


def _id(ticket: Shown) -> int:
    return int(str(ticket["id"]))


def _row(ticket: Shown) -> Shown:
    claims = ticket["claims"]
    return {**ticket, "claims": str(claims).split(",") if claims else []}


def _missing(events: list[Shown]) -> list[object]:
    """What the first mail of the ticket lacked, as it was judged then."""
    for event in events:
        evidence = event["evidence"]
        if event["kind"] == "mail.decided" and isinstance(evidence, dict):
            found = evidence.get("missing")
            return list(found) if isinstance(found, list) else []
    return []


def close_ticket(desk: Desk, number: str, *, actor: str, reason: str) -> Shown:
    """Close a ticket; its customer is not written to."""
    return _change(
        desk,
        number,
        {"status": TicketStatus.CLOSED.value, "closed_at": desk.now()},
        statuses=LIVING,
        event="ticket.closed",
        actor=actor,
        reason=reason,
    )


def reopen_ticket(desk: Desk, number: str, *, actor: str, reason: str) -> Shown:
    """Open a closed ticket again."""
    return _change(
        desk,
        number,
        {"status": TicketStatus.OPEN.value, "closed_at": None},
        statuses=(TicketStatus.CLOSED,),
        event="ticket.reopened",
        actor=actor,
        reason=reason,
    )


def set_ticket(
    desk: Desk,
    number: str,
    *,
    actor: str,
    urgency: str | None = None,
    category: str | None = None,
    language: str | None = None,
    team: str | None = None,
    status: str | None = None,
    reason: str,
) -> Shown:
    """Correct a ticket that is not closed; None leaves a value as it is.

    status: open, waiting or on_hold.
    """
    given = {
        "urgency": urgency,
        "category": category,
        "language": language,
        "team": team,
        "status": status,
    }
    return _change(
        desk,
        number,
        {name: value for name, value in given.items() if value is not None},
        statuses=LIVING,
        event="ticket.changed",
        actor=actor,
        reason=reason,
    )


def _change(
    desk: Desk,
    number: str,
    values: dict[str, object],
    *,
    statuses: tuple[TicketStatus, ...],
    event: str,
    actor: str,
    reason: str,
) -> Shown:
    desk.ids.ensure(NEEDED)
    with desk.database.write() as tx:
        before = tickets.by_number(tx, number)
        if before is None:
            raise NotFound(f"There is no ticket {number}.")
        ticket_id = int(str(before["id"]))
        if not tickets.change(tx, ticket_id, statuses=statuses, values=values, now=desk.now()):
            raise Refused(_why_not(before, number))
        changes: dict[str, object] = {
            name: [before[name], value]
            for name, value in values.items()
            if name != "closed_at" and before[name] != value
        }
        tell(
            desk,
            tx,
            event,
            actor=actor,
            reason=reason,
            ticket_id=ticket_id,
            evidence=changes or None,
        )
        after = tickets.by_number(tx, number) or before
    return _row(after)


def _why_not(ticket: Shown, number: str) -> str:
    match ticket["status"]:
        case TicketStatus.CLOSED.value:
            return f"Ticket {number} is closed; reopen it first."
        case TicketStatus.MERGED.value:
            return f"Ticket {number} is merged into {ticket['merged_into']}; change that one."
        case _:
            return f"Ticket {number} is not closed."
