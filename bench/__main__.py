"""`python -m bench`: runs the measurements and prints their tables."""

import argparse
import dataclasses
import json
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench import corpus, found, idle, ingest, judging, latency, parsers, start, steps
from bench.servers import Missing, Servers, run_servers

WORK = Path(__file__).parent / "work"
NAMES = ("ingest", "latency", "idle", "steps", "start", "parse", "judging")
Rows = Sequence[Mapping[str, object]]
ALONE: dict[str, Callable[[], Rows]] = {
    "secrets": found.secrets_found,
    "identifiers": found.identifiers_found,
}
"""What needs neither servers nor a mailbox."""


def main() -> int:
    """Measure what is asked for."""
    told = _words().parse_args()
    WORK.mkdir(exist_ok=True)
    alone = {name: measure for name, measure in ALONE.items() if told.only in (None, name)}
    if told.only in ALONE:
        return _finish(told, {"machine": _machine(), **_measure_alone(told, alone)})
    mailbox = WORK / f"mails-{told.mails}-{told.seed}"
    facts = corpus.write(mailbox, mails=told.mails, seed=told.seed)
    kept: dict[str, object] = {"machine": _machine(), "corpus": facts}
    _say(told, "corpus", [facts])
    try:
        with run_servers(WORK) as servers:
            for name, measure in _measurements(told, servers, mailbox).items():
                if told.only in (None, name):
                    rows, kept[name] = measure()
                    _say(told, name, rows)
    except Missing as missing:
        print(f"bench: {missing}", file=sys.stderr)
        return 1
    return _finish(told, kept | _measure_alone(told, alone))


def _measure_alone(
    told: argparse.Namespace, measures: Mapping[str, Callable[[], Rows]]
) -> dict[str, object]:
    kept: dict[str, object] = {}
    for name, measure in measures.items():
        rows = measure()
        kept[name] = rows
        _say(told, name, rows)
    return kept


def _finish(told: argparse.Namespace, kept: Mapping[str, object]) -> int:
    text = json.dumps(kept, indent=1, default=str)
    (WORK / f"{told.only or 'all'}.json").write_text(text)
    if told.json:
        print(text)
    return 0


def _words() -> argparse.ArgumentParser:
    words = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure Postclerk on this machine; numbers also go to bench/work/.",
    )
    words.add_argument("--only", choices=(*NAMES, *ALONE), help="one measurement")
    words.add_argument("--mails", type=int, default=2000, help="mails of the mailbox")
    words.add_argument("--seed", type=int, default=1, help="which mailbox")
    words.add_argument("--runs", type=int, default=3, help="rounds of `ingest`; medians count")
    words.add_argument("--peers", action="store_true", help="run django-helpdesk, too")
    words.add_argument("--json", action="store_true", help="print JSON and no tables")
    return words


Measurement = Callable[[], tuple[Rows, object]]


def _measurements(
    told: argparse.Namespace, servers: Servers, mailbox: Path
) -> dict[str, Measurement]:
    def take_in() -> tuple[Rows, object]:
        runs = ingest.measure(servers, WORK, mailbox, runs=told.runs, with_peers=told.peers)
        rows = ingest.table(runs, mails=told.mails)
        outcomes = [run.outcomes for run in runs if run.outcomes][-1:]
        return [*rows, *outcomes], [dataclasses.asdict(run) for run in runs]

    def single(measure: Callable[[], dict[str, object]]) -> Measurement:
        def run() -> tuple[Rows, object]:
            facts = measure()
            return [facts], facts

        return run

    def by_step() -> tuple[Rows, object]:
        rows = steps.measure(servers, WORK, mailbox)
        return rows, rows

    def by_reader() -> tuple[Rows, object]:
        rows = parsers.measure(mailbox)
        return rows, rows

    def by_language() -> tuple[Rows, object]:
        rows = judging.measure()
        return rows, rows

    return {
        "ingest": take_in,
        "latency": single(lambda: latency.measure(servers, WORK, mails=60, a_second=5)),
        "idle": single(lambda: idle.measure(servers, WORK, seconds=20)),
        "steps": by_step,
        "start": single(start.measure),
        "parse": by_reader,
        "judging": by_language,
    }


def _machine() -> dict[str, object]:
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "load": os.getloadavg()[0],
    }


def _say(told: argparse.Namespace, name: str, rows: Rows) -> None:
    """Print rows with the same columns as one table; a lone row as pairs."""
    if told.json:
        return
    print(f"\n{name}")
    groups: list[list[Mapping[str, object]]] = []
    for row in rows:
        if groups and groups[-1][0].keys() == row.keys():
            groups[-1].append(row)
        else:
            groups.append([row])
    for group in groups:
        _table(group) if len(group) > 1 else _pairs(group[0])


def _table(rows: Rows) -> None:
    names = list(rows[0])
    lines = [names, *([str(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(names))]
    for line in lines:
        print("  " + "  ".join(w.ljust(n) for w, n in zip(line, widths, strict=True)).rstrip())


def _pairs(facts: Mapping[str, object]) -> None:
    for name, value in facts.items():
        print(f"  {name}: {value}")


if __name__ == "__main__":
    sys.exit(main())
