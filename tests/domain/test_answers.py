from datetime import timedelta
from typing import Any

import pytest

from tests.builders import NOON
from worker.domain.answers import (
    Answer,
    AnswerKind,
    Leaving,
    Policy,
    Silence,
    TicketAnswers,
    choose,
)
from worker.domain.judgement import Urgency

POLICY = Policy(
    is_enabled=True,
    quiet_period=timedelta(hours=12),
    max_age=timedelta(days=3),
    answers_unauthenticated=True,
    per_address_hour=5,
    per_address_day=20,
    per_domain_hour=200,
    overall_hour=2000,
)
PLAIN: dict[str, Any] = {
    "silence": None,
    "author": "li.wei@customer.example",
    "desk_domain": "desk.example",
    "desk_addresses": frozenset({"support@desk.example"}),
    "authentication": "pass",
    "is_participant": True,
    "age": timedelta(minutes=1),
    "is_old": False,
    "urgency": Urgency.NORMAL,
    "blocks": ("safety",),
    "before": TicketAnswers(),
    "leaving": Leaving(),
    "policy": POLICY,
    "now": NOON,
}


def gate(kind: AnswerKind = AnswerKind.RECEIVED, **changes: object) -> Answer | Silence:
    return choose(kind, **PLAIN | changes)


def policy(**changes: object) -> Policy:
    known = {name: getattr(POLICY, name) for name in Policy.__slots__}
    return Policy(**known | changes)


def test_plain_request_of_an_authenticated_sender_gets_the_full_answer() -> None:
    assert gate() == Answer(kind=AnswerKind.RECEIVED, is_neutral=False, blocks=("safety",))


def test_sender_without_authentication_gets_a_neutral_answer() -> None:
    assert gate(authentication="none") == Answer(
        kind=AnswerKind.RECEIVED, is_neutral=True, blocks=("safety",)
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"policy": policy(is_enabled=False)}, "answers_disabled"),
        ({"silence": "automatic_mail"}, "automatic_mail"),
        ({"author": None}, "no_single_author"),
        ({"author": "li.wei"}, "no_usable_address"),
        ({"author": "support@desk.example"}, "own_address"),
        ({"author": "no-reply@shop.example"}, "no_reply_address"),
        ({"authentication": "fail"}, "authentication_failed"),
        (
            {"author": "anna@desk.example", "authentication": "none"},
            "own_domain_unproven",
        ),
        (
            {"author": "anna@mail.desk.example", "authentication": "none"},
            "own_domain_unproven",
        ),
        (
            {"authentication": "none", "policy": policy(answers_unauthenticated=False)},
            "sender_unauthenticated",
        ),
        ({"is_participant": False}, "not_a_participant"),
        ({"is_old": True}, "old_mail"),
        ({"age": timedelta(days=3, seconds=1)}, "too_old"),
        ({"before": TicketAnswers(was_received_sent=True)}, "already_received"),
        ({"leaving": Leaving(address_hour=5)}, "cap_per_address_hour"),
        ({"leaving": Leaving(address_day=20)}, "cap_per_address_day"),
        ({"leaving": Leaving(domain_hour=200)}, "cap_per_domain_hour"),
        ({"leaving": Leaving(overall_hour=2000)}, "cap_overall_hour"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_silence_gives_its_reason(changes: dict[str, Any], reason: str) -> None:
    assert gate(**changes) == Silence(reason)


def test_first_reason_in_the_documented_order_is_told() -> None:
    assert gate(silence="automatic_mail", author=None, is_old=True) == Silence("automatic_mail")
    assert gate(author=None, is_old=True, leaving=Leaving(address_hour=9)) == Silence(
        "no_single_author"
    )


@pytest.mark.parametrize(
    "local",
    [
        "noreply",
        "no-reply",
        "no_reply",
        "noreply-billing",
        "donotreply",
        "do-not-reply",
        "mailer-daemon",
        "postmaster",
        "bounces+123",
        "bounce",
        "news-bounces",
        "owner-news",
        "news-request",
        "autoresponder",
    ],
)
def test_address_that_nobody_reads_is_not_answered(local: str) -> None:
    assert gate(author=f"{local}@shop.example") == Silence("no_reply_address")


@pytest.mark.parametrize(
    "local", ["norbert", "nora.plyushkin", "roots", "li-owners", "bouncer"]
)
def test_name_that_only_resembles_a_machine_is_answered(local: str) -> None:
    assert isinstance(gate(author=f"{local}@shop.example"), Answer)


def test_domain_that_only_ends_like_ours_is_answered() -> None:
    assert isinstance(gate(author="li@notdesk.example", authentication="none"), Answer)


def test_own_colleague_with_proof_is_answered() -> None:
    assert isinstance(gate(author="anna@desk.example"), Answer)


def test_no_limit_of_age_answers_everything() -> None:
    assert isinstance(
        gate(age=timedelta(days=400), policy=policy(max_age=timedelta(0))), Answer
    )


def test_cap_of_zero_is_none() -> None:
    leaving = Leaving(address_hour=9999, address_day=9999, domain_hour=9999, overall_hour=9999)
    free = policy(per_address_hour=0, per_address_day=0, per_domain_hour=0, overall_hour=0)
    assert isinstance(gate(leaving=leaving, policy=free), Answer)


def test_first_repeat_after_received_is_answered_at_once() -> None:
    before = TicketAnswers(was_received_sent=True)
    assert isinstance(gate(AnswerKind.DUPLICATE, before=before), Answer)


def test_second_repeat_waits_for_the_quiet_period() -> None:
    answered = TicketAnswers(was_received_sent=True, last_repeat_at=NOON - timedelta(hours=11))
    assert gate(AnswerKind.DUPLICATE, before=answered) == Silence("quiet_period")
    later = NOON + timedelta(hours=1)
    assert isinstance(gate(AnswerKind.DUPLICATE, before=answered, now=later), Answer)


def test_follow_up_with_nothing_new_is_silent() -> None:
    before = TicketAnswers(
        was_received_sent=True, urgency=Urgency.NORMAL, blocks=frozenset({"safety"})
    )
    assert gate(AnswerKind.FOLLOW_UP, before=before) == Silence("nothing_new_to_say")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"urgency": Urgency.CRITICAL}, id="more urgent"),
        pytest.param({"blocks": ("secret", "safety")}, id="a new block"),
    ],
)
def test_follow_up_with_news_is_answered(changes: dict[str, Any]) -> None:
    before = TicketAnswers(
        was_received_sent=True, urgency=Urgency.NORMAL, blocks=frozenset({"safety"})
    )
    assert isinstance(gate(AnswerKind.FOLLOW_UP, before=before, **changes), Answer)


def test_follow_up_on_a_ticket_never_answered_is_answered() -> None:
    assert isinstance(gate(AnswerKind.FOLLOW_UP, before=TicketAnswers()), Answer)
