"""How each configured mailbox stands."""

from worker.context import Desk
from worker.store.operators import health
from worker.store.operators.shown import Shown


def list_mailboxes(desk: Desk) -> list[Shown]:
    """List the mailboxes of the configuration, in its order; None: never polled so far."""
    with desk.database.read() as tx:
        states = health.mailbox_states(tx)
    rows: list[Shown] = []
    for mailbox in desk.config.mailboxes:
        state = states.get(mailbox.name)
        rows.append(
            {
                "name": mailbox.name,
                "address": mailbox.address,
                "folder": mailbox.folder,
                "role": mailbox.role,
                "team": mailbox.team,
                "last_poll_at": state.polled_at if state else None,
                "last_good_poll_at": state.polled_at if state else None,
                "uidvalidity": state.uidvalidity if state else None,
                "cursor": state.cursor if state else None,
                "backlog": state.backlog if state else 0,
                "gaps": state.gaps if state else 0,
                "failing_since": state.failing_since if state else None,
                "failure": state.error if state else None,
                "leased_until": state.lease_until if state else None,
            }
        )
    return rows
