"""How results are shown: tables and pages for people, JSON lines for programs.

Times are local with their offset for people, RFC 3339 UTC in JSON. Text from mails loses its
control characters for people, so that a subject cannot steer the terminal.
"""

import dataclasses
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from pathlib import PurePath

Row = Mapping[str, object]

CELL = 60
"""Widest cell of a table on a terminal."""


def json_line(value: object) -> None:
    """Print one JSON object on one line, at once."""
    print(json.dumps(value, ensure_ascii=False, default=_for_json), flush=True)


def rows(found: Iterable[Row], columns: Sequence[str], *, as_json: bool, empty: str) -> None:
    """Print a table of these columns, or every field as JSON lines; `empty`: there is none."""
    if as_json:
        for row in found:
            json_line(row)
        return
    listed = list(found)
    if not listed:
        print(empty)
        return
    _table(listed, columns)


def one(found: Row, *, as_json: bool, said: str) -> None:
    """Print what a verb did: a sentence, or the row as JSON."""
    if as_json:
        json_line(found)
    else:
        print(plain(said))


def pairs(found: Row, names: Sequence[str] | None = None) -> None:
    """Print fields one below the other; absent ones are left out."""
    shown = {
        name: value
        for name in (found if names is None else names)
        if (value := found.get(name)) not in (None, "", [], (), {})
    }
    width = max((len(label(name)) for name in shown), default=0)
    for name, value in shown.items():
        print(f"{label(name) + ':':<{width + 2}}{text(value)}")


def text(value: object) -> str:
    """Write one value for a person, on one line."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Enum():
            return plain(str(value.value))
        case datetime():
            return value.astimezone().isoformat(" ", "minutes")
        case list() | tuple():
            return ", ".join(text(part) for part in value)
        case Mapping():
            return ", ".join(
                f"{label(str(key))} {text(part)}" for key, part in value.items() if part
            )
        case _:
            return plain(str(value))


def plain(words: str) -> str:
    """Put a text on one line without anything that steers a terminal."""
    kept = (mark if mark.isprintable() else " " for mark in words)
    return " ".join("".join(kept).split())


def block(words: str, *, indent: str = "  ") -> None:
    """Print a text of several lines, indented, without anything that steers a terminal."""
    for line in words.splitlines() or [""]:
        kept = "".join(mark if mark.isprintable() else " " for mark in line.expandtabs(4))
        print(f"{indent}{kept}".rstrip())


def label(name: str) -> str:
    """Write a field's name for people."""
    return name.removesuffix("_at").replace("_", " ")


def parts(found: Row, name: str) -> list[Row]:
    """Take a list of rows out of a row; empty where it has none."""
    listed = found.get(name)
    if not isinstance(listed, list | tuple):
        return []
    return [part for part in listed if isinstance(part, Mapping)]


def _table(listed: Sequence[Row], columns: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    wide = None if sys.stdout.isatty() else 10_000  # a file gets whole lines
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in columns:
        last = name == columns[-1]
        table.add_column(
            label(name),
            no_wrap=True,
            overflow="ellipsis" if last else "fold",
            max_width=CELL if wide is None and not last else None,
        )
    for row in listed:
        table.add_row(*(Text(text(row.get(name))) for name in columns))
    console = Console(width=wide, highlight=False, soft_wrap=wide is not None)
    with console.capture() as drawn:
        console.print(table)
    for line in drawn.get().splitlines():
        print(line.rstrip())


def _for_json(value: object) -> object:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date() | PurePath():
            return str(value)
        case timedelta():
            return value.total_seconds()
        case Enum():
            return value.value
        case set() | frozenset():
            return sorted(value)
        case _:
            pass
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
