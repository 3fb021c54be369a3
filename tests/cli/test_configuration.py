"""`postclerk config` and `postclerk db` on real folders."""

import json
import stat
from pathlib import Path

from tests.cli.command import postclerk

SECRETS = {"SUPPORT_PASSWORD": "hunter2", "SMTP_PASSWORD": "hunter3"}


def test_init_writes_a_configuration_that_is_good_and_a_key(tmp_path: Path) -> None:
    done = postclerk("config", "init", tmp_path / "desk")

    config, key = tmp_path / "desk/config.yaml", tmp_path / "desk/postclerk.key"
    assert done.status == 0
    assert f"Wrote {config}" in done.out
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    shown = postclerk("config", "show", "--json", "--config", config, cwd=tmp_path, **SECRETS)
    assert json.loads(shown.out)["keys"] == {"file": str(key)}


def test_init_never_writes_over_something(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("mine\n")

    done = postclerk("config", "init", cwd=tmp_path)

    assert (done.status, "Wrote postclerk.key" in done.out) == (0, True)
    assert (tmp_path / "config.yaml").read_text() == "mine\n"
    again = postclerk("config", "init", cwd=tmp_path)
    assert again.status == 2
    assert "are there already" in again.err


def test_show_hides_every_secret(tmp_path: Path) -> None:
    postclerk("config", "init", cwd=tmp_path)

    for words in (["config", "show"], ["config", "show", "--json"]):
        done = postclerk(*words, cwd=tmp_path, **SECRETS)
        assert done.status == 0
        assert "***" in done.out
        assert "hunter" not in done.out


def test_database_is_made_and_then_current(tmp_path: Path) -> None:
    postclerk("config", "init", cwd=tmp_path)

    before = postclerk("db", "status", "--json", cwd=tmp_path, **SECRETS)
    made = postclerk("db", "upgrade", "--json", cwd=tmp_path, **SECRETS)
    after = postclerk("db", "status", "--json", cwd=tmp_path, **SECRETS)

    assert (before.status, made.status, after.status) == (1, 0, 0)
    assert json.loads(before.out)["exists"] is False
    assert not (tmp_path / "var/postclerk.db.gone").exists()
    assert json.loads(made.out)["before"] is None
    assert json.loads(after.out)["current"] is True


def test_database_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    postclerk("config", "init", cwd=tmp_path)
    (tmp_path / "var").write_text("a file")

    done = postclerk("db", "upgrade", cwd=tmp_path, **SECRETS)

    assert done.status == 2
    assert done.err.count("\n") == 1
    assert "cannot be written" in done.err


def test_export_without_a_database_is_one_good_check(tmp_path: Path) -> None:
    postclerk("config", "init", cwd=tmp_path)

    done = postclerk("export", cwd=tmp_path, **SECRETS)

    assert (done.status, done.out) == (
        0,
        '{"type": "check", "integrity": "ok", "database": null}\n',
    )
    assert not (tmp_path / "var").exists()
