"""Loads what tells a repeat: cues per language and thresholds (duplicates.yaml), weights
(repeat_weights.yaml).

A folder of the desk's own rules may hold either file, or both.
"""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from worker.domain.phrases import Vocabulary, fold
from worker.domain.traits import RepeatRules

_HERE = Path(__file__).parent
_CUES, WEIGHTS = "duplicates.yaml", "repeat_weights.yaml"


@cache
def load(folder: Path | None = None) -> RepeatRules:
    """Load the rules of `folder`, or the shipped ones where it has none. Kept once loaded.

    Raises OSError when a file cannot be read and ValueError, with its name, when it makes no
    sense.
    """
    path = _find(_CUES, folder)
    try:
        told = _read(path)
        rules = RepeatRules(
            cues=Vocabulary({str(cue): _phrases(rows) for cue, rows in told["cues"].items()}),
            bias=0,
            points={},
            words={},
            sure=float(told["sure"]),
            doubtful=float(told["doubtful"]),
            common_words=frozenset(fold(str(told["common_words"])).split()),
            concept_cues={str(c): str(cue) for c, cue in told["concept_cues"].items()},
            common_concepts=frozenset(str(told["common_concepts"]).split()),
        )
        path = _find(WEIGHTS, folder)
        told = _read(path)
        return replace(
            rules,
            bias=int(told["bias"]),
            points={str(name): int(value) for name, value in told["signs"].items()},
            words={str(word): int(value) for word, value in told["words"].items()},
        )
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"rules in {path} make no sense: {error}") from error


def _find(name: str, folder: Path | None) -> Path:
    if folder is not None and (folder / name).exists():
        return folder / name
    return _HERE / name


def _read(path: Path) -> Any:
    with path.open("rb") as file:
        return yaml.load(file, Loader=yaml.CSafeLoader)


def _phrases(rows: object) -> tuple[str, ...]:
    """Phrases, parted by commas and line ends; written as one text or as one a language."""
    texts = rows.values() if isinstance(rows, dict) else (rows,)
    return tuple(
        phrase
        for text in texts
        for part in re.split(r"[,\n]", str(text or ""))
        if (phrase := part.strip())
    )
