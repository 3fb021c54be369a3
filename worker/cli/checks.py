"""The single proofs of `postclerk check`; each row: what was checked, found, and what to do.

They change nothing: no table, no folder is made, no mail is touched. Imported late.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from worker import keys, rules
from worker.adapters import customer_lookup, imap, language_model, smtp
from worker.adapters.model_shelf import ModelShelf
from worker.cli import rendering
from worker.config import Config
from worker.config_file import doubts
from worker.daemon import wiring
from worker.errors import Permanent, PostclerkError

Row = dict[str, object]
LEAST_FREE_BYTES = 500 * 10**6
BUILT = datetime(2026, 11, 1, tzinfo=UTC)
"""No clock that is right shows less."""
STEP = timedelta(minutes=5)
AT_ONCE = 8
SHORTCOMINGS = ("IDLE", "MOVE", "UIDPLUS", "keyword")
"""What a server may lack; the desk works without, only less well."""


def run(config: Config, path: Path) -> Iterator[Row]:
    """Check everything that a configuration names; servers are asked side by side."""
    yield _row("configuration", found=str(path), advice="; ".join(doubts(config)))
    local: Sequence[tuple[str, Callable[[], str]]] = (
        ("keys", partial(_keys, config.keys.file)),
        ("database", partial(_database, config)),
        ("blobs", partial(_blobs, config.blobs.folder)),
        ("disk", partial(_disk, config.blobs.folder)),
        ("clock", partial(_clock, config.blobs.folder, wiring.now())),
        ("templates", partial(_templates, config)),
        ("rules", partial(_rules, config)),
    )
    for name, proof in local:
        yield _proved(name, proof)
    if not config.mailboxes:
        yield _row(
            "mailboxes",
            found="none is configured",
            advice="see mailboxes in the manual",
            ok=False,
        )
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for rows in pool.map(lambda probe: probe(), _servers(config)):
            yield from rows


def _servers(config: Config) -> Iterator[Callable[[], list[Row]]]:
    """The probes of all servers; each gives several rows."""
    deadline = config.limits.network_deadline
    for box in config.mailboxes:
        yield partial(
            _probed, f"mailbox {box.name}", partial(imap.probe, box, deadline=deadline)
        )
    yield partial(
        _probed,
        "smtp",
        partial(smtp.probe, config.smtp, local_hostname=config.desk.domain, deadline=deadline),
    )
    if config.urgency.lookup.command:
        yield partial(
            _probed, "customer", partial(customer_lookup.probe, config.urgency.lookup)
        )
    if config.language_model.url is not None:
        yield partial(_probed, "language model", partial(_language_model, config))


def _language_model(config: Config) -> Sequence[tuple[str, bool, str]]:
    try:
        categories = rules.categories(config.rules)
    except (OSError, ValueError):
        return ()  # the row `rules` says what is wrong
    return language_model.probe(config.language_model, categories=categories)


def _probed(name: str, probe: Callable[[], Sequence[tuple[str, bool, str]]]) -> list[Row]:
    try:
        return [_server_row(name, what, ok, found) for what, ok, found in probe()]
    except PostclerkError as error:
        return [_row(name, found=error.sentence, ok=False)]


class Failed(Exception):
    """A proof failed; what was found, and what to do."""

    def __init__(self, found: str, advice: str) -> None:
        super().__init__(found)
        self.found = found
        self.advice = advice


def _proved(name: str, proof: Callable[[], str]) -> Row:
    try:
        return _row(name, found=proof())
    except Failed as failed:
        return _row(name, found=failed.found, advice=failed.advice, ok=False)
    except PostclerkError as error:
        return _row(name, found=error.sentence, ok=False)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _row(name, found=f"{where}{(error.strerror or str(error)).lower()}", ok=False)


def _row(name: str, *, found: str, advice: str = "", ok: bool = True) -> Row:
    return {"check": name, "ok": ok, "found": found, "advice": advice or None}


def _server_row(name: str, what: str, ok: bool, found: str) -> Row:
    if what in SHORTCOMINGS and not ok:
        return _row(f"{name} {what}", found="not offered", advice=found)
    return _row(f"{name} {what}", found=found, ok=ok)


def _keys(file: Path) -> str:
    keys.load(file)
    return f"{file} is readable by its owner only"


def _database(config: Config) -> str:
    found = wiring.database_status(config)
    if found["current"]:
        return f"{found['url']} has schema {found['revision']}"
    if not found["exists"]:
        _writable(Path(config.database.url.partition(":///")[2]).parent)
        return f"{found['url']} is not there yet; the first start makes it"
    raise Failed(
        f"{found['url']} has schema {found['revision'] or 'none'}, not {found['head']}",
        "run `postclerk db upgrade`",
    )


def _blobs(folder: Path) -> str:
    _writable(folder)
    return f"{folder} can be written" if folder.exists() else f"{folder} can be made"


def _writable(folder: Path) -> None:
    there = _nearest(folder)
    if not there.is_dir():
        raise Failed(f"{there} is no folder", f"move it away, or name another than {folder}")
    try:
        # A real try: permissions alone do not tell of a read-only or special file system.
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        sentence = f"{there} cannot be written ({error.strerror}), so {folder} cannot be made"
        raise Failed(sentence, "give it to the user who runs postclerk") from error


def _nearest(path: Path) -> Path:
    """The path itself, or the nearest folder above it that is there."""
    return next(p for p in (path, *path.parents) if p.exists())


def _disk(folder: Path) -> str:
    usage = shutil.disk_usage(_nearest(folder))
    free = f"{usage.free / 10**9:.1f} GB free of {usage.total / 10**9:.0f} GB"
    if usage.free < LEAST_FREE_BYTES:
        raise Failed(f"{free} at {folder}", "make room: without it no mail can be taken in")
    return free


def _clock(folder: Path, now: datetime) -> str:
    written = datetime.fromtimestamp(_nearest(folder).stat().st_mtime, UTC)
    shown = now.astimezone().isoformat(" ", "seconds")
    if now < BUILT or now < written - STEP:
        raise Failed(f"{shown} lies before files that are there already", "set the clock")
    return shown


def _templates(config: Config) -> str:
    templates = rendering.of(config)
    errors = [complaint for complaint in templates.lint() if complaint.is_error]
    if errors:
        more = f" and {len(errors) - 1} more" if len(errors) > 1 else ""
        raise Failed(f"{errors[0]}{more}", "see `postclerk templates lint`")
    return f"{len(templates.list_templates())} files are good"


def _rules(config: Config) -> str:
    try:
        live = ModelShelf(config.models).live()
        loaded = rules.load(config.rules, live)
    except (Permanent, ValueError) as error:
        cure = "correct the file, leave `rules` out, or `postclerk rules rollback`"
        raise Failed(str(error), cure) from None
    judge = live.name if live else "the model of the rules" if loaded.model else "no model"
    return f"{len(loaded.facts)} facts in {len(loaded.vocabularies)} vocabularies, {judge}"
