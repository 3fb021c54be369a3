"""What becomes of a mail: one outcome, on the right ticket, as the right person's word."""

import pytest
from mnemonic import Mnemonic

from tests.builders import LI_WEI, SUPPORT, a_mail
from tests.pipeline.conftest import Build
from tests.pipeline.house import House

STRANGER = "Mallory <mallory@elsewhere.example>"
OTHER_WORDS = "How long does it take until my identity card is checked? It has been a week.\n"


def another(number: int = 2, **changes: str) -> bytes:
    """A mail of Li Wei about another matter."""
    plain = {"subject": "Identity check", "message_id": f"{number}@customer.example"}
    return a_mail(OTHER_WORDS, **plain | changes)  # type: ignore[arg-type]


def participants(house: House) -> list[str]:
    return [row["addr_spec"] for row in house.rows("participants")]


def test_mail_opens_a_ticket_and_queues_one_answer(house: House) -> None:
    (outcome,) = house.take(a_mail())
    ticket, message, answer = (house.row(name) for name in ("tickets", "messages", "answers"))
    assert outcome.outcome == "opened"
    assert house.states() == [("recorded", "opened")]
    assert ticket["requester"] == LI_WEI
    assert ticket["number"] == outcome.number
    assert message["ticket_id"] == ticket["id"]
    assert message["inbound_id"] == house.row("inbound")["id"]
    assert (answer["kind"], answer["state"]) == ("received", "queued")
    assert (answer["cause"], answer["ticket_id"]) == (message["id"], ticket["id"])
    assert answer["recipient"] == LI_WEI
    assert participants(house) == [LI_WEI]


def test_same_mail_again_is_a_copy(house: House) -> None:
    house.take(a_mail())
    house.take(b"Received: by another.example; Wed, 04 Mar 2026 12:01:00 +0000\n" + a_mail())
    first, second = house.rows("inbound")
    assert (second["state"], second["reason"]) == ("copy", "same_mail")
    assert (second["copy_of"], second["ticket_id"]) == (first["id"], first["ticket_id"])
    assert len(house.rows("messages")) == len(house.rows("answers")) == 1


def test_copies_within_one_batch_are_found(house: House) -> None:
    house.take(a_mail(), a_mail(), a_mail())
    assert [state for state, _ in house.states()] == ["recorded", "copy", "copy"]
    assert house.rows("inbound")[2]["copy_of"] == house.rows("inbound")[0]["id"]


def test_mails_without_message_id_are_told_apart_by_what_they_say(house: House) -> None:
    house.take(a_mail(message_id=None), a_mail(message_id=None), a_mail("?\n", message_id=None))
    assert [state for state, _ in house.states()] == ["recorded", "copy", "recorded"]


def test_different_mails_that_share_a_message_id_are_both_kept(house: House) -> None:
    house.take(a_mail(), a_mail(OTHER_WORDS, subject="Identity check"))
    assert [state for state, _ in house.states()] == ["recorded", "recorded"]
    assert len(house.rows("messages")) == 2


def test_same_mail_of_another_message_id_is_no_copy_but_the_same_matter(house: House) -> None:
    house.take(a_mail(), a_mail(message_id="second@customer.example"))
    assert [reason for _, reason in house.states()] == ["opened", "merged"]
    assert len(house.rows("tickets")) == 1
    assert len(house.rows("messages")) == 2


def test_uidvalidity_change_makes_copies_only(house: House) -> None:
    house.take(a_mail(), another())
    house.folder.change_uidvalidity()
    house.take()
    states = [state for state, _ in house.states()]
    assert states == ["recorded", "recorded", "copy", "copy"]
    assert len(house.rows("answers")) == 2


def test_reply_of_a_participant_to_our_answer_joins(house: House) -> None:
    house.take(a_mail())
    (outcome,) = house.take(house.reply_to(house.row("answers")))
    assert outcome.outcome == "followed_up"
    assert outcome.evidence[0].startswith("our_message_id ")
    assert len(house.rows("tickets")) == 1
    assert [row["is_unverified"] for row in house.rows("messages")] == [False, False]


def test_reply_that_names_our_answer_last_in_references_joins(house: House) -> None:
    house.take(a_mail())
    ours = house.row("answers")["message_id"]
    chain = " ".join(f"<{number}@lists.example>" for number in range(30))
    house.take(another(fields={"References": f"{chain} <{ours}>"}))  # type: ignore[arg-type]
    house.take(another(3, fields={"References": f"<{ours}> {chain}"}))  # type: ignore[arg-type]
    assert len(house.rows("tickets")) == 1


def test_reply_to_the_customers_own_mail_joins(house: House) -> None:
    house.take(a_mail())
    fields = {"In-Reply-To": "<first@customer.example>"}
    (outcome,) = house.take(another(fields=fields))  # type: ignore[arg-type]
    assert outcome.outcome == "followed_up"


def test_participant_with_the_number_in_the_subject_joins(house: House) -> None:
    (first,) = house.take(a_mail())
    (outcome,) = house.take(another(subject=f"Re: [#{first.number}] Identity"))
    assert (outcome.outcome, outcome.number) == ("followed_up", first.number)


def test_stranger_with_our_message_id_joins_unverified_and_gets_no_mail(house: House) -> None:
    house.take(a_mail())
    reply = house.reply_to(house.row("answers"), "Send the money here instead.\n")
    (outcome,) = house.take(
        reply.replace(b"Li Wei <li.wei@customer.example>", STRANGER.encode())
    )
    assert outcome.outcome == "followed_up"
    assert len(house.rows("tickets")) == 1
    assert house.rows("messages")[1]["is_unverified"] is True
    assert house.answers()[1] == ("follow_up", "suppressed", "not_a_participant")
    assert participants(house) == [LI_WEI]


def test_strangers_side_message_does_not_reopen_a_closed_ticket(house: House) -> None:
    house.take(a_mail())
    house.execute("UPDATE tickets SET status = 'closed', closed_at = 0")
    house.take(house.reply_to(house.row("answers"), sender=STRANGER))
    assert house.row("tickets")["status"] == "closed"
    assert len(house.rows("messages")) == 2


def test_stranger_with_a_guessed_number_opens_a_ticket_that_claims(house: House) -> None:
    (first,) = house.take(a_mail())
    subject = f"Re: #{first.number} please change my address"
    (outcome,) = house.take(another(sender=STRANGER, subject=subject))
    mine, theirs = house.rows("tickets")
    assert outcome.outcome == "opened"
    assert theirs["claims"] == mine["number"]
    assert theirs["requester"] == "mallory@elsewhere.example"
    assert house.rows("messages")[1]["ticket_id"] == theirs["id"]


def test_stranger_who_names_a_customers_mail_opens_a_ticket(house: House) -> None:
    house.take(a_mail())
    fields = {"In-Reply-To": "<first@customer.example>"}
    house.take(another(sender=STRANGER, fields=fields))  # type: ignore[arg-type]
    assert len(house.rows("tickets")) == 2


def test_strangers_same_words_open_a_ticket_of_their_own(house: House) -> None:
    house.take(a_mail())
    (outcome,) = house.take(a_mail(sender=STRANGER, message_id="other@elsewhere.example"))
    assert outcome.outcome == "opened"
    assert len(house.rows("tickets")) == 2


def test_to_and_cc_make_nobody_a_participant(house: House) -> None:
    (first,) = house.take(a_mail(fields={"Cc": STRANGER, "Reply-To": STRANGER}))
    assert participants(house) == [LI_WEI]
    assert house.row("answers")["recipient"] == LI_WEI
    (outcome,) = house.take(another(sender=STRANGER, subject=f"#{first.number}"))
    assert outcome.outcome == "opened"


def test_reply_reopens_a_ticket_that_was_closed_lately(house: House) -> None:
    house.take(a_mail())
    closed_at = int(house.clock().timestamp() * 10**6)
    house.execute(f"UPDATE tickets SET status = 'closed', closed_at = {closed_at}")
    house.clock.advance(days=13)
    house.take(house.reply_to(house.row("answers"), "It is missing again.\n"))
    assert house.row("tickets")["status"] == "open"


def test_reply_long_after_closing_opens_a_linked_ticket(house: House) -> None:
    house.take(a_mail())
    closed_at = int(house.clock().timestamp() * 10**6)
    house.execute(f"UPDATE tickets SET status = 'closed', closed_at = {closed_at}")
    house.clock.advance(days=15)
    house.take(house.reply_to(house.rows("answers")[0]))
    old, new = house.rows("tickets")
    assert (old["status"], new["status"]) == ("closed", "open")
    assert new["possible_duplicate_of"] == old["id"]


def test_mail_for_a_merged_ticket_goes_to_the_one_it_was_merged_into(house: House) -> None:
    house.take(a_mail(), another())
    one, other = house.rows("tickets")
    house.execute(
        f"UPDATE tickets SET status = 'merged', merged_into = {other['id']} "
        f"WHERE id = {one['id']}"
    )
    (outcome,) = house.take(house.reply_to(house.rows("answers")[0]))
    assert outcome.number == other["number"]


@pytest.mark.parametrize("authentication", ["", "mx.desk.example; dmarc=fail"])
def test_forged_own_address_is_kept_and_never_answered(
    build: Build, authentication: str
) -> None:
    desk = {
        "name": "Desk",
        "domain": "desk.example",
        "trusted_authserv_ids": ["mx.desk.example"],
    }
    house = build(desk=desk)
    fields = {"Authentication-Results": authentication}
    house.take(a_mail(sender=f"Support <{SUPPORT}>", fields=fields))
    assert [state for state, _ in house.states()] == ["recorded"]
    assert [state for _, state, _ in house.answers()] == ["suppressed"]


def test_failed_authentication_is_kept_and_never_answered(build: Build) -> None:
    desk = {
        "name": "Desk",
        "domain": "desk.example",
        "trusted_authserv_ids": ["mx.desk.example"],
    }
    house = build(desk=desk)
    house.take(a_mail(fields={"Authentication-Results": "mx.desk.example; dmarc=fail"}))
    assert house.answers() == [("received", "suppressed", "authentication_failed")]


def test_blocked_sender_is_screened_out(house: House) -> None:
    house.execute(
        "INSERT INTO blocked_senders (pattern, blocked_at) VALUES ('elsewhere.example', 0)"
    )
    house.take(a_mail(sender=STRANGER), a_mail())
    assert house.states() == [("screened_out", "sender_blocked"), ("recorded", "opened")]


def test_automatic_mail_is_screened_out_with_its_reason(house: House) -> None:
    house.take(
        a_mail(fields={"Auto-Submitted": "auto-replied"}, message_id="a@customer.example"),
        a_mail(fields={"List-Id": "<news.example>"}, message_id="b@customer.example"),
    )
    assert house.states() == [
        ("screened_out", "automatic_response"),
        ("screened_out", "list_mail"),
    ]
    assert house.rows("tickets") == house.rows("answers") == []


def bounce_of(message_id: str) -> bytes:
    return (
        b"From: MAILER-DAEMON@mx.customer.example\nTo: support@desk.example\n"
        b"Return-Path: <>\nSubject: Undelivered Mail Returned to Sender\n"
        b"Message-ID: <report@mx.customer.example>\nMIME-Version: 1.0\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="part"\n\n'
        b"--part\nContent-Type: text/plain\n\nIt could not be delivered.\n\n"
        b"--part\nContent-Type: message/delivery-status\n\n"
        b"Reporting-MTA: dns; mx.customer.example\n\n"
        b"Final-Recipient: rfc822; li.wei@customer.example\nAction: failed\nStatus: 5.1.1\n\n"
        b"--part\nContent-Type: text/rfc822-headers\n\n"
        b"From: support@desk.example\nMessage-ID: <" + message_id.encode() + b">\n\n--part--\n"
    )


def test_bounce_of_our_answer_is_screened_out_with_its_ticket(house: House) -> None:
    house.take(a_mail())
    house.take(bounce_of(house.row("answers")["message_id"]))
    bounce = house.rows("inbound")[1]
    assert (bounce["state"], bounce["reason"]) == ("screened_out", "delivery_report")
    assert bounce["ticket_id"] == house.row("tickets")["id"]
    assert len(house.rows("messages")) == 1


def test_bounce_of_a_mail_that_is_not_ours_has_no_ticket(house: House) -> None:
    house.take(a_mail())
    house.take(bounce_of("first@customer.example"))
    assert house.rows("inbound")[1]["ticket_id"] is None


def test_own_answer_found_in_the_mailbox_is_the_message_that_is_there_already(
    house: House,
) -> None:
    house.take(a_mail())
    house.deliver()
    (outcome,) = house.take(house.way_out.sent[0].raw)
    assert outcome.state == "recorded"
    assert outcome.reason == "own_message_id"
    messages = house.rows("messages")
    assert [row["direction"] for row in messages] == ["in", "out"]
    assert messages[1]["inbound_id"] == house.rows("inbound")[1]["id"]
    assert len(house.rows("answers")) == 1


def test_agents_mail_in_the_sent_folder_stands_on_its_ticket(build: Build) -> None:
    from tests.builders import a_mailbox

    house = build(mailboxes=[a_mailbox(role="sent")])
    house.take(a_mail(sender=f"Anna <{SUPPORT}>", message_id="letter@desk.example"))
    assert house.states() == [("screened_out", "sent_folder")]
    assert house.rows("tickets") == house.rows("answers") == []


def test_every_decision_leaves_its_reasons(house: House) -> None:
    house.take(a_mail(), a_mail(fields={"Auto-Submitted": "auto-replied"}))
    decided = [row for row in house.rows("events") if row["kind"] == "mail.decided"]
    assert [row["reason"] for row in decided] == ["opened", "automatic_response"]
    assert decided[0]["evidence"]["language"] == "en"
    assert decided[1]["evidence"]["kind_reasons"]


def test_secrets_reach_no_row(house: House) -> None:
    words = Mnemonic("english").to_mnemonic(bytes(range(5, 21)))
    house.take(a_mail(f"My phrase is {words}\n", subject=f"Please check {words}"))
    kept = repr([house.rows(name) for name in ("tickets", "messages", "events", "answers")])
    assert words[:40] not in kept
    assert words[-40:] not in kept
    assert "secret" in house.row("answers")["facts"]["blocks"]
