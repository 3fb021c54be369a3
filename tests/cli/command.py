"""Runs the real command line: in this process, or in one of its own where that matters."""

import contextlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import structlog
from typer.testing import CliRunner

from worker.cli import app

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Done:
    status: int
    out: str
    err: str


def postclerk(*words: str | Path, cwd: Path | None = None, **environ: str) -> Done:
    """Run `postclerk` with these words; POSTCLERK_CONFIG is unset unless given.

    An error that the command line does not turn into a line is raised here.
    """
    env: dict[str, str | None] = {"POSTCLERK_CONFIG": None, **environ}
    with contextlib.chdir(cwd or Path()):
        done = CliRunner().invoke(app, [str(word) for word in words], env=env)
    structlog.reset_defaults()  # the log wrote to a stream of this run
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(done.exit_code, done.stdout, done.stderr)


def postclerk_process(*words: str | Path, cwd: Path | None = None, **environ: str) -> Done:
    """Run `postclerk` in a process of its own."""
    env = {k: v for k, v in os.environ.items() if k != "POSTCLERK_CONFIG"} | environ
    env["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(
        [sys.executable, "-m", "worker", *map(str, words)],
        cwd=cwd,
        env=env,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)
