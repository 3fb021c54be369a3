from typing import Any

import pytest

from tests.builders import SUPPORT, a_message
from worker.domain.message import Authentication, Kind
from worker.domain.screening import Ours, Request, ScreenedOut, Verdict, screen

PLAIN = {
    "is_own_answer": False,
    "is_unchanged": False,
    "is_from_desk": False,
    "is_sent_folder": False,
    "is_blocked": False,
}
REASONS = {
    Kind.BOUNCE: "delivery_report",
    Kind.RECEIPT: "read_receipt",
    Kind.FEEDBACK_REPORT: "feedback_report",
    Kind.SPAM: "spam",
    Kind.LIST: "list_mail",
    Kind.AUTO_REPLY: "automatic_response",
    Kind.AUTO_GENERATED: "automatic_mail",
}


def judged(facts: dict[str, bool] | None = None, **changes: Any) -> Verdict:
    return screen(a_message(**changes), **PLAIN | (facts or {}))


def test_plain_mail_is_a_request_that_may_be_answered() -> None:
    assert judged() == Request(None)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.REQUEST])
def test_mail_that_is_no_request_is_screened_out_with_its_reason(kind: Kind) -> None:
    assert judged(kind=kind, is_auto=True) == ScreenedOut(REASONS[kind])


def test_request_that_bears_an_automatic_mark_is_kept_but_not_answered() -> None:
    assert judged(is_auto=True) == Request("automatic_mail")


def test_blocked_sender_is_screened_out() -> None:
    assert judged({"is_blocked": True}) == ScreenedOut("sender_blocked")


def test_operator_may_force_any_mail_in_but_it_is_not_answered() -> None:
    forced = {"is_forced": True, "is_blocked": True}
    assert judged(forced, kind=Kind.SPAM, is_auto=True) == Request("forced_by_operator")


def test_own_answer_coming_back_is_ours() -> None:
    own = {"is_own_answer": True, "is_unchanged": True}
    assert judged(own, sender=SUPPORT, kind=Kind.AUTO_REPLY) == Ours("own_message_id")


def test_strangers_mail_under_our_message_id_is_not_ours() -> None:
    assert judged({"is_own_answer": True}) == Request(None)


def test_mail_in_the_sent_folder_is_ours() -> None:
    assert judged({"is_sent_folder": True}) == Ours("sent_folder")


def test_proven_mail_from_our_address_is_ours() -> None:
    proven = Authentication(result="pass")
    assert judged({"is_from_desk": True}, authentication=proven) == Ours("written_by_desk")


@pytest.mark.parametrize("result", ["none", "fail"])
def test_forged_own_address_is_kept_but_not_answered(result: str) -> None:
    forged = Authentication(result=result)
    assert judged({"is_from_desk": True}, authentication=forged) == Request(
        "own_address_unproven"
    )
