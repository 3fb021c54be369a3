"""The verbs that bring tickets together and take them apart: merge, split, unlink."""

from typing import Annotated

import typer

from worker.cli import printing
from worker.cli.frame import Json, Reason, actor, example, ticket_number

Number = Annotated[
    str, typer.Argument(metavar="NUMBER", parser=ticket_number, help="Such as K7M4-2QXD.")
]
Into = Annotated[
    str, typer.Argument(metavar="INTO", parser=ticket_number, help="The ticket that remains.")
]
Mails = Annotated[
    list[str],
    typer.Argument(metavar="MAIL_ID...", help="As `tickets show` or `mail list` have them."),
]


def add_to(app: typer.Typer) -> None:
    """Put the verbs beside those about one ticket."""
    app.command(
        "merge", epilog=example('postclerk tickets merge K7M4-2QXD R2D9-XW7H --reason "same"')
    )(merge)
    app.command("split", epilog=example("postclerk tickets split K7M4-2QXD 4711 4712"))(split)
    app.command("unlink", epilog=example("postclerk tickets unlink K7M4-2QXD"))(unlink)


def merge(
    ctx: typer.Context, number: Number, into: Into, reason: Reason = "", json: Json = False
) -> None:
    """Let the mails of NUMBER stand on INTO; answers to either lead there.

    Each mail remembers where it came from: `tickets split` brings it back.
    """
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        done = actions.merge_ticket(opened, number, into, actor=actor(), reason=reason)
    printing.one(done, as_json=json, said=f"Ticket {number} is merged into {into}.")


def split(
    ctx: typer.Context, number: Number, mails: Mails, reason: Reason = "", json: Json = False
) -> None:
    """Take mails off a ticket: back to the one that they came from, else to a new one.

    The desk learns from it: it does not bring these tickets together again.
    """
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        done = actions.split_ticket(opened, number, mails, actor=actor(), reason=reason)
    for ticket in done:
        count = "1 mail" if ticket["messages"] == 1 else f"{ticket['messages']} mails"
        said = f"Ticket {ticket['number']} has {count} now, taken off {number}."
        printing.one(ticket, as_json=json, said=said)


def unlink(ctx: typer.Context, number: Number, reason: Reason = "", json: Json = False) -> None:
    """Take back that a ticket is a duplicate, a possible one, or part of an incident.

    The desk learns from it: it does not link them again.
    """
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        done = actions.unlink_ticket(opened, number, actor=actor(), reason=reason)
    printing.one(done, as_json=json, said=f"Ticket {number} is linked to nothing now.")
