"""Decides what a mail is about: the matter of the fact that sets the urgency, or its topics."""

from collections.abc import Container, Mapping

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
    for concept, count in _counted(reading, rules.topics).items():
        for category, weight in rules.topics[concept]:
            weights[category] = weights.get(category, 0) + weight + count - 1
    if not weights:
        return rules.default_category
    order = {name: -place for place, name in enumerate(rules.categories)}
    return max(weights, key=lambda c: (weights[c], order.get(c, -len(order))))


def _counted(reading: Reading, topics: Container[str]) -> Mapping[str, int]:
    """How often each of `topics` is mentioned, at most so often as counts."""
    mentions = [m for m in reading.topics if m.concept in topics]
    places = dict.fromkeys((m.concept, m.first, m.sentence) for m in mentions)
    counts: dict[str, int] = {}
    for concept, _, sentence in places:
        bonus = _SUBJECT_BONUS if sentence < reading.body_starts else 0
        counts[concept] = min(_MOST, counts.get(concept, 0) + 1 + bonus)
    return counts
