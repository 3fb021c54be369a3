"""Two workers on one PostgreSQL: whatever they claim, together they decide as one would."""

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tests.builders import a_mail
from tests.pipeline.house import House
from worker.adapters.render import Templates
from worker.pipeline import process
from worker.pipeline.read import Reading

ROUNDS = int(os.environ.get("POSTCLERK_ROUNDS", "25"))
"""How often two workers meet over one submission; POSTCLERK_ROUNDS=500 for a long look."""
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
def test_two_copies_at_the_same_moment_make_one_ticket_every_time(
    workers: tuple[House, House], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "BATCH_MAILS", 1)
    both_hold_one = Barrier(2, timeout=30)

    def meet(reading: Reading) -> Reading:
        both_hold_one.wait()
        return reading

    one, other = workers
    one.reader.alter = other.reader.alter = meet
    matter = "My withdrawal of 4,000 USDT, order 771701988940781692, has not arrived.\n"
    for number in range(ROUNDS):
        sender, domain = f"c{number}@d{number}.example", f"d{number}.example"
        ids = (f"a@{domain}", f"{'a' if number % 2 else 'b'}@{domain}")  # a copy; a repeat
        one.folder.append(*(a_mail(matter, sender=sender, message_id=name) for name in ids))
        one.poll()
        process_together(one, other)
        opened = [row for row in one.rows("tickets") if row["requester"] == sender]
        assert len(opened) == 1, f"round {number}: {one.states()[-2:]}"
    states = Counter(state for state, _ in one.states())
    assert states == {"recorded": ROUNDS + (ROUNDS + 1) // 2, "copy": ROUNDS // 2}


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
