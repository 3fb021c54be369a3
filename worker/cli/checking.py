"""The verbs that prove: check before the start, doctor on a desk that runs."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import typer

from worker.cli import printing
from worker.cli.frame import FAILED, Json, example


def add_to(app: typer.Typer) -> None:
    """Hang the verbs into the command line."""
    app.command(
        epilog=example(
            "postclerk check",
            "postclerk check --round-trip --wait 60",
            "postclerk check --json",
        )
    )(check)
    app.command(epilog=example("postclerk doctor", "postclerk doctor --json"))(doctor)


def check(
    ctx: typer.Context,
    round_trip: Annotated[
        bool,
        typer.Option("--round-trip", help="Send a mail to each mailbox and wait for it there."),
    ] = False,
    wait: Annotated[
        int, typer.Option("--wait", min=1, help="Seconds to wait for that mail.")
    ] = 120,
    json: Json = False,
) -> None:
    """Prove the configuration against the real servers.

    Database, keys, blobs, templates, rules, logins, folders, clock and disk.
    """
    from worker.cli import checks, settings

    config = settings.load(ctx)
    found = list(checks.run(config, settings.path(ctx)))
    if round_trip:
        from worker.cli import round_trips

        found += round_trips.run(config, wait=timedelta(seconds=wait))
    _show(found, as_json=json)


def doctor(ctx: typer.Context, json: Json = False) -> None:
    """Say how a desk is.

    Everything that check proves, and backlog, dead letters, last polls.
    """
    from worker import actions
    from worker.cli import checks, settings
    from worker.cli.opened import desk

    config = settings.load(ctx)
    found = list(checks.run(config, settings.path(ctx)))
    if all(row["ok"] for row in found if row["check"] in ("keys", "database")):
        with desk(ctx) as opened:
            found += actions.doctor(opened)
    _show(found, as_json=json)


def _show(found: Sequence[printing.Row], *, as_json: bool) -> None:
    """Print each check, and end with status 1 when one failed."""
    width = max(len(str(row["check"])) for row in found)
    for row in found:
        if as_json:
            printing.json_line(row)
            continue
        state = "ok" if row["ok"] else "failed"
        print(f"{state:<7} {row['check']!s:<{width}}  {printing.text(row['found'])}")
        if row.get("advice"):
            print(f"{'':<7} {'':<{width}}  -> {printing.text(row['advice'])}")
    if not all(row["ok"] for row in found):
        raise typer.Exit(FAILED)
