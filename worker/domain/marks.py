"""Notes what stands beside the urgency of a mail and never decides it.

Such as anger, a wish for a human, a lawyer's letter, or despair. Marks come after the judgement
and take nothing of it back; their own words are read by nothing else.
"""

from collections.abc import Sequence

from worker.domain.judgement import Hit, Mark
from worker.domain.reading import Reading
from worker.domain.rules import MarkRule, RuleSet


def find_marks(reading: Reading, hits: Sequence[Hit], rules: RuleSet) -> tuple[Mark, ...]:
    """Find the marks of a mail, each once, in the order of the rules.

    hits: those of its judgement.
    """
    if not rules.marks:
        return ()
    mentions = rules.mark_words.scan(reading.tokens)
    words: dict[str, str] = {}
    for mention in mentions:
        if mention.concept not in words:
            words[mention.concept] = reading.words_of([mention])
    told = reading.all_told | words.keys()
    found: dict[str, Mark] = {}
    for rule in rules.marks:
        speaking = [hit for name in rule.hits for hit in hits if hit.rule.startswith(name)]
        if speaking:
            said = next((hit.text for hit in speaking if hit.text), "")
            names = tuple(hit.rule for hit in speaking)
            found.setdefault(rule.name, Mark(rule.name, said, names))
        elif rule.all_of and _is_told(rule, told):
            said = " … ".join(_said(group, words, reading) for group in rule.all_of)
            found.setdefault(rule.name, Mark(rule.name, said))
    return tuple(found.values())


def _is_told(rule: MarkRule, told: set[str]) -> bool:
    is_met = not any(group.isdisjoint(told) for group in rule.all_of)
    return is_met and rule.unless.isdisjoint(told)


def _said(group: frozenset[str], words: dict[str, str], reading: Reading) -> str:
    own = next((said for concept, said in words.items() if concept in group), None)
    if own is not None:
        return own
    return reading.words_of([next(m for m in reading.told if m.concept in group)])
