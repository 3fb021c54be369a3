"""django-helpdesk as a measure: installed into a venv of its own, set up as its manual says.

Its `get_email` stops for good at a mail that it cannot parse, so a small guard (take_in.py)
lets such a mail fail alone. Everything else is its own default.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.servers import Missing, Servers

HERE = Path(__file__).parent
NEEDED = ("django-helpdesk", "bs4", "nh3")


def install(folder: Path) -> None:
    """Make the venv, once; raises Missing when the packages cannot be had."""
    python = _python(folder)
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", python.parent.parent], check=True)
    known = subprocess.run([python, "-c", "import helpdesk"], capture_output=True)
    if known.returncode:
        done = subprocess.run(
            [python, "-m", "pip", "install", "-q", *NEEDED], capture_output=True, text=True
        )
        if done.returncode:
            raise Missing(f"django-helpdesk cannot be installed: {done.stderr[-400:]}")


def prepare(
    folder: Path, servers: Servers, *, user: str
) -> tuple[Sequence[str], dict[str, str]]:
    """Give it an empty database with one queue; returns command and environment."""
    state = folder / "helpdesk"
    environment = {
        "DJANGO_SETTINGS_MODULE": "desk_settings",
        "PYTHONPATH": str(HERE),
        "HELPDESK_STATE": str(state),
        "HELPDESK_IMAP": str(servers.dovecot.port),
        "HELPDESK_SMTP": str(servers.sink.port),
        "HELPDESK_USER": user,
        "HELPDESK_PASSWORD": servers.dovecot.password,
    }
    template, database = state / "template.sqlite3", state / "helpdesk.sqlite3"
    shutil.rmtree(state / "media", ignore_errors=True)
    (state / "media").mkdir(parents=True)
    database.unlink(missing_ok=True)
    program = [str(_python(folder)), str(HERE / "take_in.py")]
    subprocess.run(
        [*program, "prepare"], check=True, env={**os.environ, **environment}, cwd=folder
    )
    template.unlink(missing_ok=True)
    return program, environment


def _python(folder: Path) -> Path:
    return folder / "helpdesk-venv" / "bin" / "python"
