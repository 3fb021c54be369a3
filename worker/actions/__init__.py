"""What an operator may see and do, once for every surface: command line, console, API.

Each change is one short transaction with an event that names who did it and why. Results are
plain rows whose names docs/json.md tells; ids are strings in them, times are aware datetimes.
"""

from worker.actions.blocking import block_sender, list_blocked, unblock_sender
from worker.actions.dead import discard_dead, list_dead, raw_dead, retry_dead, show_dead
from worker.actions.doctor import doctor
from worker.actions.incidents import (
    close_incident,
    list_incidents,
    open_incident,
    say_incident,
    show_incident,
)
from worker.actions.mail import list_mail, raw_mail, reprocess_mail, show_mail, unseal_mail
from worker.actions.mailboxes import list_mailboxes
from worker.actions.outbox import cancel_outbox, list_outbox, retry_outbox, show_outbox
from worker.actions.refusals import NotFound, Refused
from worker.actions.regroup import merge_ticket, split_ticket, unlink_ticket
from worker.actions.tickets import (
    close_ticket,
    list_tickets,
    reopen_ticket,
    set_ticket,
    show_ticket,
)
from worker.actions.why import why_mail

__all__ = [
    "NotFound",
    "Refused",
    "block_sender",
    "cancel_outbox",
    "close_incident",
    "close_ticket",
    "discard_dead",
    "doctor",
    "list_blocked",
    "list_dead",
    "list_incidents",
    "list_mail",
    "list_mailboxes",
    "list_outbox",
    "list_tickets",
    "merge_ticket",
    "open_incident",
    "raw_dead",
    "raw_mail",
    "reopen_ticket",
    "reprocess_mail",
    "retry_dead",
    "retry_outbox",
    "say_incident",
    "set_ticket",
    "show_dead",
    "show_incident",
    "show_mail",
    "show_outbox",
    "show_ticket",
    "split_ticket",
    "unblock_sender",
    "unlink_ticket",
    "unseal_mail",
    "why_mail",
]
