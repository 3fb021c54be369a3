"""One sender, hundreds of mails in minutes: one ticket, and the rest on it with the reason."""

from dataclasses import replace

from worker.context import Desk
from worker.domain.duplicates import Verdict
from worker.domain.threads import Evidence, EvidenceKind, Join
from worker.domain.ticket import TicketStatus
from worker.pipeline.read import Reading
from worker.pipeline.thread import Place
from worker.pipeline.working_set import WorkingSet
from worker.store.tickets import Ticket

SILENCE = "flood"


def held_together(desk: Desk, known: WorkingSet, reading: Reading, place: Place) -> Place:
    """Put a mail that would open yet another ticket of a flood on the sender's latest one."""
    author = reading.message.author
    rules = desk.config.floods
    is_repeat = place.repeat is not None and place.repeat.verdict is Verdict.JOINED
    if author is None or place.join is not None or is_repeat or not rules.mails:
        return place
    sender = author.addr_spec.lower()
    if sender in {one.lower() for one in rules.exempt}:
        return place
    since = known.now - rules.within
    lately = [mail for mail in known.mails.get(sender, ()) if mail.recorded_at >= since]
    if len(lately) < rules.mails:
        return place
    ticket = _living(known, [mail.ticket_id for mail in lately], sender)
    if ticket is None:
        return place
    minutes = round(rules.within.total_seconds() / 60)
    told = f"{len(lately)} mails or more in {minutes} minutes"
    join = Join(
        ticket_id=ticket.id,
        # Whoever failed authentication may not be the one who writes so much.
        is_participant=reading.message.authentication.result != "fail",
        evidence=(Evidence(EvidenceKind.FLOOD, told, ticket.id),),
    )
    return replace(place, join=join, repeat=None, claims=())


def is_flood(place: Place) -> bool:
    """Tell whether a mail stands where it does because of a flood."""
    found = place.join.evidence if place.join else ()
    return any(one.kind is EvidenceKind.FLOOD for one in found)


def _living(known: WorkingSet, ticket_ids: list[int], sender: str) -> Ticket | None:
    for ticket_id in ticket_ids:
        ticket = known.current(ticket_id)
        is_his = sender in known.participants.get(ticket.id, ()) if ticket else False
        if ticket is not None and is_his and ticket.status is not TicketStatus.CLOSED:
            return ticket
    return None
