"""Weighs what beside the words of a mail speaks for its urgency, each as a hit.

Who the customer is (a tier counts only where the sender is proven), how much is at stake, and
how often he has asked. Each is told; it raises only where the desk says so, by one step at most
and never out of low: who asks how to change a nickname is in no hurry, whoever he is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from worker.domain import advice
from worker.domain.judgement import Hit, Judgement, Urgency

TIER = "tier."
AT_STAKE = "amount.at-stake"
ASKED = "asked.repeatedly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A class of customers."""

    name: str
    members: tuple[str, ...] = ()
    """Addresses, domains (`@fund.example`) and patterns (`*@*.fund.example`), lower case."""
    raises_to: Urgency | None = None
    """None: it is told and raises nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the configuration says about circumstances."""

    tiers: tuple[Tier, ...] = ()
    amount_from: float = 0.0
    """Rough dollars; 0: amounts are not told."""
    amount_raises_to: Urgency | None = None
    asked_times: int = 0
    """0: repeated asking is not told."""
    asked_within: timedelta = timedelta(0)
    asked_raises_to: Urgency | None = None


def tier_of(address: str, tiers: Sequence[Tier]) -> str | None:
    """Name the first tier that lists `address`; None when none does."""
    address = address.lower()
    for tier in tiers:
        if any(_is_member(address, member) for member in tier.members):
            return tier.name
    return None


def _is_member(address: str, member: str) -> bool:
    """Hold local part and domain apart, so that no star of one reaches into the other."""
    local, _, domain = address.rpartition("@")
    wanted_local, _, wanted_domain = member.rpartition("@")
    return (
        bool(local and domain)
        and fnmatchcase(domain, wanted_domain)
        and fnmatchcase(local, wanted_local or "*")
    )


def weigh(
    judgement: Judgement, *, tier: str | None, authentication: str, policy: Policy
) -> Judgement:
    """Add what the sender and the sums say.

    tier: as listed or looked up; it counts only when `authentication` is pass.
    """
    if tier is not None and authentication == "pass":
        raises_to = next((t.raises_to for t in policy.tiers if t.name == tier), None)
        judgement = _told(judgement, TIER + tier, "", raises_to)
    worth = judgement.at_stake
    if worth is not None and 0 < policy.amount_from <= worth:
        text = f"about {worth:,.0f} USD"
        judgement = _told(judgement, AT_STAKE, text, policy.amount_raises_to)
    return judgement


def asked(
    judgement: Judgement, before: Sequence[datetime], *, now: datetime, policy: Policy
) -> tuple[Judgement, str | None]:
    """Add how often this was asked, now included; the sentence is None when not often.

    before: when this sender's earlier mails on the ticket came.
    """
    lately = [at for at in before if now - at <= policy.asked_within]
    times = len(lately) + 1
    if not lately or not 0 < policy.asked_times <= times:
        return judgement, None
    days = max(1, -((min(lately) - now) // timedelta(days=1)))
    sentence = f"asked {times} times in {days} day{'s' if days > 1 else ''}"
    return _told(judgement, ASKED, sentence, policy.asked_raises_to), sentence


def of(judgement: Judgement) -> tuple[Hit, ...]:
    """Give the hits that do not come from the words of the mail."""
    beside = (TIER, AT_STAKE, ASKED, advice.RULE)
    return tuple(hit for hit in judgement.hits if hit.rule.startswith(beside))


def _told(judgement: Judgement, rule: str, text: str, raises_to: Urgency | None) -> Judgement:
    level = _one_step(judgement.urgency, raises_to)
    if level is not judgement.urgency:
        raised = f"raised from {judgement.urgency.value} to {level.value}"
        text = f"{text}: {raised}" if text else raised
    # In front: what changes a judgement must not be lost at the end of a long list.
    return replace(judgement, urgency=level, hits=(Hit(rule, text, 0), *judgement.hits))


def _one_step(level: Urgency, raises_to: Urgency | None) -> Urgency:
    if raises_to is None or level is Urgency.LOW or level.rank >= raises_to.rank:
        return level
    return list(Urgency)[level.rank + 1]
