"""Dead letters: seen, tried again, given up, saved."""

import pytest

from tests.builders import LI_WEI, a_mail
from tests.pipeline.house import House
from worker import actions
from worker.actions import NotFound, Refused
from worker.adapters.children import Unreadable

ME = "cli:anna"


@pytest.fixture
def letter(house: House, dead_mail: str) -> str:
    """The id of the only dead letter."""
    (row,) = actions.list_dead(house.desk, mailbox=None, limit=10)
    return str(row["id"])


def test_dead_letters_are_listed_with_their_reason(
    house: House, dead_mail: str, letter: str
) -> None:
    (row,) = actions.list_dead(house.desk, mailbox="support", limit=10)

    assert (row["inbound_id"], row["reason"]) == (dead_mail, "crashed")
    assert (row["from"], row["subject"], row["attempts"]) == (LI_WEI, "Poison", 1)
    assert actions.list_dead(house.desk, mailbox="sales", limit=10) == []


def test_a_dead_letter_shows_its_detail(house: House, letter: str) -> None:
    found = actions.show_dead(house.desk, letter)

    assert found["detail"] == "killed by signal 11"
    assert found["message_id"] == "p@x.example"


def test_a_dead_letter_tried_again_becomes_a_ticket(house: House, letter: str) -> None:
    (row,) = actions.retry_dead(house.desk, [letter], actor=ME)
    assert row["id"] == letter
    (outcome,) = house.process()

    assert outcome.number is not None
    assert actions.list_dead(house.desk, mailbox=None, limit=10) == []
    assert [event["kind"] for event in house.rows("events")][:2] == [
        "mail.buried",
        "dead.retried",
    ]


def test_a_mail_that_dies_again_is_a_new_dead_letter(house: House, letter: str) -> None:
    actions.retry_dead(house.desk, [letter], actor=ME)
    house.reader.alter = lambda _: Unreadable("timed_out", "10 s")
    house.process()
    (row,) = actions.list_dead(house.desk, mailbox=None, limit=10)

    assert row["reason"] == "timed_out"
    assert int(str(row["id"])) > int(letter)


def test_all_dead_letters_are_tried_again_but_those_given_up(house: House, letter: str) -> None:
    house.reader.alter = lambda _: Unreadable("crashed", "")
    house.take(a_mail("Second.\n", message_id="2@x.example"))
    house.reader.alter = lambda reading: reading
    actions.discard_dead(house.desk, letter, actor=ME, reason="spam")

    assert len(actions.retry_dead(house.desk, None, actor=ME)) == 1
    assert actions.retry_dead(house.desk, None, actor=ME) == []


def test_none_is_touched_when_one_of_them_is_not_there(house: House, letter: str) -> None:
    with pytest.raises(NotFound, match="no dead letter 999999"):
        actions.retry_dead(house.desk, [letter, "999999"], actor=ME)

    assert len(actions.list_dead(house.desk, mailbox=None, limit=10)) == 1


def test_a_dead_letter_given_up_is_kept_and_listed_no_more(house: House, letter: str) -> None:
    found = actions.discard_dead(house.desk, letter, actor=ME, reason="empty spam")
    event = house.rows("events")[-1]

    assert (found["note"], found["discarded_at"]) == ("empty spam", house.clock())
    assert actions.list_dead(house.desk, mailbox=None, limit=10) == []
    assert actions.show_dead(house.desk, letter)["id"] == letter
    assert (event["kind"], event["actor"]) == ("dead.discarded", ME)
    with pytest.raises(Refused, match="given up already"):
        actions.discard_dead(house.desk, letter, actor=ME, reason="again")


def test_its_raw_mail_comes_out_as_it_came_in(house: House, letter: str) -> None:
    assert actions.raw_dead(house.desk, letter, actor=ME).endswith(b"Poison.\n")


def test_a_mail_that_never_came_has_no_raw_bytes_and_is_not_tried(
    house: House, letter: str
) -> None:
    house.execute("UPDATE inbound SET blob_key = NULL, sha256 = NULL")

    with pytest.raises(NotFound, match="no raw bytes"):
        actions.raw_dead(house.desk, letter, actor=ME)
    with pytest.raises(Refused, match="never handed it over"):
        actions.retry_dead(house.desk, [letter], actor=ME)
    assert actions.retry_dead(house.desk, None, actor=ME) == []
    assert actions.show_dead(house.desk, letter)["from"] is None
