"""A socket whose waits end at one moment."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from worker.adapters.deadline import Hangup, TimedStream, open_stream


@pytest.fixture
def ends() -> Iterator[tuple[TimedStream, socket.socket]]:
    ours, theirs = socket.socketpair()
    stream = TimedStream(ours)
    stream.expire_in(5)
    yield stream, theirs
    stream.close()
    theirs.close()


def test_lines_and_bytes_are_read_in_order(ends: tuple[TimedStream, socket.socket]) -> None:
    stream, theirs = ends
    theirs.sendall(b"one\r\n12345two\n")
    assert (stream.readline(99), stream.read(5), stream.readline(99)) == (
        b"one\r\n",
        b"12345",
        b"two\n",
    )


def test_drip_ends_at_the_moment_that_was_set(ends: tuple[TimedStream, socket.socket]) -> None:
    stream, theirs = ends
    is_over = threading.Event()

    def drip() -> None:
        while not is_over.wait(0.02):
            theirs.sendall(b".")

    dripping = threading.Thread(target=drip)
    dripping.start()
    stream.expire_in(0.2)
    with pytest.raises(TimeoutError):
        stream.readline(1_000)
    is_over.set()
    dripping.join()
    assert stream.has_failed


def test_pause_that_is_too_long_ends_it_before_its_time(
    ends: tuple[TimedStream, socket.socket],
) -> None:
    stream, _ = ends
    begun = time.monotonic()
    stream.expire_in(60, silence=0.05)
    with pytest.raises(TimeoutError):
        stream.read(1)
    assert time.monotonic() - begun < 30


def test_line_without_end_is_refused(ends: tuple[TimedStream, socket.socket]) -> None:
    stream, theirs = ends
    theirs.sendall(b"x" * 200)
    with pytest.raises(ValueError, match="more than 100 bytes"):
        stream.readline(100)


def test_hangup_is_told_apart_from_silence(ends: tuple[TimedStream, socket.socket]) -> None:
    stream, theirs = ends
    theirs.close()
    with pytest.raises(Hangup):
        stream.readline(99)


def test_peer_that_reads_nothing_does_not_block_for_ever(
    ends: tuple[TimedStream, socket.socket],
) -> None:
    stream, _ = ends
    stream.expire_in(0.1)
    with pytest.raises(TimeoutError):
        stream.send(b"x" * 10_000_000)


def test_wait_tells_the_server_from_the_alarm(ends: tuple[TimedStream, socket.socket]) -> None:
    stream, theirs = ends
    alarm, ear = socket.socketpair()
    with alarm, ear:
        assert not stream.wait(0)
        alarm.send(b"!")
        assert not stream.wait(5, wake=ear)
        theirs.send(b"news")
        assert stream.wait(5, wake=ear)


@pytest.mark.parametrize("host", ["", "a..b", "x" * 300, "nowhere.invalid"])
def test_name_that_leads_nowhere_is_an_os_error(host: str) -> None:
    with pytest.raises(OSError):
        open_stream(host, 1, seconds=5)
