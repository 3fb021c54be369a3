"""The rules of a desk as values: what worker.rules reads from its files, compiled for use.

Nothing here knows a trade: concepts, facts, categories, coins and context words are data.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from worker.domain.beginnings import Finder
from worker.domain.judgement import Urgency
from worker.domain.model import Model
from worker.domain.phrases import Vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A constellation of concepts that says something about the case."""

    name: str
    urgency: Urgency | None
    """None: it speaks of the category only."""
    category: str = ""
    """"" leaves the category to the topics."""
    points: int
    all_of: tuple[frozenset[str], ...]
    """One of each group must be told within reach."""
    none_of: frozenset[str] = frozenset()
    """Within the same reach."""
    unless: frozenset[str] = frozenset()
    """Anywhere in the mail."""
    reach: int = 1
    """Sentences after the first that may complete it; -1: anywhere in the mail."""
    is_firm: bool = False
    """Holds even in a mail that says it is solved."""


def index_facts(facts: Sequence[Fact]) -> dict[str, tuple[int, ...]]:
    """Places in `facts` by the concepts of each one's smallest group: it needs one of them."""
    places: dict[str, list[int]] = {}
    for place, fact in enumerate(facts):
        for concept in min(fact.all_of, key=len):
            places.setdefault(concept, []).append(place)
    return {concept: tuple(found) for concept, found in places.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """Something said that bounds the urgency from above, whatever else is told."""

    name: str
    urgency: Urgency
    all_of: tuple[frozenset[str], ...]
    unless: frozenset[str] = frozenset()
    applies_to: frozenset[str] = frozenset()
    """Prefixes of fact names; empty: every fact that is not firm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRule:
    """What makes a mark known: a hit, or concepts told anywhere in the mail."""

    name: str
    hits: tuple[str, ...] = ()
    """Prefixes of hit names."""
    all_of: tuple[frozenset[str], ...] = ()
    """One of each group; without any, only hits count."""
    unless: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Modality:
    """Which concepts turn a told thing into one that is not so, not yet, or not theirs."""

    mask: frozenset[str] = frozenset()
    """Phrases that hide what stands inside them."""
    negation: frozenset[str] = frozenset()
    negatable: frozenset[str] = frozenset()
    """Concepts that a negation just before them undoes."""
    reach: int = 4
    """Words (twice as many characters without spaces) between a negation and its object."""
    supposed: frozenset[str] = frozenset()
    """From here to the end of the sentence all is only supposed."""
    hearsay: frozenset[str] = frozenset()
    """The whole sentence tells of others."""
    general: frozenset[str] = frozenset()
    """The sentence asks how things are in general ..."""
    own: frozenset[str] = frozenset()
    """... unless one of these stands in it too: then it tells a case."""
    real: frozenset[str] = frozenset()
    """Concepts that hold even in a supposed or overheard sentence."""
    marks: Mapping[str, str] = field(default_factory=dict)
    """Characters that, standing in what the writer says, mention a concept."""
    ended: frozenset[str] = frozenset()
    """A matter is over ..."""
    turn: frozenset[str] = frozenset()
    """... and after one of these another begins: it is judged by itself as well."""
    doubt: frozenset[str] = frozenset()
    """Said in the body, these outweigh facts that only the subject tells."""
    turning: frozenset[str] = field(init=False)
    """Concepts that change what others of their sentence mean."""

    def __post_init__(self) -> None:
        turning = self.negation | self.supposed | self.hearsay | self.general | self.own
        object.__setattr__(self, "turning", turning)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Money:
    """Names and rough worth of coins and currencies. Equal to itself only: it can be a key."""

    names: Mapping[str, str] = field(default_factory=dict)
    """Lower-case name or symbol -> ticker or ISO code."""
    named: frozenset[str] = frozenset()
    """The names that are written in plain letters."""
    fiat: frozenset[str] = frozenset()
    """Codes whose sums carry no three decimals."""
    upper_only: frozenset[str] = frozenset()
    """Names that are words of some language too: they count in capitals, or after a number."""
    spaceless: tuple[re.Pattern[str], ...] = ()
    """Names in scripts without spaces."""
    rates: Mapping[str, float] = field(default_factory=dict)
    """Ticker -> rough worth in US dollars; absent: unknown."""
    multipliers: Mapping[str, float] = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """Concept -> dollars from which an amount in the mail counts as that concept."""
    small: Mapping[str, float] = field(default_factory=dict)
    """Concept -> dollars below which the largest amount of the mail counts as that concept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Patterns by name, and words by name for what no pattern says."""

    patterns: Mapping[str, tuple[re.Pattern[str], ...]] = field(default_factory=dict)
    words: Mapping[str, frozenset[str]] = field(default_factory=dict)
    _finders: dict[tuple[str, ...], Finder] = field(default_factory=dict, init=False)
    """Made when first asked for: which languages a desk meets is not known before."""

    def pattern(self, name: str) -> tuple[re.Pattern[str], ...]:
        return self.patterns.get(name, ())

    def search(self, names: tuple[str, ...], text: str) -> dict[str, list[re.Match[str]]]:
        """The matches of the patterns of each of `names`, in one pass over `text`."""
        if names not in self._finders:
            self._finders[names] = Finder({name: self.pattern(name) for name in names})
        return self._finders[names].search(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """Everything that judging needs. Made by worker.rules.load."""

    vocabularies: Mapping[str, Vocabulary]
    """By primary language tag: en, zh, es ..."""
    everywhere: tuple[str, ...]
    """Vocabularies that are read whatever the language."""
    modality: Modality
    facts: tuple[Fact, ...]
    facts_by_concept: Mapping[str, tuple[int, ...]]
    """Concept -> places in `facts` of those worth a look when it is told; see index_facts."""
    caps: tuple[Cap, ...]
    default_urgency: Urgency
    unread_urgency: Urgency
    """For a mail in a language without vocabulary."""
    categories: tuple[str, ...]
    """In the order that breaks ties."""
    default_category: str
    topics: Mapping[str, tuple[tuple[str, int], ...]]
    """Concept -> (category, weight) pairs."""
    needs: Mapping[str, tuple[str, ...]]
    """Category -> what a good report of it holds."""
    given_by: Mapping[str, frozenset[str]]
    """Thing needed -> concepts whose mention means that it is given."""
    secret_fact: Fact | None
    """Spoken by a live secret in the mail."""
    money: Money
    identifiers: Context
    secrets: Context
    model: Model | None = None
    """None where none was trained for these rules: then they judge alone."""
    critical_from: float = 0.35
    """What the model thinks critical with this probability is critical ..."""
    high_from: float = 0.2
    """... and with this one at least high."""
    marks: tuple[MarkRule, ...] = ()
    mark_words: Vocabulary = field(default_factory=lambda: Vocabulary({}))
    """Of all languages at once; apart, so that nothing that weighs urgency reads it."""
