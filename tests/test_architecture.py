"""Holds the house to its plan: imports, circles, junk drawers, transactions, citations.

Imports inside functions count. Each rule is tried on a small broken house as well, so that it
is known to bite.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

FLOORS = (
    {"errors", "log"},
    {"domain"},
    {
        "rules",
        "mail",
        "store",
        "keys",
        "config",
        "config_file",
        "config_keys",
        "config_tree",
        "config_values",
    },
    {"adapters", "context"},
    {"pipeline", "actions"},
    {"daemon", "console"},
    {"cli", "demo", "__main__"},
)
"""From the cellar to the roof: a part may import what lies below it, and itself."""

NEIGHBOURS = {
    "adapters": {"context"},
    "actions": {"pipeline"},
    "cli": {"demo"},
    "__main__": {"cli"},
    "config": {"config_values"},
    "config_file": {"config", "config_keys", "config_tree", "config_values", "keys"},
    "config_keys": {"config"},
}
"""What a part may import beside it on its own floor."""

STRANGERS = {("adapters", "store")}
"""Never, although the floors would allow it."""

IMPURE = {
    *("os", "io", "pathlib", "shutil", "socket", "ssl", "subprocess", "sqlite3", "tempfile"),
    *("time", "random", "secrets", "uuid", "logging", "threading", "asyncio", "email"),
    *("imaplib", "smtplib", "sqlalchemy", "structlog", "yaml"),
}
"""What the domain must not know: I/O, the clock, chance, SQL, MIME."""

LIBRARIES = {
    "ahocorasick_rs": {"adapters", "domain"},
    "alembic": {"store"},
    "apscheduler": {"config_values", "daemon"},
    "asn1crypto": {"mail"},
    "cryptography": {"adapters", "keys", "mail"},
    "imapclient": {"adapters"},
    "jinja2": {"adapters"},
    "mailparser": {"mail"},
    "markdown_it": {"adapters"},
    "nh3": {"mail"},
    "olefile": {"mail"},
    "pebble": {"adapters"},
    "pydantic": {"config", "config_file", "config_keys", "config_values", "daemon", "demo"},
    "rich": {"cli", "demo"},
    "selectolax": {"mail"},
    "smtplib": {"adapters"},
    "scipy": {"adapters"},
    "sklearn": {"adapters"},
    "structlog": {"log"},
    "typer": {"cli", "__main__"},
    "zstandard": {"adapters"},
}
"""Each library is met in one place, so that it can be replaced there."""

JUNK = {"utils", "util", "helpers", "helper", "common", "base", "manager", "core", "misc"}

TRANSACTIONS = {
    "worker.daemon.loops": "claims, and what a mailbox suffers from",
    "worker.daemon.wiring": "recovery at start, heartbeat, steps of the clock, the end",
    "worker.pipeline.incidents": "what many tickets tell together",
    "worker.pipeline.receive": "the ledger",
    "worker.pipeline.process": "decisions",
    "worker.pipeline.deliver": "the outbox",
    "worker.pipeline.take_in": "the ledger, for mail from files",
    "worker.pipeline.simulate": "the silence of a throw-away desk",
    "worker.actions": "what an operator does",
    "worker.store.ids": "blocks of ids, in a transaction of their own by design",
    "worker.store.upgrade": "migrations",
}
"""Where a transaction that writes may be opened, and for what."""

Sources = Mapping[str, str]
"""Module name -> its text."""


def sources() -> dict[str, str]:
    found = {}
    for path in sorted((ROOT / "worker").rglob("*.py")):
        if "versions" not in path.parts:
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found[name.removesuffix(".__init__")] = path.read_text("utf-8")
    return found


HOUSE = sources()


def imported(text: str) -> Iterator[str]:
    """Name what a module imports, wherever in it; `from a import b` gives a and a.b."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." if node.level else ""
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part_of(module: str) -> str:
    """Name the part of the house: worker.mail.parse -> mail."""
    return [*module.split("."), ""][1]


def forbidden_imports(house: Sources) -> set[str]:
    level = {part: number for number, floor in enumerate(FLOORS) for part in floor}
    found = set()
    for module, text in house.items():
        mine = part_of(module)
        for name in imported(text):
            if name == ".":
                found.add(f"{module} imports by a relative name")
            theirs = part_of(name)
            if not name.startswith("worker.") or theirs in ("", mine):
                continue
            if theirs not in level:
                continue  # a name of worker/__init__.py
            is_below = level[theirs] < level[mine] or theirs in NEIGHBOURS.get(mine, set())
            if not is_below or (mine, theirs) in STRANGERS:
                found.add(f"{module} imports {theirs}")
    return found


def circle(house: Sources) -> list[str]:
    """Name the modules of one circle of imports; [] without any."""
    graph: dict[str, set[str]] = {module: set() for module in house}
    for module, text in house.items():
        names = set(imported(text)) & house.keys() - {module}
        # `from worker.store import outbox` is about the module in the package, not about it.
        inner = {name.rpartition(".")[0] for name in names}
        graph[module] = {name for name in names if name not in inner}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def impure(house: Sources) -> set[str]:
    return {
        f"{module} imports {name}"
        for module, text in house.items()
        if part_of(module) == "domain"
        for name in imported(text)
        if name.split(".")[0] in IMPURE
    }


def strayed_libraries(house: Sources) -> set[str]:
    return {
        f"{module} imports {library}"
        for module, text in house.items()
        for name in imported(text)
        for library in {name.split(".")[0]} & LIBRARIES.keys()
        if part_of(module) not in LIBRARIES[library]
    }


def junk(house: Sources) -> set[str]:
    return {module for module in house if set(module.split(".")) & JUNK}


def transactions(house: Sources) -> set[str]:
    """Name the modules that open a transaction that writes, but may not."""
    found = set()
    for module, text in house.items():
        for node in ast.walk(ast.parse(text)):
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if is_call and node.func.attr == "write" and not node.args:  # type: ignore[attr-defined]
                found.add(module)
    return {
        module
        for module in found
        if not any(module == place or module.startswith(f"{place}.") for place in TRANSACTIONS)
    }


def type_checking(house: Sources) -> set[str]:
    return {module for module, text in house.items() if "TYPE_CHECKING" in text}


RULES = (
    forbidden_imports,
    circle,
    impure,
    strayed_libraries,
    junk,
    transactions,
    type_checking,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_house_keeps_the_rule(rule: object) -> None:
    assert not rule(HOUSE)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        (forbidden_imports, {"worker.domain.a": "from worker.store import b"}),
        (forbidden_imports, {"worker.domain.a": "def f():\n    import worker.mail.b"}),
        (forbidden_imports, {"worker.adapters.a": "from worker.store import b"}),
        (forbidden_imports, {"worker.store.a": "from worker.adapters.b import c"}),
        (forbidden_imports, {"worker.mail.a": "from worker.store import b"}),
        (forbidden_imports, {"worker.pipeline.a": "from worker.actions import b"}),
        (forbidden_imports, {"worker.pipeline.a": "from worker.daemon import wiring"}),
        (forbidden_imports, {"worker.pipeline.a": "from . import b"}),
        (
            circle,
            {
                "worker.store.a": "from worker.store.b import x",
                "worker.store.b": "def f():\n    from worker.store import c",
                "worker.store.c": "import worker.store.a",
            },
        ),
        (impure, {"worker.domain.a": "import random"}),
        (impure, {"worker.domain.a": "def f():\n    from os.path import join"}),
        (strayed_libraries, {"worker.pipeline.a": "from jinja2 import Environment"}),
        (junk, {"worker.mail.utils": ""}),
        (junk, {"worker.core.session": ""}),
        (transactions, {"worker.store.tickets": "def f(d):\n    with d.write() as tx: ..."}),
        (transactions, {"worker.pipeline.record": "with desk.database.write() as tx: ..."}),
        (type_checking, {"worker.mail.a": "from typing import TYPE_CHECKING"}),
    ],
)  # fmt: skip
def test_rule_bites(rule: object, broken: dict[str, str]) -> None:
    assert rule(broken)  # type: ignore[operator]


def test_places_that_open_transactions_still_do() -> None:
    for place in TRANSACTIONS:
        texts = [t for m, t in HOUSE.items() if m == place or m.startswith(f"{place}.")]
        assert any(".write()" in text for text in texts), place


def test_every_part_of_the_house_has_its_floor() -> None:
    parts = {part_of(module) for module in HOUSE} - {"", "_shipped"}
    assert parts <= set().union(*FLOORS)


CITED = re.compile(r"RFCs? (\d{3,5}(?:(?:, | and | or |, and )\d{3,5}(?!\d|\.\d))*)")


def cited(text: str) -> set[str]:
    """Name the RFCs that a text cites: "RFC 5321 section 4", "RFC 5321, 6152 and 6531"."""
    flat = re.sub(r"\s*\n[\s#]*", " ", text)
    return {number for found in CITED.findall(flat) for number in re.findall(r"\d+", found)}


def test_citations_are_found_in_every_form() -> None:
    text = (
        "RFC 5321 section 4.5, RFC 6152\n    and RFC\n# 6531; RFC 1, RFC 2034, 2045 and 2047."
    )
    assert cited(text) == {"5321", "6152", "6531", "2034", "2045", "2047"}


def test_every_rfc_that_the_code_cites_is_told_in_the_docs() -> None:
    told = (ROOT / "docs" / "specifications.md").read_text("utf-8")
    listed = set(re.findall(r"RFC (\d+)", told))
    files = [path for path in (ROOT / "worker").rglob("*") if path.suffix in (".py", ".yaml")]
    named = set().union(*(cited(path.read_text("utf-8")) for path in files))
    assert named - listed == set()


def test_every_event_of_the_log_is_told_in_the_docs() -> None:
    from typing import get_args

    from worker.log import Event

    told = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert [event for event in get_args(Event) if f"`{event}`" not in told] == []
