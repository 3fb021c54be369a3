"""Leases, cursors and gaps."""

from datetime import timedelta

import pytest

from tests.builders import NOON
from tests.store.ledger import Ledger
from worker.store import mailboxes
from worker.store.ids import Ids
from worker.store.mailboxes import Epoch, Gap
from worker.store.session import Database

MINUTE = timedelta(minutes=1)


def open_epoch(
    ledger: Ledger, *, folder: str = "INBOX", uidvalidity: int = 7, uidnext: int = 9
) -> Epoch:
    with ledger.database.write() as tx:
        return mailboxes.open_epoch(
            tx,
            ledger.mailbox_id,
            folder=folder,
            uidvalidity=uidvalidity,
            uidnext=uidnext,
            now=NOON,
            ids=ledger.ids,
        )


def take(ledger: Ledger, owner: str, *, minutes: int = 0) -> int | None:
    now = NOON + minutes * MINUTE
    with ledger.database.write() as tx:
        return mailboxes.take_lease(
            tx, ledger.mailbox_id, owner=owner, now=now, until=now + MINUTE
        )


def holds(ledger: Ledger, owner: str, epoch: int) -> bool:
    with ledger.database.write() as tx:
        return mailboxes.holds_lease(tx, ledger.mailbox_id, owner=owner, epoch=epoch)


def test_a_mailbox_keeps_its_id(database: Database, ids: Ids) -> None:
    with database.write() as tx:
        first = mailboxes.register(tx, "support", now=NOON, ids=ids)
    with database.write() as tx:
        assert mailboxes.register(tx, "support", now=NOON, ids=ids) == first
        assert mailboxes.register(tx, "sales", now=NOON, ids=ids) != first


def test_a_folder_keeps_its_epoch_while_uidvalidity_stays(ledger: Ledger) -> None:
    again = open_epoch(ledger)

    assert (again.id, again.is_new) == (ledger.epoch_id, False)


def test_a_new_uidvalidity_begins_a_new_epoch(ledger: Ledger) -> None:
    found = open_epoch(ledger, uidvalidity=8)

    assert found.is_new
    assert found.id != ledger.epoch_id
    assert found.cursor == 0


def test_only_the_first_epoch_of_a_folder_knows_its_first_uidnext(ledger: Ledger) -> None:
    assert open_epoch(ledger).first_uidnext == 1
    assert open_epoch(ledger, uidvalidity=8, uidnext=50).first_uidnext is None
    assert open_epoch(ledger, folder="Sent", uidnext=50).first_uidnext == 50


def test_a_free_lease_is_taken(ledger: Ledger) -> None:
    assert take(ledger, "worker-1") is not None


def test_renewing_a_lease_keeps_its_epoch(ledger: Ledger) -> None:
    first = take(ledger, "worker-1")

    assert take(ledger, "worker-1", minutes=5) == first


def test_a_held_lease_is_refused_to_others(ledger: Ledger) -> None:
    take(ledger, "worker-1")

    assert take(ledger, "worker-2") is None


def test_an_expired_lease_is_taken_over_under_a_higher_epoch(ledger: Ledger) -> None:
    first = take(ledger, "worker-1")
    second = take(ledger, "worker-2", minutes=2)

    assert first is not None
    assert second is not None
    assert second > first


def test_a_worker_that_slept_past_its_lease_holds_it_no_more(ledger: Ledger) -> None:
    first = take(ledger, "worker-1")
    second = take(ledger, "worker-2", minutes=2)

    assert first is not None
    assert second is not None
    assert not holds(ledger, "worker-1", first)
    assert holds(ledger, "worker-2", second)


def test_a_lease_of_an_earlier_epoch_of_the_same_worker_is_no_lease(ledger: Ledger) -> None:
    first = take(ledger, "worker-1")
    take(ledger, "worker-2", minutes=2)
    third = take(ledger, "worker-1", minutes=4)

    assert first is not None
    assert third is not None
    assert not holds(ledger, "worker-1", first)
    assert holds(ledger, "worker-1", third)


@pytest.mark.parametrize("owner", ["worker-1", None], ids=["its own", "all"])
def test_a_lease_given_back_is_free(ledger: Ledger, owner: str | None) -> None:
    take(ledger, "worker-1")
    with ledger.database.write() as tx:
        mailboxes.release_leases(tx, owner=owner)

    assert take(ledger, "worker-2") is not None


def test_giving_back_leaves_the_leases_of_others(ledger: Ledger) -> None:
    take(ledger, "worker-1")
    with ledger.database.write() as tx:
        mailboxes.release_leases(tx, owner="worker-2")

    assert take(ledger, "worker-2") is None


@pytest.mark.parametrize(("to", "ends"), [(12, 12), (10, 10), (3, 10)])
def test_the_cursor_moves_up_and_never_down(ledger: Ledger, to: int, ends: int) -> None:
    with ledger.database.write() as tx:
        mailboxes.advance(tx, ledger.epoch_id, cursor=10)
        mailboxes.advance(tx, ledger.epoch_id, cursor=to)

    assert open_epoch(ledger).cursor == ends


def note(ledger: Ledger, uid: int, *, attempts: int, minutes: int) -> None:
    with ledger.database.write() as tx:
        mailboxes.note_gap(
            tx,
            ledger.epoch_id,
            uid=uid,
            attempts=attempts,
            reason="refused",
            next_attempt_at=NOON + minutes * MINUTE,
        )


def due(ledger: Ledger, *, minutes: int = 0, limit: int = 10) -> list[Gap]:
    with ledger.database.read() as tx:
        now = NOON + minutes * MINUTE
        return list(mailboxes.due_gaps(tx, ledger.epoch_id, now=now, limit=limit))


def test_a_gap_is_due_when_its_time_has_come(ledger: Ledger) -> None:
    note(ledger, 5, attempts=1, minutes=10)
    note(ledger, 3, attempts=2, minutes=0)

    assert due(ledger) == [Gap(uid=3, attempts=2)]
    assert due(ledger, minutes=10) == [Gap(uid=3, attempts=2), Gap(uid=5, attempts=1)]
    assert due(ledger, minutes=10, limit=1) == [Gap(uid=3, attempts=2)]


def test_a_gap_noted_again_counts_its_attempts(ledger: Ledger) -> None:
    note(ledger, 5, attempts=1, minutes=0)
    note(ledger, 5, attempts=2, minutes=0)

    assert due(ledger) == [Gap(uid=5, attempts=2)]


def test_a_closed_gap_is_forgotten(ledger: Ledger) -> None:
    note(ledger, 5, attempts=1, minutes=0)
    note(ledger, 6, attempts=1, minutes=0)
    with ledger.database.write() as tx:
        mailboxes.close_gaps(tx, ledger.epoch_id, [5])
        mailboxes.close_gaps(tx, ledger.epoch_id, [])

    assert due(ledger) == [Gap(uid=6, attempts=1)]
