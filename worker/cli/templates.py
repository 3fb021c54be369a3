"""The verbs about reply templates: list, lint, preview."""

from typing import Annotated

import typer

from worker.cli import printing
from worker.cli.frame import FAILED, Json, example

app = typer.Typer(help="Look at the reply templates before customers do.", no_args_is_help=True)


@app.command("list", epilog=example("postclerk templates list"))
def list_(ctx: typer.Context, json: Json = False) -> None:
    """List the templates and where each comes from."""
    from worker.cli.rendering import templates

    found = [
        {
            "language": row.language,
            "name": row.name,
            "origin": row.origin,
            "state": "ok" if row.is_ok else "broken",
            "file": row.file,
        }
        for row in templates(ctx).list_templates()
    ]
    columns = ("language", "name", "origin", "state", "file")
    printing.rows(found, columns, as_json=json, empty="No template.")


@app.command(epilog=example("postclerk templates lint"))
def lint(ctx: typer.Context, json: Json = False) -> None:
    """Check every template over all its samples.

    Exit status 1 when one has an error.
    """
    from worker.cli.rendering import templates

    found = templates(ctx).lint()
    for complaint in found:
        level = "error" if complaint.is_error else "warning"
        if json:
            place = {"file": complaint.file, "line": complaint.line, "column": complaint.column}
            printing.json_line({**place, "level": level, "message": complaint.sentence})
        else:
            print(f"{level}: {printing.plain(str(complaint))}")
    if not found and not json:
        print("All templates are good.")
    if any(complaint.is_error for complaint in found):
        raise typer.Exit(FAILED)


@app.command(
    epilog=example(
        "postclerk templates preview received --language zh-Hans",
        "postclerk templates preview follow_up --html > page.html",
    )
)
def preview(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="received, duplicate, follow_up or incident.")
    ],
    language: Annotated[str, typer.Option(help="Such as en or zh-Hans.")] = "en",
    sample: Annotated[str, typer.Option(help="Which sample of facts.")] = "full",
    html: Annotated[bool, typer.Option("--html", help="Print the HTML form.")] = False,
    json: Json = False,
) -> None:
    """Show what a customer would get."""
    from worker.cli.rendering import templates

    shown = templates(ctx).preview(name, language, sample)
    if json:
        printing.json_line(shown)
    elif html:
        print(shown.html)
    else:
        print(f"Subject: {printing.plain(shown.subject)}\n")
        printing.block(shown.text, indent="")
