"""What every verb shares: its options, and how an error becomes one line and an exit status.

Exit status: 0 done, 1 something failed and is named, 2 usage or configuration, 75 try again
later.
"""

import sys
import traceback
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from worker.errors import ConfigError, PostclerkError, Temporary

FAILED, USAGE, TRY_AGAIN = 1, 2, 75
EVERYWHERE = {"--config": True, "--debug": False}
"""Options that may stand before and after the verb, and whether a value follows."""
EVERY_VERB = "Every verb also takes --config FILE and --debug, before or after it."

Json = Annotated[bool, typer.Option("--json", "--jsonl", help="Print JSON, one object a line.")]
Urgency = Literal["low", "normal", "high", "critical"]
Limit = Annotated[
    int, typer.Option("--limit", min=1, help="Print at most so many, newest first.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why; it stays in the history.")]


class Verbs(TyperGroup):
    """The root of the command line: finds the options for every verb, tells every error."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, hoisted(args))

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (PostclerkError, OSError) as error:
            if isinstance(error, BrokenPipeError):
                raise  # the reader of our output has seen enough
            if ctx.params.get("debug"):
                traceback.print_exc()
            tell(error)
            raise typer.Exit(status_of(error)) from None


def hoisted(args: list[str]) -> list[str]:
    """Move the options of EVERYWHERE to the front, so that they may stand after the verb."""
    found, rest = [], list(args)
    kept: list[str] = []
    while rest:
        word = rest.pop(0)
        name, mark, _ = word.partition("=")
        if word == "--":
            kept += [word, *rest]
            break
        if name not in EVERYWHERE:
            kept.append(word)
            continue
        found.append(word)
        if EVERYWHERE[name] and not mark and rest:
            found.append(rest.pop(0))
    return found + kept


def tell(error: PostclerkError | OSError) -> None:
    """Print what happened on stderr: one line, or a line for each complaint."""
    if isinstance(error, ConfigError) and error.complaints:
        lines = list(error.complaints)
    elif isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        lines = [f"postclerk: {where}{(error.strerror or str(error)).lower()}"]
    else:
        lines = [f"postclerk: {error}"]
    for line in lines:
        print(" ".join(line.split()), file=sys.stderr)


def status_of(error: PostclerkError | OSError) -> int:
    """Give the exit status that says what to do about it."""
    match error:
        case ConfigError():
            return USAGE
        case Temporary():
            return TRY_AGAIN
        case _:
            return FAILED


def example(*lines: str) -> str:
    """Make the end of a verb's help: how it is typed."""
    shown = "\n".join(f"  {line}" for line in lines)
    return f"\b\nExample:\n{shown}\n\n{EVERY_VERB}"


def actor() -> str:
    """Name who acts, for the history."""
    import getpass
    import os

    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):
        return f"cli:{os.getuid()}"


def ticket_number(written: str) -> str:
    """Read a ticket number with or without #, in any case."""
    from worker.domain import ticket_numbers

    number = ticket_numbers.parse(written)
    if number is None:
        raise typer.BadParameter(f"{written} is no ticket number; they look like K7M4-2QXD.")
    return number
