"""The desk's own program that knows customers: without a shell, bounded, never trusted."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from worker import log
from worker.adapters.customer_lookup import CustomerLookup, LookupFailed, probe
from worker.config import Lookup

ANN = "ann@fund.example"


@pytest.fixture
def events() -> Iterator[list[str]]:
    """What the log was told."""
    told: list[str] = []
    end = log.listen(lambda event, facts: told.append(event))
    yield told
    end()


def a_lookup(folder: Path, program: str, *, timeout: str = "3s") -> CustomerLookup:
    """A lookup by a Python program that notes each call in `folder`/calls."""
    return CustomerLookup(settings(folder, program, timeout=timeout))


def settings(folder: Path, program: str, *, timeout: str = "3s") -> Lookup:
    path = folder / "program.py"
    noting = f"import sys, json, os, time\nopen({str(folder / 'calls')!r}, 'a').write('x')\n"
    path.write_text(noting + program)
    return Lookup.model_validate(
        {"command": [sys.executable, "-S", "-I", str(path), "$HOME;"], "timeout": timeout}
    )


def calls(folder: Path) -> int:
    return len((folder / "calls").read_text())


def test_program_gets_the_address_as_json_and_its_tier_counts(tmp_path: Path) -> None:
    lookup = a_lookup(
        tmp_path,
        "told = json.load(sys.stdin)\n"
        "print(json.dumps({'tier': 'vip' if told['domain'] == 'fund.example' else None}))",
    )
    found = lookup.tiers([ANN, "bob@mail.example", "ann@fund.example"])
    assert found == {ANN: "vip"}
    assert calls(tmp_path) == 2, "each address once"


def test_arguments_reach_the_program_as_they_stand(tmp_path: Path) -> None:
    lookup = a_lookup(tmp_path, "print(json.dumps({'tier': sys.argv[1]}))")
    assert lookup.ask("x; rm -rf / @fund.example") == "$HOME;"


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("sys.exit(3)", id="status"),
        pytest.param("print('vip')", id="no JSON"),
        pytest.param("print('[]')", id="a list"),
        pytest.param("print('{}')", id="no tier"),
        pytest.param("print(json.dumps({'tier': 7}))", id="a number"),
        pytest.param("print(json.dumps({'tier': 'x' * 99}))", id="a long tier"),
        pytest.param("print(json.dumps({'tier': 'a\\nb'}))", id="two lines"),
        pytest.param("print('[' * 60000)", id="nested"),
        pytest.param("while True: print('x' * 9999)", id="without end"),
        pytest.param("os.close(0); os.close(1); time.sleep(9)", id="silent"),
    ],
)
def test_failure_is_no_tier_and_said_once(
    tmp_path: Path, events: list[str], program: str
) -> None:
    lookup = a_lookup(tmp_path, program, timeout="700ms")
    assert lookup.tiers([ANN]) == {}
    assert lookup.tiers([ANN]) == {}
    assert events == ["lookup.failed"]


def test_program_that_hangs_is_ended_in_time_with_all_that_it_started(tmp_path: Path) -> None:
    lookup = a_lookup(
        tmp_path,
        f"import subprocess\nsubprocess.Popen(['sleep', '30'])\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpgid(0)))\ntime.sleep(30)",
        timeout="1s",
    )
    begun = time.monotonic()
    with pytest.raises(LookupFailed, match="within 1 s"):
        lookup.ask(ANN)
    assert time.monotonic() - begun < 2
    group = int((tmp_path / "pid").read_text())
    left = [path for path in Path("/proc").glob("[0-9]*/stat") if _group(path) == group]
    assert left == []


def _group(path: Path) -> int | None:
    try:
        state, _, group = path.read_text().rpartition(")")[2].split()[:3]
    except OSError:
        return None
    return None if state == "Z" else int(group)


def test_after_a_failure_nobody_else_of_the_batch_is_asked_about(tmp_path: Path) -> None:
    lookup = a_lookup(tmp_path, "sys.exit(1)")
    assert lookup.tiers([f"c{n}@fund.example" for n in range(40)]) == {}
    assert calls(tmp_path) <= 8


def test_recovery_is_said(tmp_path: Path, events: list[str]) -> None:
    lookup = a_lookup(
        tmp_path,
        f"if os.path.exists({str(tmp_path / 'well')!r}): print(json.dumps({{'tier': 'vip'}}))",
    )
    lookup.tiers([ANN])
    (tmp_path / "well").touch()
    assert lookup.tiers([ANN]) == {ANN: "vip"}
    assert events == ["lookup.failed", "lookup.recovered"]


def test_program_that_is_not_there_is_a_failure(events: list[str]) -> None:
    lookup = CustomerLookup(Lookup(command=("/nowhere/tier-of",)))
    assert lookup.tiers([ANN]) == {}
    assert events == ["lookup.failed"]


def test_proof_asks_about_a_made_up_customer(tmp_path: Path) -> None:
    program = f"open({str(tmp_path / 'told')!r}, 'w').write(sys.stdin.read())\n"
    good = settings(tmp_path, program + "print(json.dumps({'tier': None}))")
    assert [ok for _, ok, _ in probe(good)] == [True]
    assert json.loads((tmp_path / "told").read_text())["address"] == "nobody@customer.invalid"
    assert [ok for _, ok, _ in probe(settings(tmp_path, "sys.exit(1)"))] == [False]
