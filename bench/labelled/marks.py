"""Marks sealing and finding against labels: recall, precision and what stayed readable."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.labelled.secrets import Labelled, mail_of
from worker.mail.settings import ParseSettings
from worker.pipeline.read import Reading, ReadSettings, read_mail

SETTINGS = ReadSettings(parse=ParseSettings(), rules=None)
LEAST = 6
"""So many signs of a value in a row count as still readable; of short ones, the whole."""


@dataclass(slots=True)
class Marks:
    """Counts by kind, and the texts that went wrong."""

    found: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    invented: Counter[str] = field(default_factory=Counter)
    values: int = 0
    leaked: int = 0
    damaged: int = 0
    wrong: dict[str, list[tuple[Labelled, str, tuple[str, ...]]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def rows(self) -> list[dict[str, object]]:
        """One row a kind, and one for all."""
        kinds = sorted({*self.found, *self.missed, *self.invented})
        rows = [
            _row(kind, self.found[kind], self.missed[kind], self.invented[kind])
            for kind in kinds
        ]
        totals = (self.found.total(), self.missed.total(), self.invented.total())
        return [*rows, _row("all", *totals)]


def _row(kind: str, found: int, missed: int, invented: int) -> dict[str, object]:
    return {
        "kind": kind,
        "n": found + missed,
        "recall": f"{found / max(found + missed, 1):.4f}",
        "precision": f"{found / max(found + invented, 1):.4f}",
    }


def mark_secrets(texts: Iterable[Labelled]) -> Marks:
    """Read each text as a mail and compare what was sealed with its label."""
    marks = Marks()
    for made in texts:
        reading = read_mail(mail_of(made), SETTINGS)
        shown = "\n".join(readable(reading))
        right = {made.kind, *made.also} - {""}
        told = set(reading.secret_kinds)
        if made.kind:
            ok = bool(told & right) if made.also else made.kind in told
            (marks.found if ok else marks.missed)[made.kind] += 1
            if not ok:
                marks.wrong["missed"].append((made, shown, reading.secret_kinds))
        for kind in told - right:
            marks.invented[kind] += 1
            marks.wrong["invented"].append((made, shown, reading.secret_kinds))
        marks.values += len(made.values) > 0
        if made.channel != "file" and any(any(leaks(made, part)) for part in readable(reading)):
            marks.leaked += 1
            marks.wrong["leaked"].append((made, shown, reading.secret_kinds))
        if made.channel in ("text", "html", "subject") and not all(
            one in shown for one in made.keeps
        ):
            marks.damaged += 1
            marks.wrong["damaged"].append((made, shown, reading.secret_kinds))
    return marks


def readable(reading: Reading) -> tuple[str, ...]:
    """All that a person or a log may see of a mail."""
    message = reading.message
    names = (found.filename for found in message.attachments)
    return (message.subject, message.body_text, message.reply_text, *names)


def leaks(made: Labelled, shown: str) -> Iterable[str]:
    """Which parts of the values can still be read, line breaks or not."""
    rest = re.sub(r"\[removed: [^\]]*\]", "\0", shown)
    if made.kind == "mnemonic":
        text = made.text
        words = Counter(re.findall(r"[^\W\d_]+", rest.casefold()))
        for value in set(made.values):
            told = value.casefold()
            around = Counter(re.findall(r"[^\W\d_]+", text.casefold()))[told]
            if told in words and words[told] >= max(1, around) and len(told) > 2:
                yield value
        return
    joined = re.sub(r"\s+", "", rest)
    for value in made.values:
        told = re.sub(r"\s+", "", value)
        size = min(LEAST, len(told))
        if any(told[at : at + size] in joined for at in range(len(told) - size + 1)):
            yield value
