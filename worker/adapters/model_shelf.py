"""The models that a desk trained itself: a folder of numbered files, and which of them is live.

A model goes live when it is published and stays until another is, or until it is rolled back;
where none is live, the one that comes with the rules judges.
"""

import json
import os
import re
from pathlib import Path

from worker.errors import Permanent
from worker.rules.model_file import load_model

_LIVE = "live.json"
_NAME = re.compile(r"model-(\d{4,})\.json\.gz")


class ModelShelf:
    """Models in one folder, which is made when the first one is kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """The models that are kept, oldest first."""
        if not self._folder.is_dir():
            return []
        found = (path.name for path in self._folder.iterdir() if _NAME.fullmatch(path.name))
        return sorted(found, key=lambda name: int(name.split("-")[1].split(".")[0]))

    def path(self, name: str) -> Path:
        """Where a model is. Raises Permanent when there is none of this name."""
        if name not in self.names():
            kept = ", ".join(self.names()) or "none yet"
            raise Permanent(f"There is no model {name}; there are: {kept}.")
        return self._folder / name

    def keep(self, model: bytes) -> str:
        """Add a model; it is not live yet."""
        numbers = [int(found[1]) for name in self.names() if (found := _NAME.fullmatch(name))]
        name = f"model-{max(numbers, default=0) + 1:04d}.json.gz"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._write(name, model)
        return name

    def live(self) -> Path | None:
        """The model that judges; None when it is the one of the rules.

        Raises Permanent when it is no longer there.
        """
        history = self._history()
        return self.path(history[-1]) if history else None

    def publish(self, name: str) -> None:
        """Let a model judge from now on.

        Raises Permanent when there is none of this name, ValueError when it is no model.
        """
        load_model(self.path(name))
        self._remember([*self._history(), name])

    def roll_back(self) -> str | None:
        """Let the one before judge again; gives its name, None for the one of the rules.

        Raises Permanent when no model of this folder is live.
        """
        history = self._history()
        if not history:
            raise Permanent(
                "The model that comes with the rules is live; nothing is before it."
            )
        self._remember(history[:-1])
        return history[-2] if len(history) > 1 else None

    def _history(self) -> list[str]:
        try:
            told = json.loads((self._folder / _LIVE).read_text("utf-8"))
        except FileNotFoundError:
            return []
        except (RecursionError, ValueError) as error:
            raise Permanent(f"{self._folder / _LIVE} cannot be read: {error}") from error
        if not isinstance(told, list) or not all(_NAME.fullmatch(str(name)) for name in told):
            raise Permanent(f"{self._folder / _LIVE} is no list of models.")
        return [str(name) for name in told]

    def _remember(self, history: list[str]) -> None:
        self._write(_LIVE, json.dumps(history).encode())

    def _write(self, name: str, content: bytes) -> None:
        fresh = self._folder / f".{name}.{os.getpid()}"
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._folder / name)
