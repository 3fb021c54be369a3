"""A desk for a run: configuration, key and an empty folder for the database and the blobs."""

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.servers import Servers
from worker import keys

POSTCLERK = (sys.executable, "-m", "worker")


def set_up(
    folder: Path,
    servers: Servers,
    users: Sequence[str],
    *,
    idle: bool = False,
    first_run: str = "answer_all",
) -> Path:
    """Make the desk anew and return its configuration: every mail is answered, however old."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    keys.create(folder / "postclerk.key")
    mailboxes = [
        {
            "name": user,
            "address": f"{user}@desk.example",
            "host": servers.dovecot.host,
            "port": servers.dovecot.port,
            "tls": "insecure-plaintext",
            "username": user,
            "password": servers.dovecot.password,
            "after": {"action": "seen"},
            "first_run": first_run,
            "schedule": {"idle": idle},
        }
        for user in users
    ]
    no_caps = dict.fromkeys(
        ("per_address_hour", "per_address_day", "per_domain_hour", "overall_hour"), 0
    )
    config = {
        "desk": {"name": "Bench", "domain": "desk.example"},
        "mailboxes": mailboxes,
        "smtp": {"host": "127.0.0.1", "port": servers.sink.port, "tls": "insecure-plaintext"},
        "answers": {"max_age": 0, "caps": no_caps},
    }
    path = folder / "config.yaml"
    path.write_text(json.dumps(config, indent=1))  # JSON is YAML
    return path
