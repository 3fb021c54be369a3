"""Reads the files of the reply templates, the desk's own ones before the shipped ones.

    <folder>/<language>/received.md          an event: front matter, then Markdown
    <folder>/<language>/blocks/critical.md   a block: Markdown
    <folder>/<language>/parts/greeting.md    a part that every answer holds: Markdown
    <folder>/<language>/words.yml            words for what is missing and what was sealed

Nothing here understands Jinja2 or Markdown; see template_syntax.py and mail_markdown.py.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from worker.domain.facts import BLOCKS, EVENTS
from worker.errors import ConfigError

PARTS = ("greeting", "footer")
WORDS = "words"
LARGEST_FILE_BYTES = 32_000
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)?---[ \t]*(?:\n|\Z)", re.DOTALL)

Origin = Literal["shipped", "own"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What is wrong with a file, for a person."""

    file: str
    line: int
    """From 1; 0 when it is about the file as a whole."""
    column: int
    """From 1; 0 when it is about the line as a whole."""
    sentence: str
    is_error: bool = True
    """True when answers fail or are wrong by it; False for what is only worth a look."""

    def __str__(self) -> str:
        place = "".join(f":{number}" for number in (self.line, self.column) if number)
        return f"{self.file}{place}: {self.sentence}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFile:
    """One file as it was read."""

    language: str
    name: str
    """received, blocks/critical, parts/greeting or words."""
    path: Path
    origin: Origin
    digest: str
    """Hex SHA-256 of the bytes."""
    text: str
    complaint: Complaint | None = None
    """Set when it could not be read; then `text` is empty."""


def shipped_folder() -> Path:
    """Find the templates that come with Postclerk, in a checkout or in an installed package."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "_shipped" / "templates", package.parent / "templates"):
        if (folder / "en").is_dir():
            return folder
    raise ConfigError(f"the shipped templates are missing: no folder templates/en in {package}")


def read_all(own: Path | None) -> tuple[TemplateFile, ...]:
    """Read every template there is; where both have a file, the desk's own comes first.

    own: the configured folder or None. Raises ConfigError when it is no folder.
    """
    if own is not None and not own.is_dir():
        raise ConfigError(f"the folder of templates {own} does not exist: see `templates`")
    found = [
        *(_read_folder(own, "own") if own else ()),
        *_read_folder(shipped_folder(), "shipped"),
    ]
    return tuple(found)


def names() -> tuple[str, ...]:
    """Name every template that there can be, events first."""
    return (
        *EVENTS,
        *(f"blocks/{block}" for block in BLOCKS),
        *(f"parts/{part}" for part in PARTS),
    )


def split_front_matter(text: str) -> tuple[Mapping[str, str], str]:
    """Split a file into its front matter and its body.

    The body keeps its line numbers: the front matter leaves empty lines. Raises ValueError with
    `line:sentence` when the front matter is no YAML mapping.
    """
    found = _FRONT_MATTER.match(text)
    if not found:
        return {}, text
    values = _load(found[1] or "", first_line=2)
    return values, "\n" * found[0].count("\n") + text[found.end() :]


def read_words(file: TemplateFile) -> Mapping[str, str]:
    """Read a words.yml; raises ValueError with `line:sentence`."""
    return _load(file.text, first_line=1)


def _load(text: str, *, first_line: int) -> dict[str, str]:
    try:
        values = yaml.safe_load(text) or {}
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = first_line + (mark.line if mark else 0)
        problem = getattr(error, "problem", None) or "nested too deeply"
        raise ValueError(f"{line}:this is no YAML: {problem}") from error
    # Only texts: str() of a list of YAML aliases could fill the memory.
    if not isinstance(values, dict) or not all(
        isinstance(text, str) for pair in values.items() for text in pair
    ):
        raise ValueError(f"{first_line}:write lines such as `name: text`, texts in quotes")
    return values


def _read_folder(folder: Path, origin: Origin) -> Iterable[TemplateFile]:
    for language in sorted(path for path in folder.iterdir() if path.is_dir()):
        if not _LANGUAGE.fullmatch(language.name):
            continue
        for name in (*names(), WORDS):
            path = language / f"{name}{'.yml' if name == WORDS else '.md'}"
            if path.is_file():
                yield _read(path, language=language.name, name=name, origin=origin)


def _read(path: Path, *, language: str, name: str, origin: Origin) -> TemplateFile:
    raw, text, problem = b"", "", None
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_FILE_BYTES + 1)
        text = raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except OSError as error:
        problem = f"it cannot be read: {error.strerror}"
    except UnicodeDecodeError as error:
        problem = f"it is not UTF-8 (byte {error.start}); save it as UTF-8"
    if len(raw) > LARGEST_FILE_BYTES:
        problem = f"it is larger than {LARGEST_FILE_BYTES} bytes"
    return TemplateFile(
        language=language,
        name=name,
        path=path,
        origin=origin,
        digest=hashlib.sha256(raw).hexdigest(),
        text="" if problem else text,
        complaint=Complaint(file=str(path), line=0, column=0, sentence=problem)
        if problem
        else None,
    )
