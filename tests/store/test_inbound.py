"""The ledger: what enters it, who may process it, and what becomes of it."""

from datetime import timedelta
from typing import Any

import pytest

from tests.builders import NOON
from tests.store.ledger import Ledger
from worker.domain.screening import InboundState
from worker.store import inbound
from worker.store.inbound import Settlement

MINUTE = timedelta(minutes=1)


def uids_of(ledger: Ledger, *uids: int) -> set[int]:
    with ledger.database.read() as tx:
        return inbound.known_uids(tx, ledger.epoch_id, uids)


def settle(ledger: Ledger, row_id: int, state: InboundState, **more: Any) -> None:
    with ledger.database.write() as tx:
        inbound.settle(tx, [Settlement(id=row_id, state=state, **more)])


def test_a_mail_enters_once_however_often_it_is_fetched(ledger: Ledger) -> None:
    first, *_ = ledger.add(1)
    ledger.add(1, size_bytes=999)

    assert uids_of(ledger, 1, 2) == {1}
    assert ledger.row(first)["size_bytes"] == 100


def test_mails_are_acknowledged_once_and_lowest_first(ledger: Ledger) -> None:
    ledger.add(3, 1, 2)
    with ledger.database.write() as tx:
        assert inbound.unacknowledged(tx, ledger.epoch_id, limit=2) == (1, 2)
        inbound.mark_acknowledged(tx, ledger.epoch_id, [1, 2], now=NOON)
        assert inbound.unacknowledged(tx, ledger.epoch_id, limit=2) == (3,)


def test_a_mail_without_bytes_is_never_acknowledged(ledger: Ledger) -> None:
    ledger.add(1, blob_key=None, sha256=None, state=InboundState.DEAD)
    with ledger.database.read() as tx:
        assert inbound.unacknowledged(tx, ledger.epoch_id, limit=2) == ()


def test_rows_are_claimed_oldest_first_and_once(ledger: Ledger) -> None:
    rows = ledger.add(5, 3, 4)

    assert [row.id for row in ledger.claim(limit=2)] == rows[:2]
    assert [row.id for row in ledger.claim()] == rows[2:]
    assert ledger.claim() == ()


def test_a_claim_tells_where_a_mail_comes_from_and_counts_its_attempt(ledger: Ledger) -> None:
    (row_id,) = ledger.add(1, is_old=True)
    (claimed,) = ledger.claim()

    assert (claimed.mailbox, claimed.mailbox_id) == ("support", ledger.mailbox_id)
    assert (claimed.attempts, claimed.is_old, claimed.blob_key) == (1, True, "blob-1")
    assert ledger.row(row_id)["claimed_by"] == "worker-1"


@pytest.mark.parametrize(
    ("budget", "taken"),
    [
        pytest.param(250, 2, id="ends before it is exceeded"),
        pytest.param(300, 3, id="fits exactly"),
        pytest.param(10, 1, id="holds at least one"),
    ],
)
def test_a_batch_keeps_to_its_bytes(ledger: Ledger, budget: int, taken: int) -> None:
    ledger.add(1, 2, 3)

    assert len(ledger.claim(max_bytes=budget)) == taken


def test_a_row_that_waits_is_claimed_when_its_time_has_come(ledger: Ledger) -> None:
    (row_id,) = ledger.add(1)
    ledger.claim()
    with ledger.database.write() as tx:
        inbound.release(tx, row_id, worker="worker-1", next_attempt_at=NOON + MINUTE)

    assert ledger.claim() == ()
    (again,) = ledger.claim(now=NOON + MINUTE)
    assert again.attempts == 2


def test_only_its_holder_may_give_a_row_back(ledger: Ledger) -> None:
    (row_id,) = ledger.add(1)
    ledger.claim()
    with ledger.database.write() as tx:
        inbound.release(tx, row_id, worker="worker-2", next_attempt_at=NOON)
        inbound.release_all(tx, worker="worker-2")

    assert ledger.states(row_id) == ["claimed"]


def test_rows_given_back_without_fault_lose_no_attempt(ledger: Ledger) -> None:
    rows = ledger.add(1, 2)
    ledger.claim()
    with ledger.database.write() as tx:
        inbound.release_all(tx, worker="worker-1")

    assert ledger.states(*rows) == ["received", "received"]
    assert [row.attempts for row in ledger.claim()] == [1, 1]


def test_a_worker_is_told_which_rows_it_still_holds(ledger: Ledger) -> None:
    mine, lost = ledger.add(1, 2)
    ledger.claim()
    settle(ledger, lost, InboundState.SCREENED_OUT)
    with ledger.database.write() as tx:
        assert inbound.held(tx, [mine, lost], worker="worker-1") == {mine}
        assert inbound.held(tx, [mine, lost], worker="worker-2") == set()


def test_an_outcome_is_written_whole(ledger: Ledger) -> None:
    first, second = ledger.add(1, 2)
    ledger.claim()
    settle(
        ledger,
        second,
        InboundState.COPY,
        reason="same_mail",
        copy_of=first,
        message_id="first@customer.example",
        content_digest=b"d" * 32,
    )
    row = ledger.row(second)

    assert (row["state"], row["reason"], row["copy_of"]) == ("copy", "same_mail", first)
    assert (row["claimed_by"], row["next_attempt_at"]) == (None, None)


def test_rows_of_dead_workers_come_back_as_suspects(ledger: Ledger) -> None:
    rows = ledger.add(1, 2)
    ledger.claim(worker="dead")
    with ledger.database.write() as tx:
        assert inbound.recover(tx, workers=["dead"]) == 2

    assert ledger.states(*rows) == ["received", "received"]
    assert ledger.claim() == ()
    (alone,) = ledger.claim(suspects=True)
    assert (alone.id, alone.crashes, alone.attempts) == (rows[0], 1, 1)


def test_rows_of_living_workers_are_left_alone(ledger: Ledger) -> None:
    (row_id,) = ledger.add(1)
    ledger.claim(worker="alive")
    with ledger.database.write() as tx:
        assert inbound.recover(tx, workers=["dead"]) == 0
        assert inbound.recover(tx, workers=[]) == 0

    assert ledger.states(row_id) == ["claimed"]


def test_where_only_one_worker_can_run_every_claim_is_recovered(ledger: Ledger) -> None:
    ledger.add(1)
    ledger.claim(worker="whoever")
    with ledger.database.write() as tx:
        assert inbound.recover(tx, workers=None) == 1


def test_a_clock_step_makes_every_waiting_row_due(ledger: Ledger) -> None:
    (row_id,) = ledger.add(1)
    ledger.claim()
    with ledger.database.write() as tx:
        inbound.release(tx, row_id, worker="worker-1", next_attempt_at=NOON + 99 * MINUTE)
        assert inbound.waiting(tx) == (1, NOON + 99 * MINUTE)
        inbound.make_due(tx)
        assert inbound.waiting(tx) == (1, None)

    assert len(ledger.claim()) == 1


def test_settled_rows_do_not_wait(ledger: Ledger) -> None:
    (row_id,) = ledger.add(1)
    settle(ledger, row_id, InboundState.RECORDED)
    with ledger.database.read() as tx:
        assert inbound.waiting(tx) == (0, None)


def test_mails_of_one_digest_are_found_oldest_first_without_the_copies(ledger: Ledger) -> None:
    first, second, copy = ledger.add(1, 2, 3)
    digest = b"d" * 32
    for row_id in (second, first):
        settle(ledger, row_id, InboundState.RECORDED, content_digest=digest)
    settle(ledger, copy, InboundState.COPY, content_digest=digest, copy_of=first)
    with ledger.database.read() as tx:
        found = inbound.with_digests(tx, [digest, b"e" * 32])
        assert inbound.with_digests(tx, []) == {}

    assert {key: [earlier.id for earlier in rows] for key, rows in found.items()} == {
        digest: [first, second]
    }


def test_a_mail_is_buried_once(ledger: Ledger) -> None:
    (row_id,) = ledger.add(1)
    with ledger.database.write() as tx:
        for letter_id, reason in ((900, "first"), (901, "second")):
            inbound.bury(
                tx,
                letter_id=letter_id,
                inbound_id=row_id,
                reason=reason,
                detail=None,
                attempts=3,
                now=NOON,
            )
        found = tx.exec_driver_sql("SELECT id, reason FROM dead_letters").all()

    assert [tuple(row) for row in found] == [(900, "first")]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
@pytest.mark.postgres
def test_two_workers_claim_different_rows_without_waiting(ledger: Ledger) -> None:
    rows = ledger.add(1, 2, 3, 4)

    with ledger.database.write() as slow:
        first = inbound.claim(slow, worker="one", now=NOON, limit=2, max_bytes=2**40)
        second = ledger.claim(worker="two", limit=2)  # while the first is not committed

    assert [row.id for row in first] == rows[:2]
    assert [row.id for row in second] == rows[2:]


def test_sender_with_many_in_line_lets_the_others_in(ledger: Ledger) -> None:
    flood = ledger.add(*range(1, 51), sender_key=1)
    (other,) = ledger.add(51, sender_key=2)
    taken = [row.id for row in ledger.claim(limit=21)]
    assert taken == [*flood[:20], other]
    assert [row.id for row in ledger.claim()] == flood[20:]


def test_sender_never_overtakes_himself(ledger: Ledger) -> None:
    first = ledger.add(*range(1, 31), sender_key=1)
    ledger.claim(limit=25)
    later = ledger.add(*range(31, 41), sender_key=1)
    assert [row.id for row in ledger.claim()] == [*first[25:], *later]


def test_claim_reads_the_line_in_its_order(ledger: Ledger) -> None:
    if not ledger.database.is_sqlite:
        return  # PostgreSQL plans by statistics; an empty table tells nothing
    query = (
        "EXPLAIN QUERY PLAN SELECT id FROM inbound WHERE state = 'received' "
        "AND state IN ('received', 'claimed') AND crashes = 0 ORDER BY turn, id LIMIT 100"
    )
    with ledger.database.read() as tx:
        plan = str(tx.exec_driver_sql(query).all())
    assert "inbound_by_turn" in plan
    assert "TEMP B-TREE" not in plan
