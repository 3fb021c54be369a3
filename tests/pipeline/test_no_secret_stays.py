"""Mails full of secrets go through the whole desk, and none can be read anywhere after it."""

import itertools
import json
import random
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.utils import format_datetime
from pathlib import Path

import pytest

from bench.labelled import secrets
from bench.labelled.secrets import Labelled
from tests.builders import NOON
from tests.pipeline.house import House
from tests.traces import files_under, plain_runs, traces
from worker.adapters.render import Templates
from worker.pipeline import export

pytestmark = pytest.mark.slow
MAILS = 240
ROW = 4
"""So many words of a phrase in a row count as a trace. A code of six digits may be chance."""


def planted() -> list[Labelled]:
    """Texts of every kind and shape, each at some place of a mail, none twice."""
    texts = [
        *secrets.make("first", seed=41, rounds=1),
        *secrets.make("second", seed=42, rounds=1),
    ]
    chance = random.Random(43)
    chance.shuffle(texts)
    by_kind: dict[str, list[Labelled]] = {}
    for text in texts:
        if text.kind:
            by_kind.setdefault(text.kind, []).append(text)
    turns = itertools.zip_longest(*by_kind.values())
    return [text for turn in turns for text in turn if text is not None][:MAILS]


def needles(text: Labelled) -> Iterator[str]:
    if text.kind == "mnemonic":
        for at in range(0, len(text.values) - ROW + 1, ROW):
            part = text.values[at : at + ROW]
            yield from (mark.join(part) for mark in (" ", "\n", ", ", ",", "-", "\u3000"))
    elif text.kind != "otp":
        for value in text.values:
            yield value
            yield from (line for line in value.split("\n")[1:-1] if len(line) > 40)


def mail(text: Labelled, number: int) -> bytes:
    """A mail of a customer of its own, so that none joins another's ticket."""
    head, _, rest = secrets.mail_of(text).partition(b"\n\n")
    head = head.replace(b"customer@client", b"customer%d@client%d" % (number, number))
    head = head.replace(b"<labelled@", b"<labelled-%d@" % number)
    head = head.replace(b"Mon, 02 Mar 2026 08:00:00 +0000", format_datetime(NOON).encode())
    return head + b"\n\n" + rest


@pytest.fixture(scope="module")
def texts() -> list[Labelled]:
    return planted()


def test_no_secret_can_be_read_after_a_day_of_them(
    tmp_path: Path,
    templates: Templates,
    texts: list[Labelled],
    capfd: pytest.CaptureFixture[str],
) -> None:
    house = House(tmp_path, None, templates)
    raws = [mail(text, number) for number, text in enumerate(texts)]
    outcomes = house.take(*raws)
    house.deliver()
    exported = json.dumps(list(export.rows(house.desk, verify=True)), default=str)
    during = files_under(tmp_path)  # with the write-ahead log
    house.desk.close()
    log = "".join(capfd.readouterr())

    assert [outcome.state for outcome in outcomes] == ["recorded"] * len(raws)
    assert any(name.endswith("-wal") for name, _ in during)
    assert len(house.way_out.sent) > 20
    sent = [(f"answer {n}", one.raw) for n, one in enumerate(house.way_out.sent)]
    places = [
        *((f"then {name}", data) for name, data in during),
        *files_under(tmp_path),
        *sent,
        ("export", exported.encode()),
        ("log", log.encode()),
    ]
    values = sorted({value for text in texts for value in needles(text)})
    assert len(values) > MAILS
    assert traces(places, values) == []
    blobs = [(name, data) for name, data in files_under(house.desk.config.blobs.folder)]
    assert len(blobs) >= len(raws)
    assert plain_runs(raws, blobs) == []


def test_what_is_planted_is_in_the_mails(texts: list[Labelled]) -> None:
    """Else the test above would look for what never was there."""
    for number, text in enumerate(texts):
        parsed = message_from_bytes(mail(text, number), policy=policy.default)
        told = str(parsed["Subject"]) + "".join(
            (part.get_content() if part.get_content_maintype() == "text" else "")
            + (part.get_filename() or "")
            for part in parsed.walk()
            if not part.is_multipart()
        )
        if text.channel in ("text", "file") and text.kind not in ("otp", "mnemonic"):
            assert any(value.split("\n")[0] in told for value in needles(text)), text
