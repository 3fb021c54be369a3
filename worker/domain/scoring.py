"""Compares judgements with what is right: the figures by which rules and models are held."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from worker.domain.judgement import Urgency

_TRIFLES = (Urgency.LOW, Urgency.NORMAL)


class Right(NamedTuple):
    """What is right for a mail."""

    urgency: Urgency
    category: str
    also: tuple[str, ...] = ()
    """Other categories that are right as well."""


class Said(NamedTuple):
    """What was said of it."""

    urgency: Urgency
    category: str


class Score(NamedTuple):
    """Shares from 0 to 1; None where there was nothing to divide by."""

    mails: int
    urgency: float | None
    """Share with the right urgency."""
    urgency_f1: float | None
    """Macro-F1 over the four urgencies."""
    critical_recall: float | None
    critical_precision: float | None
    missed: int
    """Critical mails taken for low or normal."""
    category: float | None
    """Share with the right category."""
    category_lenient: float | None
    """Share with a category that is right or right as well."""

    def figures(self) -> Mapping[str, object]:
        """The figures by name, rounded for people and machines."""
        return {
            name: round(value, 3) if isinstance(value, float) else value
            for name, value in self._asdict().items()
        }


def score(pairs: Sequence[tuple[Right, Said]]) -> Score:
    """Hold what was said against what is right."""
    f1s = [_f1(pairs, level) for level in Urgency]
    critical = [said for right, said in pairs if right.urgency is Urgency.CRITICAL]
    called = [right for right, said in pairs if said.urgency is Urgency.CRITICAL]
    return Score(
        mails=len(pairs),
        urgency=_share([right.urgency is said.urgency for right, said in pairs]),
        urgency_f1=sum(f1s) / len(f1s) if pairs else None,
        critical_recall=_share([said.urgency is Urgency.CRITICAL for said in critical]),
        critical_precision=_share([right.urgency is Urgency.CRITICAL for right in called]),
        missed=sum(said.urgency in _TRIFLES for said in critical),
        category=_share([right.category == said.category for right, said in pairs]),
        category_lenient=_share(
            [said.category in (right.category, *right.also) for right, said in pairs]
        ),
    )


def _share(hits: Sequence[bool]) -> float | None:
    return sum(hits) / len(hits) if hits else None


def _f1(pairs: Sequence[tuple[Right, Said]], level: Urgency) -> float:
    both = sum(right.urgency is level is said.urgency for right, said in pairs)
    either = sum((right.urgency is level) + (said.urgency is level) for right, said in pairs)
    return 2 * both / either if either else 0.0
