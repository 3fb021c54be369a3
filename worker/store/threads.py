"""What the store knows that decides where a mail belongs; each query serves a whole batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import (
    CompoundSelect,
    Connection,
    Select,
    Text,
    bindparam,
    func,
    select,
    union_all,
)

from worker.domain.judgement import Amount, Identifiers, Urgency
from worker.store.schema import answers, blocked_senders, identifiers, kept_apart, messages

LAST_MAILS = 20
"""So many mails of a sender are compared with a new one."""
SAME_CASE = 6
"""So many mails that name an identifier are, whoever sent them."""
_AT_ONCE = 24
"""Identifiers that one query looks for."""


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
class EarlierMail:
    """A recent mail that a new one may repeat."""

    sender: str
    message: int
    inbound_id: int | None
    ticket_id: int
    subject: str
    words: str
    language: str
    urgency: Urgency
    traits: dict[str, object]
    sent_at: datetime | None
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
    # Some programs give every mail the same Message-ID: the latest few tell enough.
    rank = func.row_number().over(
        partition_by=messages.c.message_id, order_by=messages.c.id.desc()
    )
    ranked = (
        select(
            messages.c.message_id,
            messages.c.ticket_id,
            messages.c.id,
            messages.c.inbound_id,
            rank.label("rank"),
        )
        .where(messages.c.message_id.in_(message_ids))
        .subquery()
    )
    theirs = select(ranked).where(ranked.c.rank <= LAST_MAILS).order_by(ranked.c.id)
    for row in tx.execute(theirs):
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
) -> dict[str, list[EarlierMail]]:
    """Return the latest mails of each sender, newest first, at most LAST_MAILS each."""
    found: dict[str, list[EarlierMail]] = {}
    if not senders:
        return found
    rank = func.row_number().over(partition_by=messages.c.sender, order_by=messages.c.id.desc())
    ranked = (  # without the texts: a sender may have thousands
        select(messages.c.id, rank.label("rank"))
        .where(messages.c.sender.in_(senders), messages.c.recorded_at > since)
        .where(messages.c.direction == "in", messages.c.is_unverified.is_(False))
        .subquery()
    )
    newest = _EARLIER.join(ranked, ranked.c.id == messages.c.id)
    for mail in _earlier(tx, newest.where(ranked.c.rank <= LAST_MAILS)):
        found.setdefault(mail.sender, []).append(mail)
    return found


def same_case(
    tx: Connection, named: Sequence[tuple[str, str]], *, since: datetime
) -> dict[tuple[str, str], list[EarlierMail]]:
    """Return the latest mails that name an identifier, at most SAME_CASE for each.

    named: (kind, value) pairs as the table of identifiers has them.
    """
    ids: dict[int, list[tuple[str, str]]] = {}
    for start in range(0, len(named), _AT_ONCE):
        some = named[start : start + _AT_ONCE]
        padded = [*some, *[("", "")] * (_AT_ONCE - len(some))]
        values = {f"k{i}": kind for i, (kind, _) in enumerate(padded)}
        values |= {f"v{i}": value for i, (_, value) in enumerate(padded)}
        for row in tx.execute(_naming(), values):
            ids.setdefault(row.message_id, []).append((row.kind, row.value))
    found: dict[tuple[str, str], list[EarlierMail]] = {}
    if ids:
        query = _EARLIER.where(messages.c.id.in_(sorted(ids)), messages.c.recorded_at > since)
        query = query.where(messages.c.direction == "in", messages.c.is_unverified.is_(False))
        for mail in _earlier(tx, query):
            for pair in ids[mail.message]:
                found.setdefault(pair, []).append(mail)
    return found


@cache
def _naming() -> CompoundSelect[tuple[int, str, str]]:
    """One query for _AT_ONCE identifiers; each part reads SAME_CASE rows of an index."""
    columns = (identifiers.c.message_id, identifiers.c.kind, identifiers.c.value)
    parts = [
        select(*columns)
        .where(identifiers.c.kind == bindparam(f"k{i}", type_=Text))
        .where(identifiers.c.value == bindparam(f"v{i}", type_=Text))
        .order_by(identifiers.c.message_id.desc())
        .limit(SAME_CASE)
        .subquery()
        for i in range(_AT_ONCE)
    ]
    return union_all(*(select(part) for part in parts))


def _earlier(tx: Connection, query: Select[tuple[object, ...]]) -> list[EarlierMail]:
    rows = sorted(tx.execute(query).all(), key=lambda row: -row.id)
    named = _identifiers(tx, [row.id for row in rows])
    return [
        EarlierMail(
            sender=row.sender,
            message=row.id,
            inbound_id=row.inbound_id,
            ticket_id=row.ticket_id,
            subject=row.subject,
            words=row.text if row.own_words is None else row.own_words,
            language=row.language,
            urgency=Urgency(row.urgency),
            traits=row.traits or {},
            sent_at=row.sent_at,
            recorded_at=row.recorded_at,
            identifiers=named.get(row.id, Identifiers()),
        )
        for row in rows
    ]


_EARLIER = select(
    messages.c.id,
    messages.c.sender,
    messages.c.inbound_id,
    messages.c.ticket_id,
    messages.c.subject,
    messages.c.text,
    messages.c.own_words,
    messages.c.language,
    messages.c.urgency,
    messages.c.traits,
    messages.c.sent_at,
    messages.c.recorded_at,
)


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
            ticket_id=tuple(values.get("ticket_id", ())),
            address=tuple(values.get("address", ())),
            mistyped_address=tuple(values.get("mistyped_address", ())),
            coin=tuple(values.get("coin", ())),
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


def apart(tx: Connection, ticket_ids: Sequence[int]) -> set[tuple[int, int]]:
    """Return the pairs that an operator took apart, of which one at least is named."""
    if not ticket_ids:
        return set()
    columns = (kept_apart.c.one, kept_apart.c.other)
    query = select(*columns).where(kept_apart.c.one.in_(ticket_ids))
    both = query.union(select(*columns).where(kept_apart.c.other.in_(ticket_ids)))
    return {(row.one, row.other) for row in tx.execute(both)}


def blocked(tx: Connection, senders: Sequence[str]) -> set[str]:
    """Return which senders an operator blocked, by address or by domain."""
    patterns = {sender: {sender, sender.rpartition("@")[2]} for sender in senders}
    wanted = sorted(set().union(*patterns.values())) if patterns else []
    if not wanted:
        return set()
    query = select(blocked_senders.c.pattern).where(blocked_senders.c.pattern.in_(wanted))
    there = set(tx.execute(query).scalars())
    return {sender for sender, names in patterns.items() if names & there}
