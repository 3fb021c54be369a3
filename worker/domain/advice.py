"""Takes the opinion of a language model as one more, within what the desk allows it.

It may raise; it never takes anything from a critical, nor more than the desk allows from what
the built-in judgement says. So the worst that a mail can talk it into is a look too many.
"""

from dataclasses import dataclass, replace

from worker.domain import plain_text
from worker.domain.judgement import Hit, Judgement, Urgency

RULE = "language_model"
_REASON_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Advice:
    """What the language model thinks of a mail."""

    urgency: Urgency
    category: str
    reason: str


def take(
    judgement: Judgement,
    advice: Advice,
    *,
    raises_to: Urgency,
    lowers_by: int,
) -> Judgement:
    """Let `advice` change the urgency within its bounds, and note it as a hit.

    raises_to: it may raise up to this. lowers_by: it may lower by so many steps; 0: never.
    """
    own = judgement.urgency
    level = advice.urgency
    if level.rank > own.rank:
        level = max(own, min(level, raises_to, key=_rank), key=_rank)
    elif own is Urgency.CRITICAL:
        level = own
    else:
        level = list(Urgency)[max(level.rank, own.rank - lowers_by)]
    reason = plain_text.one_line(advice.reason, limit=_REASON_LIMIT)
    text = f"{advice.urgency.value}, {advice.category}: {reason}"
    if level is not own:
        done = "raised" if level.rank > own.rank else "lowered"
        text = f"{done} from {own.value} to {level.value}; {text}"
    return replace(judgement, urgency=level, hits=(Hit(RULE, text, 0), *judgement.hits))


def _rank(urgency: Urgency) -> int:
    return urgency.rank
