"""Labelled repeats: what the weights of worker.domain.weighing are learned from.

JSON lines, a matter each: `language, subject, body` of the mail that told it first, and
`later`, the mails that came after: `repeat` (whether it tells the same again), `hours` since
the first, `elsewhere` (from another address), `kind`, `subject`, `body`. `{UID}`, `{ORDER}`
and the like stand for made-up values, the same in all mails of a matter; `{UID2}` is another.
"""

import json
import random
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from worker.rules.labelled import make_value

SHIPPED = Path(__file__).parent / "retellings"
_PLACEHOLDER = re.compile(r"\{([A-Z]+)2?\}")


class Later(NamedTuple):
    """A mail that came after the first."""

    is_repeat: bool
    kind: str
    hours: float
    is_elsewhere: bool
    subject: str
    body: str


class Matter(NamedTuple):
    """A mail that told a matter, and what came after it."""

    batch: str
    """The file: mails of one manner of writing."""
    language: str
    subject: str
    body: str
    later: tuple[Later, ...]


def read_matters(path: Path = SHIPPED) -> Iterator[Matter]:
    """Read a .jsonl file, or every one of a folder.

    Raises OSError when it cannot be read and ValueError, naming the line, for a bad row.
    """
    for file in sorted(path.glob("*.jsonl")) if path.is_dir() else [path]:
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            place = f"{file.name}:{number}"
            try:
                yield _matter(file.stem, place, json.loads(line))
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(f"{place}: {error!r}") from error


def _matter(batch: str, place: str, row: Mapping[str, object]) -> Matter:
    chance = random.Random(place)  # noqa: S311 made-up values, not secrets
    values: dict[str, str] = {}

    def value(found: re.Match[str]) -> str:
        if found[0] not in values:
            values[found[0]] = make_value(found[1], chance)
        return values[found[0]]

    def text(row: Mapping[str, object], key: str) -> str:
        return _PLACEHOLDER.sub(value, str(row[key]))

    later = row["later"]
    if not isinstance(later, list):
        raise TypeError("`later` is a list of mails")
    return Matter(
        batch=batch,
        language=str(row["language"]),
        subject=text(row, "subject"),
        body=text(row, "body"),
        later=tuple(
            Later(
                is_repeat=bool(one["repeat"]),
                kind=str(one.get("kind", "")),
                hours=float(one["hours"]),
                is_elsewhere=bool(one.get("elsewhere")),
                subject=text(one, "subject"),
                body=text(one, "body"),
            )
            for one in later
        ),
    )
