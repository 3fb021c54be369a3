"""Child processes that can be killed: one function over raw mails, limited in time and memory.

pebble runs them; they are forked from a clean server process that has everything imported, so
that a new one costs little and no lock of a thread is copied. They end with their parent, also
when that one is killed.
"""

import contextlib
import ctypes
import multiprocessing
import resource
import signal
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as CallTimeout
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from pebble import ProcessExpired, ProcessPool

from worker import log

CHUNK_MAILS = 8
CHUNK_BYTES = 2**20
GRACE_SECONDS = 30.0
"""Beyond the limits of a call and of the one before it, the pool itself must be stuck."""
PR_SET_PDEATHSIG = 1
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A mail on which the child died, ran out of time or memory, or raised."""

    reason: str
    """timeout, out_of_memory, crash or error."""
    detail: str


class Children(Generic[T]):
    """Runs `function(raws)`, one result a mail; a call that fails is repeated mail by mail."""

    def __init__(
        self,
        function: Callable[[list[bytes]], list[T]],
        *,
        processes: int,
        time_limit: timedelta,
        memory_limit: int,
        preload: Sequence[str],
    ) -> None:
        self._function = function
        self._processes = processes
        self._seconds = time_limit.total_seconds()
        self._memory_limit = memory_limit
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(preload))
        self._pool: ProcessPool | None = None

    def begin(self, raws: Sequence[bytes]) -> Callable[[], list[T | Unreadable]]:
        """Start reading; the returned function waits and gives one result a mail, in order."""
        chunks = list(_chunks(raws))
        calls = [(chunk, self._call(chunk)) for chunk in chunks]

        def finish() -> list[T | Unreadable]:
            results: list[T | Unreadable] = []
            for chunk, call in calls:
                results.extend(self._finish(chunk, call))
            return results

        return finish

    def rest(self) -> None:
        """End the children; the next call starts new ones. For quiet times."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()  # type: ignore[no-untyped-call]
            pool.join()

    def close(self) -> None:
        """End the children now."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]
            pool.join()

    def warm(self) -> Callable[[], None]:
        """Start the children before the first mail; the returned function waits for them."""
        calls = [self._call([]) for _ in range(self._processes)]

        def wait() -> None:
            for call in calls:
                self._finish([], call)

        return wait

    def _call(self, chunk: list[bytes]) -> "Future[list[T]]":
        try:
            return self._schedule(chunk)
        except RuntimeError:  # pebble's word for a pool that broke
            self._renew()
            return self._schedule(chunk)

    def _schedule(self, chunk: list[bytes]) -> "Future[list[T]]":
        if self._pool is None:
            self._pool = ProcessPool(
                max_workers=self._processes,
                max_tasks=0,
                initializer=_bind,
                context=self._context,
            )
        future: Future[list[T]] = self._pool.schedule(
            _within,
            args=(self._memory_limit, self._function, chunk),
            timeout=self._seconds,
        )
        return future

    def _finish(
        self, chunk: list[bytes], call: "Future[list[T]]", *, is_again: bool = False
    ) -> list[T | Unreadable]:
        try:
            return list(call.result(2 * self._seconds + GRACE_SECONDS))
        except (CallTimeout, ProcessExpired, MemoryError, Exception) as error:  # noqa: BLE001
            # Whatever a hostile mail brings about must not reach the mails beside it.
            if not call.done():
                # A child that was killed while it received wedges the pool: no mail's fault.
                self._renew()
                if not is_again:
                    return self._finish(chunk, self._call(chunk), is_again=True)
            if len(chunk) <= 1:
                return [_unreadable(error) for _ in chunk]
        return [result for raw in chunk for result in self._finish([raw], self._call([raw]))]

    def _renew(self) -> None:
        """Give a broken pool up."""
        log.warning("parser.restarted")
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]
            with contextlib.suppress(RuntimeError, CallTimeout):
                pool.join(5)


def _chunks(raws: Sequence[bytes]) -> Iterator[list[bytes]]:
    chunk: list[bytes] = []
    size = 0
    for raw in raws:
        if chunk and (len(chunk) >= CHUNK_MAILS or size + len(raw) > CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(raw)
        size += len(raw)
    if chunk:
        yield chunk


def _unreadable(error: BaseException) -> Unreadable:
    if isinstance(error, CallTimeout):
        return Unreadable("timeout", "Reading the mail took longer than limits.parse_time.")
    if isinstance(error, ProcessExpired):
        return Unreadable("crash", f"The reading process died (exit status {error.exitcode}).")
    if isinstance(error, MemoryError):
        return Unreadable(
            "out_of_memory", "Reading the mail took more than limits.parse_memory."
        )
    return Unreadable("error", without_words(error))


def without_words(error: BaseException) -> str:
    """Tell where an error arose, without its message: that may hold a mail's words."""
    frames = "".join(traceback.format_tb(error.__traceback__))[-4000:]
    return f"{frames}{type(error).__name__}"


def _bind() -> None:
    """Tie a new child to its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends it in order
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _within(
    memory_limit: int, function: Callable[[list[bytes]], list[T]], raws: list[bytes]
) -> list[T]:
    """Call within the limit on memory, and lift it again.

    A child that runs out of memory while a large mail comes in leaves half of it in the pipe
    that it shares with the others, and pebble waits for ever: so only reading is bounded.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    try:
        with contextlib.suppress(ValueError, OSError):
            if hard == resource.RLIM_INFINITY or memory_limit <= hard:
                resource.setrlimit(resource.RLIMIT_AS, (memory_limit, hard))
        return function(raws)
    finally:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
