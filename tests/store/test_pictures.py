"""Earlier mails with the same small picture are found by an index, a bounded number of them."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from tests.builders import LI_WEI, NOON
from tests.store.ledger import Ledger
from worker.domain.decoration import MAX_LOGO_BYTES, Sighting
from worker.domain.judgement import Urgency
from worker.domain.message import Attachment
from worker.domain.ticket import TicketStatus
from worker.store import pictures, tickets
from worker.store.schema import SMALL
from worker.store.session import Database
from worker.store.tickets import NewMessage, Ticket

LOGO = Attachment(
    part="2", filename="logo.png", content_type="image/png", size_bytes=9000, sha256="ab" * 32
)
DIGEST = bytes.fromhex(LOGO.sha256)


def put(database: Database, number: int, *files: Attachment, direction: str = "in") -> None:
    """One mail with `files` on a ticket of its own."""
    ticket = Ticket(
        id=number,
        number=f"K7M4-{number:04}",
        subject="Deposit",
        status=TicketStatus.OPEN,
        urgency=Urgency.NORMAL,
        category="deposit",
        language="en",
        requester=LI_WEI,
        mailbox_id=None,
        team="support",
        opened_at=NOON,
        updated_at=NOON,
    )
    message = NewMessage(
        id=number,
        ticket_id=number,
        inbound_id=None,
        direction=direction,
        kind="request",
        message_id=None,
        sender=LI_WEI,
        sender_name="",
        subject="Deposit",
        sent_at=NOON,
        text="",
        own_words=None,
        sha256=b"",
        is_unverified=False,
        language="en",
        urgency="normal",
        recorded_at=NOON + timedelta(seconds=number),
        traits=None,
    )
    with database.write() as tx:
        tickets.add(tx, [ticket])
        tickets.add_messages(tx, [message])
        rows = [(number * 100 + place, number, one) for place, one in enumerate(files)]
        tickets.add_attachments(tx, rows)


def test_mails_with_the_same_picture_are_found(database: Database, ledger: Ledger) -> None:
    put(database, 1, LOGO)
    put(database, 2, replace(LOGO, sha256="cd" * 32))
    put(database, 3, LOGO)
    with database.read() as tx:
        found = pictures.sightings(tx, [DIGEST, b"\x00" * 32])
    assert found == {DIGEST: [Sighting(LI_WEI, 3), Sighting(LI_WEI, 1)]}


def test_mails_of_the_desk_do_not_count(database: Database, ledger: Ledger) -> None:
    put(database, 1, LOGO, direction="out")
    with database.read() as tx:
        assert pictures.sightings(tx, [DIGEST]) == {}


def test_large_pictures_are_not_looked_for(database: Database, ledger: Ledger) -> None:
    put(database, 1, replace(LOGO, size_bytes=MAX_LOGO_BYTES + 1))
    with database.read() as tx:
        assert pictures.sightings(tx, [DIGEST]) == {}


def test_the_latest_twenty_mails_are_read(database: Database, ledger: Ledger) -> None:
    for number in range(1, 26):
        put(database, number, LOGO)
    with database.read() as tx:
        found = pictures.sightings(tx, [DIGEST])[DIGEST]
    assert sorted(one.ticket_id for one in found) == list(range(6, 26))


def test_the_bound_of_the_index_is_that_of_the_decision() -> None:
    assert str(SMALL) == f"size_bytes <= {MAX_LOGO_BYTES}"


def test_the_index_is_used(database: Database, ledger: Ledger) -> None:
    if not database.is_sqlite:
        return  # PostgreSQL reads small tables whole
    query = (
        "SELECT sha256 FROM attachments WHERE sha256 = x'00' AND size_bytes <= 60000 "
        "ORDER BY id DESC LIMIT 20"
    )
    with database.read() as tx:
        plan = " ".join(str(row) for row in tx.execute(text(f"EXPLAIN QUERY PLAN {query}")))
    assert "attachments_by_sha256" in plan
    assert "TEMP B-TREE" not in plan
