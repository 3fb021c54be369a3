"""Decides whether a mail tells a matter again that was told before.

Pure. The signs of a pair (worker.domain.weighing) and the words that only the new mail has are
weighed by what labelled pairs taught; the sum is the odds of a repeat. Three verdicts follow:
sure, doubtful, none. What no odds can outweigh stands here as well: another transaction, order
or account is another matter unless the mail corrects it, and nobody else's mail is ever pointed
to without a case that both name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from math import exp, sqrt

from worker.domain.comparing import Likes, compare
from worker.domain.telling import Telling, gap_between
from worker.domain.traits import RepeatRules, Traits
from worker.domain.weighing import (
    QUOTED,
    Sign,
    both,
    is_correction,
    list_signs,
    names_same_case,
    says_nothing,
)

UNIT = 100
"""Points that multiply the odds by e."""
WORDS_SHARE, FEWEST_WORDS = 2.0, 4
SHOWN_WORDS = 5
SAME_BY_OTHERS = 0.5
"""So much of the words must be shared where an address is all that two senders both name."""


class Verdict(StrEnum):
    """What a mail is to an earlier one."""

    JOINED = "joined"
    """Surely the same matter, told by a participant: it joins."""
    LINKED = "linked"
    """Surely the same matter, told from elsewhere: a ticket of its own that points there."""
    POSSIBLE = "possible"
    """Perhaps: a ticket of its own with a hint for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """The earlier mail that a new one repeats, surely or perhaps."""

    verdict: Verdict
    ticket_id: int
    inbound_id: int | None
    """The mail that told it before."""
    score: float
    """How likely it is, 0 to 1; the thresholds are the rules'."""
    evidence: tuple[str, ...]
    """Every point for and against, in words."""


def find_repeat(
    new: Telling, earlier: Sequence[Telling], *, window: timedelta, rules: RepeatRules
) -> Repeat | None:
    """Return the earlier mail that `new` repeats, likeliest first; None for a new matter.

    earlier: mails of the same sender and mails that name the same identifiers; those older
    than `window` do not count.
    """
    known = [told for told in earlier if gap_between(new, told) <= window]
    own = {told.ticket_id for told in known if told.is_same_party}
    found = [_judge(new, told, is_only=len(own) == 1, rules=rules) for told in known]
    return max((repeat for repeat in found if repeat), key=_rank, default=None)


def _rank(found: Repeat) -> tuple[bool, float, int]:
    """Sure before doubtful, likelier before less likely, the first teller before the next."""
    is_sure = found.verdict is not Verdict.POSSIBLE
    return is_sure, found.score, -(found.inbound_id or 0)


def _judge(new: Telling, told: Telling, *, is_only: bool, rules: RepeatRules) -> Repeat | None:
    likes = compare(new, told, rules.common_words)
    if _is_another(new, told, likes):
        return None
    if not told.is_same_party and not _share_a_case(new, told, likes):
        return None
    signs = list_signs(new, told, likes, is_only=is_only)
    total, evidence = weigh(signs, likes.fresh, rules)
    score = 1 / (1 + exp(-total / UNIT))
    if score < rules.doubtful:
        return None
    verdict = Verdict.JOINED if told.is_same_party else Verdict.LINKED
    if score < rules.sure or told.is_closed or _is_about_any(new, likes, is_only=is_only):
        verdict = Verdict.POSSIBLE
    return Repeat(
        verdict=verdict,
        ticket_id=told.ticket_id,
        inbound_id=told.inbound_id,
        score=round(score, 2),
        evidence=evidence,
    )


def _is_another(new: Telling, told: Telling, likes: Likes) -> bool:
    """Whether it names another transaction, order or account, and does not say why."""
    if names_same_case(new, told) or is_correction(new, told, likes):
        return False
    one, other = new.identifiers, told.identifiers
    pairs = ((getattr(one, name), getattr(other, name)) for name in ("txid", "order_id", "uid"))
    return any(mine and theirs and not both(mine, theirs) for mine, theirs in pairs)


def _share_a_case(new: Telling, told: Telling, likes: Likes) -> bool:
    """Whether two senders name the same case: nobody else's mail is ever pointed to."""
    one, other = new.identifiers, told.identifiers
    if both(one.txid, other.txid) or both(one.order_id, other.order_id):
        return True
    if both(one.uid, other.uid):
        return _kin(new.traits, told.traits)
    if max(likes.shared, likes.quoted) < SAME_BY_OTHERS:
        return False
    return bool(both(one.address, other.address) and set(one.amount) & set(other.amount))


def _kin(one: Traits, other: Traits) -> bool:
    return one.category == other.category or bool(one.concepts & other.concepts)


def _is_about_any(new: Telling, likes: Likes, *, is_only: bool) -> bool:
    """Whether a mail says nothing, and its sender has several matters that it may mean."""
    if is_only or not says_nothing(new):
        return False
    return not likes.same_subject and likes.quoted < QUOTED


def weigh(
    signs: Sequence[Sign], fresh: frozenset[str], rules: RepeatRules
) -> tuple[float, tuple[str, ...]]:
    """Add up the points for and against, and tell them in words, the heaviest first."""
    points = [(sign, rules.points.get(sign.name, 0) * sign.value) for sign in signs]
    known = [word for word in fresh if word in rules.words]
    if known:
        known.sort(key=lambda word: (-abs(rules.words[word]), word))
        weight = share_of_a_word(len(known)) * sum(rules.words[word] for word in known)
        points.append((Sign("new_words_are", 1, ", ".join(known[:SHOWN_WORDS])), weight))
    points.sort(key=lambda pair: -abs(pair[1]))
    told = tuple(_in_words(sign, weight) for sign, weight in points if round(weight))
    return rules.bias + sum(weight for _, weight in points), told


def share_of_a_word(count: int) -> float:
    """How much each of `count` words counts: the less, the more there are."""
    return WORDS_SHARE / sqrt(max(count, FEWEST_WORDS))


def _in_words(sign: Sign, weight: float) -> str:
    found = f" {sign.told}" if sign.told else ""
    return f"{sign.name.replace('_', ' ').replace('.', ' ')}{found}: {weight:+.0f}"
