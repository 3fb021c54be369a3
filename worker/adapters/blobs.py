"""The blob store: raw mails in a local folder, compressed, then encrypted, each stored once.

A blob's key is a keyed hash of the mail's SHA-256, so that names tell nothing and the same
mail has one blob. A blob is `PC1`, the key id's length and the key id, a nonce of 12 bytes,
then AES-256-GCM over the zstd frame with the header as associated data. `put` returns when
everything is on disk: each file is written aside, synced and renamed, then its folder is
synced.
"""

import contextlib
import hashlib
import hmac
import os
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from worker.errors import ConfigError, Permanent, Temporary
from worker.keys import Keys

MAGIC = b"PC1"
NONCE_BYTES = 12
MAX_MAIL_BYTES = 2**31
WRITERS = 4
"""Threads that write one batch: waiting for the disk, they wait together."""


class FolderBlobs:
    """Blobs under one folder; threads may share it."""

    def __init__(self, folder: Path, keys: Keys) -> None:
        self._folder = folder
        self._root = os.fspath(folder)
        self._key_id, _ = keys.current("blobs")
        self._ciphers = {name: AESGCM(key) for name, key in keys.every("blobs").items()}
        self._address_keys = tuple(keys.every("blob addresses").values())
        self._folders: set[str] = set()

    def put(self, raws: Sequence[bytes]) -> list[str]:
        """Store raw mails and return their keys, in order; all are durable when it returns."""
        keys = [self._address(raw) for raw in raws]
        mails = dict(zip(keys, raws, strict=True))
        paths = {key: self._path(key) for key in mails}
        new = [key for key in mails if not os.path.exists(paths[key])]
        folders = {os.path.dirname(path) for path in paths.values()}
        try:
            for folder in folders:
                self._make_folder(folder)
            blobs = {paths[key]: self._seal(mails[key]) for key in new}
            _each(lambda path: _write_durably(path, blobs[path]), blobs)
            # Also where a mail is there already: it may have come just before a crash.
            _each(_sync_folder, folders)
        except OSError as error:
            self._folders.clear()  # one of them may be gone
            raise Temporary(
                f"The blob folder {self._folder} cannot be written: {error.strerror or error}. "
                "Check the disk's space and the folder's owner."
            ) from error
        return keys

    def get(self, key: str) -> bytes:
        """Return a raw mail.

        Raises Permanent when it is missing or damaged, Temporary when it cannot be read now.
        """
        path = self._path(key)
        try:
            with open(path, "rb") as file:
                return self._open(file.read(), key)
        except FileNotFoundError:
            if not os.path.isdir(self._root):  # it was there at the start: the disk is away
                raise Temporary(f"{self._folder} is gone; is its disk mounted?") from None
            raise Permanent(f"The raw mail {key} is missing under {self._folder}.") from None
        except OSError as error:
            raise Temporary(f"The raw mail {path} cannot be read: {error.strerror}.") from error

    def delete(self, key: str) -> None:
        """Remove a raw mail; one that is gone already is fine."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path(key))

    def prepare(self) -> None:
        """Make the folder; raises ConfigError when that is impossible."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise ConfigError(
                f"The blob folder {self._folder} cannot be made: {error.strerror}."
            ) from error
        if not os.access(self._folder, os.W_OK):
            raise ConfigError(
                f"The blob folder {self._folder} cannot be written; check its owner."
            )

    def _address(self, raw: bytes) -> str:
        current, *old = self._addresses(raw)
        return next((key for key in old if os.path.exists(self._path(key))), current)

    def _addresses(self, raw: bytes) -> list[str]:
        """Return the keys that a mail may have, the one in use first."""
        digest = hashlib.sha256(raw).digest()
        return [hmac.digest(secret, digest, "sha256").hex() for secret in self._address_keys]

    def _path(self, key: str) -> str:
        if len(key) != 64 or not key.isalnum():
            raise Permanent(f"{key[:80]!r} is no blob key.")
        # Sixteen folders: more of them were more to sync for each batch. No pathlib: it would
        # cost as much as the hash.
        return f"{self._root}/{key[0]}/{key[1:]}"

    def _seal(self, raw: bytes) -> bytes:
        name = self._key_id.encode()
        header = MAGIC + bytes([len(name)]) + name
        nonce = os.urandom(NONCE_BYTES)
        packed = zstandard.ZstdCompressor(level=3).compress(raw)
        return header + nonce + self._ciphers[self._key_id].encrypt(nonce, packed, header)

    def _open(self, blob: bytes, key: str) -> bytes:
        damaged = Permanent(f"The raw mail {key} under {self._folder} is damaged.")
        if blob[:3] != MAGIC or len(blob) < 4:
            raise damaged
        start = 4 + blob[3]
        header, nonce = blob[:start], blob[start : start + NONCE_BYTES]
        name = header[4:].decode("ascii", "replace")
        if name not in self._ciphers:
            raise Permanent(
                f"The raw mail {key} needs the key {name!r}, which the key file lacks."
            )
        try:
            packed = self._ciphers[name].decrypt(nonce, blob[start + NONCE_BYTES :], header)
            raw = zstandard.ZstdDecompressor().decompress(
                packed, max_output_size=MAX_MAIL_BYTES
            )
        except (InvalidTag, zstandard.ZstdError, ValueError) as error:
            raise damaged from error
        if key not in self._addresses(raw):  # a whole blob, but in another's place
            raise damaged
        return raw

    def _make_folder(self, folder: str) -> None:
        if folder in self._folders:
            return
        if not os.path.exists(folder):
            with contextlib.suppress(FileExistsError):
                os.mkdir(folder, mode=0o700)
            _sync_folder(self._root)
        self._folders.add(folder)


def _each(work: Callable[[str], None], names: Collection[str]) -> None:
    """Do it for every name in a few threads; raises the first OSError when all have ended."""

    def run(share: Sequence[str]) -> None:
        for name in share:
            work(name)

    listed = list(names)
    if len(listed) < 2 * WRITERS:
        run(listed)
        return
    with ThreadPoolExecutor(WRITERS, thread_name_prefix="blobs") as writers:
        for _ in writers.map(run, [listed[place::WRITERS] for place in range(WRITERS)]):
            pass


def _write_durably(path: str, blob: bytes) -> None:
    folder, name = os.path.split(path)
    aside = f"{folder}/.{name}.{os.getpid()}.{threading.get_ident()}.new"
    try:
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            rest = memoryview(blob)
            while rest:
                rest = rest[os.write(handle, rest) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        os.rename(aside, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(aside)
        raise


def _sync_folder(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
