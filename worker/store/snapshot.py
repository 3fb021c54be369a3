"""Everything that is kept, table by table, for moving out; streamed, so size costs no memory.

Rows are mappings with the names of the tables. Close what is not read to its end before the
transaction ends.
"""

from collections.abc import Generator
from contextlib import closing

from sqlalchemy import Column, Connection, Select, exists, func, select, text

from worker.store.schema import (
    answers,
    attachments,
    blocked_senders,
    dead_letters,
    epochs,
    events,
    inbound,
    mailboxes,
    messages,
    participants,
    tickets,
)

AT_ONCE = 500
"""Rows that are read ahead."""
FAULTS_TOLD = 20

Row = dict[str, object]


def _stream(tx: Connection, query: Select[*tuple[object, ...]]) -> Generator[Row]:
    with tx.execute(query, execution_options={"yield_per": AT_ONCE}) as rows:
        for row in rows:
            yield dict(row._mapping)  # a public name of SQLAlchemy, in spite of its underscore


def ticket_rows(tx: Connection) -> Generator[Row]:
    """Yield tickets by id; `mailbox` is its name."""
    query = (
        select(tickets, mailboxes.c.name.label("mailbox"))
        .outerjoin(mailboxes, mailboxes.c.id == tickets.c.mailbox_id)
        .order_by(tickets.c.id)
    )
    return _stream(tx, query)


def participant_rows(tx: Connection) -> Generator[Row]:
    """Yield who may speak on which ticket."""
    columns = (participants.c.ticket_id, participants.c.addr_spec, participants.c.added_by)
    return _stream(tx, select(*columns).order_by(*columns[:2]))


def inbound_rows(tx: Connection) -> Generator[Row]:
    """Yield the ledger by id, with mailbox, folder and uidvalidity of each row."""
    query = select(
        epochs.c.id, mailboxes.c.name.label("mailbox"), epochs.c.folder, epochs.c.uidvalidity
    ).join(mailboxes, mailboxes.c.id == epochs.c.mailbox_id)
    # Epochs are few; a join of the whole ledger would have to be sorted.
    places = {row.id: row for row in tx.execute(query)}
    with closing(_stream(tx, select(inbound).order_by(inbound.c.id))) as rows:
        for row in rows:
            place = places[row["epoch_id"]]
            yield row | {
                "mailbox": place.mailbox,
                "folder": place.folder,
                "uidvalidity": place.uidvalidity,
            }


def message_rows(tx: Connection, *, with_sources: bool) -> Generator[Row]:
    """Yield messages by id.

    with_sources: with `blob_key` of the raw mail and `composed`, the bytes of our own answer.
    """
    query = select(messages).order_by(messages.c.id)
    if with_sources:
        query = (
            query.add_columns(inbound.c.blob_key, answers.c.composed)
            .outerjoin(inbound, inbound.c.id == messages.c.inbound_id)
            .outerjoin(
                answers,
                (answers.c.message_id == messages.c.message_id)
                & (messages.c.direction == "out")
                & (answers.c.ticket_id == messages.c.ticket_id),
            )
        )
    return _stream(tx, query)


def attachment_rows(tx: Connection) -> Generator[Row]:
    """Yield attachments by id."""
    return _stream(tx, select(attachments).order_by(attachments.c.id))


def answer_rows(tx: Connection) -> Generator[Row]:
    """Yield answers and silences by id, without their bytes and facts."""
    columns = [c for c in answers.c if c.name not in ("composed", "facts")]
    return _stream(tx, select(*columns).order_by(answers.c.id))


def dead_letter_rows(tx: Connection) -> Generator[Row]:
    """Yield dead letters by id, the discarded ones too, with the digest of the mail."""
    query = (
        select(dead_letters, inbound.c.sha256)
        .outerjoin(inbound, inbound.c.id == dead_letters.c.inbound_id)
        .order_by(dead_letters.c.id)
    )
    return _stream(tx, query)


def event_rows(tx: Connection) -> Generator[Row]:
    """Yield events by id."""
    return _stream(tx, select(events).order_by(events.c.id))


def blocked_sender_rows(tx: Connection) -> Generator[Row]:
    """Yield whose mail is screened out."""
    return _stream(tx, select(blocked_senders).order_by(blocked_senders.c.pattern))


def settings(tx: Connection) -> Row:
    """Tell how the database keeps its promises: the settings that decide about durability."""
    if tx.dialect.name == "postgresql":
        names = ("synchronous_commit", "fsync")
        return {name: tx.execute(text(f"SHOW {name}")).scalar_one() for name in names}
    levels = ("off", "normal", "full", "extra")
    return {
        "journal_mode": tx.execute(text("PRAGMA journal_mode")).scalar_one(),
        "synchronous": levels[tx.execute(text("PRAGMA synchronous")).scalar_one()],
    }


def faults(tx: Connection, *, is_thorough: bool) -> list[str]:
    """Say what is wrong with the database itself and between its tables; empty: nothing.

    is_thorough: check indexes against their tables as well (SQLite).
    """
    found: list[str] = []
    if tx.dialect.name == "sqlite":
        check = "integrity_check" if is_thorough else "quick_check"
        said = tx.execute(text(f"PRAGMA {check}({FAULTS_TOLD})")).scalars().all()
        found += [str(one) for one in said if one != "ok"]
        orphans = tx.execute(text("PRAGMA foreign_key_check")).fetchmany(FAULTS_TOLD)
        found += [f"{row[0]} row {row[1]} names a missing {row[2]} row" for row in orphans]
    return found + _disagreements(tx)


def _disagreements(tx: Connection) -> list[str]:
    """Count the rows of the ledger whose state does not agree with what else is kept."""
    has_message = exists().where(messages.c.inbound_id == inbound.c.id)
    has_letter = exists().where(dead_letters.c.inbound_id == inbound.c.id)
    named: dict[str, Select[int]] = {
        "recorded mails without a message": _count(
            inbound.c.id, inbound.c.state == "recorded", ~has_message
        ),
        "messages whose mail is not recorded": _count(
            inbound.c.id,
            inbound.c.state != "recorded",
            inbound.c.state != "erased",
            has_message,
        ),
        "dead mails without a dead letter": _count(
            inbound.c.id, inbound.c.state == "dead", ~has_letter
        ),
        "dead letters whose mail is not dead": _count(
            inbound.c.id, inbound.c.state != "dead", has_letter
        ),
        "copies that name no mail": _count(
            inbound.c.id, inbound.c.state == "copy", inbound.c.copy_of.is_(None)
        ),
    }
    counted = ((name, tx.execute(query).scalar_one()) for name, query in named.items())
    return [f"{count} {name}" for name, count in counted if count]


def _count(column: Column[int], *conditions: object) -> Select[int]:
    return select(func.count(column)).where(*conditions)  # type: ignore[arg-type]
