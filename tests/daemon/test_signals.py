import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from worker.daemon.wiring import Signals

NUMBERS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.fixture
def signals() -> Iterator[Signals]:
    before = {number: signal.getsignal(number) for number in NUMBERS}
    found = Signals()
    yield found
    os.close(signal.set_wakeup_fd(-1))
    for number, handler in before.items():
        signal.signal(number, handler)


def tell(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_end_is_told_and_stays_told(signals: Signals, number: int) -> None:
    tell(number)
    signals.wait(20)
    signals.wait(0)
    assert signals.is_ending


def test_reload_wakes_once_and_is_no_end(signals: Signals) -> None:
    tell(signal.SIGHUP)
    began = time.monotonic()
    signals.wait(20)
    assert time.monotonic() - began < 20
    assert not signals.is_ending


def test_end_among_many_reloads_is_not_lost(signals: Signals) -> None:
    def storm() -> None:
        for number in [signal.SIGHUP] * 300 + [signal.SIGTERM] + [signal.SIGHUP] * 300:
            tell(number)

    sender = threading.Thread(target=storm)
    sender.start()
    while not signals.is_ending:
        signals.wait(20)
    sender.join()


def test_waiting_ends_by_itself(signals: Signals) -> None:
    signals.wait(0.01)
    assert not signals.is_ending
