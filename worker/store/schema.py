"""The tables, one schema for SQLite and PostgreSQL. Migrations bring a database to `REVISION`.

Ids are whole numbers that rise with time and are never reused (store/ids.py). Times are kept
as microseconds since 1970 UTC. Digests are 32 raw bytes. Texts are sealed: no secret stands in
a row.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.types import TypeDecorator

REVISION = "0005"
"""The migration that this code needs."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept as microseconds since 1970 UTC: exact, and alike on both."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: object) -> int | None:  # noqa: ARG002
        return None if value is None else (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, dialect: object) -> datetime | None:  # noqa: ARG002
        return None if value is None else EPOCH + timedelta(microseconds=value)


Id = BigInteger().with_variant(Integer, "sqlite")
metadata = MetaData()


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=False)


counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("next", BigInteger, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

mailboxes = Table(
    "mailboxes",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
    Column("first_seen_at", Instant, nullable=False),
    Column("lease_owner", Text),
    Column("lease_epoch", BigInteger, nullable=False, server_default=text("0")),
    Column("lease_until", Instant),
    Column("polled_at", Instant),
    Column("failing_since", Instant),
    Column("error", Text),
)

epochs = Table(
    "epochs",
    metadata,
    _id(),
    Column("mailbox_id", Id, ForeignKey("mailboxes.id"), nullable=False),
    Column("folder", Text, nullable=False),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("first_uidnext", BigInteger),
    Column("cursor", BigInteger, nullable=False, server_default=text("0")),
    Column("opened_at", Instant, nullable=False),
    UniqueConstraint("mailbox_id", "folder", "uidvalidity", name="epochs_one_per_uidvalidity"),
)

gaps = Table(
    "gaps",
    metadata,
    Column("epoch_id", Id, ForeignKey("epochs.id"), primary_key=True),
    Column("uid", BigInteger, primary_key=True, autoincrement=False),
    Column("attempts", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("next_attempt_at", Instant, nullable=False),
)

inbound = Table(
    "inbound",
    metadata,
    _id(),
    Column("epoch_id", Id, ForeignKey("epochs.id"), nullable=False),
    Column("uid", BigInteger, nullable=False),
    Column("sha256", LargeBinary),
    Column("size_bytes", BigInteger, nullable=False),
    Column("blob_key", Text),
    Column("internal_date", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("acknowledged_at", Instant),
    Column("is_old", Boolean, nullable=False),
    Column("message_id", Text),
    Column("content_digest", LargeBinary),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("ticket_id", Id),
    Column("copy_of", Id),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("crashes", Integer, nullable=False, server_default=text("0")),
    Column("next_attempt_at", Instant),
    Column("claimed_by", Text),
    Column("is_forced", Boolean, nullable=False, server_default=false()),
    Column("sender_key", BigInteger),
    Column("turn", Instant, nullable=False, server_default=text("0")),
    UniqueConstraint("epoch_id", "uid", name="inbound_one_per_uid"),
    Index("inbound_by_digest", "content_digest"),
    Index("inbound_by_message_id", "message_id"),
)
PENDING = text("state IN ('received', 'claimed')")
"""The words of the partial index: a query that holds them literally can use it on SQLite."""
Index(
    "inbound_waiting",
    inbound.c.state,
    inbound.c.next_attempt_at,
    sqlite_where=PENDING,
    postgresql_where=PENDING,
)
Index(
    "inbound_by_turn",
    inbound.c.state,
    inbound.c.turn,
    inbound.c.id,
    sqlite_where=PENDING,
    postgresql_where=PENDING,
)
Index(
    "inbound_by_sender",
    inbound.c.sender_key,
    inbound.c.turn,
    sqlite_where=PENDING,
    postgresql_where=PENDING,
)
Index(
    "inbound_unacknowledged",
    inbound.c.epoch_id,
    inbound.c.uid,
    sqlite_where=text("acknowledged_at IS NULL"),
    postgresql_where=text("acknowledged_at IS NULL"),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    _id(),
    Column("inbound_id", Id, ForeignKey("inbound.id"), nullable=False, unique=True),
    Column("reason", Text, nullable=False),
    Column("detail", Text),
    Column("attempts", Integer, nullable=False),
    Column("buried_at", Instant, nullable=False),
    Column("discarded_at", Instant),
    Column("note", Text),
)

tickets = Table(
    "tickets",
    metadata,
    _id(),
    Column("number", Text, nullable=False, unique=True),
    Column("subject", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("urgency", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("requester", Text, nullable=False),
    Column("mailbox_id", Id, ForeignKey("mailboxes.id")),
    Column("team", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("merged_into", Id),
    Column("duplicate_of", Id),
    Column("possible_duplicate_of", Id),
    Column("claims", Text),
    Column("incident_id", Id),
    Index("tickets_by_requester", "requester", "id"),
    Index("tickets_by_status", "status", "updated_at"),
)

BELONGING = text("incident_id IS NOT NULL")
Index(
    "tickets_by_incident",
    tickets.c.incident_id,
    sqlite_where=BELONGING,
    postgresql_where=BELONGING,
)

incidents = Table(
    "incidents",
    metadata,
    _id(),
    Column("title", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("closed_at", Instant),
    Column("why", JSON),
    Column("texts", JSON),
)

incident_keys = Table(
    "incident_keys",
    metadata,
    Column("key", Text, primary_key=True),
    Column("incident_id", Id, ForeignKey("incidents.id"), nullable=False),
)

signals = Table(
    "signals",
    metadata,
    Column("key", Text, primary_key=True),
    Column("at", Instant, primary_key=True, autoincrement=False),
    Column("ticket_id", Id, primary_key=True, autoincrement=False),
    Column("sender", Text, nullable=False),
    Index("signals_by_time", "at"),
    Index("signals_by_ticket", "ticket_id"),
)
"""What new tickets are about, for a while: see worker.domain.incidents."""

participants = Table(
    "participants",
    metadata,
    Column("ticket_id", Id, ForeignKey("tickets.id"), primary_key=True),
    Column("addr_spec", Text, primary_key=True),
    Column("added_by", Text, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    _id(),
    Column("ticket_id", Id, ForeignKey("tickets.id"), nullable=False),
    Column("inbound_id", Id, ForeignKey("inbound.id"), unique=True),
    Column("direction", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("message_id", Text),
    Column("sender", Text, nullable=False),
    Column("sender_name", Text, nullable=False, server_default=text("''")),
    Column("subject", Text, nullable=False),
    Column("sent_at", Instant),
    Column("text", Text, nullable=False),
    Column("own_words", Text),
    Column("sha256", LargeBinary, nullable=False),
    Column("is_unverified", Boolean, nullable=False, server_default=false()),
    Column("language", Text, nullable=False),
    Column("urgency", Text, nullable=False),
    Column("traits", JSON),
    Column("recorded_at", Instant, nullable=False),
    Column("origin_ticket_id", Id),
    Index("messages_by_ticket", "ticket_id"),
    Index("messages_by_message_id", "message_id"),
    Index("messages_by_sender", "sender", "id"),
)

kept_apart = Table(
    "kept_apart",
    metadata,
    Column("one", Id, primary_key=True, autoincrement=False),
    Column("other", Id, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Index("kept_apart_by_other", "other"),
)
"""What an operator took apart, the lower id first: two tickets, or ticket and incident."""

attachments = Table(
    "attachments",
    metadata,
    _id(),
    Column("message_id", Id, ForeignKey("messages.id"), nullable=False),
    Column("part", Text, nullable=False),
    Column("filename", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("is_inline", Boolean, nullable=False),
    Column("content_id", Text),
    Column("is_decoration", Boolean, nullable=False, server_default=false()),
    Index("attachments_by_message", "message_id"),
)
SMALL = text("size_bytes <= 60000")
"""As small as decoration is (domain.decoration); the words of the partial index."""
Index(
    "attachments_by_sha256",
    attachments.c.sha256,
    attachments.c.id,
    sqlite_where=SMALL,
    postgresql_where=SMALL,
)

identifiers = Table(
    "identifiers",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("message_id", Id, ForeignKey("messages.id"), primary_key=True),
    Column("ticket_id", Id, ForeignKey("tickets.id"), nullable=False),
    Index("identifiers_by_ticket", "ticket_id"),
    Index("identifiers_by_message", "message_id"),
)

answers = Table(
    "answers",
    metadata,
    _id(),
    Column("ticket_id", Id, ForeignKey("tickets.id")),
    Column("cause", Id, ForeignKey("messages.id")),
    Column("kind", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("message_id", Text, unique=True),
    Column("recipient", Text, nullable=False),
    Column("recipient_key", Text, nullable=False),
    Column("recipient_domain", Text, nullable=False),
    Column("mailbox", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("queued_at", Instant, nullable=False),
    Column("next_attempt_at", Instant),
    Column("claimed_by", Text),
    Column("sent_at", Instant),
    Column("facts", JSON),
    Column("in_reply_to", Text),
    Column("references", Text),
    Column("composed", LargeBinary),
    UniqueConstraint("cause", "kind", name="answers_one_per_event"),
    Index("answers_by_ticket", "ticket_id"),
)
WAITING = text("state IN ('queued', 'sending', 'uncertain')")
Index(
    "answers_waiting",
    answers.c.state,
    answers.c.next_attempt_at,
    sqlite_where=WAITING,
    postgresql_where=WAITING,
)
LEAVING = text("state NOT IN ('suppressed', 'cancelled')")
for _name, _columns in {
    "answers_by_recipient": (answers.c.recipient_key, answers.c.queued_at),
    "answers_by_domain": (answers.c.recipient_domain, answers.c.queued_at),
    "answers_by_time": (answers.c.queued_at,),
}.items():
    Index(_name, *_columns, sqlite_where=LEAVING, postgresql_where=LEAVING)

events = Table(
    "events",
    metadata,
    _id(),
    Column("ticket_id", Id),
    Column("inbound_id", Id),
    Column("at", Instant, nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text),
    Column("evidence", JSON),
)
for _column in (events.c.ticket_id, events.c.inbound_id):
    _some = text(f"{_column.name} IS NOT NULL")
    Index(f"events_by_{_column.name}", _column, sqlite_where=_some, postgresql_where=_some)

blocked_senders = Table(
    "blocked_senders",
    metadata,
    Column("pattern", Text, primary_key=True),
    Column("blocked_at", Instant, nullable=False),
    Column("blocked_by", Text, nullable=False, server_default=text("''")),
    Column("note", Text),
)
