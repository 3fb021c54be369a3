"""The verbs about the database: upgrade, status."""

import typer

from worker.cli import printing
from worker.cli.frame import FAILED, Json, example

app = typer.Typer(help="Look at the database, or bring it up to date.", no_args_is_help=True)


@app.command(epilog=example("postclerk db status"))
def status(ctx: typer.Context, json: Json = False) -> None:
    """Show whether database and schema are as needed."""
    from worker.cli import settings
    from worker.daemon import wiring

    found = wiring.database_status(settings.load(ctx))
    if json:
        printing.json_line(found)
    else:
        printing.pairs(found)
    if not found["current"]:
        if not json:
            print("-> run `postclerk db upgrade`")
        raise typer.Exit(FAILED)


@app.command(epilog=example("postclerk db upgrade"))
def upgrade(ctx: typer.Context, json: Json = False) -> None:
    """Bring the database to the schema that this version needs.

    Makes the database where it is not there.
    """
    from worker.cli import settings
    from worker.daemon import wiring

    done = wiring.upgrade_database(settings.load(ctx))
    before, after = done["before"], done["after"]
    said = (
        f"The schema is {after}, as it was."
        if before == after
        else f"The schema is {after} now."
    )
    printing.one(done, as_json=json, said=said)
