"""Answers: seen, sent again, taken back."""

from typing import Any

import pytest

from tests.builders import LI_WEI, a_mail
from tests.pipeline.house import House
from worker import actions
from worker.actions import NotFound, Refused
from worker.adapters.smtp import SubmissionRefused

Row = dict[str, Any]
ME = "cli:anna"


@pytest.fixture
def queued(house: House) -> str:
    """The id of an answer that waits."""
    house.take(a_mail())
    return str(house.row("answers")["id"])


def state(house: House) -> str:
    return str(house.row("answers")["state"])


def test_answers_are_listed_with_their_ticket(house: House, number: str) -> None:
    (row,) = actions.list_outbox(house.desk, state=None, ticket=number, limit=5)

    assert (row["ticket"], row["kind"], row["state"]) == (number, "received", "sent")
    assert row["recipient"] == LI_WEI
    assert actions.list_outbox(house.desk, state="failed", ticket=None, limit=5) == []


def test_an_answer_shows_its_words_once_it_has_them(house: House, queued: str) -> None:
    assert actions.show_outbox(house.desk, queued)["text"] is None
    house.deliver()
    found = actions.show_outbox(house.desk, queued)

    assert "Thank you for writing" in found["text"]
    assert found["cause"] == str(house.rows("messages")[0]["id"])


def test_a_failed_answer_is_sent_again_with_the_same_bytes(house: House, queued: str) -> None:
    house.way_out.answers = [SubmissionRefused("550 no such user")]
    house.deliver()
    assert state(house) == "failed"

    again = actions.retry_outbox(house.desk, queued, actor=ME)
    assert (again["state"], again["attempts"], again["reason"]) == ("queued", 0, None)
    house.deliver()

    assert state(house) == "sent"
    first, second = house.way_out.sent
    assert first.raw == second.raw
    event = house.rows("events")[-1]
    assert (event["kind"], event["actor"]) == ("answer.retried", ME)
    assert event["evidence"]["state"] == "failed"


def test_an_answer_taken_back_is_never_sent(house: House, queued: str) -> None:
    row = actions.cancel_outbox(house.desk, queued, actor=ME, reason="answered by phone")
    house.deliver()

    assert (row["state"], row["reason"]) == ("cancelled", "answered by phone")
    assert house.way_out.sent == []


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ("sent", "was sent already"),
        ("sending", "is being sent right now"),
        ("suppressed", "is a silence"),
        ("cancelled", "is cancelled"),
    ],
)
def test_an_answer_that_is_settled_stays_so(
    house: House, queued: str, now: str, told: str
) -> None:
    house.execute(f"UPDATE answers SET state = '{now}'")

    with pytest.raises(Refused, match=told):
        actions.cancel_outbox(house.desk, queued, actor=ME, reason="")
    with pytest.raises(Refused, match=told):
        actions.retry_outbox(house.desk, queued, actor=ME)
    assert state(house) == now


def test_an_uncertain_answer_may_be_taken_back(house: House, queued: str) -> None:
    house.execute("UPDATE answers SET state = 'uncertain'")

    assert (
        actions.cancel_outbox(house.desk, queued, actor=ME, reason="")["state"] == "cancelled"
    )


def test_an_id_that_is_nowhere_is_said(house: House) -> None:
    for written in ("7", "seven"):
        with pytest.raises(NotFound, match=f"There is no answer {written}"):
            actions.show_outbox(house.desk, written)
        with pytest.raises(NotFound, match=f"There is no answer {written}"):
            actions.retry_outbox(house.desk, written, actor=ME)
