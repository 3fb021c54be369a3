"""What happens to a mail, and to those beside it, when something fails."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import a_mail
from tests.pipeline.conftest import Build
from tests.pipeline.house import House
from worker.adapters.children import Unreadable
from worker.domain.message import Attachment
from worker.errors import Temporary
from worker.pipeline import process
from worker.pipeline.read import Reading

LONE_SURROGATE = "\ud800"
"""No database takes it; the parser never lets it pass."""


def numbered(count: int) -> list[bytes]:
    return [
        a_mail(
            f"Matter {number}: " + chr(97 + number) * 60 + "\n",
            sender=f"customer{number}@customer{number}.example",
            subject=f"Matter {number}",
            message_id=f"{number}@customer.example",
        )
        for number in range(count)
    ]


def unreadable_where(subject: str, reason: str = "timeout") -> Callable[..., object]:
    def alter(reading: Reading) -> Reading | Unreadable:
        return Unreadable(reason, "a test") if reading.message.subject == subject else reading

    return alter


def undecidable_where(subject: str) -> Callable[..., object]:
    def alter(reading: Reading) -> Reading:
        if reading.message.subject != subject:
            return reading
        return replace(reading, message=replace(reading.message, subject=LONE_SURROGATE))

    return alter


def waits(house: House) -> list[timedelta]:
    """How long each waiting row still has to wait."""
    return [
        row["next_attempt_at"] - house.clock()
        for row in house.rows("inbound")
        if row["next_attempt_at"]
    ]


@pytest.mark.parametrize("spoil", [unreadable_where, undecidable_where])
def test_one_bad_mail_does_not_hold_up_the_others(
    house: House, spoil: Callable[[str], Callable[..., object]]
) -> None:
    house.reader.alter = spoil("Matter 2")  # type: ignore[assignment]
    house.take(*numbered(5))
    states = [state for state, _ in house.states()]
    assert states == ["recorded", "recorded", "received", "recorded", "recorded"]
    assert len(house.rows("tickets")) == len(house.rows("answers")) == 4


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (unreadable_where, "timeout"),
        (undecidable_where, "undecidable"),
    ],
)
def test_bad_mail_is_tried_again_and_then_buried(
    house: House, spoil: Callable[[str], Callable[..., object]], reason: str
) -> None:
    house.reader.alter = spoil("Where is my deposit?")  # type: ignore[assignment]
    house.take(a_mail())
    assert waits(house) == [process.RETRY_FIRST]
    assert house.process() == []
    house.clock.advance(seconds=10)
    assert house.process() == []
    assert waits(house) == [2 * process.RETRY_FIRST]
    house.clock.advance(seconds=20)
    (outcome,) = house.process()
    assert (outcome.state, outcome.reason) == ("dead", reason)
    assert house.states() == [("dead", reason)]
    letter = house.row("dead_letters")
    assert (letter["reason"], letter["attempts"]) == (reason, 3)
    assert letter["detail"]
    assert house.rows("tickets") == []


def test_bad_mail_that_becomes_readable_is_recorded_as_if_nothing_had_been(
    house: House,
) -> None:
    house.reader.alter = unreadable_where("Where is my deposit?")  # type: ignore[assignment]
    house.take(a_mail())
    house.reader.alter = lambda reading: reading
    house.clock.advance(seconds=10)
    house.process()
    assert house.states() == [("recorded", "opened")]
    assert house.rows("dead_letters") == []


def test_raw_mail_that_is_gone_is_buried_at_once(house: House) -> None:
    house.folder.append(a_mail())
    house.poll()
    house.desk.blobs.delete(house.row("inbound")["blob_key"])
    house.process()
    assert house.states() == [("dead", "blob_missing")]


def test_rows_in_flight_when_a_worker_dies_are_processed_alone(house: House) -> None:
    house.folder.append(*numbered(4))
    house.poll()
    process.claim(house.desk, house.reader, suspects=False)
    house.folder.append(*numbered(6)[4:])
    house.poll()
    recover(house)
    house.process()
    assert house.reader.batches == [2, 1, 1, 1, 1]
    assert [state for state, _ in house.states()] == ["recorded"] * 6
    assert [row["attempts"] for row in house.rows("inbound")] == [1] * 6


def test_suspect_is_buried_after_five_crashes_alone(house: House) -> None:
    house.folder.append(a_mail())
    house.poll()
    for crash in range(process.MAX_CRASHES):
        assert process.claim(house.desk, house.reader, suspects=crash > 0) is not None
        recover(house)
    assert house.row("inbound")["crashes"] == process.MAX_CRASHES
    house.process()
    assert house.states() == [("dead", "crashed_worker")]
    assert house.row("dead_letters")["reason"] == "crashed_worker"


def test_healthy_suspects_behind_a_hopeless_one_are_processed_in_the_same_run(
    house: House,
) -> None:
    house.folder.append(*numbered(3))
    house.poll()
    process.claim(house.desk, house.reader, suspects=False)
    recover(house)
    first = house.rows("inbound")[0]["id"]
    house.execute(f"UPDATE inbound SET crashes = 6 WHERE id = {first}")
    house.process()
    assert [state for state, _ in house.states()] == ["dead", "recorded", "recorded"]


def recover(house: House) -> None:
    """Let another worker start after the last one died, as daemon/wiring.py does."""
    from worker.store import inbound

    dead = house.desk.worker
    house.hire()
    with house.desk.database.write() as tx:
        inbound.recover(tx, workers=[dead])


def test_worker_that_lost_its_rows_writes_nothing(house: House) -> None:
    house.folder.append(a_mail())
    house.poll()
    batch = process.claim(house.desk, house.reader, suspects=False)
    assert batch is not None
    slow = house.desk
    with slow.database.write() as tx:
        from worker.store import inbound

        inbound.recover(tx, workers=[slow.worker])
    assert process.settle(slow, batch) == []
    assert house.rows("tickets") == []
    house.process()
    assert len(house.rows("tickets")) == 1


def test_database_that_is_away_costs_no_attempt(house: House) -> None:
    house.folder.append(*numbered(3))
    house.poll()
    batch = process.claim(house.desk, house.reader, suspects=False)
    assert batch is not None
    house.desk.ids.ensure(5000)
    with house.broken_database():
        if house.desk.database.is_sqlite:
            with pytest.raises(Temporary):
                process.settle(house.desk, batch)
        else:  # a lost connection fails the batch once; mail by mail it goes well
            process.settle(house.desk, batch)
    process.give_back(house.desk)
    house.process()
    assert [state for state, _ in house.states()] == ["recorded"] * 3
    assert {row["attempts"] for row in house.rows("inbound")} == {1}
    assert len(house.rows("answers")) == 3


def test_attempts_are_counted_before_reading_begins(build: Build) -> None:
    house = build(limits={"attempts": 1, "parse_processes": 1})
    house.reader.alter = unreadable_where("Where is my deposit?", "crash")  # type: ignore[assignment]
    house.take(a_mail())
    assert house.states() == [("dead", "crash")]


def test_mail_with_very_many_attachments_does_not_run_out_of_ids(house: House) -> None:
    many = tuple(
        Attachment(
            part=f"2.{number}",
            filename=f"{number}.txt",
            content_type="text/plain",
            size_bytes=1,
            sha256="00" * 32,
        )
        for number in range(3000)
    )
    house.reader.alter = lambda reading: replace(
        reading, message=replace(reading.message, attachments=many)
    )
    house.take(a_mail())
    assert house.states() == [("recorded", "opened")]
    assert len(house.rows("attachments")) == 3000
