"""The verbs about our answers: list, show, retry, cancel."""

from typing import Annotated, Literal

import typer

from worker.cli import printing
from worker.cli.frame import Json, Limit, Reason, actor, example, ticket_number

app = typer.Typer(help="Look at answers: queued, sent, failed, withheld.", no_args_is_help=True)
AnswerId = Annotated[
    str, typer.Argument(metavar="ID", help="As `postclerk outbox list` prints it.")
]
COLUMNS = ("id", "state", "ticket", "kind", "language", "queued_at", "recipient", "reason")


@app.command("list", epilog=example("postclerk outbox list --state failed"))
def list_(
    ctx: typer.Context,
    state: Annotated[
        Literal["queued", "sending", "sent", "uncertain", "failed", "suppressed", "cancelled"]
        | None,
        typer.Option(help="How far it is."),
    ] = None,
    ticket: Annotated[
        str | None, typer.Option(parser=ticket_number, metavar="NUMBER", help="Its number.")
    ] = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List answers, the latest first.

    A silence is one too: suppressed, with its reason.
    """
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        found = actions.list_outbox(opened, state=state, ticket=ticket, limit=limit)
    printing.rows(found, COLUMNS, as_json=json, empty="No answer.")


@app.command(epilog=example("postclerk outbox show 17"))
def show(ctx: typer.Context, id: AnswerId, json: Json = False) -> None:
    """Show one answer, its words and its way out."""
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        found = actions.show_outbox(opened, id)
    if json:
        printing.json_line(found)
        return
    printing.pairs({name: value for name, value in found.items() if name != "text"})
    if found.get("text"):
        print()
        printing.block(str(found["text"]))


@app.command(epilog=example("postclerk outbox retry 17"))
def retry(ctx: typer.Context, id: AnswerId, json: Json = False) -> None:
    """Try a deferred or failed answer again, now."""
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        done = actions.retry_outbox(opened, id, actor=actor())
    printing.one(done, as_json=json, said=f"Answer {id} is in line again.")


@app.command(epilog=example('postclerk outbox cancel 17 --reason "answered by phone"'))
def cancel(ctx: typer.Context, id: AnswerId, reason: Reason = "", json: Json = False) -> None:
    """Take back an answer that has not left yet."""
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        done = actions.cancel_outbox(opened, id, actor=actor(), reason=reason)
    printing.one(done, as_json=json, said=f"Answer {id} is cancelled.")
