"""The command line: one file a group of verbs; this one only puts them together.

Nothing heavy is imported here: each verb imports what it needs when it runs.
"""

from typing import Annotated

import typer

from worker.cli import (
    checking,
    configuration,
    database,
    dead,
    incidents,
    mail,
    mailboxes,
    outbox,
    reading,
    regroup,
    rules,
    running,
    templates,
    tickets,
)
from worker.cli.frame import Verbs, example

app = typer.Typer(
    name="postclerk",
    cls=Verbs,
    help="The mail clerk of a support desk.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog=example(
        "postclerk demo                      watch a day of mail, nothing to set up",
        "postclerk config init               write a first config.yaml",
        "postclerk --config FILE check       prove that everything is reachable",
        "postclerk run                       work until stopped",
    ),
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"postclerk {version('postclerk')}")
        raise typer.Exit


@app.callback()
def root(
    config: Annotated[
        str | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="The configuration; else POSTCLERK_CONFIG, else config.yaml.",
        ),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error arose.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    """Receive mail, make tickets, answer honestly.

    The options here may stand before and after the verb.
    """


for verbs in (running, checking, reading):
    verbs.add_to(app)
for name, group in (
    ("tickets", tickets.app),
    ("incidents", incidents.app),
    ("mail", mail.app),
    ("dead", dead.app),
    ("outbox", outbox.app),
    ("templates", templates.app),
    ("rules", rules.app),
    ("config", configuration.app),
    ("db", database.app),
):
    app.add_typer(group, name=name)
mailboxes.add_to(app)
regroup.add_to(tickets.app)
