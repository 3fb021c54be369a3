"""The demo's mail servers: they serve, and they are gone when their parent is."""

import os
import signal
import smtplib
import subprocess
import sys
import time
from pathlib import Path

import pytest

from worker.demo.player import Letterbox, Postman
from worker.demo.servers import HOST, serving

pytestmark = pytest.mark.slow
ANSWER = (
    b"From: support@exchange.example\r\nTo: li.wei@mail.example\r\nSubject: Hello\r\n"
    b"Message-ID: <a@exchange.example>\r\nIn-Reply-To: <q@mail.example>\r\n\r\nDear Li Wei\r\n"
)
PARENT = """
import sys, time
from pathlib import Path
from worker.demo.servers import serving
with serving(Path(sys.argv[1]), password="secret") as servers:
    print(servers.imap_port, flush=True)
    time.sleep(60)
"""


def test_mail_is_delivered_and_answers_are_found_by_what_they_answer(tmp_path: Path) -> None:
    with serving(tmp_path, password="secret") as servers:
        postman = Postman(servers.imap_port, "secret")
        first = postman.deliver(b"Subject: one\r\n\r\nhello\r\n")
        assert postman.deliver(b"Subject: two\r\n\r\nhello\r\n") == first + 1
        postman.close()
        with smtplib.SMTP(HOST, servers.smtp_port) as smtp:
            smtp.sendmail("", ["li.wei@mail.example"], ANSWER)
        found = Letterbox(servers.sent).answers()["q@mail.example"]
    assert found.message_id == "<a@exchange.example>"
    assert found.text.strip() == "Dear Li Wei"


def test_servers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        children = _children_of(parent.pid)
        parent.send_signal(signal.SIGKILL)
    assert len(children) == 2
    deadline = time.monotonic() + 20
    while any(_is_alive(child) for child in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(_is_alive(child) for child in children)


def _children_of(pid: int) -> list[int]:
    told = Path(f"/proc/{pid}/task/{pid}/children")
    if not told.exists():
        pytest.skip("this system does not tell of children")
    return [int(child) for child in told.read_text("ascii").split()]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A child whose new parent has not asked for it yet is dead, too.
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text("utf-8")
