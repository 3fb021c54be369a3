"""Learns the weights of worker.domain.model from labelled mail. The only user of scikit-learn.

A multinomial logistic regression over two sorts of clues, each shortened to unit length: terms
(pieces of the words) and concepts of the rules. The weights become whole numbers; clues that
weigh next to nothing are left out. The same mails and rules give the same model.
"""

import hashlib
import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from ahocorasick_rs import AhoCorasick
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from worker.domain.judge import study
from worker.domain.model import Clues, Weights
from worker.domain.phrases import is_spaceless
from worker.domain.rules import RuleSet
from worker.rules import model_file
from worker.rules.labelled import Labelled

Matrix: TypeAlias = Any
"""A sparse matrix of scipy, which ships no types."""
Numbers: TypeAlias = NDArray[np.float64]

_STRENGTH = 15.0
"""Inverse of the regularisation; found by holding out the mails of one writer at a time."""
_CONCEPT_SHARE = 0.5
"""Concepts beside terms: more, and the model believes the rules too much."""
_SEEN = 3
"""Mails in which a term must stand."""
_FEWEST = 4
"""Mails of a kind of case below which it is no case of its own."""
_ROUNDS = 300
_ENOUGH = 5e-4
"""Steepness at which learning ends; a tenth of it learns the single mails by heart."""
_HAN_LENGTH = 5
_WORDS = 3
_PIECE = 5
"""Letters of the pieces of words; 4 and 6 beside it add nothing but time."""
_MOST_TERMS = 45_000
_WEAK = 1
"""Weights no larger than this become nothing."""
_WITHIN = 0.9998
"""Share of the weights that stay what they are; the largest are cut."""


class Studied(NamedTuple):
    """A labelled mail with the clues that it gives."""

    mail: Labelled
    clues: Clues


def study_all(mails: Iterable[Labelled], rules: RuleSet) -> list[Studied]:
    """Gather the clues of each mail."""
    return [Studied(m, study(subject=m.subject, body=m.body, rules=rules)) for m in mails]


def learn(
    studied: Sequence[Studied],
    *,
    shares: Sequence[float] | None = None,
    told: dict[str, object] | None = None,
) -> bytes:
    """Train a model and give its file.

    shares: what each mail counts; None: all alike. A term must stand in several mails whatever
    they count, so that no single writer's words stay in a model.
    Raises ValueError when the mails are too few to learn from.
    """
    known = Counter(one.mail.case for one in studied)
    counts = [
        count
        for one, count in zip(studied, shares or [1.0] * len(studied), strict=True)
        if known[one.mail.case] >= _FEWEST
    ]
    chosen = [one for one in studied if known[one.mail.case] >= _FEWEST]
    cases = sorted({one.mail.case for one in chosen})
    if len(cases) < 2:
        raise ValueError("too few labelled mails: at least two kinds of case, four mails each")
    answers = [cases.index(one.mail.case) for one in chosen]
    concepts, concept_matrix = _columns([one.clues.concepts for one in chosen], least=2)
    found = [terms_of(one.clues.words) for one in chosen]
    terms, term_matrix = _columns(found, least=_SEEN)
    if not terms:
        raise ValueError("the labelled mails have no words in common")
    weights, _ = _fit(term_matrix, concept_matrix, answers, counts)
    strongest = np.abs(weights[: len(terms)]).max(axis=1).argsort(kind="stable")[::-1]
    kept = [terms[at] for at in strongest[:_MOST_TERMS]]
    # Once more with those alone, found as they will be found, so that shares are the same.
    finder = AhoCorasick(kept)
    found = [
        {kept[match[0]] for match in finder.find_matches_as_indexes(words, overlapping=True)}
        for words in (one.clues.words for one in chosen)
    ]
    terms, term_matrix = _columns(found, least=1)
    weights, bias = _fit(term_matrix, concept_matrix, answers, counts)
    return model_file.dump(
        cases=cases,
        bias=bias,
        terms=_whole(terms, weights[: len(terms)]),
        concepts=_whole(concepts, _CONCEPT_SHARE * weights[len(terms) :]),
        told={
            "mails": len(chosen),
            "cases": len(cases),
            "digest": _digest([one.mail for one in chosen]),
            **(told or {}),
        },
    )


def _fit(
    terms: Matrix, concepts: Matrix, answers: Sequence[int], counts: Sequence[float]
) -> tuple[Numbers, list[float]]:
    """Learn weights, a row for each clue and a column for each case, and their bias."""
    learner = LogisticRegression(C=_STRENGTH, max_iter=_ROUNDS, tol=_ENOUGH)
    matrix = sparse.hstack([terms, _CONCEPT_SHARE * concepts]).tocsr()
    learner.fit(matrix, answers, sample_weight=counts)
    weights, bias = np.asarray(learner.coef_), np.asarray(learner.intercept_)
    if len(bias) == 1:  # of two cases scikit-learn tells the second only
        weights, bias = np.vstack([-weights, weights]) / 2, np.array([-bias[0], bias[0]]) / 2
    return weights.T, [float(odds) for odds in bias]


def _columns(found: Sequence[Collection[str]], *, least: int) -> tuple[list[str], Matrix]:
    """One column for each clue that at least `least` mails give; rows of unit length."""
    seen = Counter(clue for clues in found for clue in clues)
    columns = sorted(clue for clue, count in seen.items() if count >= least)
    place = {clue: number for number, clue in enumerate(columns)}
    indices: list[int] = []
    values: list[float] = []
    starts = [0]
    for clues in found:
        here = sorted(place[clue] for clue in clues if clue in place)
        indices += here
        values += [1 / math.sqrt(len(here) or 1)] * len(here)
        starts.append(len(indices))
    shape = (len(found), len(columns))
    return columns, sparse.csr_matrix((values, indices, starts), shape=shape)


def _whole(clues: Sequence[str], weights: Numbers) -> Weights:
    """Round to whole numbers."""
    # What all cases share decides nothing: without it the numbers are smaller.
    weights = weights - weights.mean(axis=1, keepdims=True)
    # A few clues weigh far more than all others: by them the grid would be too coarse for most.
    unit = float(np.quantile(np.abs(weights), _WITHIN)) / 127 or 1.0
    whole = np.rint(weights / unit).clip(-127, 127).astype(int)
    whole[np.abs(whole) <= _WEAK] = 0
    return Weights({clue: row.tolist() for clue, row in zip(clues, whole, strict=True)}, unit)


def _digest(mails: Sequence[Labelled]) -> str:
    """Which mails a model was trained on, whatever their order."""
    rows = sorted(f"{m.subject}\n{m.body}\n{m.case}" for m in mails)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]


_RUNS = re.compile(r"[^ ]+")


def terms_of(words: str) -> set[str]:
    """The pieces of `words` (see worker.domain.clues) that may become terms."""
    found: set[str] = set()
    row: list[str] = []
    for run in _RUNS.findall(words):
        if is_spaceless(run[0]):
            ends = len(run) + 1
            for start in range(len(run)):
                found.update(
                    run[start:end]
                    for end in range(start + 1, min(start + _HAN_LENGTH + 1, ends))
                )
            row = []
            continue
        row = [*row[-(_WORDS - 1) :], run]
        for first in range(len(row)):
            found.add(f" {' '.join(row[first:])} ")
        if len(run) > 3:
            framed = f" {run} "
            found.update(framed[i : i + _PIECE] for i in range(len(framed) - _PIECE + 1))
    return found
