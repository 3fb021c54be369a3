"""A desk with some history, for what operators see and do; on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import a_mail
from tests.pipeline.house import House
from worker.adapters.children import Unreadable
from worker.adapters.render import Templates

BOTH = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgresql", id="postgresql", marks=pytest.mark.postgres),
]


@pytest.fixture(params=BOTH)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """An empty desk."""
    url = request.getfixturevalue("postgres_url") if request.param != "sqlite" else None
    templates = Templates(None, default_language="en", link_hosts=("desk.example",))
    house = House(tmp_path, url, templates, limits={"parse_processes": 1, "attempts": 1})
    yield house
    house.desk.close()


@pytest.fixture
def number(house: House) -> str:
    """The number of the only ticket; its answer is sent."""
    (outcome,) = house.take(a_mail())
    house.deliver()
    assert outcome.number is not None
    return outcome.number


@pytest.fixture
def newsletter(house: House) -> str:
    """The id of a mail that was screened out."""
    (outcome,) = house.take(
        a_mail(
            "Ten tips.\n",
            sender="News <news@list.example>",
            subject="Our password: hunter2hunter2 week",
            message_id="news@list.example",
            fields={"List-Id": "<list.example>"},
        )
    )
    return str(outcome.inbound_id)


@pytest.fixture
def dead_mail(house: House) -> str:
    """The id of a mail that no child process survived."""
    house.reader.alter = lambda _: Unreadable("crashed", "killed by signal 11")
    (outcome,) = house.take(a_mail("Poison.\n", subject="Poison", message_id="p@x.example"))
    house.reader.alter = lambda reading: reading
    return str(outcome.inbound_id)
