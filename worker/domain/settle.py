"""Brings together what the rules and the model say of a mail.

The model has seen what the rules say and decides, but never below what is certain: a firm fact
and a live secret hold. Critical is taken for less than an even chance, because the other
mistake costs somebody's money, and what may be critical is at least high. In a mail of a few
words nothing stands that could undo what the rules read there as critical ("my account got
hacked"), so it stays critical. Where rules and model differ, that is said.
"""

from typing import NamedTuple

from worker.domain.judgement import Hit, Urgency
from worker.domain.model import Opinion
from worker.domain.rules import RuleSet
from worker.domain.urgency import Verdict

MODEL = "model."
DISAGREEMENT = "disagreement"
FEW_WORDS = 48
"""Characters below which a mail holds one statement."""


class Settled(NamedTuple):
    urgency: Urgency
    category: str
    hits: tuple[Hit, ...]
    """The model's first, then those of the rules, strongest first."""


def settle(
    verdict: Verdict, *, category: str, opinion: Opinion | None, length: int, rules: RuleSet
) -> Settled:
    """Decide urgency and category.

    category: what the rules take the mail to be about.
    length: of what was judged, in characters.
    opinion: None where there is no model: the rules decide.
    """
    if opinion is None:
        return Settled(verdict.urgency, category, verdict.hits)
    danger = opinion.urgency[Urgency.CRITICAL]
    floors = [opinion.likeliest.urgency]
    if danger >= rules.critical_from:
        floors.append(Urgency.CRITICAL)
    if danger >= rules.high_from:
        floors.append(Urgency.HIGH)
    if length < FEW_WORDS and verdict.urgency is Urgency.CRITICAL:
        floors.append(Urgency.CRITICAL)
    certain = (fact for fact in verdict.facts if fact.is_firm or fact == rules.secret_fact)
    floors += [fact.urgency for fact in certain if fact.urgency]
    level = max(floors, key=lambda urgency: urgency.rank)
    about = max(opinion.category, key=lambda name: opinion.category[name])
    share = round(100 * opinion.urgency[level])
    hits = [Hit(MODEL + opinion.likeliest.kind, " … ".join(opinion.reasons), share)]
    if verdict.urgency is not opinion.likeliest.urgency:
        told = f"rules: {verdict.urgency.value}, model: {opinion.likeliest.urgency.value}"
        hits.append(Hit(DISAGREEMENT, told, 0))
    return Settled(level, about, (*hits, *verdict.hits))
