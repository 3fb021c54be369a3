"""Decides what a mail is about: the matter of the fact that sets the urgency, or its topics."""

from collections.abc import Mapping

from worker.domain.judgement import Urgency
from worker.domain.reading import Reading
from worker.domain.rules import Fact, RuleSet

_SUBJECT_BONUS = 1
_MOST = 3
"""Mentions of one concept that count."""


def decide(
    reading: Reading, *, facts: tuple[Fact, ...], urgency: Urgency, rules: RuleSet
) -> str:
    """Choose one category. `facts` strongest first."""
    weights: dict[str, int] = {}
    for fact in facts:
        if fact.category and (fact.urgency is None or fact.urgency == urgency):
            weights[fact.category] = max(weights.get(fact.category, 0), fact.points)
    for concept, count in _counted(reading).items():
        for category, weight in rules.topics.get(concept, ()):
            weights[category] = weights.get(category, 0) + weight + count - 1
    if not weights:
        return rules.default_category
    order = {name: -place for place, name in enumerate(rules.categories)}
    return max(weights, key=lambda c: (weights[c], order.get(c, -len(order))))


def _counted(reading: Reading) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    seen: set[tuple[str, int]] = set()
    for m in reading.topics:
        if (m.concept, m.first) in seen:
            continue
        seen.add((m.concept, m.first))
        bonus = _SUBJECT_BONUS if m.sentence < reading.body_starts else 0
        counts[m.concept] = min(_MOST, counts.get(m.concept, 0) + 1 + bonus)
    return counts
