"""The verbs about incidents: list, show, open, say, close."""

from typing import Annotated

import typer

from worker.cli import printing
from worker.cli.frame import Json, Limit, Reason, actor, example, ticket_number

app = typer.Typer(help="Many customers, one matter: incidents.", no_args_is_help=True)
Id = Annotated[str, typer.Argument(metavar="ID", help="As `incidents list` has it.")]
COLUMNS = ("id", "status", "tickets", "opened_at", "opened_by", "title")


@app.command("list", epilog=example("postclerk incidents list"))
def list_(
    ctx: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Closed ones, too.")] = False,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List incidents, the latest first; the closed ones with --all."""
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        found = actions.list_incidents(opened, every=every, limit=limit)
    printing.rows(found, COLUMNS, as_json=json, empty="No incident.")


@app.command(epilog=example("postclerk incidents show 4711"))
def show(ctx: typer.Context, incident: Id, json: Json = False) -> None:
    """Show an incident: why it was noticed, its tickets, what customers are told."""
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        found = actions.show_incident(opened, incident)
    if json:
        printing.json_line(found)
    else:
        printing.pairs(found)


@app.command("open", epilog=example('postclerk incidents open "SOL is halted" K7M4-2QXD'))
def open_(
    ctx: typer.Context,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="A few words.")],
    numbers: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NUMBER]...", parser=ticket_number, help="Its first tickets."),
    ] = None,
    reason: Reason = "",
    json: Json = False,
) -> None:
    """Open an incident for these tickets, and for new ones like them."""
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        done = actions.open_incident(opened, title, numbers or [], actor=actor(), reason=reason)
    said = f"Incident {done['id']} is open with {done['tickets']} tickets."
    printing.one(done, as_json=json, said=said)


@app.command(epilog=example('postclerk incidents say 4711 "SOL deposits wait." --language en'))
def say(
    ctx: typer.Context,
    incident: Id,
    text: Annotated[str, typer.Argument(metavar="TEXT", help='One paragraph; "" ends it.')],
    language: Annotated[str, typer.Option(help="Such as zh-Hans.")] = "en",
    json: Json = False,
) -> None:
    """Set what customers of an incident are told; answers carry it from now on."""
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        done = actions.say_incident(opened, incident, language, text, actor=actor())
    said = f"Answers to tickets of incident {incident} say so now, in {language}."
    if not text.strip():
        said = f"Answers to tickets of incident {incident} say nothing more in {language}."
    printing.one(done, as_json=json, said=said)


@app.command(epilog=example("postclerk incidents close 4711 --answer"))
def close(
    ctx: typer.Context,
    incident: Id,
    answer: Annotated[
        bool, typer.Option("--answer", help="Write to its customers, once, what was said.")
    ] = False,
    reason: Reason = "",
    json: Json = False,
) -> None:
    """Close an incident; its tickets stay as they are."""
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        done = actions.close_incident(
            opened, incident, answer=answer, actor=actor(), reason=reason
        )
    said = f"Incident {incident} is closed."
    if answer:
        said += f" {done['queued']} answers wait to be sent, {done['silent']} are withheld."
    printing.one(done, as_json=json, said=said)
