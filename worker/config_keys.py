"""The keys of the configuration: which there are, which one was meant, an example of each.

Read off the models of worker/config.py and off config.example.yaml.
"""

import difflib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import yaml
from pydantic import BaseModel, SecretStr

from worker.config import Config

HABITS = {
    "server": "host",
    "user": "username",
    "login": "username",
    "pass": "password",
    "mail": "address",
    "email": "address",
    "ssl": "tls",
    "security": "tls",
    "interval": "every",
    "imap": "mailboxes",
    "mailbox": "mailboxes",
    "from": "from_name",
}
"""What other programs call our keys."""

RARE = {
    "mailboxes[].port": "993",
    "mailboxes[].ca_file": "ca.pem",
    "mailboxes[].language": "zh-Hans",
    "mailboxes[].from_name": "Example Exchange Support",
    "mailboxes[].envelope_from": "bounces@exchange.example",
    "mailboxes[].after.folder": "Archive",
    "mailboxes[].schedule.cron": '"*/5 8-20 * * mon-fri"',
    "smtp.port": "465",
    "smtp.ca_file": "ca.pem",
    "smtp.envelope_from": "bounces@exchange.example",
    "urgency.lookup.command": "[/usr/local/bin/tier-of]",
    "language_model.url": "http://127.0.0.1:11434/v1",
    "language_model.model": "a-small-model",
    "language_model.key": "${LANGUAGE_MODEL_KEY}",
    "language_model.ca_file": "ca.pem",
    "templates": "templates",
    "rules": "rules",
}
"""Examples of the keys that config.example.yaml only mentions."""


def keys_of(model: type[BaseModel] = Config, before: str = "") -> Iterator[tuple[str, object]]:
    """Each key as mailboxes[].after.folder, with its annotation; sections too."""
    for name, field in model.model_fields.items():
        yield f"{before}{name}", field.annotation
        section = _section(field.annotation)
        if section:
            mark = "[]." if section is not field.annotation else "."
            yield from keys_of(section, f"{before}{name}{mark}")


def example_of(key: str) -> str | None:
    """One line of YAML for a key such as mailboxes[].folder; None for a section."""
    value = RARE.get(key) or _examples().get(key)
    return None if value is None else f"{key.rpartition('.')[2]}: {value}"


def meant(key: str) -> str | None:
    """The key of the same section that an unknown one seems to mean."""
    name = key.rpartition(".")[2].lower()
    here = siblings(key)
    if HABITS.get(name) in here:
        return HABITS[name]
    near = difflib.get_close_matches(name.replace("-", "_"), here, n=1, cutoff=0.6)
    return near[0] if near else None


def siblings(key: str) -> list[str]:
    """The keys of the section that `key` stands in, by their last names."""
    before = key.removesuffix(key.rpartition(".")[2])
    inside = [known.removeprefix(before) for known, _ in keys_of() if known.startswith(before)]
    return [name for name in inside if "." not in name and "[" not in name]


def unknown(key: str) -> str:
    """Say that a key is unknown, and which one may be meant: here, or in another section."""
    before, name = key.removesuffix(key.rpartition(".")[2]), key.rpartition(".")[2]
    near = meant(key)
    if near:
        example = example_of(f"{before}{near}")
        such = f" For example: {example}" if example else ""
        return f'unknown key; did you mean "{near}"?{such}'
    elsewhere = [known for known, _ in keys_of() if known.rpartition(".")[2] == name]
    if elsewhere:
        return f"unknown key; it belongs to {elsewhere[0]}"
    return f"unknown key; known here: {', '.join(siblings(key))}"


def shipped(name: str) -> Path:
    """Where a file that comes with the program lies, installed or in a source tree."""
    package = Path(__file__).parent
    installed = package / "_shipped" / name
    return installed if installed.exists() else package.parent / name


@cache
def secret_keys() -> frozenset[str]:
    """Keys whose value may come from elsewhere and is never shown."""
    keys = [key for key, annotation in keys_of() if _holds_secret(annotation)]
    return frozenset((*keys, "database.url"))  # a database's URL can hold a password


@cache
def example_text() -> str:
    """The shipped example of a whole configuration."""
    return shipped("config.example.yaml").read_text(encoding="utf-8")


def _section(annotation: object) -> type[BaseModel] | None:
    """The model behind an annotation, straight or in a tuple."""
    for option in (annotation, *get_args(annotation)):
        if isinstance(option, type) and issubclass(option, BaseModel):
            return option
    return None


def _holds_secret(annotation: object) -> bool:
    return annotation is SecretStr or any(_holds_secret(part) for part in get_args(annotation))


@cache
def _examples() -> dict[str, str]:
    """What config.example.yaml writes behind each key."""
    found: dict[str, str] = {}

    def walk(node: yaml.Node, before: str) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                walk(value, f"{before}.{key.value}".removeprefix("."))
        elif isinstance(node, yaml.SequenceNode) and node.flow_style is not True:
            for item in node.value:
                walk(item, f"{before}[]")
        else:
            start, end = node.start_mark.index, node.end_mark.index
            found.setdefault(before, text[start:end])

    text = example_text()
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is not None:
        walk(root, "")
    return found
