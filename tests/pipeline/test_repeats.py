"""A matter told again: who joins which ticket, who is linked, and who never gets in."""

from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from tests.builders import LI_WEI, NOON, SUPPORT, a_mail
from tests.pipeline.conftest import Build
from tests.pipeline.house import House
from worker.store import threads

ORDER = "771701988940781692"
MATTER = f"My withdrawal of 4,000 USDT, order {ORDER}, has not arrived since Monday.\n"
OTHER = "Wang Fang <wang.fang@elsewhere.example>"
STRANGER = "Mallory <mallory@elsewhere.example>"


def told(body: str = MATTER, number: int = 1, **more: Any) -> bytes:
    return a_mail(body, **{"subject": "Withdrawal", "message_id": f"{number}@x.example"} | more)


def close(house: House) -> None:
    moment = int(house.clock().timestamp() * 10**6)
    house.execute(f"UPDATE tickets SET status = 'closed', closed_at = {moment}")


def test_repeat_joins_with_score_and_evidence(house: House) -> None:
    house.take(told())
    (outcome,) = house.take(told(f"Any news about {ORDER}?\n", 2))
    assert outcome.outcome == "merged"
    assert outcome.duplicate_of == house.rows("inbound")[0]["id"]
    assert outcome.score is not None
    assert len(house.rows("tickets")) == 1
    (event,) = [row for row in house.rows("events") if row["kind"] == "ticket.repeated"]
    assert event["evidence"]["as"] == "joined"
    said = event["evidence"]["evidence"]
    assert any(reason.startswith(f"same order id {ORDER[:6]}…: +") for reason in said)


def test_repeat_within_one_batch_joins(house: House) -> None:
    outcomes = house.take(told(), told("Hello? " + MATTER, 2))
    assert [outcome.outcome for outcome in outcomes] == ["opened", "merged"]


def test_another_order_in_the_same_words_opens_a_ticket(house: House) -> None:
    house.take(told())
    (outcome,) = house.take(told(MATTER.replace(ORDER, "522801988940781437"), 2))
    assert outcome.outcome == "opened"


def test_development_opens_a_ticket_that_hints(house: House) -> None:
    house.take(told())
    (outcome,) = house.take(told(f"Order {ORDER} arrived, but only 3,000 of 4,000 USDT.\n", 2))
    assert outcome.outcome == "opened"
    assert outcome.duplicate_of is None


def test_doubtful_repeat_opens_a_ticket_that_hints(house: House) -> None:
    house.take(told(), told("My card was charged but nothing bought.\n", 2, subject="Card"))
    (outcome,) = house.take(told("Any news?\n", 3, subject="Question"))
    first, _, new = house.rows("tickets")
    assert outcome.outcome == "opened"
    assert new["possible_duplicate_of"] in {row["id"] for row in house.rows("tickets")[:2]}
    assert outcome.possible_duplicate_of is not None
    assert first["duplicate_of"] is new["duplicate_of"] is None


def test_same_order_from_elsewhere_is_linked_and_answered_as_new(house: House) -> None:
    (first,) = house.take(told())
    (outcome,) = house.take(told(MATTER, 2, sender=OTHER))
    mine, theirs = house.rows("tickets")
    assert (outcome.outcome, outcome.duplicate_of) == ("linked", first.inbound_id)
    assert theirs["duplicate_of"] == mine["id"]
    assert theirs["possible_duplicate_of"] is None
    assert [row["ticket_id"] for row in house.rows("messages")] == [mine["id"], theirs["id"]]
    assert [kind for kind, *_ in house.answers()] == ["received", "received"]
    assert str(mine["number"]) not in str(house.rows("answers")[1]["facts"])


def test_linked_sender_repeats_into_the_own_ticket(house: House) -> None:
    house.take(told())
    (linked,) = house.take(told(MATTER, 2, sender=OTHER))
    (again,) = house.take(told("Hello? " + MATTER, 3, sender=OTHER))
    assert (again.outcome, again.number) == ("merged", linked.number)


def test_participant_from_another_address_joins(house: House) -> None:
    (first,) = house.take(told())
    ticket = house.row("tickets")["id"]
    house.execute(f"INSERT INTO participants VALUES ({ticket}, '{OTHER[11:-1]}', 'operator')")
    (outcome,) = house.take(told(MATTER, 2, sender=OTHER))
    assert (outcome.outcome, outcome.number) == ("merged", first.number)


def test_same_words_of_two_people_share_nothing(house: House) -> None:
    words = "I did not receive the airdrop although I held the tokens.\n"
    house.take(told(words))
    (outcome,) = house.take(told(words, 2, sender=OTHER))
    assert outcome.outcome == "opened"
    assert outcome.possible_duplicate_of is None


def test_identifier_that_everybody_names_finds_its_latest_mails_only(house: House) -> None:
    house.take(*(told(MATTER, n, sender=f"person{n}@p{n}.example") for n in range(1, 31)))
    pair = ("order_id", ORDER)
    with house.desk.database.read() as tx:
        found = threads.same_case(tx, [pair], since=NOON - timedelta(days=1))
        later = threads.same_case(tx, [pair], since=NOON + timedelta(days=1))
    latest = [row["id"] for row in house.rows("messages")][: -threads.SAME_CASE - 1 : -1]
    assert [mail.message for mail in found[pair]] == latest
    assert later == {}


@pytest.mark.parametrize(
    "words", ["Thanks, solved!\n", "谢谢，已解决\n", "Vielen Dank, erledigt.\n"]
)
def test_bare_thanks_leave_a_ticket_closed(house: House, words: str) -> None:
    house.take(told())
    close(house)
    (outcome,) = house.take(house.reply_to(house.row("answers"), words))
    assert outcome.outcome == "followed_up"
    assert house.row("tickets")["status"] == "closed"


def test_thanks_with_a_question_reopen_a_ticket(house: House) -> None:
    house.take(told())
    close(house)
    house.take(house.reply_to(house.row("answers"), "Thanks, but where is the rest?\n"))
    assert house.row("tickets")["status"] == "open"


def test_matter_told_again_after_closing_opens_a_ticket_that_hints(house: House) -> None:
    house.take(told())
    close(house)
    (outcome,) = house.take(told("Hello? " + MATTER, 2))
    assert outcome.outcome == "opened"
    assert house.rows("tickets")[1]["possible_duplicate_of"] == house.rows("tickets")[0]["id"]


NEWS = "The identity document you asked about is a passport of 2021.\n"
CHAIN = " ".join(f"<{number}@list.example>" for number in range(30))
QUOTED = "> Your request has arrived.\n>\n> Desk\n"
HEADER = f"From: Desk <{SUPPORT}>\nSent: Wednesday\nTo: Li Wei\n\nYour request has arrived.\n"
BOTH = {"In-Reply-To": "<{ours}>", "References": "<{root}> <{ours}>"}

# Each as the program writes it: prefix of the subject, what follows the person's words, fields.
CLIENTS: dict[str, tuple[str, str, dict[str, str]]] = {
    "outlook": (
        "RE: ",
        f"\n________________________________\n{HEADER}",
        BOTH | {"Thread-Index": "AdGq", "X-Mailer": "Microsoft Outlook 16.0"},
    ),
    "outlook without references": ("RE: ", f"\n-----Original Message-----\n{HEADER}", {}),
    "german outlook": ("AW: ", f"\nVon: Desk <{SUPPORT}>\nGesendet: Mittwoch\n\nHello", BOTH),
    "gmail": ("Re: ", f"\nOn Wed, 4 Mar 2026 at 12:01, Desk wrote:\n{QUOTED}", BOTH),
    "gmail in chinese": ("回复：", f"\nDesk 于2026年3月4日周三 12:01写道：\n{QUOTED}", BOTH),
    "apple mail": ("Re: ", f"\n> On 4 Mar 2026, at 12:01, Desk wrote:\n{QUOTED}", BOTH),
    "iphone": ("Re: ", f"\nVon meinem iPhone gesendet\n\n> Am 04.03.2026:\n{QUOTED}", BOTH),
    "qq mail": (
        "回复：",
        "\n------------------ 原始邮件 ------------------\n发件人: Desk\n主题: x\n",
        {"In-Reply-To": "<{ours}>"},
    ),
    "netease": (
        "Re:",
        f"\nAt 2026-03-04 20:01:00, Desk wrote:\n{QUOTED}",
        {"References": "<{ours}>"},
    ),
    "foxmail": (
        "Re: ",
        "\n\n发件人： Desk\n发送时间： 2026-03-04 20:01\n",
        {"References": "<{root}>,\r\n\t<{ours}>", "X-Mailer": "Foxmail 7.2.25"},
    ),
    "samsung": ("Re: ", "\n-------- Original message --------\nFrom: Desk\n", BOTH),
    "no blank between references": ("Re: ", "", {"References": "<{root}><{ours}>"}),
    "ours in the middle of many": ("Re: ", "", {"References": f"{CHAIN} <{{ours}}> {CHAIN}"}),
    "ours in a folded field": ("Re: ", "", {"In-Reply-To": "\r\n <{ours}>"}),
    "only the number": ("答复: ", "", {}),
    "the bat": ("Re[2]: ", f"\n{QUOTED}", {"References": "<{ours}>"}),
}


def mail(subject: str, body: str, fields: dict[str, str]) -> bytes:
    """Raw bytes; fields go in as they are, foldings included."""
    made = EmailMessage()
    made["From"] = f"Li Wei <{LI_WEI}>"
    made["To"] = SUPPORT
    made["Subject"] = subject
    made["Date"] = "Wed, 04 Mar 2026 12:30:00 +0000"
    made["Message-ID"] = "<reply@customer.example>"
    made.set_content(body)
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return head.encode() + made.as_bytes()


@pytest.mark.parametrize("name", CLIENTS)
def test_honest_reply_of_a_mail_program_joins(house: House, name: str) -> None:
    (first,) = house.take(told())
    ours = str(house.row("answers")["message_id"])
    prefix, rest, fields = CLIENTS[name]
    named = {key: value.format(ours=ours, root="1@x.example") for key, value in fields.items()}
    (outcome,) = house.take(mail(f"{prefix}[#{first.number}] Withdrawal", NEWS + rest, named))
    assert (outcome.outcome, outcome.number) == ("followed_up", first.number)


FORGED: dict[str, dict[str, Any]] = {
    "number in the subject": {"subject": "Re: [#{number}] Withdrawal"},
    "number in full width": {"subject": "回复：【#{number}】"},
    "number in the body": {"body": "About ticket #{number}: pay to me.\n"},
    "number in the display name": {"sender": '"#{number}" <mallory@elsewhere.example>'},
    "number in a header field": {"fields": {"X-Ticket": "#{number}"}},
    "number in the recipient": {"fields": {"To": "support+{number}@desk.example"}},
    "the customer's mail as parent": {"fields": {"In-Reply-To": "<1@x.example>"}},
    "the customer's mail in references": {
        "fields": {"References": "<a@b.example> <1@x.example>"}
    },
    "the customer's message-id": {"message_id": "1@x.example"},
    "our id with another seal": {"fields": {"In-Reply-To": "<{tampered}>"}},
    "our id cut short": {"fields": {"In-Reply-To": "<{cut}>"}},
    "our id in another case": {"fields": {"References": "<{swapped}>"}},
    "the customer's address as display name": {
        "sender": f'"{LI_WEI}" <mallory@elsewhere.example>',
        "subject": "Re: #{number}",
    },
    "the customer in Sender": {"subject": "#{number}", "fields": {"Sender": LI_WEI}},
    "the customer in Reply-To": {"subject": "#{number}", "fields": {"Reply-To": LI_WEI}},
    "the customer in Cc": {"subject": "#{number}", "fields": {"Cc": LI_WEI}},
    "the customer as one of two authors": {
        "sender": f"Mallory <mallory@elsewhere.example>, {LI_WEI}",
        "subject": "Re: #{number}",
    },
    "a subdomain of the customer's": {
        "sender": "li.wei@mail.customer.example",
        "subject": "Re: #{number}",
    },
    "a look-alike address": {"sender": "li.wеi@customer.example", "subject": "Re: #{number}"},
    "a tag on the customer's address": {
        "sender": "li.wei+x@customer.example",
        "subject": "Re: #{number}",
    },
    "the customer's words and order": {"body": MATTER, "subject": "Withdrawal"},
    "the customer's words quoted": {"body": f"See below\n\n> {MATTER}"},
    "the customer's topic": {"fields": {"Thread-Topic": "Withdrawal", "Thread-Index": "AdGq"}},
    "a reply of a bounce": {"fields": {"Return-Path": "<>", "In-Reply-To": "<1@x.example>"}},
}


def forge(house: House, number: str, way: dict[str, Any]) -> bytes:
    ours = str(house.row("answers")["message_id"])
    local, _, domain = ours.partition("@")
    values = {
        "number": number,
        "tampered": f"{local[:-1]}{'A' if local[-1] != 'A' else 'B'}@{domain}",
        "cut": f"{local[:-6]}@{domain}",
        "swapped": f"{local.swapcase()}@{domain}",
    }

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(inner) for key, inner in value.items()}
        return value.format(**values)

    plain = {"body": NEWS, "sender": STRANGER, "subject": "Hello", "message_id": "m@x.example"}
    return a_mail(**plain | filled(way))


@pytest.mark.parametrize("way", FORGED)
def test_forged_reply_gets_into_nobodys_ticket(house: House, way: str) -> None:
    (first,) = house.take(told())
    (outcome,) = house.take(forge(house, str(first.number), FORGED[way]))
    theirs = house.rows("tickets")[0]
    on_it = [row for row in house.rows("messages") if row["ticket_id"] == theirs["id"]]
    assert len(on_it) == 1
    assert outcome.number != first.number
    speaking = [row["addr_spec"] for row in house.rows("participants")]
    assert speaking.count(LI_WEI) == 1
    facts = str([row["facts"] for row in house.rows("answers")[1:]])
    assert str(first.number) not in facts


FAILED = {"Authentication-Results": "mx.desk.example; dmarc=fail header.from=customer.example"}


@pytest.mark.parametrize("subject", ["Re: #{number}", "Withdrawal"])
def test_customers_address_that_failed_authentication_joins_nothing(
    build: Build, subject: str
) -> None:
    desk = {
        "name": "Desk",
        "domain": "desk.example",
        "trusted_authserv_ids": ["mx.desk.example"],
    }
    house = build(desk=desk)
    (first,) = house.take(told())
    forged = told(MATTER, 2, subject=subject.format(number=first.number), fields=FAILED)
    (outcome,) = house.take(forged)
    assert outcome.number != first.number
    assert house.answers()[1][1] == "suppressed"
