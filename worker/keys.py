"""The desk's key file: one secret from which every other key is derived, and its rotation.

Each line is `id:base64 of 32 random bytes`; the first line is in use, the others still open
what they once sealed. Losing the file means losing the raw mails; it belongs in the backup,
apart from the data.
"""

import base64
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from worker.errors import ConfigError

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Keys:
    """Secrets by id, the one in use first."""

    secrets: tuple[tuple[str, bytes], ...]

    def __repr__(self) -> str:
        return f"Keys({', '.join(name for name, _ in self.secrets)})"

    def current(self, purpose: str) -> tuple[str, bytes]:
        """Return the id in use and its key for `purpose` (32 bytes)."""
        name, secret = self.secrets[0]
        return name, derive(secret, purpose)

    def every(self, purpose: str) -> dict[str, bytes]:
        """Return each id's key for `purpose`, the one in use first."""
        return {name: derive(secret, purpose) for name, secret in self.secrets}


def derive(secret: bytes, purpose: str) -> bytes:
    """Return the key of 32 bytes for one purpose (HKDF, RFC 5869)."""
    return HKDF(SHA256(), length=32, salt=None, info=b"postclerk " + purpose.encode()).derive(
        secret
    )


def create(path: Path, *, name: str = "k1") -> None:
    """Write a new key file that only its owner may read; never overwrites one."""
    text = f"{name}:{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}\n"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigError(
            f"The key file {path} exists already; it is not overwritten."
        ) from None
    except OSError as error:
        raise ConfigError(
            f"The key file {path} cannot be written: {error.strerror}."
        ) from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def load(path: Path) -> Keys:
    """Read a key file; raises ConfigError that says what to do."""
    try:
        text = path.read_text("ascii")
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise ConfigError(
            f"The key file {path} does not exist. Raw mails that were kept need the old one: "
            "restore it from the backup. On a new desk `postclerk config init` makes one."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The key file {path} cannot be read: {error}.") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(f"Others may read the key file {path}; run `chmod 600 {path}`.")
    return parse(text, source=str(path))


def parse(text: str, *, source: str) -> Keys:
    """Read the lines of a key file; `source` names it in complaints."""
    found: dict[str, bytes] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, value = line.strip().partition(":")
        try:
            secret = base64.b64decode(value, validate=True)
        except ValueError:
            secret = b""
        if not name or len(name) > 16 or len(secret) != SECRET_BYTES or name in found:
            raise ConfigError(f"{source}:{number}: a key line is `id:base64 of 32 bytes`.")
        found[name] = secret
    if not found:
        raise ConfigError(f"{source} holds no key; `postclerk config init` makes one.")
    return Keys(tuple(found.items()))
