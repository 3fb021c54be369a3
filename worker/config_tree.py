"""Reads one YAML file into plain values that remember their lines, with its secrets filled in.

Every scalar stays text: the models give it its type, so that `language: no` is a word and
`password: 0123` keeps its zero. A key without a value counts as absent. Nothing is checked here
against the models; see worker/config_file.py.
"""

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

Place = tuple[str | int, ...]
Value = str | list["Value"] | dict[str, "Value"]

NODES = 20_000
COMMAND_SECONDS = 10
VARIABLE = re.compile(r"\$(\$(?=\{)|\{([^}]*)\}|\{)")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
NULL = "tag:yaml.org,2002:null"
MERGE = "tag:yaml.org,2002:merge"
STANDARD_TAG = "tag:yaml.org,2002:"
SOURCES = ("env", "file", "command")


@dataclass(slots=True)
class Tree:
    """A YAML document as plain values, with what was wrong with it."""

    value: dict[str, Value] = field(default_factory=dict)
    lines: dict[Place, int] = field(default_factory=dict)
    """Line of each key and list item, counted from 1."""
    complaints: list[tuple[int, str]] = field(default_factory=list)
    """(line, sentence)."""
    broken: set[Place] = field(default_factory=set)
    """Places whose value could not be made out; they are complained of already."""
    filled: set[Place] = field(default_factory=set)
    """Places whose value came from the environment, a file or a command; it is never shown."""

    def line(self, place: Place) -> int:
        """Line of `place`, or of the nearest section around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def complain(self, place: Place, sentence: str, *, line: int | None = None) -> None:
        """Note what is wrong at `place`."""
        self.broken.add(place)
        self.complaints.append((line or self.line(place), f"{path_of(place)}: {sentence}"))


def path_of(place: Place) -> str:
    """Write a place as people do: mailboxes[0].after.folder."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return "".join(parts).removeprefix(".")


def key_of(place: Place) -> str:
    """Write a place as the models' key: mailboxes[].after.folder."""
    parts = ("[]" if isinstance(part, int) else f".{part}" for part in place)
    return "".join(parts).removeprefix(".")


def read(
    text: str, *, folder: Path, environ: Mapping[str, str], secret_keys: frozenset[str]
) -> Tree:
    """Read a document whose top level is a mapping.

    folder: where relative secret files start and secret commands run.
    secret_keys: those that may be `{env: }`, `{file: }`, `{command: }`, as key_of writes them.
    Raises yaml.YAMLError for what is no YAML.
    """
    tree = Tree()
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None or (isinstance(root, yaml.ScalarNode) and root.tag == NULL):
        tree.complaints.append((1, "the file is empty; `postclerk config init` writes one"))
    elif isinstance(root, yaml.MappingNode):
        reader = _Reader(tree, folder, environ, secret_keys)
        tree.value = reader.mapping(root, (), frozenset())
    else:
        tree.complaints.append((1, "the file must hold keys with values, such as `desk:`"))
    return tree


@dataclass(slots=True)
class _Reader:
    tree: Tree
    folder: Path
    environ: Mapping[str, str]
    secret_keys: frozenset[str]
    nodes: int = 0

    def value(self, node: yaml.Node, place: Place, above: frozenset[int]) -> Value | None:
        """None for an absent value and for a broken one."""
        self.nodes += 1
        if id(node) in above or self.nodes > NODES:
            self.tree.complain(place, "refers to itself or repeats without end")
            return None
        if not node.tag.startswith(STANDARD_TAG):
            self.tree.complain(place, f"the tag {node.tag} is not known here")
            return None
        within = above | {id(node)}
        if isinstance(node, yaml.MappingNode):
            if key_of(place) in self.secret_keys:
                return self.secret(node, place, within)
            return self.mapping(node, place, within)
        if isinstance(node, yaml.SequenceNode):
            return self.sequence(node, place, within)
        return None if node.tag == NULL else self.filled(str(node.value), place)

    def mapping(
        self, node: yaml.MappingNode, place: Place, above: frozenset[int]
    ) -> dict[str, Value]:
        found: dict[str, Value] = {}
        seen: dict[str, int] = {}
        for key_node, value_node in self.pairs(node, place, above):
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.tree.complain(place, "a key must be a plain word", line=line)
                continue
            key = str(key_node.value)
            if key in seen:
                if seen[key]:
                    sentence = f"written twice; the first is in line {seen[key]}"
                    self.tree.complain((*place, key), sentence, line=line)
                continue
            seen[key] = line
            self.tree.lines[(*place, key)] = line
            value = self.value(value_node, (*place, key), above)
            if value is not None:
                found[key] = value
        return found

    def pairs(
        self, node: yaml.MappingNode, place: Place, above: frozenset[int]
    ) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        """Its own pairs, then those that it merges in by `<<` and does not write itself."""
        own = {key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)}
        merged: list[yaml.Node] = []
        for key, value in node.value:
            if key.tag == MERGE:
                merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
            else:
                yield key, value
        for other in merged:
            if not isinstance(other, yaml.MappingNode) or id(other) in above:
                self.tree.complain((*place, "<<"), "must point to a section of keys")
                continue
            for key, value in self.pairs(other, place, above | {id(other)}):
                if key.value not in own:
                    own.add(key.value)
                    yield key, value

    def sequence(
        self, node: yaml.SequenceNode, place: Place, above: frozenset[int]
    ) -> list[Value]:
        found: list[Value] = []
        for index, item in enumerate(node.value):
            self.tree.lines[(*place, index)] = item.start_mark.line + 1
            value = self.value(item, (*place, index), above)
            found.append("" if value is None else value)
        return found

    def filled(self, text: str, place: Place) -> str | None:
        """`text` with each ${NAME} replaced; $${ stands for ${ itself."""
        missing: list[str] = []

        def fill(found: re.Match[str]) -> str:
            if found[1] == "$":
                return "$"
            name = found[2] or ""
            if not NAME.fullmatch(name):
                missing.append(f"${{{name}}} is no variable; write ${{NAME}}, or $${{ for ${{")
            elif name not in self.environ:
                missing.append(f"the environment variable {name} is not set")
            return self.environ.get(name, "")

        value = VARIABLE.sub(fill, text)
        if value != text:
            self.tree.filled.add(place)
        for sentence in missing:
            self.tree.complain(place, sentence)
        return None if missing else value

    def secret(self, node: yaml.MappingNode, place: Place, above: frozenset[int]) -> str | None:
        given = self.mapping(node, place, above)
        if place in self.tree.broken or any((*place, key) in self.tree.broken for key in given):
            return None
        (source, value), *more = [*given.items(), ("", "")]
        if len(more) != 1 or source not in SOURCES:
            self.tree.complain(
                place, "write {env: NAME}, {file: PATH} or {command: [WORD, ...]}"
            )
            return None
        try:
            if source == "env":
                return self.filled(f"${{{value}}}", place)
            if source == "file":
                return _from_file(self.folder, value)
            return _from_command(self.folder, value, self.environ)
        except _NoSecret as error:
            self.tree.complain(place, str(error))
            return None


class _NoSecret(Exception):
    """A secret could not be had; the sentence says why, without the secret."""


def _from_file(folder: Path, written: Value) -> str:
    if not isinstance(written, str):
        raise _NoSecret("file must be a path")
    path = folder / Path(written).expanduser()
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeError) as error:
        raise _NoSecret(f"cannot read {path}: {_reason(error)}") from None


def _from_command(folder: Path, written: Value, environ: Mapping[str, str]) -> str:
    if (
        not isinstance(written, list)
        or not written
        or not all(isinstance(word, str) for word in written)
    ):
        raise _NoSecret("command must be a list of words, such as [pass, show, support-mail]")
    argv = [str(word) for word in written]
    try:
        done = subprocess.run(
            argv,
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        output = done.stdout.decode("utf-8").rstrip("\r\n")
    except subprocess.TimeoutExpired:
        raise _NoSecret(f"{argv[0]} gave no answer within {COMMAND_SECONDS} s") from None
    except (OSError, UnicodeError, ValueError) as error:
        raise _NoSecret(f"cannot run {argv[0]}: {_reason(error)}") from None
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()
        said = f": {words[-1][:200]}" if words else ""
        raise _NoSecret(f"{argv[0]} ended with status {done.returncode}{said}")
    return output


def _reason(error: Exception) -> str:
    words = error.strerror if isinstance(error, OSError) else None
    return (words or str(error)).lower()
