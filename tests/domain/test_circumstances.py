"""What beside the words speaks for the urgency: tier, amount at stake, repeated asking."""

from datetime import timedelta

import pytest

from tests.builders import NOON, a_judgement
from worker.domain.circumstances import Policy, Tier, asked, tier_of, weigh
from worker.domain.judgement import Judgement, Urgency

VIP = Tier(name="vip", members=("@fund.example",), raises_to=Urgency.HIGH)
POLICY = Policy(tiers=(VIP,))
OFTEN = Policy(asked_times=3, asked_within=timedelta(days=7))


def weighed(
    urgency: Urgency,
    *,
    tier: str | None = "vip",
    authentication: str = "pass",
    policy: Policy = POLICY,
    at_stake: float | None = None,
) -> Judgement:
    judgement = a_judgement(urgency=urgency, at_stake=at_stake)
    return weigh(judgement, tier=tier, authentication=authentication, policy=policy)


@pytest.mark.parametrize(
    ("address", "member", "is_member"),
    [
        pytest.param("ann@fund.example", "ann@fund.example", True, id="address"),
        pytest.param("Ann@Fund.Example", "ann@fund.example", True, id="capitals"),
        pytest.param("bob@fund.example", "ann@fund.example", False, id="another address"),
        pytest.param("bob@fund.example", "@fund.example", True, id="domain"),
        pytest.param("bob@eu.fund.example", "@fund.example", False, id="below the domain"),
        pytest.param("bob@eu.fund.example", "*@*.fund.example", True, id="pattern"),
        pytest.param("vip-7@mail.example", "vip-*@mail.example", True, id="pattern of names"),
        pytest.param("bob@notfund.example", "@fund.example", False, id="ends alike"),
        pytest.param("a@fund.example@evil.example", "*@fund.example", False, id="two at signs"),
        pytest.param("@fund.example@evil.example", "@fund.example", False, id="no name"),
        pytest.param("", "@fund.example", False, id="nobody"),
    ],
)
def test_member_of_a_tier(address: str, member: str, is_member: bool) -> None:
    found = tier_of(address, (Tier(name="vip", members=(member,)),))
    assert (found == "vip") is is_member


def test_first_tier_that_fits_counts() -> None:
    gold = Tier(name="gold", members=("*@*.example",))
    assert tier_of("ann@fund.example", (VIP, gold)) == "vip"
    assert tier_of("ann@other.example", (VIP, gold)) == "gold"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(Urgency.LOW, Urgency.LOW, id="low stays low"),
        pytest.param(Urgency.NORMAL, Urgency.HIGH, id="normal becomes high"),
        pytest.param(Urgency.HIGH, Urgency.HIGH, id="high stays high"),
        pytest.param(Urgency.CRITICAL, Urgency.CRITICAL, id="critical stays critical"),
    ],
)
def test_tier_raises_by_one_step_up_to_its_level(before: Urgency, after: Urgency) -> None:
    judgement = weighed(before)
    assert judgement.urgency is after
    assert judgement.hits[0].rule == "tier.vip"


def test_raising_is_told_in_the_hit() -> None:
    assert weighed(Urgency.NORMAL).hits[0].text == "raised from normal to high"
    assert weighed(Urgency.HIGH).hits[0].text == ""


def test_tier_raises_no_more_than_one_step_whatever_its_level() -> None:
    policy = Policy(tiers=(Tier(name="vip", raises_to=Urgency.CRITICAL),))
    assert weighed(Urgency.NORMAL, policy=policy).urgency is Urgency.HIGH


@pytest.mark.parametrize("authentication", ["none", "fail"])
def test_unauthenticated_vip_is_none(authentication: str) -> None:
    judgement = weighed(Urgency.NORMAL, authentication=authentication)
    assert judgement == a_judgement()


def test_tier_that_nobody_configured_is_told_and_raises_nothing() -> None:
    judgement = weighed(Urgency.NORMAL, tier="platinum")
    assert judgement.urgency is Urgency.NORMAL
    assert judgement.hits[0].rule == "tier.platinum"


def test_large_sum_is_told_and_raises_nothing_unless_the_desk_says_so() -> None:
    judgement = weighed(
        Urgency.NORMAL, tier=None, at_stake=25_000, policy=Policy(amount_from=10_000)
    )
    assert judgement.urgency is Urgency.NORMAL
    assert (judgement.hits[0].rule, judgement.hits[0].text) == (
        "amount.at-stake",
        "about 25,000 USD",
    )


def test_large_sum_raises_where_the_desk_says_so() -> None:
    policy = Policy(amount_from=10_000, amount_raises_to=Urgency.HIGH)
    raised = weighed(Urgency.NORMAL, tier=None, at_stake=10_000, policy=policy)
    assert raised.urgency is Urgency.HIGH
    assert raised.hits[0].text == "about 10,000 USD: raised from normal to high"


@pytest.mark.parametrize("at_stake", [None, 9_999.0])
def test_small_or_unknown_sum_is_not_told(at_stake: float | None) -> None:
    policy = Policy(amount_from=10_000, amount_raises_to=Urgency.HIGH)
    assert weighed(Urgency.NORMAL, tier=None, at_stake=at_stake, policy=policy).hits == ()


def test_asking_again_and_again_is_told_and_raises_nothing() -> None:
    before = [NOON - timedelta(hours=40), NOON - timedelta(hours=3)]
    judgement, sentence = asked(a_judgement(), before, now=NOON, policy=OFTEN)
    assert sentence == "asked 3 times in 2 days"
    assert judgement.hits[0].text == sentence
    assert judgement.urgency is Urgency.NORMAL


def test_three_mails_of_one_hour_are_asked_in_a_day() -> None:
    before = [NOON - timedelta(minutes=50), NOON]
    assert asked(a_judgement(), before, now=NOON, policy=OFTEN)[1] == "asked 3 times in 1 day"


@pytest.mark.parametrize(
    ("before", "policy"),
    [
        pytest.param([], OFTEN, id="first time"),
        pytest.param([NOON], OFTEN, id="second time"),
        pytest.param([NOON - timedelta(days=8)] * 5, OFTEN, id="long ago"),
        pytest.param([NOON] * 9, Policy(asked_within=timedelta(days=7)), id="switched off"),
    ],
)
def test_asking_seldom_is_not_told(before: list[object], policy: Policy) -> None:
    judgement, sentence = asked(a_judgement(), before, now=NOON, policy=policy)  # type: ignore[arg-type]
    assert (judgement, sentence) == (a_judgement(), None)


def test_repeated_asking_raises_where_the_desk_says_so() -> None:
    policy = Policy(asked_times=2, asked_within=timedelta(days=1), asked_raises_to=Urgency.HIGH)
    judgement, _ = asked(a_judgement(), [NOON], now=NOON, policy=policy)
    assert judgement.urgency is Urgency.HIGH
    assert judgement.hits[0].text == "asked 2 times in 1 day: raised from normal to high"
