"""Sums the day up in one table, and says where to look next."""

import os
import shlex
import shutil
import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from worker.demo import story
from worker.demo.day import Row
from worker.store.outcomes import MailView

COARSE = 0.1
"""The demo looks only so often: a shorter time in seconds it cannot tell."""


def show(console: Console, rows: Sequence[Row], *, plain: bool) -> None:
    """Print the table of the day."""
    lines = list(_lines(rows))
    if plain:
        for name, told in lines:
            line = f"{name}: {told}"
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        return
    table = Table(title="The day at the desk", title_justify="left", show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for name, told in lines:
        table.add_row(name, Text(told))
    console.print(table)


def show_next(console: Console, config: Path, sent: Path, number: str | None) -> None:
    """Say where the day can be looked at, and what to try."""
    command = _command()
    option = f"--config {shlex.quote(_near(config))}"
    shown = [
        ("The tickets", f"{command} tickets list {option}"),
        ("One of them", f"{command} tickets show {number or 'NUMBER'} {option}"),
        ("Every mail", f"{command} mail list {option}"),
        ("What was sent", f"{_near(sent)}{os.sep}"),
        ("All as JSON", f"{command} export {option}"),
        ("Your own desk", f"{command} config init"),
    ]
    for name, told in shown:
        line = f"{name + ':':<15}{told}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _lines(rows: Sequence[Row]) -> Iterable[tuple[str, str]]:
    views = [row.view for row in rows if row.view is not None]
    recorded = [view for view in views if view.state == "recorded"]
    kinds = Counter(view.reason for view in recorded)
    answers = [view.answer for view in views if view.answer is not None]
    sent = Counter(
        f"{story.words(one.kind)} in {story.LANGUAGES.get(one.language, one.language)}"
        for one in answers
        if one.state == "sent"
    )
    silent = Counter(
        story.WHY_SILENT.get(one.reason or "", story.words(one.reason or ""))
        for one in answers
        if one.state == "suppressed"
    )
    screened = Counter(
        story.words(view.reason or "") for view in views if view.state == "screened_out"
    )
    joined = {"replies": kinds["followed_up"], "the same matter again": kinds["merged"]}
    yield "Mails", str(len(rows))
    yield "Tickets opened", str(kinds["opened"] + kinds["linked"])
    yield "Joined a ticket", _counted(Counter(joined))
    yield "Copies", str(sum(view.state == "copy" for view in views))
    yield "Screened out", _counted(screened)
    yield "Answers sent", _counted(sent)
    yield "No answer", _counted(silent)
    yield "Urgency", _counted(_traced(recorded, "urgency"))
    yield "Languages", _counted(_languages(recorded))
    yield "Secrets sealed", _counted(_traced(recorded, "secrets"))
    buried = Counter(story.words(view.reason or "") for view in views if view.state == "dead")
    if buried:
        yield "Dead letters", _counted(buried)
    if times := [row.seconds for row in rows if row.seconds is not None]:
        middle = statistics.median(times)
        told = f"{middle:.1f} s" if middle >= COARSE else f"under {COARSE} s"
        yield "Mail to answer", f"{told} in the middle"


def _traced(views: Iterable[MailView], fact: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for view in views:
        value = view.decision.get(fact, [])
        names = value if isinstance(value, list) else [value]
        found.update(story.words(str(one)) for one in names)
    return found


def _languages(views: Iterable[MailView]) -> Counter[str]:
    named = (str(view.decision.get("language", "und")) for view in views)
    return Counter(story.LANGUAGES.get(one, one) for one in named)


def _counted(counts: Counter[str]) -> str:
    some = [(name, count) for name, count in counts.most_common() if count]
    if not some:
        return "0"
    told = ", ".join(f"{count} {name}" for name, count in some)
    return f"{sum(counts.values())} ({told})"


def _near(path: Path) -> str:
    """Name a path from here, unless that is longer than the whole."""
    return min(os.path.relpath(path), str(path), key=len)


def _command() -> str:
    """Name the command as it can be typed here."""
    own = Path(sys.argv[0])
    if own.name != "postclerk":
        return "postclerk"
    on_path = shutil.which("postclerk")
    if on_path and Path(on_path).resolve() == own.resolve():
        return "postclerk"
    return shlex.quote(_near(own.absolute()))
