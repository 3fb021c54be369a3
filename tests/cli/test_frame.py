"""The command line as a whole: help, options before and after the verb, errors, exit status."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from tests.cli.command import postclerk, postclerk_process
from worker.cli import app
from worker.cli.frame import actor, hoisted, ticket_number
from worker.domain import ticket_numbers

MINIMAL = "desk: {domain: desk.example}\nsmtp: {host: 127.0.0.1}\n"
NUMBER = ticket_numbers.make(bytes(range(1, 9)))
VERBS = [
    *("demo", "run", "once", "check", "import", "export", "parse", "classify", "simulate"),
    *("mailboxes", "doctor"),
    *(f"tickets {verb}" for verb in ("list", "show", "close", "reopen", "set")),
    *(f"tickets {verb}" for verb in ("merge", "split", "unlink")),
    *(f"incidents {verb}" for verb in ("list", "show", "open", "say", "close")),
    *(f"mail {verb}" for verb in ("list", "show", "unseal", "why", "reprocess", "block")),
    *(f"dead {verb}" for verb in ("list", "show", "retry", "discard", "save")),
    *(f"outbox {verb}" for verb in ("list", "show", "retry", "cancel")),
    *(f"templates {verb}" for verb in ("list", "lint", "preview")),
    *(f"rules {verb}" for verb in ("test", "preview", "learn", "learn-repeats", "models")),
    *(f"rules {verb}" for verb in ("publish", "rollback", "drift")),
    *("config show", "config init", "db upgrade", "db status"),
]
HEAVY = ("sqlalchemy", "mailparser", "pydantic", "jinja2", "rich.table", "yaml", "imapclient")


def there_are(command: object, before: str = "") -> Iterator[str]:
    for name, verb in getattr(command, "commands", {}).items():
        inside = list(there_are(verb, f"{before}{name} "))
        yield from inside or [f"{before}{name}"]


def test_every_verb_is_known_here() -> None:
    assert sorted(there_are(typer.main.get_command(app))) == sorted(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_each_verb_holds_an_example(verb: str) -> None:
    done = CliRunner().invoke(app, [*verb.split(), "--help"])

    assert done.exit_code == 0
    assert f"Example:\n    postclerk {verb}" in done.output
    assert "--config FILE" in done.output


@pytest.mark.parametrize(
    "verb", [verb for verb in VERBS if verb not in ("demo", "run", "export")]
)
def test_each_verb_that_prints_takes_both_spellings_of_json(verb: str) -> None:
    done = CliRunner().invoke(app, [*verb.split(), "--help"])

    assert "--json, --jsonl" in done.output


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys; sys.argv = ['postclerk', '--help']\n"
        "from worker.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print('LOADED', [name for name in {HEAVY!r} if name in sys.modules])\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout.endswith("LOADED []\n")


def test_version_is_told() -> None:
    done = postclerk_process("--version")

    assert (done.status, done.out.split()[0]) == (0, "postclerk")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["run", "--config", "x.yaml"], ["--config", "x.yaml", "run"]),
        (["mail", "list", "--config=x", "--json"], ["--config=x", "mail", "list", "--json"]),
        (["parse", "a", "--debug"], ["--debug", "parse", "a"]),
        (["parse", "--", "--config", "x"], ["parse", "--", "--config", "x"]),
        (["run", "--config"], ["--config", "run"]),
    ],
)
def test_options_for_every_verb_may_stand_after_it(
    words: list[str], expected: list[str]
) -> None:
    assert hoisted(words) == expected


@pytest.mark.parametrize("place", ["before", "after", "environment", "folder"])
def test_configuration_is_found(tmp_path: Path, place: str) -> None:
    name = "config.yaml" if place == "folder" else "desk.yaml"
    (tmp_path / name).write_text(MINIMAL)
    verb, option = ["config", "show", "--json"], ["--config", name]
    environ = {"POSTCLERK_CONFIG": name} if place == "environment" else {}
    words = {"before": [*option, *verb], "after": [*verb, *option]}.get(place, verb)

    done = postclerk(*words, cwd=tmp_path, **environ)

    assert done.status == 0, done.err
    assert '"domain": "desk.example"' in done.out


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        pytest.param(["nonsense"], 2, "No such command 'nonsense'", id="unknown-verb"),
        pytest.param(["tickets", "list", "--status", "lost"], 2, "'lost' is not", id="word"),
        pytest.param(["tickets", "set", NUMBER], 2, "say what to set", id="nothing-to-set"),
        pytest.param(["tickets", "show", "123"], 2, "is no ticket number", id="number"),
        pytest.param(["dead", "retry"], 2, "name dead letters", id="nothing-to-retry"),
        pytest.param(["mail", "block"], 2, "name an address or a domain", id="nobody-to-block"),
        pytest.param(["config", "show"], 2, "config.yaml: no such file", id="no-configuration"),
        pytest.param(["run"], 2, "config.yaml: no such file", id="run-without-configuration"),
        pytest.param(["parse", "gone.eml"], 2, "gone.eml: no such file", id="no-such-mail"),
        pytest.param(
            ["config", "show", "--config", "broken.yaml"],
            2,
            "broken.yaml:1:8: mapping values are not allowed here",
            id="no-yaml",
        ),
        pytest.param(
            ["config", "show", "--config", "typo.yaml"],
            2,
            'typo.yaml:1: dsek: unknown key; did you mean "desk"?',
            id="misspelt-key",
        ),
        pytest.param(
            ["run", "--config", "minimal.yaml"],
            2,
            "minimal.yaml:1: mailboxes: at least one is needed here",
            id="run-without-mailboxes",
        ),
        pytest.param(
            ["once", "--config", "minimal.yaml"],
            2,
            "minimal.yaml:1: mailboxes: at least one is needed here",
            id="once-without-mailboxes",
        ),
    ],
)
def test_fault_is_said_in_plain_words_with_its_status(
    tmp_path: Path, words: list[str], status: int, said: str
) -> None:
    (tmp_path / "broken.yaml").write_text("desk: x: y\n")
    (tmp_path / "typo.yaml").write_text(MINIMAL.replace("desk:", "dsek:", 1))
    (tmp_path / "minimal.yaml").write_text(MINIMAL)

    done = postclerk(*words, cwd=tmp_path)

    assert done.status == status, done.err
    assert said in done.err
    assert "Traceback" not in done.err
    assert done.out == ""


def test_debug_shows_where_an_error_arose(tmp_path: Path) -> None:
    done = postclerk_process("config", "show", "--debug", cwd=tmp_path)

    assert done.status == 2
    assert "Traceback" in done.err
    assert done.err.splitlines()[-1].startswith("config.yaml: no such file")


@pytest.mark.parametrize("form", ["{}", "#{}", "# {}", "＃{}"])
def test_ticket_number_is_read_however_it_is_typed(form: str) -> None:
    assert ticket_number(form.format(NUMBER)) == NUMBER
    assert ticket_number(form.format(NUMBER.lower().replace("-", ""))) == NUMBER


def test_wrong_ticket_number_is_a_matter_of_usage() -> None:
    with pytest.raises(typer.BadParameter, match="is no ticket number"):
        ticket_number("12345")


def test_actor_is_named_by_login() -> None:
    assert actor().startswith("cli:")
