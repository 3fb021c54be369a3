"""Blocked senders, mailboxes, and how the desk is."""

from typing import Any

import pytest

from tests.builders import LI_WEI, NOON, a_mail
from tests.pipeline.house import House
from worker import actions
from worker.actions import NotFound, Refused
from worker.store import mailboxes

Row = dict[str, Any]
ME = "cli:anna"


@pytest.mark.parametrize("written", [LI_WEI.upper(), "customer.example", "@Customer.example"])
def test_mail_of_a_blocked_sender_opens_no_ticket(house: House, written: str) -> None:
    actions.block_sender(house.desk, written, actor=ME, reason="phishing")
    (outcome,) = house.take(a_mail())

    assert (outcome.state, outcome.reason) == ("screened_out", "sender_blocked")


def test_a_blocked_sender_is_listed_with_who_did_it_and_why(house: House) -> None:
    actions.block_sender(house.desk, LI_WEI, actor=ME, reason="phishing")
    (row,) = actions.list_blocked(house.desk)

    assert row == {
        "address": LI_WEI,
        "blocked_at": NOON,
        "blocked_by": ME,
        "reason": "phishing",
    }
    assert house.rows("events")[-1]["kind"] == "sender.blocked"
    with pytest.raises(Refused, match="blocked already"):
        actions.block_sender(house.desk, LI_WEI, actor=ME, reason="")


def test_a_sender_let_in_again_opens_tickets(house: House) -> None:
    actions.block_sender(house.desk, LI_WEI, actor=ME, reason="")
    actions.unblock_sender(house.desk, LI_WEI, actor=ME)

    assert house.take(a_mail())[0].number is not None
    with pytest.raises(NotFound, match="is not blocked"):
        actions.unblock_sender(house.desk, LI_WEI, actor=ME)


@pytest.mark.parametrize("written", ["", "@", "li", "a b@x.example", "a@b@", "x@y", "<a@b.c>"])
def test_what_is_no_address_and_no_domain_is_refused(house: House, written: str) -> None:
    with pytest.raises(Refused, match="neither an address nor a domain"):
        actions.block_sender(house.desk, written, actor=ME, reason="")


def test_a_mailbox_is_listed_before_its_first_poll(house: House) -> None:
    (row,) = actions.list_mailboxes(house.desk)

    assert (row["name"], row["folder"], row["role"]) == ("support", "INBOX", "inbound")
    assert (row["last_good_poll_at"], row["cursor"], row["backlog"]) == (None, None, 0)


def test_a_mailbox_tells_its_cursor_and_backlog(house: House) -> None:
    house.folder.append(a_mail(), a_mail("Two.\n", message_id="2@x.example"))
    house.poll()
    (row,) = actions.list_mailboxes(house.desk)

    assert (row["cursor"], row["backlog"], row["last_good_poll_at"]) == (2, 2, NOON)
    assert row["leased_until"] is not None
    assert row["failure"] is None


def test_a_mailbox_that_fails_says_why_and_since_when(house: House) -> None:
    house.poll()
    with house.desk.database.write() as tx:
        mailboxes.note_failure(tx, "support", now=NOON, error="Wrong password.")
    (row,) = actions.list_mailboxes(house.desk)

    assert (row["failure"], row["failing_since"]) == ("Wrong password.", NOON)
    assert "fails since 0 s: Wrong password." in found(house, "mailbox support")


def check(house: House, name: str) -> Row:
    (row,) = [row for row in actions.doctor(house.desk) if row["check"] == name]
    return row


def found(house: House, name: str) -> str:
    return str(check(house, name)["found"])


def test_a_desk_at_rest_is_well(house: House, number: str) -> None:
    rows = actions.doctor(house.desk)

    assert [row["check"] for row in rows if not row["ok"]] == []
    assert all(row["advice"] == "" for row in rows)


def test_mail_that_waits_too_long_is_named(house: House) -> None:
    house.folder.append(a_mail())
    house.poll()
    assert check(house, "mails")["ok"]
    house.clock.advance(hours=2)
    late = check(house, "mails")

    assert not late["ok"]
    assert late["found"] == "1 wait to be processed, the oldest since 2 h"
    assert late["advice"]


def test_an_answer_that_waits_too_long_is_named(house: House) -> None:
    house.take(a_mail())
    house.clock.advance(days=2)

    assert not check(house, "answers")["ok"]
    assert "since 2 d" in found(house, "answers")


def test_what_was_given_up_is_named(house: House, dead_mail: str, number: str) -> None:
    house.execute("UPDATE answers SET state = 'failed'")

    assert not check(house, "dead letters")["ok"]
    assert not check(house, "failed answers")["ok"]


def test_a_worker_that_stopped_polling_is_noticed(house: House) -> None:
    assert found(house, "mailbox support") == "never polled"
    house.poll()
    assert check(house, "mailbox support")["ok"]
    house.clock.advance(days=1)

    assert not check(house, "mailbox support")["ok"]
    assert found(house, "mailbox support") == "last good poll 1 d ago"


def test_a_clock_behind_the_rows_makes_no_nonsense(house: House) -> None:
    house.poll()
    house.clock.advance(hours=-5)

    assert found(house, "mailbox support") == "last good poll 0 s ago"
