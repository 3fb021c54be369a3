"""The verbs about received mail: list, show, unseal, why, reprocess, block."""

import sys
from typing import Annotated, Literal

import typer

from worker.cli import printing
from worker.cli.frame import Json, Limit, Reason, actor, example, ticket_number

app = typer.Typer(
    help="Look at received mail, and why it became what it is.", no_args_is_help=True
)
MailId = Annotated[
    str, typer.Argument(metavar="ID", help="As `postclerk mail list` prints it.")
]
COLUMNS = ("id", "state", "ticket", "received_at", "mailbox", "from", "reason", "subject")


@app.command("list", epilog=example("postclerk mail list --state screened_out"))
def list_(
    ctx: typer.Context,
    mailbox: Annotated[str | None, typer.Option(help="Its name in the configuration.")] = None,
    state: Annotated[
        Literal["received", "claimed", "recorded", "copy", "screened_out", "dead", "erased"]
        | None,
        typer.Option(help="What became of it."),
    ] = None,
    sender: Annotated[str | None, typer.Option("--from", help="The sender's address.")] = None,
    ticket: Annotated[
        str | None, typer.Option(parser=ticket_number, metavar="NUMBER", help="Its number.")
    ] = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List the mails that came in, the latest first."""
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        found = actions.list_mail(
            opened,
            mailbox=mailbox,
            state=state,
            sender=sender,
            ticket=ticket,
            limit=limit,
        )
    printing.rows(found, COLUMNS, as_json=json, empty="No mail.")


@app.command(epilog=example("postclerk mail show 17", "postclerk mail show 17 --raw > 17.eml"))
def show(
    ctx: typer.Context,
    id: MailId,
    raw: Annotated[
        bool,
        typer.Option("--raw", help="Print the bytes, secrets included; the history keeps it."),
    ] = False,
    json: Json = False,
) -> None:
    """Show one mail as it was read."""
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        if raw:
            sys.stdout.buffer.write(actions.raw_mail(opened, id, actor=actor()))
            return
        found = actions.show_mail(opened, id)
    if json:
        printing.json_line(found)
        return
    printing.pairs({name: value for name, value in found.items() if name != "text"})
    print()
    printing.block(str(found.get("text") or ""))


@app.command(epilog=example('postclerk mail unseal 17 --reason "customer asks to destroy"'))
def unseal(
    ctx: typer.Context,
    id: MailId,
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays in the history.")],
    json: Json = False,
) -> None:
    """Show the text of one mail with its secrets; the history keeps who saw it and why."""
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        found = actions.unseal_mail(opened, id, actor=actor(), reason=reason)
    if json:
        printing.json_line(found)
        return
    printing.pairs({name: value for name, value in found.items() if name != "text"})
    print()
    printing.block(str(found["text"]))


@app.command(epilog=example("postclerk mail why 17"))
def why(ctx: typer.Context, id: MailId, json: Json = False) -> None:
    """Say why a mail became what it is.

    Its kind, its ticket, its urgency, its answer, each with the evidence.
    """
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        found = actions.why_mail(opened, id)
    if json:
        printing.json_line(found)
        return
    listed = ("hits", "events")
    printing.pairs({name: value for name, value in found.items() if name not in listed})
    hits = printing.parts(found, "hits")
    if hits:
        print("\nWhat decided its urgency")
        printing.rows(hits, ("points", "rule", "text"), as_json=False, empty="")
    events = printing.parts(found, "events")
    if events:
        print("\nHistory")
        columns = ("at", "kind", "actor", "reason", "evidence")
        printing.rows(events, columns, as_json=False, empty="")


@app.command(epilog=example("postclerk mail reprocess 17"))
def reprocess(ctx: typer.Context, id: MailId, json: Json = False) -> None:
    """Decide on a mail once more, with the rules of today."""
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        done = actions.reprocess_mail(opened, id, actor=actor())
    printing.one(done, as_json=json, said=f"Mail {id} is in line again.")


@app.command(
    epilog=example(
        "postclerk mail block spam@example.com --reason phishing",
        "postclerk mail block example.com --remove",
        "postclerk mail block --list",
    )
)
def block(
    ctx: typer.Context,
    sender: Annotated[
        str | None, typer.Argument(metavar="ADDRESS|DOMAIN", help="Whose mail is screened out.")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Let it in again.")] = False,
    show_all: Annotated[bool, typer.Option("--list", help="List who is blocked.")] = False,
    reason: Reason = "",
    json: Json = False,
) -> None:
    """Screen out a sender or a whole domain from now on.

    Such mail is kept, but opens no ticket and is not answered.
    """
    if (sender is None) != show_all:
        raise typer.BadParameter("name an address or a domain, or ask for --list.")
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        if sender is None:
            found = actions.list_blocked(opened)
            columns = ("address", "blocked_at", "blocked_by", "reason")
            printing.rows(found, columns, as_json=json, empty="Nobody is blocked.")
        elif remove:
            done = actions.unblock_sender(opened, sender, actor=actor())
            printing.one(done, as_json=json, said=f"{sender} is let in again.")
        else:
            done = actions.block_sender(opened, sender, actor=actor(), reason=reason)
            printing.one(done, as_json=json, said=f"{sender} is blocked.")
