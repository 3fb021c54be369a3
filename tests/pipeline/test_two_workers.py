"""Two workers on one PostgreSQL: whatever they claim, together they decide as one would."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.builders import a_mail
from tests.pipeline.house import House
from worker.adapters.render import Templates
from worker.pipeline import process

SENDERS = [f"customer{number}@customer.example" for number in range(4)]


@pytest.fixture
def workers(
    tmp_path: Path, empty_postgres: str, templates: Templates
) -> Iterator[tuple[House, House]]:
    one, other = (House(tmp_path, empty_postgres, templates) for _ in range(2))
    other.hire()  # under a name of its own
    yield one, other
    one.desk.close()
    other.desk.close()


def process_together(*houses: House) -> None:
    """Process in turn and at once, a few mails a batch, until nothing is left."""
    with ThreadPoolExecutor(len(houses)) as threads:
        list(threads.map(lambda house: house.process(), houses))


@pytest.mark.postgres
def test_same_matter_told_to_both_makes_one_ticket_and_few_answers(
    workers: tuple[House, House], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "BATCH_MAILS", 3)
    one, other = workers
    mails = [
        a_mail(sender=SENDERS[number % 4], message_id=f"{number // 2}@customer.example")
        for number in range(48)
    ]
    one.folder.append(*mails, *mails[:12])
    one.poll()
    process_together(one, other)
    assert one.reader.batches
    assert other.reader.batches
    states = Counter(state for state, _ in one.states())
    assert states == {"recorded": 48, "copy": 12}
    assert sorted(row["requester"] for row in one.rows("tickets")) == SENDERS
    kinds = Counter(kind for kind, state, _ in one.answers() if state == "queued")
    assert kinds == {"received": 4, "duplicate": 4}


@pytest.mark.postgres
def test_each_answer_leaves_once(workers: tuple[House, House]) -> None:
    one, other = workers
    other.way_out = one.way_out
    other.hire()
    one.take(*(a_mail(sender=f"c{n}@d{n}.example", message_id=f"{n}@x") for n in range(20)))
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda house: house.deliver(), (one, other)))
    one.deliver()
    assert {row["state"] for row in one.rows("answers")} == {"sent"}
    assert len(one.way_out.sent) == 20
    assert len({sent.recipient for sent in one.way_out.sent}) == 20
