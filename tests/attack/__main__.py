"""Delivers hostile mails to a real worker over a real Dovecot and judges what it did.

    python -m tests.attack FOLDER [--only A13,B05] [--json FILE]

FOLDER holds .eml files and expect.jsonl, one object a file (fields in tests/attack/judge.py).
Prints one line for each expectation that was missed, and a summary; exit status 1 when a mail
crashed the worker or one that must not be answered was answered.
"""

import argparse
import contextlib
import json
import sys
import tempfile
from pathlib import Path

from tests.attack.desk import AttackedDesk
from tests.attack.judge import Verdict, judge
from tests.servers.dovecot import run_dovecot
from tests.servers.smtp_sink import run_smtp_sink


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="ids of the cases, comma-separated")
    parser.add_argument("--json", type=Path, help="write the verdicts here as JSON lines")
    chosen = parser.parse_args()
    rows = [json.loads(line) for line in (chosen.folder / "expect.jsonl").open("rb")]
    only = set(filter(None, chosen.only.split(",")))
    rows = [row for row in rows if not only or row["id"] in only or row["category"] == "S"]
    with contextlib.ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="attack-")))
        dovecot = stack.enter_context(run_dovecot())
        sink = stack.enter_context(run_smtp_sink())
        desk = stack.enter_context(AttackedDesk.start(work, dovecot, sink))
        verdicts = []
        for number, row in enumerate(rows, 1):
            verdicts.append(judge(desk, chosen.folder, row))
            print(f"{number}/{len(rows)} {row['id']}", file=sys.stderr, flush=True)
    if chosen.json:
        chosen.json.write_text("".join(json.dumps(v.as_json()) + "\n" for v in verdicts))
    return _report(verdicts)


def _report(verdicts: list[Verdict]) -> int:
    checks: dict[str, list[bool]] = {}
    for verdict in verdicts:
        for name, is_held in verdict.checks:
            checks.setdefault(name, []).append(is_held)
        for miss in verdict.misses:
            print(f"{verdict.case}: {miss}")
    print()
    for name, held in sorted(checks.items()):
        print(f"{name:24} {sum(held)}/{len(held)}")
    grave = {"no_crash", "silence"}
    return int(any(not all(held) for name, held in checks.items() if name in grave))


if __name__ == "__main__":
    sys.exit(main())
