"""What the store knows that decides where a mail belongs; each query serves a whole batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from worker.domain.judgement import Amount, Identifiers
from worker.store.schema import answers, blocked_senders, identifiers, messages

LAST_MAILS = 20
"""So many mails of a sender are compared with a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A Message-ID that the desk knows, and the ticket it stands on."""

    message_id: str
    ticket_id: int
    is_answer: bool
    """True for an answer of ours."""
    message: int | None = None
    """Row id of the message; None while an answer is not sent."""
    inbound_id: int | None = None
    """Ledger row in which the message was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendersMail:
    """A recent mail of one sender."""

    sender: str
    message: int
    inbound_id: int | None
    ticket_id: int
    words: str
    recorded_at: datetime
    identifiers: Identifiers


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer that a ticket has had, or will have."""

    ticket_id: int
    kind: str
    queued_at: datetime
    facts: dict[str, object]


def references(tx: Connection, message_ids: Sequence[str]) -> dict[str, list[Reference]]:
    """Return where Message-IDs stand: on answers of ours and on mails, answers first."""
    found: dict[str, list[Reference]] = {}
    if not message_ids:
        return found
    ours = select(answers.c.message_id, answers.c.ticket_id).where(
        answers.c.message_id.in_(message_ids), answers.c.ticket_id.is_not(None)
    )
    for answer in tx.execute(ours):
        reference = Reference(
            message_id=answer.message_id, ticket_id=answer.ticket_id, is_answer=True
        )
        found.setdefault(answer.message_id, []).append(reference)
    theirs = select(
        messages.c.message_id, messages.c.ticket_id, messages.c.id, messages.c.inbound_id
    ).where(messages.c.message_id.in_(message_ids))
    for row in tx.execute(theirs.order_by(messages.c.id)):
        reference = Reference(
            message_id=row.message_id,
            ticket_id=row.ticket_id,
            is_answer=False,
            message=row.id,
            inbound_id=row.inbound_id,
        )
        found.setdefault(row.message_id, []).append(reference)
    return found


def last_mails(
    tx: Connection, senders: Sequence[str], *, since: datetime
) -> dict[str, list[SendersMail]]:
    """Return the latest mails of each sender, newest first, at most LAST_MAILS each."""
    found: dict[str, list[SendersMail]] = {}
    if not senders:
        return found
    rank = func.row_number().over(partition_by=messages.c.sender, order_by=messages.c.id.desc())
    ranked = (  # without the texts: a sender may have thousands
        select(messages.c.id, rank.label("rank"))
        .where(messages.c.sender.in_(senders), messages.c.recorded_at > since)
        .where(messages.c.direction == "in", messages.c.is_unverified.is_(False))
        .subquery()
    )
    columns = (
        messages.c.id,
        messages.c.sender,
        messages.c.inbound_id,
        messages.c.ticket_id,
        messages.c.text,
        messages.c.own_words,
        messages.c.recorded_at,
    )
    newest = select(*columns).join(ranked, ranked.c.id == messages.c.id)
    rows = tx.execute(newest.where(ranked.c.rank <= LAST_MAILS)).all()
    named = _identifiers(tx, [row.id for row in rows])
    for row in sorted(rows, key=lambda row: -row.id):
        mail = SendersMail(
            sender=row.sender,
            message=row.id,
            inbound_id=row.inbound_id,
            ticket_id=row.ticket_id,
            words=row.text if row.own_words is None else row.own_words,
            recorded_at=row.recorded_at,
            identifiers=named.get(row.id, Identifiers()),
        )
        found.setdefault(row.sender, []).append(mail)
    return found


def _identifiers(tx: Connection, message_ids: Sequence[int]) -> dict[int, Identifiers]:
    kinds: dict[int, dict[str, list[str]]] = {}
    if message_ids:
        query = select(identifiers.c.message_id, identifiers.c.kind, identifiers.c.value)
        for row in tx.execute(query.where(identifiers.c.message_id.in_(message_ids))):
            kinds.setdefault(row.message_id, {}).setdefault(row.kind, []).append(row.value)
    return {
        message: Identifiers(
            uid=tuple(values.get("uid", ())),
            txid=tuple(values.get("txid", ())),
            order_id=tuple(values.get("order_id", ())),
            address=tuple(values.get("address", ())),
            amount=tuple(_amount(value) for value in values.get("amount", ())),
        )
        for message, values in kinds.items()
    }


def _amount(value: str) -> Amount:
    number, _, coin = value.partition(" ")
    return Amount(float(number), coin)


def answered(tx: Connection, ticket_ids: Sequence[int]) -> dict[int, list[Answered]]:
    """Return the answers that tickets have had or are owed, oldest first; silences left out."""
    found: dict[int, list[Answered]] = {}
    if not ticket_ids:
        return found
    query = (
        select(answers.c.ticket_id, answers.c.kind, answers.c.queued_at, answers.c.facts)
        .where(answers.c.ticket_id.in_(ticket_ids))
        .where(answers.c.state.not_in(("suppressed", "cancelled")))
        .order_by(answers.c.id)
    )
    for row in tx.execute(query):
        answer = Answered(
            ticket_id=row.ticket_id,
            kind=row.kind,
            queued_at=row.queued_at,
            facts=row.facts or {},
        )
        found.setdefault(row.ticket_id, []).append(answer)
    return found


def blocked(tx: Connection, senders: Sequence[str]) -> set[str]:
    """Return which senders an operator blocked, by address or by domain."""
    patterns = {sender: {sender, sender.rpartition("@")[2]} for sender in senders}
    wanted = sorted(set().union(*patterns.values())) if patterns else []
    if not wanted:
        return set()
    query = select(blocked_senders.c.pattern).where(blocked_senders.c.pattern.in_(wanted))
    there = set(tx.execute(query).scalars())
    return {sender for sender, names in patterns.items() if names & there}
