"""Shows the day while it passes: a live terminal, or plain lines where there is none."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.padding import Padding
from rich.text import Text

from worker.demo import story
from worker.demo.day import Row

INDENT = 7


class Screen(Protocol):
    def show(self, rows: Sequence[Row]) -> None:
        """Show what is new; `rows` are all mails so far."""
        ...

    def note(self, sentence: str) -> None:
        """Say something that a person has to know."""
        ...


class Lines:
    """One plain line a mail, once it is settled."""

    def __init__(self, console: Console) -> None:
        self._console, self._shown = console, 0

    def show(self, rows: Sequence[Row]) -> None:
        while self._shown < len(rows) and rows[self._shown].is_settled:
            row = rows[self._shown]
            line = Text(" | ").join((story.heading(row), story.outcome(row)))
            self._console.print(line.plain, markup=False, highlight=False, soft_wrap=True)
            self._shown += 1

    def note(self, sentence: str) -> None:
        self._console.print(sentence, markup=False, highlight=False, soft_wrap=True)


class Picture:
    """Settled mails scroll up; those under way and the counts stay at the bottom."""

    def __init__(self, console: Console, live: Live) -> None:
        self._console, self._live, self._shown = console, live, 0

    def show(self, rows: Sequence[Row]) -> None:
        while self._shown < len(rows) and rows[self._shown].is_settled:
            self._console.print(two_lines(rows[self._shown]))
            self._shown += 1
        under_way = [two_lines(row) for row in rows[self._shown :][-8:]]
        self._live.update(Group(*under_way, Text(), _status(rows)), refresh=True)

    def note(self, sentence: str) -> None:
        self._console.print(Text(sentence, style="bold red"))


@contextlib.contextmanager
def opened(console: Console, *, plain: bool) -> Iterator[Screen]:
    """Open the screen that fits; the terminal is as before when the block ends."""
    if plain:
        yield Lines(console)
        return
    with Live(console=console, auto_refresh=False, transient=True) as live:
        yield Picture(console, live)


def two_lines(row: Row) -> Group:
    """One mail: what came, and what was made of it."""
    heading = story.heading(row)
    heading.no_wrap, heading.overflow = True, "ellipsis"
    return Group(heading, Padding(story.outcome(row), (0, 0, 0, INDENT)))


def _status(rows: Sequence[Row]) -> Text:
    views = [row.view for row in rows if row.view is not None]
    answered = [view for view in views if view.answer and view.answer.state == "sent"]
    opened = [view for view in views if view.state == "recorded" and view.reason == "opened"]
    clock = f"{rows[-1].sample.at:%H:%M}" if rows else "00:00"
    return Text(
        f" {clock}   {len(rows)} mails   {len(opened)} tickets   {len(answered)} answers ",
        style="reverse",
    )
