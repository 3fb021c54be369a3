"""The verbs about the configuration: show, init."""

from pathlib import Path
from typing import Annotated

import typer

from worker.cli import printing
from worker.cli.frame import Json, example

app = typer.Typer(help="Show the configuration, or write a first one.", no_args_is_help=True)


@app.command(epilog=example("postclerk config show", "postclerk config show --json"))
def show(ctx: typer.Context, json: Json = False) -> None:
    """Show it as it is understood: defaults in, secrets as ***."""
    from worker import config_file
    from worker.cli import settings

    shown = config_file.masked(settings.load(ctx))
    if json:
        printing.json_line(shown)
        return
    import yaml

    print(yaml.safe_dump(shown, sort_keys=False, allow_unicode=True, width=96), end="")


@app.command(epilog=example("postclerk config init", "postclerk config init /etc/postclerk"))
def init(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where; made when it is not there.")
    ] = Path(),
    json: Json = False,
) -> None:
    """Write a commented config.yaml and a key file; never over something."""
    from worker import config_file

    written = config_file.init(folder)
    if json:
        printing.json_line({"written": written})
        return
    for path in written:
        print(f"Wrote {path}")
    print(f"Edit {written[0]}, then run: postclerk check --config {written[0]}")
