"""The whole demo, as a person runs it: its own process, real servers, the real worker."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.traces import files_under, plain_runs, traces
from worker.demo.mails import Sample, read_day
from worker.domain.judgement import Urgency
from worker.domain.secrets import NOTE, seal
from worker.rules import load
from worker.store import outcomes
from worker.store.outcomes import MailView
from worker.store.session import Database

pytestmark = [pytest.mark.live, pytest.mark.slow]
PLAN = read_day()
MEANING = {
    ("recorded", "opened"): "opened",
    ("recorded", "linked"): "linked",
    ("recorded", "merged"): "joined",
    ("recorded", "followed_up"): "joined",
}


@dataclass(frozen=True)
class Played:
    status: int
    output: str
    folder: Path
    views: dict[str, MailView]


def demo(*options: str) -> list[str]:
    return [sys.executable, "-m", "worker", "demo", "--plain", *options]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("demo")
    command = demo("--pace", "0", "--folder", str(folder))
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    database = Database(f"sqlite:///{folder}/postclerk.db")
    with database.read() as tx:
        found = outcomes.mails(tx)
    database.close()
    views = {sample.key: view for sample, view in zip(PLAN, found, strict=True)}
    return Played(done.returncode, done.stdout + done.stderr, folder, views)


def test_the_day_ends_well(played: Played) -> None:
    assert played.status == 0, played.output
    assert f"Mails: {len(PLAN)}" in played.output


@pytest.mark.parametrize("sample", PLAN, ids=lambda sample: sample.key)
def test_each_mail_becomes_what_it_should(played: Played, sample: Sample) -> None:
    view = played.views[sample.key]
    assert MEANING.get((view.state, view.reason or ""), view.state) == sample.expect


def secrets_of(text: str) -> list[str]:
    """What sealing takes out of a text."""
    kept = NOTE.split(seal(text, rules=load()).text)
    taken, at = [], len(kept[0])
    for part in kept[1:]:
        end = text.index(part, at) if part else len(text)
        taken.append(text[at:end])
        at = end + len(part)
    return taken


def test_no_secret_of_the_day_stays_readable(played: Played) -> None:
    told = {one for sample in PLAN for one in secrets_of(sample.text) if len(one) > 6}
    words = {" ".join(one.split()[at : at + 3]) for one in told for at in range(0, 10, 3)}
    kept = [
        *((name, data) for name, data in files_under(played.folder) if name != "password.txt"),
        ("output", played.output.encode()),
    ]
    assert told
    assert {name.partition("/")[0] for name, _ in kept} >= {"postclerk.db", "sent", "blobs"}
    assert traces(kept, sorted(told | {one for one in words if len(one) > 9})) == []


def test_no_line_of_a_mail_stands_in_the_blobs_in_the_clear(played: Played) -> None:
    texts = [sample.text.encode() for sample in PLAN]
    blobs = files_under(played.folder / "blobs")
    assert len(blobs) > 40
    assert plain_runs(texts, blobs) == []


def test_the_forged_mail_is_not_answered(played: Played) -> None:
    answer = played.views["peter-forged"].answer
    assert answer is not None
    assert (answer.state, answer.reason) == ("suppressed", "authentication_failed")


def test_the_theft_is_critical_though_its_words_are_calm(played: Played) -> None:
    assert played.views["chen-theft"].decision["urgency"] == "critical"


def test_a_reply_that_is_more_urgent_is_answered_again(played: Played) -> None:
    before, view = played.views["wang-kyc"], played.views["wang-theft"]
    urgencies = [Urgency(str(one.decision["urgency"])).rank for one in (before, view)]
    assert urgencies[0] < urgencies[1]
    assert view.answer is not None
    assert (view.answer.kind, view.answer.state) == ("follow_up", "sent")


def test_no_word_of_the_seed_phrase_is_readable(played: Played) -> None:
    words = next(one for one in PLAN if one.key == "zhou-seed").text.split("：")[1].split()
    assert played.views["zhou-seed"].decision["secrets"] == ["mnemonic"]
    phrase = " ".join(words[:3])
    kept = [path for path in played.folder.rglob("*") if path.is_file()]
    assert [path for path in kept if phrase.encode() in path.read_bytes()] == []
    assert phrase not in played.output


def test_everything_that_was_answered_was_sent_once(played: Played) -> None:
    sent = [
        view for view in played.views.values() if view.answer and view.answer.state == "sent"
    ]
    assert len(list((played.folder / "sent").glob("*.eml"))) == len(sent)


def test_the_next_command_works(played: Played) -> None:
    config = str(played.folder / "config.yaml")
    command = [sys.executable, "-m", "worker", "tickets", "list", "--config", config]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "提现一直显示处理中" in done.stdout


def test_a_day_that_is_broken_off_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    with subprocess.Popen(
        demo("--folder", str(folder)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        while "00:42" not in process.stdout.readline():
            assert process.poll() is None
        group = _children_of(process.pid)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert not folder.exists()
    deadline = time.monotonic() + 20
    while any(_exists(child) for child in group) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(_exists(child) for child in group)


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    done = subprocess.run(
        demo("--folder", str(tmp_path)), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "holds something else" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def _children_of(pid: int) -> list[int]:
    told = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in told.read_text("ascii").split()] if told.exists() else []


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text("utf-8")
