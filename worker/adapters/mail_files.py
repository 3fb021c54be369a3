"""Reads mails from where people keep them: .eml files, folders of them, mbox, Maildir, .jsonl.

A line of a .jsonl file is `{id, from, subject, body, sent}` (`sent` is RFC 3339; only `body`
must be there) and is made into a mail. Folders are read in the order of names.
"""

import email.message
import email.policy
import email.utils
import json
import mailbox
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from worker.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFile:
    """One mail of the input."""

    label: dict[str, str]
    """How results name it: file and path, or id."""
    raw: bytes
    sent: datetime | None
    """When it was sent, aware UTC, where the source says so."""

    @property
    def name(self) -> str:
        return self.label.get("id") or self.label["file"]


def read(paths: Sequence[Path], *, to: str) -> Iterator[MailFile]:
    """Read every mail under `paths`; `to` is the addressee of those made from .jsonl lines.

    Raises ConfigError, which names the path or the line, for what is not there or no mail.
    """
    for path in paths:
        if not path.exists():
            raise ConfigError(f"{path}: no such file or folder.")
        if path.is_dir() and (path / "cur").is_dir() and (path / "new").is_dir():
            yield from _maildir(path)
        elif path.is_dir():
            yield from _folder(path)
        elif path.suffix.lower() == ".jsonl":
            yield from _lines(path, to)
        elif path.suffix.lower() == ".mbox" or _starts_like_mbox(path):
            yield from _mbox(path)
        else:
            yield _file(path)


def _folder(path: Path) -> Iterator[MailFile]:
    found = sorted(p for p in path.rglob("*") if p.suffix.lower() == ".eml" and p.is_file())
    if not found:
        raise ConfigError(f"{path}: no .eml file in this folder.")
    yield from map(_file, found)


def _file(path: Path) -> MailFile:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.") from error
    return MailFile(label={"file": path.name, "path": str(path)}, raw=raw, sent=None)


def _maildir(path: Path) -> Iterator[MailFile]:
    for part in ("cur", "new"):
        yield from (
            _file(found) for found in sorted((path / part).iterdir()) if found.is_file()
        )


def _starts_like_mbox(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(5) == b"From "
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.") from error


def _mbox(path: Path) -> Iterator[MailFile]:
    box = mailbox.mbox(path, create=False)
    try:
        for number, key in enumerate(box.keys(), 1):
            name = f"{path.name}:{number}"
            raw = box.get_bytes(key)
            yield MailFile(label={"file": name, "path": str(path)}, raw=raw, sent=None)
    finally:
        box.close()


def _lines(path: Path, to: str) -> Iterator[MailFile]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise ValueError("not an object")
                yield _made(row, number, to)
            except ValueError as error:
                raise ConfigError(f"{path}:{number}: not a mail as JSON: {error}.") from error


def _made(row: dict[str, object], number: int, to: str) -> MailFile:
    name = str(row.get("id") or number)
    sent = _instant(row.get("sent"))
    mail = email.message.EmailMessage(policy=email.policy.SMTP)
    sender = str(row.get("from") or f"{name}@sender.invalid")
    local, _, domain = sender.rpartition("@")
    mail["From"] = sender if local.isascii() and domain.isascii() else f"{name}@sender.invalid"
    mail["To"] = to
    mail["Subject"] = " ".join(str(row.get("subject") or "").split())
    mail["Message-ID"] = f"<{name}@simulate.invalid>"
    if sent is not None:
        mail["Date"] = email.utils.format_datetime(sent)
    body = str(row.get("body") or "").encode("utf-8", "replace").decode()
    mail.set_content(body, charset="utf-8", cte="base64")
    return MailFile(label={"id": name}, raw=mail.as_bytes(), sent=sent)


def _instant(value: object) -> datetime | None:
    if not value:
        return None
    found = datetime.fromisoformat(str(value))
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
