"""The folder in which a demo's desk stands: made, held while it is used, kept or removed."""

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from worker.errors import ConfigError

MARK = "demo.txt"
USUAL = Path("var/demo")


class Folder:
    """A folder of ours; it is removed in the end unless `is_kept`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_kept = False


@contextlib.contextmanager
def made(wanted: Path | None) -> Iterator[Folder]:
    """Make the folder: `wanted`, else var/demo here, else a temporary one.

    It may replace the folder of an earlier demo that has ended, and nothing else. Raises
    ConfigError when `wanted` cannot be had.
    """
    with contextlib.ExitStack() as held:
        path = (wanted or USUAL).absolute()
        complaint = _take(path, held)
        if complaint and wanted:
            raise ConfigError(complaint)
        if complaint:
            path = Path(tempfile.mkdtemp(prefix="postclerk-demo-"))
            _take(path, held)
        folder = Folder(path)
        try:
            yield folder
        finally:
            if not folder.is_kept:
                shutil.rmtree(path, ignore_errors=True)


def _take(path: Path, held: contextlib.ExitStack) -> str | None:
    """Empty the folder and hold it; returns why not, in a sentence."""
    mark = path / MARK
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not mark.exists() and any(path.iterdir()):
            return f"{path} holds something else; name a folder that is empty."
        file = held.enter_context(mark.open("a", encoding="utf-8"))
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for found in path.iterdir():
            if found.is_dir() and not found.is_symlink():
                shutil.rmtree(found)
            elif found != mark:
                found.unlink()
        file.truncate(0)
        file.write("Made by `postclerk demo`, which may replace it.\n")
        file.flush()
    except BlockingIOError:
        return f"Another demo is at work in {path}."
    except OSError as error:
        return f"{path} cannot be used: {error.strerror}."
    return None
