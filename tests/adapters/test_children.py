"""The functions here run in child processes: they have to be importable by name."""

import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from worker.adapters.children import CHUNK_MAILS, Children, Unreadable

HOSTILE = b"hostile"
Make = Callable[..., Children[bytes]]


def turned_round(raws: list[bytes]) -> list[bytes]:
    return [raw[::-1] for raw in raws]


def fussy(raws: list[bytes]) -> list[bytes]:
    if HOSTILE in raws:
        raise ValueError("cannot read this")
    return turned_round(raws)


def deadly(raws: list[bytes]) -> list[bytes]:
    if HOSTILE in raws:
        os._exit(139)
    return turned_round(raws)


def endless(raws: list[bytes]) -> list[bytes]:
    while HOSTILE in raws:
        time.sleep(1)
    return turned_round(raws)


def greedy(raws: list[bytes]) -> list[bytes]:
    hoard = [bytearray(10**9) for raw in raws if raw == HOSTILE for _ in range(20)]
    return turned_round(raws) if not hoard else []


def whoami(raws: list[bytes]) -> list[bytes]:
    return [str(os.getpid()).encode() for _ in raws]


@pytest.fixture
def children() -> Iterator[Make]:
    made: list[Children[bytes]] = []

    def make(function: Callable[[list[bytes]], list[bytes]], seconds: float = 20.0) -> object:
        made.append(
            Children(
                function,
                processes=1,
                time_limit=timedelta(seconds=seconds),
                memory_limit=2 * 10**9,
                preload=(),
            )
        )
        return made[-1]

    yield make  # type: ignore[misc]
    for one in made:
        one.close()


def test_each_mail_has_one_result_in_order(children: Make) -> None:
    raws = [str(number).encode() for number in range(3 * CHUNK_MAILS + 1)]
    assert children(turned_round).begin(raws)() == turned_round(raws)


def test_nothing_to_read_gives_nothing(children: Make) -> None:
    assert children(turned_round).begin([])() == []


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        pytest.param(fussy, "error", id="raises"),
        pytest.param(deadly, "crash", id="dies"),
        pytest.param(endless, "timeout", id="never ends"),
        pytest.param(greedy, "out_of_memory", id="takes all memory"),
    ],
)
def test_hostile_mail_harms_none_beside_it(
    children: Make, function: Callable[[list[bytes]], list[bytes]], reason: str
) -> None:
    seconds = 0.2 if reason == "timeout" else 20.0
    one, hostile, other = children(function, seconds).begin([b"one", HOSTILE, b"other"])()
    assert (one, other) == (b"eno", b"rehto")
    assert isinstance(hostile, Unreadable)
    assert hostile.reason == reason


def test_two_batches_may_be_under_way_at_once(children: Make) -> None:
    pool = children(turned_round)
    first, second = pool.begin([b"one"]), pool.begin([b"other"])
    assert second() == [b"rehto"]
    assert first() == [b"eno"]


def test_rested_children_come_back_with_the_next_mail(children: Make) -> None:
    pool = children(whoami)
    (before,) = pool.begin([b"mail"])()
    pool.rest()
    (after,) = pool.begin([b"mail"])()
    assert before != after


def test_children_end_with_a_parent_that_is_killed() -> None:
    program = (
        "import os, signal\n"
        "from datetime import timedelta\n"
        "from tests.adapters.test_children import whoami\n"
        "from worker.adapters.children import Children\n"
        "if __name__ == '__main__':\n"
        "    pool = Children(whoami, processes=1, time_limit=timedelta(seconds=20),\n"
        "                    memory_limit=2 * 10**9, preload=())\n"
        "    print(pool.begin([b'mail'])()[0].decode(), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    child = int(done.stdout)
    give_up = time.monotonic() + 10
    while _lives(child):
        assert time.monotonic() < give_up, "the child outlives its parent"
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    """Tell whether a process runs; one that only waits to be reaped does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_limit_of_memory_holds_in_the_child_only(children: Make) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    children(turned_round).begin([b"mail"])()
    assert resource.getrlimit(resource.RLIMIT_AS) == before
    assert ctypes.sizeof(ctypes.c_void_p) == 8


def test_mail_larger_than_the_memory_is_named_and_holds_nobody_up() -> None:
    one = Children(
        turned_round,
        processes=2,
        time_limit=timedelta(seconds=20),
        memory_limit=100 * 10**6,
        preload=(),
    )
    try:
        large, small = one.begin([b"x" * 200 * 10**6, b"small"])()
    finally:
        one.close()

    assert isinstance(large, Unreadable)
    assert large.reason == "out_of_memory"
    assert small == b"llams"
