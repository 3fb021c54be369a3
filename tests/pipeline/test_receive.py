"""The poll: what enters the ledger, when the server is told, and where the cursor stands."""

from datetime import timedelta

import pytest

from tests.builders import NOON, a_desk, a_mail, a_mailbox
from tests.pipeline.conftest import Build
from tests.pipeline.house import House
from worker.errors import Temporary
from worker.pipeline.receive import GAP_TRIES, LeaseLost, poll_once


def numbered(count: int, first: int = 1) -> list[bytes]:
    return [
        a_mail(message_id=f"{number}@customer.example")
        for number in range(first, first + count)
    ]


def uids(house: House) -> list[int]:
    return [row["uid"] for row in house.rows("inbound")]


def cursor(house: House) -> int:
    found: int = house.rows("epochs")[-1]["cursor"]
    return found


def test_poll_keeps_the_bytes_notes_the_row_and_tells_the_server(house: House) -> None:
    raw = a_mail()
    house.folder.append(raw)
    polled = house.poll()
    row = house.row("inbound")
    assert (polled.received, row["uid"], row["state"]) == (1, 1, "received")
    assert house.desk.blobs.get(row["blob_key"]) == raw
    assert row["size_bytes"] == len(raw)
    assert row["internal_date"] == NOON
    assert house.folder.acknowledged == [1]
    assert row["acknowledged_at"] == NOON


def test_second_poll_fetches_nothing_again(house: House) -> None:
    house.folder.append(*numbered(3))
    house.poll()
    assert house.poll().received == 0
    assert house.folder.fetched == [1, 2, 3]
    assert house.folder.acknowledged == [1, 2, 3]


def test_only_a_poll_that_asked_nothing_may_be_followed_by_waiting(house: House) -> None:
    assert house.poll().is_drained
    house.folder.append(a_mail())
    assert not house.poll().is_drained
    assert house.poll().is_drained


def test_server_is_told_nothing_before_the_commit(house: House) -> None:
    house.folder.append(a_mail())
    house.desk.ids.ensure(5000)
    house.folder.fails["fetch"] = Temporary("the network went away")
    with pytest.raises(Temporary):
        house.poll()
    assert house.folder.acknowledged == []
    assert house.rows("inbound") == []
    house.folder.fails.clear()
    house.poll()
    assert uids(house) == house.folder.acknowledged == [1]


def test_what_a_crash_left_untold_is_told_at_the_next_poll(house: House) -> None:
    house.folder.append(a_mail())
    house.folder.fails["acknowledge"] = Temporary("the network went away")
    with pytest.raises(Temporary):
        house.poll()
    assert uids(house) == [1]
    house.folder.fails.clear()
    house.poll()
    assert house.folder.acknowledged == [1]
    assert house.folder.fetched == [1]


def test_batches_end_by_count_and_by_bytes(build: Build) -> None:
    house = build(limits={"fetch_batch": 2, "fetch_batch_bytes": 1000, "parse_processes": 1})
    house.folder.append(*numbered(3), a_mail("x" * 70 + "\n" * 2000), *numbered(2, first=4))
    assert house.poll().received == 6
    assert uids(house) == [1, 2, 3, 4, 5, 6]


def test_cursor_stands_behind_what_is_in_the_ledger(house: House) -> None:
    house.folder.append(*numbered(3))
    house.poll()
    assert cursor(house) == 3
    house.folder.uidnext = 100
    house.folder.append(a_mail("later\n"))
    house.poll()
    assert cursor(house) == 100
    assert uids(house) == [1, 2, 3, 100]


def test_cursor_moves_over_expunged_mail(house: House) -> None:
    house.folder.uidnext = 50
    house.poll()
    assert cursor(house) == 49


def test_server_that_does_not_tell_uidnext_is_asked_for_everything_above(
    house: House,
) -> None:
    house.folder.tells_uidnext = False
    house.folder.append(*numbered(2))
    house.poll()
    house.folder.append(a_mail("later\n"))
    house.poll()
    assert uids(house) == [1, 2, 3]


def test_mail_that_vanishes_before_it_is_fetched_is_no_fault(house: House) -> None:
    house.folder.append(*numbered(2))
    listed = house.folder.list

    def list_and_lose(first: int, last: int) -> object:
        found = listed(first, last)
        house.folder.mails.pop(1, None)
        return found

    house.folder.list = list_and_lose  # type: ignore[method-assign,assignment]
    house.poll()
    assert uids(house) == [2]
    assert cursor(house) == 2


def test_mail_marked_deleted_is_kept_but_not_processed(house: House) -> None:
    house.folder.append(a_mail(), is_deleted=True)
    house.poll()
    house.process()
    assert house.states() == [("screened_out", "deleted_on_server")]


def test_mail_that_cannot_be_fetched_is_a_gap_and_does_not_hold_up_others(
    house: House,
) -> None:
    house.folder.append(*numbered(3))
    house.folder.refuses.add(2)
    house.poll()
    assert uids(house) == [1, 3]
    assert cursor(house) == 3
    assert [row["uid"] for row in house.rows("gaps")] == [2]


def test_gap_is_tried_again_later_and_filled(house: House) -> None:
    house.folder.append(*numbered(3))
    house.folder.refuses.add(2)
    house.poll()
    house.folder.refuses.clear()
    assert house.poll().received == 0
    house.clock.advance(seconds=30)
    assert house.poll().received == 1
    assert uids(house) == [1, 3, 2]
    assert house.rows("gaps") == []
    house.poll()
    assert sorted(house.folder.acknowledged) == [1, 2, 3]


def test_gap_that_is_never_filled_becomes_a_dead_letter(house: House) -> None:
    house.folder.append(a_mail())
    house.folder.refuses.add(1)
    for _ in range(GAP_TRIES):
        house.poll()
        house.clock.advance(hours=1)
    assert house.states() == [("dead", "unfetchable")]
    letter = house.row("dead_letters")
    assert (letter["reason"], letter["attempts"]) == ("unfetchable", GAP_TRIES)
    assert house.rows("gaps") == []
    assert house.folder.acknowledged == []


def test_gap_whose_mail_was_expunged_is_forgotten(house: House) -> None:
    house.folder.append(*numbered(2))
    house.folder.refuses.add(1)
    house.poll()
    del house.folder.mails[1]
    house.clock.advance(hours=1)
    house.poll()
    assert house.rows("gaps") == []
    assert uids(house) == [2]


def test_uidvalidity_change_reads_everything_again_as_copies(house: House) -> None:
    house.take(*numbered(2))
    house.folder.change_uidvalidity()
    house.take()
    assert [(row["uid"], row["state"]) for row in house.rows("inbound")] == [
        (1, "recorded"),
        (2, "recorded"),
        (1, "copy"),
        (2, "copy"),
    ]
    assert sorted(house.folder.acknowledged) == [1, 2]


def test_from_now_takes_nothing_that_lay_there(build: Build) -> None:
    house = build(mailboxes=[a_mailbox(first_run="from_now")])
    house.folder.append(*numbered(3), at=NOON - timedelta(hours=1))
    assert house.poll().received == 0
    house.folder.append(a_mail("new\n"), at=NOON)
    house.poll()
    assert uids(house) == [4]
    house.folder.change_uidvalidity()
    house.poll()
    assert len(house.rows("inbound")) == 2


def test_second_worker_does_not_poll_a_leased_mailbox(
    house: House, tmp_path: object, url: str | None
) -> None:
    house.folder.append(a_mail())
    house.poll()
    other = a_desk(house._place, url=url, clock=house.clock, worker="worker-other")
    with pytest.raises(LeaseLost):
        poll_once(other, house.mailbox, house.folder, on_received=lambda: None)
    house.clock.advance(seconds=61)
    poll_once(other, house.mailbox, house.folder, on_received=lambda: None)
    other.close()


def test_worker_that_slept_past_its_lease_writes_nothing(house: House, url: str | None) -> None:
    house.poll()
    house.folder.append(a_mail())
    other = a_desk(house._place, url=url, clock=house.clock, worker="worker-other")
    fetch = house.folder.fetch

    def fetch_slowly(wanted: object) -> object:
        house.folder.fetch = fetch  # type: ignore[method-assign]
        house.clock.advance(seconds=61)
        poll_once(other, house.mailbox, house.folder, on_received=lambda: None)
        return fetch(wanted)  # type: ignore[arg-type]

    house.folder.fetch = fetch_slowly  # type: ignore[method-assign,assignment]
    with pytest.raises(LeaseLost):
        house.poll()
    assert uids(house) == [1]
    other.close()


def test_blob_folder_that_cannot_be_written_acknowledges_nothing(house: House) -> None:
    house.folder.append(a_mail())
    key = house.desk.blobs._address(a_mail())  # type: ignore[attr-defined]
    blocked = house.desk.config.blobs.folder / key[0]
    blocked.write_bytes(b"in the way")
    with pytest.raises(Temporary, match="cannot be written"):
        house.poll()
    assert house.rows("inbound") == []
    assert house.folder.acknowledged == []
    blocked.unlink()
    house.poll()
    assert uids(house) == [1]


def test_rows_that_are_there_already_are_left_as_they_are(house: House) -> None:
    house.take(a_mail())
    house.execute("UPDATE epochs SET cursor = 0")
    house.take()
    assert house.states() == [("recorded", "opened")]
