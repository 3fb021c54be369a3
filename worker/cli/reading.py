"""The verbs that read mail from files and keep nothing: parse, classify, simulate."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from worker.cli import printing
from worker.cli.frame import FAILED, Json, example

Paths = Annotated[
    list[Path], typer.Argument(metavar="PATH...", help="Files, or folders of .eml files.")
]
Extract = Annotated[
    str | None,
    typer.Option("--extract", metavar="PART", help="Write this attachment's octets instead."),
]
HEAD = ("file", "error", "from", "to", "subject", "date", "kind", "authentication")
FACTS = ("language", "category", "urgency", "score", "secrets", "missing", "marks")


def add_to(app: typer.Typer) -> None:
    """Hang the verbs into the command line."""
    app.command(
        epilog=example(
            "postclerk parse mail.eml",
            "postclerk parse mails/ --jsonl",
            "postclerk parse mail.eml --extract 2 > proof.png",
        )
    )(parse)
    app.command(
        epilog=example("postclerk classify mail.eml", "postclerk classify told.jsonl --jsonl")
    )(classify)
    app.command(
        epilog=example("postclerk simulate old.mbox", "postclerk simulate mails/ --jsonl")
    )(simulate)


def parse(
    ctx: typer.Context, paths: Paths, json: Json = False, extract: Extract = None
) -> None:
    """Read .eml files and print what is in them.

    A mail that cannot be read gives a line, too, with its error.
    """
    from worker.cli import inputs, settings

    config = settings.load_if_there(ctx)
    if extract is not None:
        if len(paths) != 1 or paths[0].is_dir():
            raise typer.BadParameter("--extract takes one mail at a time.")
        sys.stdout.buffer.write(inputs.extracted(paths[0], extract, config))
        return
    failed = False
    for row in inputs.parsed(paths, config):
        failed = failed or "error" in row
        if json:
            printing.json_line(row)
        else:
            _show_mail(row)
    if failed:
        raise typer.Exit(FAILED)


def classify(ctx: typer.Context, paths: Paths, json: Json = False) -> None:
    """Judge mail, and say why.

    Language, category, urgency, identifiers, secrets and what is missing. Takes .eml, and
    .jsonl with {id, subject, body} on each line.
    """
    from worker.cli import inputs, settings

    config = settings.load_if_there(ctx)
    failed = False
    for row in inputs.judged(paths, config):
        failed = failed or "error" in row
        if json:
            printing.json_line(row)
        else:
            _show_judgement(row)
    if failed:
        raise typer.Exit(FAILED)


def simulate(ctx: typer.Context, paths: Paths, json: Json = False) -> None:
    """Play mail through a throw-away desk, in order of date.

    Nothing is sent, nothing is kept. Takes .eml, mbox, maildir, and .jsonl with
    {id, from, subject, body, sent} on each line.
    """
    from worker import log
    from worker.cli import settings
    from worker.daemon import rehearsal

    log.configure(style="console", level="error")
    columns = ("file", "id", "outcome", "ticket", "urgency", "duplicate_of", "silence")
    for row in rehearsal.simulate(paths, settings.load_if_there(ctx)):
        if json:
            printing.json_line(row)
        else:
            told = (printing.text(row.get(name)) for name in columns)
            print("  ".join(word for word in told if word))


def _show_mail(row: printing.Row) -> None:
    sender = f"{row.get('from_name') or ''} <{row.get('from_email') or ''}>".strip()
    printing.pairs({**row, "from": sender if row.get("from_email") else None}, HEAD)
    for attachment in printing.parts(row, "attachments"):
        print(f"attachment:  {_file(attachment)}")
    for mail in printing.parts(row, "attached_mails"):
        told = (mail.get(name) for name in ("part", "from_email", "subject"))
        print(f"attached mail:  {'  '.join(printing.text(fact) for fact in told)}")
        for attachment in printing.parts(mail, "attachments"):
            print(f"  with:  {_file(attachment)}")
    printing.pairs(row, ("signed", "encrypted", "defects"))
    if "error" not in row:
        printing.block(str(row.get("reply_text") or row.get("body_text") or ""))
    print()


def _file(attachment: printing.Row) -> str:
    facts = (attachment.get(name) for name in ("part", "filename", "content_type", "size"))
    return "  ".join(printing.text(fact) for fact in facts)


def _show_judgement(row: printing.Row) -> None:
    printing.pairs(row, ("file", "id", "error", *FACTS, "identifiers"))
    for hit in printing.parts(row, "hits"):
        print(f"  {hit.get('points'):>4}  {hit.get('rule')}: {printing.text(hit.get('text'))}")
    print()
