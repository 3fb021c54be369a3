"""Asks a program of the desk's for the tier of customers: JSON in, JSON out, no shell.

Its arguments are those of the configuration, always the same; the address comes on stdin. It is
asked once for each address of a batch, some at a time, and has a second. A failure means no
tier, is said once, and nobody else of the batch is asked about.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from worker import log
from worker.config import Lookup

AT_ONCE = 4
PATIENCE_SECONDS = 5.0
"""So long a batch waits in all; who was not asked about by then has no tier."""
LARGEST_OUTPUT = 64 * 1024
LONGEST_TIER = 40


class LookupFailed(Exception):
    """The program gave no tier and did not say that there is none; the sentence tells why."""


class CustomerLookup:
    """The Customers of worker/context.py; one thread uses it."""

    def __init__(self, settings: Lookup) -> None:
        """settings: with a command."""
        self._argv = list(settings.command)
        self._seconds = settings.timeout.total_seconds()
        self._is_failing = False

    def tiers(self, addresses: Sequence[str]) -> dict[str, str]:
        """Give the tier of each address that has one. Raises nothing."""
        until = time.monotonic() + PATIENCE_SECONDS
        broken = threading.Event()

        def look_up(address: str) -> str | None:
            if broken.is_set() or time.monotonic() > until:
                return None
            try:
                found = self.ask(address)
            except LookupFailed as failure:
                broken.set()
                self._failed(str(failure))
                return None
            return found

        wanted = list(dict.fromkeys(addresses))
        if not wanted:
            return {}
        with ThreadPoolExecutor(AT_ONCE, "customer-lookup") as pool:
            found = dict(zip(wanted, pool.map(look_up, wanted), strict=True))
        if not broken.is_set() and self._is_failing:
            self._is_failing = False
            log.info("lookup.recovered")
        return {address: tier for address, tier in found.items() if tier is not None}

    def ask(self, address: str) -> str | None:
        """Ask about one address; raises LookupFailed."""
        facts = {"address": address, "domain": address.rpartition("@")[2]}
        output = _run(self._argv, json.dumps(facts).encode() + b"\n", seconds=self._seconds)
        try:
            told = json.loads(output)
        except (ValueError, RecursionError):
            raise LookupFailed(f"{self._argv[0]} printed no JSON") from None
        tier = told.get("tier", "") if isinstance(told, dict) else ""
        if tier is None:
            return None
        if not isinstance(tier, str) or not 0 < len(tier) <= LONGEST_TIER:
            raise LookupFailed(f'{self._argv[0]} must print {{"tier": "NAME"}} or null')
        if not tier.isprintable():
            raise LookupFailed(f"{self._argv[0]} printed a tier with control characters")
        return tier

    def _failed(self, reason: str) -> None:
        if not self._is_failing:
            self._is_failing = True
            log.warning("lookup.failed", reason=reason)


def probe(settings: Lookup) -> list[tuple[str, bool, str]]:
    """Ask about a made-up customer: (what, whether it is well, a sentence)."""
    try:
        tier = CustomerLookup(settings).ask("nobody@customer.invalid")
    except LookupFailed as failure:
        return [("tier", False, str(failure))]
    return [("tier", True, f"{settings.command[0]} finds a made-up customer {tier or 'plain'}")]


_FAREWELL = 0.5
"""Seconds in which a program that was ended must be gone."""


def _run(argv: list[str], told: bytes, *, seconds: float) -> bytes:
    """Run a program that reads `told`; raises LookupFailed when it fails or takes too long."""
    until = time.monotonic() + seconds
    try:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # so that what it starts can be ended with it
        )
    except OSError as error:
        raise LookupFailed(f"cannot run {argv[0]}: {error.strerror}") from None
    try:
        output = _converse(child, told, until)
        status = child.wait(max(0.0, until - time.monotonic()))
    except (TimeoutError, subprocess.TimeoutExpired):
        raise LookupFailed(f"{argv[0]} gave no answer within {seconds:g} s") from None
    finally:
        if child.returncode is None:
            # What runs as somebody else cannot be ended by us: it is left behind.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_FAREWELL)
    if status:
        raise LookupFailed(f"{argv[0]} ended with status {status}")
    return output


def _converse(child: "subprocess.Popen[bytes]", told: bytes, until: float) -> bytes:
    """Write `told`, read until the end; raises TimeoutError."""
    if child.stdin is None or child.stdout is None:
        return b""
    output = bytearray()
    with child.stdout as heard:
        with contextlib.suppress(BrokenPipeError), child.stdin as said:
            said.write(told)  # far less than a pipe holds
        poll = select.poll()
        poll.register(heard, select.POLLIN)
        while True:
            left = until - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                raise TimeoutError
            data = os.read(heard.fileno(), LARGEST_OUTPUT)
            if not data:
                return bytes(output)
            output += data
            if len(output) > LARGEST_OUTPUT:
                raise LookupFailed("it prints more than a tier")
