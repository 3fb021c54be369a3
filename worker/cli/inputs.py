"""Feeds files to child processes with limits, and gives one row a mail, in order.

Imported late: it brings the process pool with it. worker/cli/child.py runs in the children.
"""

import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from worker.adapters.children import Children, Unreadable
from worker.cli import child
from worker.config import Config, Limits
from worker.errors import ConfigError, Permanent
from worker.mail.settings import ParseSettings
from worker.pipeline.read import ReadSettings
from worker.pipeline.read_settings import read_settings

Row = dict[str, object]
WINDOW = 64
"""Mails read ahead; two windows are in memory at a time."""
MAIL_MODULES = ("worker.cli.child", "worker.mail.parse", "worker.mail.describe")


@dataclass(frozen=True, slots=True)
class Item:
    """One mail of the input."""

    label: Row
    """How its line names it: file and path, or id."""
    raw: bytes
    """Empty where there is an error."""
    error: str | None = None


def parsed(paths: Sequence[Path], config: Config | None) -> Iterator[Row]:
    """Parse each mail; a mail that cannot be read gives a row with `error`."""
    limits = config.limits if config else Limits()
    function = partial(child.parse_mails, settings=_how(config).parse)
    return _through(function, _mails(files(paths), limits), limits)


def extracted(path: Path, part: str, config: Config | None) -> bytes:
    """The octets of one attachment of the mail in `path`; `part` as `parsed` names it.

    Raises Permanent when the mail cannot be read or holds no such attachment.
    """
    limits = config.limits if config else Limits()
    function = partial(child.extract_part, part=part, settings=_how(config).parse)
    (row,) = _through(function, _mails(files([path]), limits), limits)
    content = row.get("content")
    if not isinstance(content, bytes):
        raise Permanent(f"{path}: {row.get('error')}")
    return content


def judged(paths: Sequence[Path], config: Config | None) -> Iterator[Row]:
    """Judge each mail, and each line of the .jsonl files."""
    limits = config.limits if config else Limits()
    function = partial(child.judge_mails, settings=_how(config))
    return _through(function, _mails(files(paths, more=(".jsonl",)), limits), limits)


def _how(config: Config | None) -> ReadSettings:
    """How mail is read; by the defaults where there is no configuration."""
    if config is None:
        return ReadSettings(parse=ParseSettings(), rules=None)
    return read_settings(config)


def files(paths: Sequence[Path], *, more: tuple[str, ...] = ()) -> list[Path]:
    """List the files that are meant: those named, and the .eml files in the folders named.

    Raises ConfigError (it is a matter of usage) for what is not there.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in (".eml", *more))
            if not inside:
                raise ConfigError(
                    f"{path}: no {' or '.join(('.eml', *more))} file in this folder."
                )
            found += inside
        elif path.exists():
            found.append(path)
        else:
            raise ConfigError(f"{path}: no such file or folder.")
    return found


def _mails(listed: Sequence[Path], limits: Limits) -> Iterator[Item]:
    for path in listed:
        label: Row = {"file": path.name, "path": str(path)}
        try:
            if path.suffix.lower() == ".jsonl":
                yield from _lines(path)
            elif path.stat().st_size > limits.message:
                yield Item(label, b"", f"larger than limits.message ({limits.message} bytes)")
            else:
                yield Item(label, path.read_bytes())
        except OSError as error:
            yield Item(label, b"", f"cannot be read: {(error.strerror or str(error)).lower()}")


def _lines(path: Path) -> Iterator[Item]:
    """One item a line; the child reads the line as JSON, marked by a first byte of 0."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                told = json.loads(line)
            except ValueError:
                told = None
            if not isinstance(told, dict):
                yield Item({"id": None, "line": number}, b"", "is no JSON object")
                continue
            yield Item({"id": told.get("id", number)}, child.JSON_MARK + line)


def _through(
    function: Callable[[list[bytes]], list[Row]], items: Iterator[Item], limits: Limits
) -> Iterator[Row]:
    """Run every item through the children, with a window read ahead."""
    children = Children(
        function,
        processes=limits.parse_processes,
        time_limit=limits.parse_time,
        memory_limit=limits.parse_memory,
        preload=MAIL_MODULES,
    )
    begun: deque[tuple[list[Item], Callable[[], list[Row | Unreadable]]]] = deque()
    try:
        while window := list(islice(items, WINDOW)):
            begun.append((window, children.begin([i.raw for i in window if i.error is None])))
            if len(begun) > 1:
                yield from _finished(*begun.popleft())
        while begun:
            yield from _finished(*begun.popleft())
    finally:
        children.close()


def _finished(
    window: Sequence[Item], finish: Callable[[], list[Row | Unreadable]]
) -> Iterator[Row]:
    results = iter(finish())
    for item in window:
        if item.error is not None:
            yield {**item.label, "error": item.error}
            continue
        match next(results):
            case Unreadable() as broken:
                lines = broken.detail.strip().splitlines()
                yield {**item.label, "error": f"{broken.reason}: {lines[-1] if lines else ''}"}
            case row:
                yield {**item.label, **row, **item.label}
