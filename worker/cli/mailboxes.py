"""The verb mailboxes: how each one stands."""

import typer

from worker.cli import printing
from worker.cli.frame import Json, example

COLUMNS = ("name", "address", "folder", "role", "last_good_poll_at", "backlog", "failure")


def add_to(app: typer.Typer) -> None:
    """Hang the verb into the command line."""
    app.command(epilog=example("postclerk mailboxes", "postclerk mailboxes --json"))(mailboxes)


def mailboxes(ctx: typer.Context, json: Json = False) -> None:
    """Show each mailbox: last good poll, backlog, faults."""
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        found = actions.list_mailboxes(opened)
    printing.rows(found, COLUMNS, as_json=json, empty="No mailbox is configured.")
