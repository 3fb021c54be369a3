"""What leaves the house: once, with fixed bytes, and known for what it became."""

from collections.abc import Callable
from contextlib import ExitStack
from email import message_from_bytes
from email.message import Message as Parsed

import pytest

from tests.builders import LI_WEI, SUPPORT, a_mail
from tests.pipeline.conftest import Build
from tests.pipeline.house import House
from worker.adapters.smtp import (
    SenderRefused,
    ServerUnreachable,
    SubmissionDeferred,
    SubmissionRefused,
    SubmissionUnknown,
)
from worker.domain.delivery import MIN_ATTEMPTS
from worker.errors import Temporary

DEFERRED = SubmissionDeferred("451 try later")
UNKNOWN = SubmissionUnknown("no reply to the final dot")
REFUSED = SubmissionRefused("550 no such user")


def two_answers(house: House) -> None:
    house.take(
        a_mail(),
        a_mail(
            "How long does the check of my identity take?\n",
            sender="wang.fang@customer.example",
            subject="Identity",
            message_id="2@customer.example",
        ),
    )


def parsed(house: House, place: int = 0) -> Parsed:
    return message_from_bytes(house.way_out.sent[place].raw)


def states(house: House) -> list[str]:
    return [row["state"] for row in house.rows("answers")]


def test_answer_is_sent_once_and_noted(house: House) -> None:
    house.take(a_mail())
    assert house.deliver().sent == 1
    assert house.deliver().claimed == 0
    (sent,) = house.way_out.sent
    answer = house.row("answers")
    assert (sent.recipient, sent.reverse_path) == (LI_WEI, "")
    assert (answer["state"], answer["attempts"], answer["sent_at"]) == (
        "sent",
        1,
        house.clock(),
    )
    assert answer["composed"] == sent.raw


def test_answer_has_the_manners_of_an_automatic_response(house: House) -> None:
    house.take(a_mail())
    house.deliver()
    mail = parsed(house)
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["In-Reply-To"] == "<first@customer.example>"
    assert mail["References"] == "<first@customer.example>"
    assert mail["Message-ID"] == f"<{house.row('answers')['message_id']}>"
    assert SUPPORT in mail["From"]
    assert house.row("tickets")["number"] in mail["Subject"]


def test_sent_answer_stands_on_its_ticket(house: House) -> None:
    house.take(a_mail())
    house.deliver()
    message = house.rows("messages")[1]
    assert message["direction"] == "out"
    assert message["ticket_id"] == house.row("tickets")["id"]
    assert message["message_id"] == house.row("answers")["message_id"]


def test_envelope_sender_is_the_configured_one(build: Build) -> None:
    smtp = {
        "host": "127.0.0.1",
        "tls": "insecure-plaintext",
        "envelope_from": "bounces@desk.example",
    }
    house = build(smtp=smtp)
    house.take(a_mail())
    house.deliver()
    assert house.way_out.sent[0].reverse_path == "bounces@desk.example"


def test_deferred_answer_waits_longer_each_time_and_keeps_its_bytes(house: House) -> None:
    house.take(a_mail())
    house.way_out.answers = [DEFERRED, DEFERRED]
    house.deliver()
    first = house.row("answers")
    assert (first["state"], first["reason"]) == ("queued", "451 try later")
    first_wait = first["next_attempt_at"] - house.clock()
    assert house.deliver().claimed == 0
    house.clock.now = first["next_attempt_at"]
    house.deliver()
    assert house.row("answers")["next_attempt_at"] - house.clock() > first_wait
    house.clock.advance(hours=1)
    house.deliver()
    assert states(house) == ["sent"]
    assert len({sent.raw for sent in house.way_out.sent}) == 1


def test_uncertain_answer_is_sent_again_with_the_same_bytes(house: House) -> None:
    house.take(a_mail())
    house.way_out.answers = [UNKNOWN]
    house.deliver()
    assert states(house) == ["uncertain"]
    house.clock.advance(minutes=5)
    house.deliver()
    assert states(house) == ["sent"]
    one, other = house.way_out.sent
    assert one == other


def test_uncertain_answer_stays_uncertain_when_it_is_deferred(house: House) -> None:
    house.take(a_mail())
    house.way_out.answers = [UNKNOWN, DEFERRED]
    house.deliver()
    house.clock.advance(minutes=5)
    house.deliver()
    assert states(house) == ["uncertain"]


def test_refused_answer_has_failed_and_the_next_goes_out(house: House) -> None:
    two_answers(house)
    house.way_out.answers = [REFUSED]
    done = house.deliver()
    assert (done.failed, done.sent) == (1, 1)
    assert states(house) == ["failed", "sent"]
    assert house.rows("answers")[0]["reason"] == "550 no such user"


@pytest.mark.parametrize("error", [ServerUnreachable("away"), SenderRefused("login")])
def test_fault_of_the_server_fails_no_answer_and_counts_no_attempt(
    house: House, error: Temporary
) -> None:
    two_answers(house)
    house.way_out.answers = [error]
    with pytest.raises(type(error)):
        house.deliver()
    assert states(house) == ["queued", "queued"]
    assert [row["attempts"] for row in house.rows("answers")] == [0, 0]
    assert house.deliver().sent == 1  # the one at which the door was shut waits: others first
    house.clock.advance(minutes=2)
    assert house.deliver().sent == 1
    assert len({sent.raw for sent in house.way_out.sent}) == 2


def test_answer_is_given_up_when_old_and_tried_often(house: House) -> None:
    house.take(a_mail())
    for _ in range(MIN_ATTEMPTS + 10):
        house.way_out.answers = [DEFERRED]
        house.deliver()
        house.clock.advance(hours=23)
    answer = house.row("answers")
    assert (answer["state"], answer["reason"]) == ("failed", "given_up: 451 try later")
    assert answer["attempts"] == MIN_ATTEMPTS


def test_clock_that_jumps_ahead_gives_nothing_up(house: House) -> None:
    house.take(a_mail())
    house.clock.advance(days=400)
    house.way_out.answers = [DEFERRED]
    house.deliver()
    assert states(house) == ["queued"]


def test_database_away_after_acceptance_is_noted_later_and_nothing_sent_twice(
    house: House,
) -> None:
    two_answers(house)
    with while_submitting(house), pytest.raises(Temporary):
        house.deliver()
    assert "sent" not in states(house)
    house.deliver()
    house.deliver()
    assert states(house) == ["sent", "sent"]
    first = house.rows("answers")[0]["composed"]
    assert [sent.raw for sent in house.way_out.sent].count(first) == 1


def test_worker_killed_after_acceptance_sends_the_same_bytes_again(house: House) -> None:
    house.take(a_mail())
    with while_submitting(house), pytest.raises(Temporary):
        house.deliver()
    restart(house)
    assert states(house) == ["uncertain"]
    house.deliver()
    assert states(house) == ["sent"]
    one, other = house.way_out.sent
    assert one == other


def test_worker_killed_before_the_bytes_were_fixed_leaves_a_queued_answer(
    house: House,
) -> None:
    from worker.store import outbox

    house.take(a_mail())
    with house.desk.database.write() as tx:
        outbox.claim(tx, worker=house.desk.worker, now=house.clock(), limit=1)
    restart(house)
    assert states(house) == ["queued"]


def while_submitting(house: House) -> ExitStack:
    """Break the database at the first submission, for as long as the block lasts."""
    broken = ExitStack()

    def break_once() -> None:
        house.way_out.on_submit = lambda: None
        broken.enter_context(house.broken_database())

    house.way_out.on_submit = break_once
    return broken


def restart(house: House) -> None:
    from worker.store import outbox

    dead = house.desk.worker
    house.hire()
    with house.desk.database.write() as tx:
        outbox.recover(tx, workers=[dead], now=house.clock())


def test_stopping_worker_gives_back_what_it_did_not_submit(house: House) -> None:
    two_answers(house)
    asked: list[bool] = [False, True]
    stopping: Callable[[], bool] = lambda: asked.pop(0)  # noqa: E731
    house.delivery.once(is_stopping=stopping)
    assert states(house) == ["sent", "queued"]
    house.deliver()
    assert states(house) == ["sent", "sent"]


def test_answer_of_a_mailbox_that_is_gone_fails_with_its_reason(house: House) -> None:
    two_answers(house)
    first = house.rows("answers")[0]["id"]
    house.execute(f"UPDATE answers SET mailbox = 'gone' WHERE id = {first}")
    assert (house.deliver().failed, states(house)) == (1, ["failed", "sent"])
    assert "no longer in the configuration" in house.rows("answers")[0]["reason"]


def test_answer_whose_facts_are_broken_fails_alone(house: House) -> None:
    two_answers(house)
    first = house.rows("answers")[0]["id"]
    house.execute(f"UPDATE answers SET facts = '{{}}' WHERE id = {first}")
    house.deliver()
    assert states(house) == ["failed", "sent"]


def test_answer_is_worded_in_the_customers_language(house: House) -> None:
    house.take(
        a_mail(
            "我今天早上充值了二十个USDT，到现在还没有到账，请尽快处理。\n", subject="充值未到账"
        )
    )
    house.deliver()
    assert house.row("answers")["language"] == "zh-Hans"
    assert parsed(house)["Content-Language"] in (None, "zh-Hans")
    text = house.rows("messages")[1]["text"]
    assert any("\u4e00" <= character <= "\u9fff" for character in text)
