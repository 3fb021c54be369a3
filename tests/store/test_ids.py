"""Ids rise, are never handed out twice, and survive whatever happens to a transaction."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import insert

from worker.errors import Temporary
from worker.store.ids import Ids
from worker.store.schema import counters
from worker.store.session import Conflict, Database


def take(ids: Ids, count: int) -> list[int]:
    ids.ensure(count)
    return [ids.next() for _ in range(count)]


def test_ids_rise_and_start_above_zero(database: Database) -> None:
    taken = take(Ids(database), 50)

    assert taken == sorted(set(taken))
    assert taken[0] > 0


def test_two_workers_never_share_an_id(database: Database) -> None:
    workers = [Ids(database) for _ in range(4)]

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda ids: [take(ids, 7) for _ in range(10)], workers))

    every = [one for worker in taken for block in worker for one in block]
    assert len(set(every)) == len(every) == 4 * 10 * 7


def test_threads_of_one_worker_never_share_an_id(database: Database) -> None:
    ids = Ids(database)

    with ThreadPoolExecutor(4) as pool:
        taken = [one for block in pool.map(lambda _: take(ids, 100), range(4)) for one in block]

    assert len(set(taken)) == 400


def test_an_id_taken_in_a_transaction_that_fails_is_not_used_again(database: Database) -> None:
    ids = Ids(database)
    ids.ensure(1)
    lost = ids.next()
    with pytest.raises(Conflict), database.write() as tx:
        tx.execute(insert(counters).values(name="id", next=lost))

    assert lost not in take(ids, 20)


def test_ids_of_a_restarted_worker_are_higher(database: Database) -> None:
    before = take(Ids(database), 5)

    assert min(take(Ids(database), 5)) > max(before)


def test_running_out_of_ids_is_temporary(database: Database) -> None:
    with pytest.raises(Temporary):
        Ids(database).next()
