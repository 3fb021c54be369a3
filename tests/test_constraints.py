"""constraints.txt holds versions and nothing else: no addresses, no paths, no project."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
PIN = re.compile(r"([A-Za-z0-9._-]+)==[0-9][A-Za-z0-9.!+]*")
NAME = re.compile(r"[A-Za-z0-9._-]+")


def pinned() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    return {line: _plain(line) for line in lines if line and not line.startswith("#")}


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        wanted += extra
    return {_plain(one) for one in wanted} - {"postclerk"}


def _plain(requirement: str) -> str:
    found = NAME.match(requirement)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else requirement


def test_each_line_is_a_name_and_a_version() -> None:
    assert [line for line in pinned() if not PIN.fullmatch(line)] == []


def test_no_address_and_no_option_stands_in_it() -> None:
    assert not re.search(r"://|@|/|--", (ROOT / "constraints.txt").read_text("utf-8"))


def test_the_project_itself_is_not_pinned() -> None:
    assert "postclerk" not in pinned().values()


def test_each_declared_dependency_is_pinned() -> None:
    assert declared() - set(pinned().values()) == set()
