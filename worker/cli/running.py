"""The verbs that work: demo, run, once, import, export."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from worker.cli import printing
from worker.cli.frame import FAILED, Json, example


def add_to(app: typer.Typer) -> None:
    """Hang the verbs into the command line."""
    app.command(epilog=example("postclerk demo", "postclerk demo --plain --folder /tmp/desk"))(
        demo
    )
    app.command(epilog=example("postclerk run", "postclerk run --config /etc/desk.yaml"))(run)
    app.command(epilog=example("postclerk once", "postclerk once --json"))(once)
    app.command(
        "import", epilog=example("postclerk import old.mbox", "postclerk import --answer eml/")
    )(import_)
    app.command(
        epilog=example("postclerk export > desk.jsonl", "postclerk export --verify | tail -1")
    )(export)


def demo(
    plain: Annotated[
        bool, typer.Option("--plain", help="Print plain lines, as without a terminal.")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option("--folder", metavar="FOLDER", help="Where the desk stands.")
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the folder also when it is broken off.")
    ] = False,
    pace: Annotated[
        float | None, typer.Option("--pace", min=0, help="Seconds between two mails.")
    ] = None,
) -> None:
    """Play a day of customers' mail against a desk in a box.

    Over real IMAP and SMTP servers on this machine; nothing leaves it.
    """
    from worker.demo import desk

    status = desk.run(
        folder=folder,
        pace=desk.PACE if pace is None else pace,
        plain=plain or None,
        keep=keep,
    )
    raise typer.Exit(status)


def run(ctx: typer.Context) -> None:
    """Work until stopped: poll, process, answer.

    SIGTERM and Ctrl-C stop it, SIGHUP reads configuration and templates again.
    """
    from worker import config_file, log
    from worker.cli import settings
    from worker.daemon import wiring

    config = settings.load(ctx)
    config_file.need_mailboxes(config, settings.path(ctx))
    log.configure(style=config.log.style, level=config.log.level)
    wiring.run(config, reload=lambda: settings.load(ctx))


def once(ctx: typer.Context, json: Json = False) -> None:
    """Poll, process and deliver until nothing is due, then end."""
    from worker import config_file, log
    from worker.cli import settings
    from worker.daemon import wiring

    config = settings.load(ctx)
    config_file.need_mailboxes(config, settings.path(ctx))
    log.configure(style=config.log.style, level=config.log.level)
    done = wiring.once(config)
    if json:
        printing.json_line(done)
    else:
        _show_run(done)
    if done["mailboxes_failed"] or done["failed"]:
        raise typer.Exit(FAILED)


def _show_run(done: printing.Row) -> None:
    """Print what was done, each count that is not 0, and each mailbox that failed."""
    failed = done["mailboxes_failed"]
    counts = {name: n for name, n in done.items() if n and name != "mailboxes_failed"}
    printing.pairs(counts)
    if not counts and not failed:
        print("Nothing was due.")
    if isinstance(failed, Mapping):
        for name, sentence in failed.items():
            print(f"{name}: {printing.text(sentence)}")


def import_(
    ctx: typer.Context,
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help=".eml, mbox, maildir, or a folder.")
    ],
    mailbox: Annotated[
        str | None, typer.Option("--mailbox", help="As if it had come in here.")
    ] = None,
    answer: Annotated[bool, typer.Option("--answer", help="Answer as if it were new.")] = False,
    json: Json = False,
) -> None:
    """Take in mail from files, silently.

    Tickets are made, but nobody is written to unless --answer is given.
    """
    from worker import log
    from worker.cli import settings
    from worker.daemon import rehearsal

    failed = False
    config = settings.load(ctx)
    log.configure(style=config.log.style, level="error")
    for row in rehearsal.import_paths(config, paths, mailbox=mailbox, answer=answer):
        failed = failed or row.get("outcome") == "dead"
        if json:
            printing.json_line(row)
        else:
            names = ("file", "id", "outcome", "ticket", "reason")
            told = (printing.text(row.get(name)) for name in names)
            print("  ".join(word for word in told if word))
    if failed:
        raise typer.Exit(FAILED)


def export(
    ctx: typer.Context,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read every raw mail and check it; slower.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", "--jsonl", hidden=True)] = True,
) -> None:
    """Print everything that is kept, as JSON lines.

    Works while the worker runs, and while it is down; docs/json.md tells the lines.
    """
    from worker.cli import settings
    from worker.cli.opened import desk

    del json  # it prints nothing else
    if _has_no_database(settings.load(ctx).database.url):
        printing.json_line({"type": "check", "integrity": "ok", "database": None})
        print("postclerk: there is no database yet; nothing to export.", file=sys.stderr)
        return
    from worker.pipeline.export import rows

    with desk(ctx) as opened:
        for row in rows(opened, verify=verify):
            printing.json_line(row)


def _has_no_database(url: str) -> bool:
    scheme, _, path = url.partition(":///")
    return scheme.startswith("sqlite") and not Path(path.partition("?")[0]).exists()
