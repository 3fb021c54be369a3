"""Tickets merged, split and unlinked by hand: nothing is lost, nothing comes together again."""

from datetime import timedelta
from typing import Any

import pytest

from tests.builders import LI_WEI, NOON, a_mail
from tests.pipeline.house import House
from worker import actions
from worker.actions import NotFound, Refused

ORDER = "771701988940781692"
MATTER = f"My withdrawal of 4,000 USDT, order {ORDER}, has not arrived since Monday.\n"
CARD = "My card was charged twice when I bought BTC on Friday.\n"
OTHER = "Wang Fang <wang.fang@elsewhere.example>"
WANG = "wang.fang@elsewhere.example"


def told(body: str = MATTER, number: int = 1, **more: Any) -> bytes:
    return a_mail(body, **{"subject": "Withdrawal", "message_id": f"{number}@x.example"} | more)


def merge(house: House, number: str, into: str) -> Any:
    return actions.merge_ticket(house.desk, number, into, actor="ann", reason="one matter")


def split(house: House, number: str, *mails: object) -> list[Any]:
    return actions.split_ticket(
        house.desk, number, [str(mail) for mail in mails], actor="ann", reason="two matters"
    )


def unlink(house: House, number: str) -> Any:
    return actions.unlink_ticket(house.desk, number, actor="ann", reason="another person")


def numbers(house: House) -> list[str]:
    return [row["number"] for row in house.rows("tickets")]


def two_tickets(house: House) -> tuple[str, str]:
    """One of Li Wei, one of Wang Fang about the same order, which points to it."""
    house.take(told())
    house.take(told(MATTER, 2, sender=OTHER))
    mine, theirs = numbers(house)
    return mine, theirs


def places(house: House) -> list[int]:
    return [row["ticket_id"] for row in house.rows("messages")]


def test_merged_mails_stand_on_the_target_and_remember_their_ticket(house: House) -> None:
    mine, theirs = two_tickets(house)
    house.deliver()

    done = merge(house, theirs, mine)

    target, source = house.rows("tickets")
    assert done["number"] == mine
    assert set(places(house)) == {target["id"]}
    assert (source["status"], source["merged_into"]) == ("merged", target["id"])
    assert [row["origin_ticket_id"] for row in house.rows("messages")].count(source["id"]) == 2
    assert {row["ticket_id"] for row in house.rows("inbound")} == {target["id"]}
    assert {row["ticket_id"] for row in house.rows("answers")} == {target["id"]}
    assert {row["ticket_id"] for row in house.rows("identifiers")} == {target["id"]}


def test_both_tickets_tell_the_merge_with_its_mails(house: House) -> None:
    mine, theirs = two_tickets(house)
    moved = str(house.rows("messages")[1]["id"])
    merge(house, theirs, mine)
    events = {row["kind"]: row for row in house.rows("events")}
    assert events["ticket.merged"]["evidence"] == {"into": mine, "mails": [moved]}
    assert events["ticket.took_in"]["evidence"] == {"from": theirs, "mails": [moved]}
    assert {events[kind]["actor"] for kind in ("ticket.merged", "ticket.took_in")} == {"ann"}
    shown = actions.show_ticket(house.desk, mine)["messages"]
    assert isinstance(shown, list)
    assert [message["origin"] for message in shown] == [None, theirs]


@pytest.mark.parametrize("is_sent", [True, False])
def test_reply_to_a_merged_ticket_follows_to_the_target(house: House, is_sent: bool) -> None:
    mine, theirs = two_tickets(house)
    if is_sent:
        house.deliver()
    merge(house, theirs, mine)
    house.deliver()
    answer = house.rows("answers")[1]
    reply = house.reply_to(answer, "Here is the screenshot.\n", sender=OTHER)
    (outcome,) = house.take(reply)
    assert (outcome.outcome, outcome.number) == ("followed_up", mine)
    assert set(places(house)) == {house.rows("tickets")[0]["id"]}
    assert not house.rows("messages")[-1]["is_unverified"]


def test_number_of_a_merged_ticket_in_the_subject_follows_to_the_target(house: House) -> None:
    mine, theirs = two_tickets(house)
    merge(house, theirs, mine)
    (outcome,) = house.take(
        told("And the fee?\n", 3, sender=OTHER, subject=f"Re: [#{theirs}] Withdrawal")
    )
    assert outcome.number == mine


def test_chain_of_merges_is_followed_and_taken_apart_again(house: House) -> None:
    mine, theirs = two_tickets(house)
    house.take(told(CARD, 3, sender="Ana <ana@third.example>", subject="Card"))
    third = numbers(house)[2]
    merge(house, theirs, mine)
    merge(house, mine, third)
    (outcome,) = house.take(
        told("And the fee?\n", 4, sender=OTHER, subject=f"Re: [#{theirs}] Withdrawal")
    )
    assert outcome.number == third
    wang = house.rows("messages")[1]["id"]
    (back,) = split(house, third, wang)
    assert (back["number"], back["status"], back["merged_into"]) == (theirs, "open", None)


@pytest.mark.parametrize(
    ("number", "into", "said"),
    [
        pytest.param(0, 0, "into itself", id="itself"),
        pytest.param(1, 2, "is closed; reopen it first", id="into-a-closed-one"),
    ],
)
def test_merge_that_would_hide_mail_is_refused(
    house: House, number: int, into: int, said: str
) -> None:
    two_tickets(house)
    house.take(told(CARD, 3, subject="Card", sender="Ana <ana@third.example>"))
    known = numbers(house)
    actions.close_ticket(house.desk, known[2], actor="ann", reason="")
    with pytest.raises(Refused, match=said):
        merge(house, known[number], known[into])


def test_merged_ticket_is_merged_once(house: House) -> None:
    mine, theirs = two_tickets(house)
    merge(house, theirs, mine)
    with pytest.raises(Refused, match=f"is merged into {mine}; change that one"):
        merge(house, theirs, mine)
    with pytest.raises(Refused, match=f"is merged into {mine}; change that one"):
        merge(house, mine, theirs)


def test_unknown_ticket_or_mail_is_named(house: House) -> None:
    mine, _ = two_tickets(house)
    with pytest.raises(NotFound, match="There is no ticket 2222-2222"):
        merge(house, mine, "2222-2222")
    with pytest.raises(NotFound, match="There is no mail 99999"):
        split(house, mine, 99999)
    with pytest.raises(NotFound, match="an id is a whole number"):
        split(house, mine, "first")


def test_split_brings_mails_back_to_their_own_ticket(house: House) -> None:
    mine, theirs = two_tickets(house)
    house.deliver()
    before = places(house)
    answered = [row["ticket_id"] for row in house.rows("answers")]
    merge(house, theirs, mine)
    wang = house.rows("messages")[1]

    (back,) = split(house, mine, wang["inbound_id"])

    assert (back["number"], back["status"]) == (theirs, "open")
    assert places(house) == before
    assert [row["ticket_id"] for row in house.rows("answers")] == answered
    speakers = {(row["ticket_id"], row["addr_spec"]) for row in house.rows("participants")}
    first, second = house.rows("tickets")
    assert speakers == {(first["id"], LI_WEI), (second["id"], WANG)}
    assert second["duplicate_of"] is None


def test_split_mail_without_an_own_ticket_opens_one_for_its_sender(house: House) -> None:
    house.take(told(), told("Hello? " + MATTER, 2))
    (mine,) = numbers(house)
    second = house.rows("messages")[1]

    (new,) = split(house, mine, second["id"])

    assert new["number"] in numbers(house)[1:]
    assert (new["requester"], new["subject"]) == (LI_WEI, "Withdrawal")
    assert places(house)[0] != places(house)[1] == int(new["id"])
    (outcome,) = house.take(
        told("Any news?\n", 3, fields={"In-Reply-To": "<2@x.example>"}, subject="Re: it")
    )
    assert outcome.number == new["number"]


def test_ticket_keeps_one_mail_at_least(house: House) -> None:
    house.take(told())
    with pytest.raises(Refused, match="must keep one mail"):
        split(house, numbers(house)[0], house.row("messages")["id"])


def test_stranger_split_off_is_no_side_message_of_his_own_ticket(house: House) -> None:
    (first,) = house.take(told())
    answer = house.row("answers")
    house.take(house.reply_to(answer, "Me too.\n", sender=OTHER, message_id="s@x.example"))
    side = house.rows("messages")[1]
    assert side["is_unverified"]
    (new,) = split(house, str(first.number), side["id"])
    assert new["requester"] == WANG
    assert not house.rows("messages")[1]["is_unverified"]


def test_unlinked_ticket_is_not_linked_again(house: House) -> None:
    mine, theirs = two_tickets(house)
    assert house.rows("tickets")[1]["duplicate_of"] is not None

    done = unlink(house, theirs)

    assert done["duplicate_of"] is None
    (event,) = [row for row in house.rows("events") if row["kind"] == "ticket.unlinked"]
    assert event["evidence"] == {"duplicate_of": mine}
    actions.close_ticket(house.desk, theirs, actor="ann", reason="")
    (again,) = house.take(told("Hello? " + MATTER, 3, sender=OTHER))
    first, *_, last = house.rows("tickets")
    assert again.number == last["number"]
    assert first["id"] not in (last["duplicate_of"], last["possible_duplicate_of"])


def test_split_off_pair_is_neither_merged_nor_linked_again(house: House) -> None:
    mine, theirs = two_tickets(house)
    merge(house, theirs, mine)
    split(house, mine, house.rows("messages")[1]["id"])
    (again,) = house.take(told("Hello? " + MATTER, 3, sender=OTHER))
    assert (again.outcome, again.number) == ("merged", theirs)
    actions.close_ticket(house.desk, theirs, actor="ann", reason="")
    (after,) = house.take(told(MATTER + "Please.\n", 4, sender=OTHER))
    last = house.rows("tickets")[-1]
    assert after.number == last["number"]
    assert house.rows("tickets")[0]["id"] not in (
        last["duplicate_of"],
        last["possible_duplicate_of"],
    )


def test_same_words_after_a_split_stay_with_the_mail_they_repeat(house: House) -> None:
    later = f"Order {ORDER}: I asked for a cancellation, not for the coins.\n"
    house.take(told(), told("Hello? " + MATTER + later, 2))
    (mine,) = numbers(house)
    (new,) = split(house, mine, house.rows("messages")[1]["id"])
    (again,) = house.take(told("Hello? " + MATTER + later, 3))
    assert again.number == new["number"]


def test_linking_of_others_goes_on_after_an_unlink(house: House) -> None:
    _, theirs = two_tickets(house)
    unlink(house, theirs)
    (outcome,) = house.take(told(MATTER, 5, sender="Ana <ana@third.example>"))
    assert outcome.outcome == "linked"


def test_ticket_without_links_has_none_to_take_back(house: House) -> None:
    house.take(told())
    with pytest.raises(Refused, match="linked to nothing"):
        unlink(house, numbers(house)[0])


def test_merging_again_ends_what_a_split_taught(house: House) -> None:
    mine, theirs = two_tickets(house)
    merge(house, theirs, mine)
    split(house, mine, house.rows("messages")[1]["id"])
    assert len(house.rows("kept_apart")) == 1
    merge(house, theirs, mine)
    assert house.rows("kept_apart") == []


def test_copy_of_a_moved_mail_leads_to_where_it_stands(house: House) -> None:
    mine, theirs = two_tickets(house)
    house.take(told(MATTER, 2, sender=OTHER))
    merge(house, theirs, mine)
    target = house.rows("tickets")[0]["id"]
    assert {row["ticket_id"] for row in house.rows("inbound")} == {target}
    (copy,) = house.take(told(MATTER, 2, sender=OTHER))
    assert copy.state.value == "copy"
    assert house.rows("inbound")[-1]["ticket_id"] == target


def test_merge_raises_the_urgency_and_says_so(house: House) -> None:
    mine, theirs = two_tickets(house)
    house.execute(f"UPDATE tickets SET urgency = 'critical' WHERE number = '{theirs}'")
    done = merge(house, theirs, mine)
    assert done["urgency"] == "critical"
    (event,) = [row for row in house.rows("events") if row["kind"] == "ticket.took_in"]
    assert event["evidence"]["urgency"][1] == "critical"


def test_quiet_period_counts_the_answers_of_both(house: House) -> None:
    mine, theirs = two_tickets(house)
    house.take(told("Hello? " + MATTER, 3, sender=OTHER))
    merge(house, theirs, mine)
    house.clock.advance(hours=1)
    house.take(told("Any news about " + ORDER + "?\n", 4))
    assert house.answers()[-1] == ("duplicate", "suppressed", "quiet_period")
    assert house.clock() - NOON == timedelta(hours=1)
