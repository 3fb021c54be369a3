"""Loads what tells a repeat: cues per language, points and thresholds (duplicates.yaml)."""

import re
from functools import cache
from pathlib import Path

import yaml

from worker.domain.phrases import Vocabulary, fold
from worker.domain.traits import RepeatRules

_HERE = Path(__file__).parent
_NAME = "duplicates.yaml"


@cache
def load(folder: Path | None = None) -> RepeatRules:
    """Load the rules of `folder`, or the shipped ones where it has none. Kept once loaded.

    Raises OSError when the file cannot be read and ValueError, with its name, when it makes no
    sense.
    """
    path = _HERE / _NAME
    if folder is not None and (folder / _NAME).exists():
        path = folder / _NAME
    try:
        with path.open("rb") as file:
            told = yaml.load(file, Loader=yaml.CSafeLoader)
        return RepeatRules(
            cues=Vocabulary({str(cue): _phrases(rows) for cue, rows in told["cues"].items()}),
            points={str(name): int(value) for name, value in told["points"].items()},
            sure=int(told["sure"]),
            doubtful=int(told["doubtful"]),
            common_words=frozenset(fold(str(told["common_words"])).split()),
            concept_cues={str(c): str(cue) for c, cue in told["concept_cues"].items()},
            common_concepts=frozenset(str(told["common_concepts"]).split()),
        )
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"rules in {path} make no sense: {error}") from error


def _phrases(rows: object) -> tuple[str, ...]:
    """Phrases, parted by commas and line ends; written as one text or as one a language."""
    texts = rows.values() if isinstance(rows, dict) else (rows,)
    return tuple(
        phrase
        for text in texts
        for part in re.split(r"[,\n]", str(text or ""))
        if (phrase := part.strip())
    )
