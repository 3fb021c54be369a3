"""Which answers are queued: quiet periods, caps, old mail, and what may stand in them."""

from datetime import timedelta

import pytest

from tests.builders import LI_WEI, NOON, a_mail, a_mailbox
from tests.pipeline.conftest import Build
from tests.pipeline.house import House

MATTERS = [
    "My deposit of this morning does not show, although the network confirmed it.",
    "Which papers do you need until my identity is verified again after I moved?",
    "The application on my telephone closes by itself when I open the chart.",
    "How much do I pay for a transfer to another exchange on a Sunday, please?",
    "Somebody on a messenger says that he works for you, is that possible at all?",
    "Please tell me how the referral programme counts invited friends and their trades.",
]
TRUSTED = {
    "name": "Desk",
    "domain": "desk.example",
    "trusted_authserv_ids": ["mx.desk.example"],
}
PASS = {"Authentication-Results": "mx.desk.example; dmarc=pass header.from=customer.example"}


def a_matter(number: int, **changes: str) -> bytes:
    return a_mail(
        MATTERS[number] + "\n",
        subject=MATTERS[number][:30],
        message_id=f"matter{number}@customer.example",
        **changes,  # type: ignore[arg-type]
    )


def kinds(house: House) -> list[tuple[str, str]]:
    """Kind and state, or the reason of a silence."""
    return [(kind, reason or state) for kind, state, reason in house.answers()]


def test_answer_is_neutral_without_authentication_and_holds_nothing_of_the_mail(
    house: House,
) -> None:
    house.take(a_mail())
    facts = house.row("answers")["facts"]
    assert facts["is_neutral"] is True
    assert facts["subject"] is None
    assert facts["customer_name"] is None


def test_authenticated_sender_is_answered_by_name(build: Build) -> None:
    house = build(desk=TRUSTED)
    house.take(a_mail(fields=PASS))
    facts = house.row("answers")["facts"]
    assert facts["is_neutral"] is False
    assert facts["customer_name"] == "Li Wei"


def test_answer_threads_with_the_mail_that_it_answers(house: House) -> None:
    house.take(a_mail(fields={"References": "<a@customer.example> <b@customer.example>"}))
    answer = house.row("answers")
    assert answer["in_reply_to"] == "first@customer.example"
    assert answer["references"].split() == [
        "a@customer.example",
        "b@customer.example",
        "first@customer.example",
    ]


def test_repeat_is_answered_once_in_the_quiet_period(house: House) -> None:
    house.take(a_mail())
    for number in range(2, 5):
        house.clock.advance(minutes=5)
        house.take(a_mail(message_id=f"again{number}@customer.example"))
    assert kinds(house) == [
        ("received", "queued"),
        ("duplicate", "queued"),
        ("duplicate", "quiet_period"),
        ("duplicate", "quiet_period"),
    ]
    house.clock.advance(hours=12)
    house.take(a_mail(message_id="later@customer.example"))
    assert kinds(house)[-1] == ("duplicate", "queued")


def test_repeats_in_one_batch_are_answered_once(house: House) -> None:
    house.take(*(a_mail(message_id=f"{number}@customer.example") for number in range(4)))
    assert [state for _, state in kinds(house)] == [
        "queued",
        "queued",
        "quiet_period",
        "quiet_period",
    ]


def test_thanks_are_not_answered(house: House) -> None:
    house.take(a_mail())
    house.take(house.reply_to(house.row("answers")))
    assert kinds(house)[1] == ("follow_up", "nothing_new_to_say")


def test_follow_up_that_is_more_urgent_is_answered(house: House) -> None:
    house.take(a_mail(MATTERS[3] + "\n", subject="Question about fees"))
    theft = "My account was hacked and somebody withdraws my coins right now! Stop it!\n"
    house.take(house.reply_to(house.row("answers"), theft))
    assert kinds(house)[1] == ("follow_up", "queued")
    assert "critical" in house.rows("answers")[1]["facts"]["blocks"]


def test_caps_per_address_hold_within_a_batch_and_between_batches(build: Build) -> None:
    house = build(answers={"caps": {"per_address_hour": 2, "per_address_day": 3}})
    house.take(*(a_matter(number) for number in range(3)))
    assert [state for _, state in kinds(house)] == [
        "queued",
        "queued",
        "cap_per_address_hour",
    ]
    house.clock.advance(hours=2)
    house.take(a_matter(3), a_matter(4))
    assert [state for _, state in kinds(house)][3:] == ["queued", "cap_per_address_day"]
    house.clock.advance(days=1)
    house.take(a_matter(5))
    assert kinds(house)[-1] == ("received", "queued")


def test_cap_per_domain_spares_public_mail_hosts(build: Build) -> None:
    caps = {"per_domain_hour": 1, "public_domains": ["public.example"]}
    house = build(answers={"caps": caps})
    for number, domain in enumerate(["firm.example"] * 2 + ["public.example"] * 2):
        house.take(a_matter(number, sender=f"c{number}@{domain}"))
    assert [state for _, state in kinds(house)] == [
        "queued",
        "cap_per_domain_hour",
        "queued",
        "queued",
    ]


def test_cap_overall_holds(build: Build) -> None:
    house = build(answers={"caps": {"overall_hour": 1}})
    house.take(a_matter(0, sender="a@one.example"), a_matter(1, sender="b@two.example"))
    assert [state for _, state in kinds(house)] == ["queued", "cap_overall_hour"]


def test_mail_that_lay_there_before_the_first_visit_is_imported_silently(
    build: Build,
) -> None:
    house = build(mailboxes=[a_mailbox(first_run="import_silently")])
    house.take(a_matter(0))
    house.take(a_matter(1))
    assert kinds(house) == [("received", "old_mail"), ("received", "queued")]


def test_old_mail_stays_old_under_a_new_uidvalidity(build: Build) -> None:
    house = build(mailboxes=[a_mailbox(first_run="import_silently")])
    house.folder.append(a_matter(0), at=NOON - timedelta(hours=1))
    house.folder.refuses.add(1)
    house.poll()
    house.folder.refuses.clear()
    house.folder.change_uidvalidity()
    house.take()
    assert kinds(house) == [("received", "old_mail")]


@pytest.mark.parametrize(("days", "told"), [(2, "queued"), (4, "too_old")])
def test_age_is_counted_from_arrival_on_the_server(house: House, days: int, told: str) -> None:
    house.take(a_mail(), at=NOON - timedelta(days=days))
    assert kinds(house) == [("received", told)]


def test_switched_off_answers_are_silences_with_a_reason(build: Build) -> None:
    house = build(answers={"enabled": False})
    house.take(a_mail())
    assert house.answers() == [("received", "suppressed", "answers_disabled")]


def test_mail_without_a_single_author_opens_a_quiet_ticket(house: House) -> None:
    house.take(a_mail(sender=f"{LI_WEI}, wang.fang@customer.example"))
    assert len(house.rows("tickets")) == 1
    assert [state for _, state, _ in house.answers()] == ["suppressed"]


def test_operators_word_makes_screened_out_mail_a_request_without_an_answer(
    house: House,
) -> None:
    house.take(a_mail(fields={"Auto-Submitted": "auto-replied"}))
    house.execute("UPDATE inbound SET state = 'received', is_forced = true")
    house.process()
    assert house.states() == [("recorded", "opened")]
    assert house.answers() == [("received", "suppressed", "forced_by_operator")]


def test_message_ids_of_answers_are_ours_and_all_different(house: House) -> None:
    from worker.domain import message_ids

    house.take(*(a_matter(number) for number in range(4)))
    found = [row["message_id"] for row in house.rows("answers")]
    keys = tuple(house.desk.keys.every("message-id").values())
    assert len(set(found)) == 4
    assert all(message_ids.is_ours(keys, one, "desk.example") for one in found)
