"""The verbs about dead letters: list, show, retry, discard, save."""

from pathlib import Path
from typing import Annotated

import typer

from worker.cli import printing
from worker.cli.frame import Json, Limit, actor, example
from worker.errors import Permanent

app = typer.Typer(help="Look at mails that could not be processed.", no_args_is_help=True)
DeadId = Annotated[
    str, typer.Argument(metavar="ID", help="As `postclerk dead list` prints it.")
]
COLUMNS = ("id", "died_at", "mailbox", "attempts", "size", "from", "reason", "subject")


@app.command("list", epilog=example("postclerk dead list"))
def list_(
    ctx: typer.Context,
    mailbox: Annotated[str | None, typer.Option(help="Its name in the configuration.")] = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List the dead letters, the latest first."""
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        found = actions.list_dead(opened, mailbox=mailbox, limit=limit)
    printing.rows(found, COLUMNS, as_json=json, empty="No dead letter.")


@app.command(epilog=example("postclerk dead show 17"))
def show(ctx: typer.Context, id: DeadId, json: Json = False) -> None:
    """Show why a mail could not be processed."""
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        found = actions.show_dead(opened, id)
    if json:
        printing.json_line(found)
        return
    printing.pairs({name: value for name, value in found.items() if name != "detail"})
    if found.get("detail"):
        print()
        printing.block(str(found["detail"]))


@app.command(epilog=example("postclerk dead retry 17 18", "postclerk dead retry --all"))
def retry(
    ctx: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID...")] = None,
    every: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    json: Json = False,
) -> None:
    """Put dead letters in line again."""
    if bool(ids) == every:
        raise typer.BadParameter("name dead letters, or ask for --all.")
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        done = actions.retry_dead(opened, None if every else ids, actor=actor())
    if json:
        printing.rows(done, COLUMNS, as_json=True, empty="")
    else:
        print(f"In line again: {printing.text([row['id'] for row in done]) or 'none'}.")


@app.command(epilog=example('postclerk dead discard 17 --reason "empty spam"'))
def discard(
    ctx: typer.Context,
    id: DeadId,
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays in the history.")],
    json: Json = False,
) -> None:
    """Give a dead letter up; its raw mail stays until its time is over."""
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        done = actions.discard_dead(opened, id, actor=actor(), reason=reason)
    printing.one(done, as_json=json, said=f"Dead letter {id} is given up.")


@app.command(epilog=example("postclerk dead save 17 17.eml"))
def save(
    ctx: typer.Context,
    id: DeadId,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")],
    json: Json = False,
) -> None:
    """Write the raw mail of a dead letter to a file, byte for byte."""
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        raw = actions.raw_dead(opened, id, actor=actor())
    try:
        with file.open("xb") as new:
            new.write(raw)
    except FileExistsError:
        raise Permanent(f"{file} exists already; it is not overwritten.") from None
    done = {"id": id, "file": file, "size": len(raw)}
    printing.one(done, as_json=json, said=f"{len(raw)} bytes are in {file}.")
