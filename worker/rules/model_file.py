"""The file of a model: gzipped JSON, the weights of each clue as base64 of signed octets."""

import base64
import gzip
import json
import math
import zlib
from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from worker.domain.judgement import Urgency
from worker.domain.model import Case, Model, Weights

NAME = "model.json.gz"


def dump(
    *,
    cases: Sequence[Case],
    bias: Sequence[float],
    terms: Weights,
    concepts: Weights,
    told: Mapping[str, object],
) -> bytes:
    """Write a model; the same model gives the same octets.

    told: what it was trained on and how well it does, for people.
    """
    content = {
        "told": told,
        "cases": [[case.kind, case.urgency.value, case.category] for case in cases],
        "bias": [round(odds, 4) for odds in bias],
        "terms": _table(terms),
        "concepts": _table(concepts),
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), mtime=0)


def _table(weights: Weights) -> dict[str, object]:
    rows = {
        clue: base64.b64encode(array("b", row).tobytes()).decode()
        for clue, row in sorted(weights.by_clue.items())
    }
    return {"unit": weights.unit, "rows": rows}


def load_model(path: Path) -> Model:
    """Read a model.

    Raises OSError when the file cannot be read and ValueError when it is no model.
    """
    content = _content(path)
    try:
        cases = [Case(kind, Urgency(u), category) for kind, u, category in content["cases"]]
        bias = [float(odds) for odds in content["bias"]]
        if not len(bias) == len(cases) > 1 or not all(map(math.isfinite, bias)):
            raise ValueError("each case needs its bias")
        terms, concepts = (_weights(content[n], len(cases)) for n in ("terms", "concepts"))
        return Model(cases=cases, bias=bias, terms=terms, concepts=concepts)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is no model: {error!r}") from error


def about(path: Path) -> Mapping[str, object]:
    """What a model's file tells of itself. Raises as load_model does."""
    try:
        return dict(_content(path)["told"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is no model: {error!r}") from error


def _content(path: Path) -> Any:
    packed = path.read_bytes()
    try:
        return json.loads(gzip.decompress(packed))
    except (EOFError, OSError, RecursionError, ValueError, zlib.error) as error:
        raise ValueError(f"{path} is no model: {error!r}") from error


def _weights(table: Mapping[str, object], columns: int) -> Weights:
    rows, unit = table["rows"], float(str(table["unit"]))
    if not isinstance(rows, dict) or not math.isfinite(unit):
        raise TypeError("rows or unit make no sense")
    weights = {clue: array("b", base64.b64decode(row)) for clue, row in rows.items()}
    if any(len(row) != columns for row in weights.values()):
        raise ValueError("a clue has not one weight for each case")
    return Weights(weights, unit)
