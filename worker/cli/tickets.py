"""The verbs about tickets: list, show, close, reopen, set."""

from typing import Annotated, Literal

import typer

from worker.cli import printing
from worker.cli.frame import Json, Limit, Reason, Urgency, actor, example, ticket_number

app = typer.Typer(help="Look at tickets and change them.", no_args_is_help=True)
Number = Annotated[
    str, typer.Argument(metavar="NUMBER", parser=ticket_number, help="Such as K7M4-2QXD.")
]
COLUMNS = (
    *("number", "status", "urgency", "category", "marks"),
    *("updated_at", "requester", "subject"),
)
HEAD = (
    *("number", "status", "urgency", "category", "language", "team", "mailbox"),
    *("requester", "opened_at", "updated_at", "subject", "marks"),
    *("duplicate_of", "possible_duplicate_of", "merged_into", "identifiers", "missing"),
)


@app.command(
    "list",
    epilog=example(
        "postclerk tickets list --urgency critical",
        "postclerk tickets list --search 64495720",
    ),
)
def list_(
    ctx: typer.Context,
    status: Annotated[
        Literal["open", "waiting", "on_hold", "closed", "merged"] | None,
        typer.Option(help="Only these."),
    ] = None,
    urgency: Annotated[Urgency | None, typer.Option(help="How soon to look.")] = None,
    category: Annotated[str | None, typer.Option(help="Such as withdrawal.")] = None,
    mailbox: Annotated[str | None, typer.Option(help="Its name in the configuration.")] = None,
    requester: Annotated[str | None, typer.Option(help="The customer's address.")] = None,
    search: Annotated[
        str | None,
        typer.Option(help="A UID, TxID, order number or address, whole; or subject words."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Closed and merged ones, too.")] = False,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List tickets, the latest first; the closed ones with --all, --status or --search."""
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        found = actions.list_tickets(
            opened,
            active=not every and status is None and search is None,
            status=status,
            urgency=urgency,
            category=category,
            mailbox=mailbox,
            requester=requester,
            limit=limit,
            search=search,
        )
    printing.rows(found, COLUMNS, as_json=json, empty="No ticket.")


@app.command(
    epilog=example(
        "postclerk tickets show K7M4-2QXD",
        "postclerk tickets show K7M4-2QXD --html > ticket.html",
    )
)
def show(
    ctx: typer.Context,
    number: Number,
    html: Annotated[
        bool,
        typer.Option("--html", help="Print the mails as sanitised HTML; in JSON, add it."),
    ] = False,
    json: Json = False,
) -> None:
    """Show a ticket: its mails, its answers, and why everything happened."""
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        found = actions.show_ticket(opened, number, html=html)
    if json:
        printing.json_line(found)
        return
    if html:
        for message in printing.parts(found, "messages"):
            print(message["html"])
        return
    printing.pairs(found, HEAD)
    for message in printing.parts(found, "messages"):
        arrow = "->" if message.get("direction") == "out" else "<-"
        told = [printing.text(message.get(name)) for name in ("date", "from", "id")]
        if message.get("origin"):
            told.append(f"first on ticket {printing.text(message['origin'])}")
        print(f"\n{arrow} {'  '.join(word for word in told if word)}")
        printing.block(str(message.get("text") or ""))
        for attachment in printing.parts(message, "attachments"):
            if not attachment.get("decoration"):  # a logo: nothing that the customer sent
                print(f"  [{printing.text(attachment.get('filename'))}]")
    _tell("Answers", found, "answers", ("id", "state", "kind", "language", "sent_at", "reason"))
    _tell("History", found, "events", ("at", "kind", "actor", "reason", "evidence"))


@app.command(epilog=example('postclerk tickets close K7M4-2QXD --reason "solved by phone"'))
def close(ctx: typer.Context, number: Number, reason: Reason = "", json: Json = False) -> None:
    """Close a ticket; the customer is not written to."""
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        done = actions.close_ticket(opened, number, actor=actor(), reason=reason)
    printing.one(done, as_json=json, said=f"Ticket {done['number']} is closed.")


@app.command(epilog=example("postclerk tickets reopen K7M4-2QXD"))
def reopen(ctx: typer.Context, number: Number, reason: Reason = "", json: Json = False) -> None:
    """Open a closed ticket again."""
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        done = actions.reopen_ticket(opened, number, actor=actor(), reason=reason)
    printing.one(done, as_json=json, said=f"Ticket {done['number']} is open again.")


@app.command("set", epilog=example("postclerk tickets set K7M4-2QXD --urgency high"))
def set_(
    ctx: typer.Context,
    number: Number,
    urgency: Annotated[Urgency | None, typer.Option(help="How soon to look.")] = None,
    category: Annotated[str | None, typer.Option(help="Such as withdrawal.")] = None,
    language: Annotated[str | None, typer.Option(help="Such as zh-Hans.")] = None,
    team: Annotated[str | None, typer.Option(help="Who works on it.")] = None,
    status: Annotated[
        Literal["open", "waiting", "on_hold"] | None, typer.Option(help="Where it stands.")
    ] = None,
    reason: Reason = "",
    json: Json = False,
) -> None:
    """Correct a ticket; the history keeps who did it and why."""
    changes = {
        "urgency": urgency,
        "category": category,
        "language": language,
        "team": team,
        "status": status,
    }
    if not any(changes.values()):
        raise typer.BadParameter("say what to set, such as --urgency high.")
    from worker import actions
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        done = actions.set_ticket(opened, number, actor=actor(), reason=reason, **changes)
    said = ", ".join(f"{name} {value}" for name, value in changes.items() if value)
    printing.one(done, as_json=json, said=f"Ticket {done['number']} has {said} now.")


def _tell(title: str, found: printing.Row, name: str, columns: tuple[str, ...]) -> None:
    listed = printing.parts(found, name)
    if listed:
        print(f"\n{title}")
        printing.rows(listed, columns, as_json=False, empty="")
