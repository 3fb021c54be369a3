"""The one gate for automatic mail: decides whether a mail gets an answer, and which.

Pure. Follows RFC 3834 section 2. The reasons for silence, in the order in which
they are asked:

- answers are switched off; the mail is automatic, ours, spam or forced in by an operator
- nobody to answer: no single author with a usable address, or a no-reply address
- the sender is not who it says: authentication failed, or our own domain unproven
- the writer is no participant of the ticket that he refers to
- the mail is old
- quiet period: the ticket got its answer already
- caps: per address, per domain, overall
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from worker.domain import reply_addresses
from worker.domain.judgement import Urgency


class AnswerKind(StrEnum):
    """One template per event."""

    RECEIVED = "received"
    DUPLICATE = "duplicate"
    FOLLOW_UP = "follow_up"
    INCIDENT = "incident"
    """News for all customers of an incident, when it is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    kind: AnswerKind
    is_neutral: bool
    """True: nothing that the mail brought may stand in it."""
    blocks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Silence:
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the configuration says about automatic answers; a cap of 0 is none."""

    is_enabled: bool
    quiet_period: timedelta
    max_age: timedelta
    """Zero means that age does not matter."""
    answers_unauthenticated: bool
    per_address_hour: int
    per_address_day: int
    per_domain_hour: int
    overall_hour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """How many automatic answers left lately."""

    address_hour: int = 0
    address_day: int = 0
    domain_hour: int = 0
    """Zero for public mail hosts."""
    overall_hour: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketAnswers:
    """What the ticket was answered before."""

    was_received_sent: bool = False
    last_repeat_at: datetime | None = None
    """Last duplicate or follow-up answer, aware UTC."""
    urgency: Urgency | None = None
    """Highest urgency that an answer spoke of."""
    blocks: frozenset[str] = frozenset()


# RFC 5230 section 4.6 and RFC 2142: people do not write from these.
NO_REPLY = re.compile(
    r"(?:no|non|not|donot|do-not|do_not|nao|keine|ne)[-_.]?(?:reply|respond|responder|antwort|repondre)"
    r"|noreply.*|no-reply.*|mailer-daemon|postmaster|daemon|root|nobody|bounces?(?:[-+=_.].*)?"
    r"|.*-(?:bounces?|request|owner)|owner-.*|listserv|majordomo|auto-?(?:reply|responder|mailer)|abuse"
)


def choose(
    kind: AnswerKind,
    *,
    silence: str | None,
    author: str | None,
    desk_domain: str,
    desk_addresses: frozenset[str],
    authentication: str,
    is_participant: bool,
    age: timedelta,
    is_old: bool,
    urgency: Urgency,
    blocks: tuple[str, ...],
    before: TicketAnswers,
    leaving: Leaving,
    policy: Policy,
    now: datetime,
) -> Answer | Silence:
    """Choose the answer to one mail, or say why there is none.

    silence: the screening's reason against any answer; None when it has none.
    author: the single From addr-spec, lower case; None without one.
    age: from arrival (INTERNALDATE) to now; is_old: it lay there before the desk's first visit.
    blocks: what the answer would carry, in order.
    """
    if not policy.is_enabled:
        return Silence("answers_disabled")
    reason = silence or _not_addressable(
        author,
        desk_domain=desk_domain,
        desk_addresses=desk_addresses,
        authentication=authentication,
    )
    if reason is None and authentication != "pass" and not policy.answers_unauthenticated:
        reason = "sender_unauthenticated"
    if reason is None and not is_participant:
        reason = "not_a_participant"
    if reason is None and is_old:
        reason = "old_mail"
    if reason is None and policy.max_age and age > policy.max_age:
        reason = "too_old"
    reason = reason or _quiet(
        kind, urgency=urgency, blocks=blocks, before=before, policy=policy, now=now
    )
    reason = reason or _over_cap(leaving, policy)
    if reason:
        return Silence(reason)
    return Answer(kind=kind, is_neutral=authentication != "pass", blocks=blocks)


def _not_addressable(
    author: str | None, *, desk_domain: str, desk_addresses: frozenset[str], authentication: str
) -> str | None:
    if author is None:
        return "no_single_author"
    local, _, domain = author.rpartition("@")
    if not local or not domain:
        return "no_usable_address"
    if reply_addresses.is_own(author, desk_addresses):
        return "own_address"
    if NO_REPLY.fullmatch(local):
        return "no_reply_address"
    if authentication == "fail":
        return "authentication_failed"
    is_own_domain = domain == desk_domain or domain.endswith("." + desk_domain)
    if is_own_domain and authentication != "pass":
        return "own_domain_unproven"
    return None


def _quiet(
    kind: AnswerKind,
    *,
    urgency: Urgency,
    blocks: tuple[str, ...],
    before: TicketAnswers,
    policy: Policy,
    now: datetime,
) -> str | None:
    if kind is AnswerKind.INCIDENT:
        return None  # once, by an operator, and it is what everybody waits for
    if kind is AnswerKind.RECEIVED:
        return "already_received" if before.was_received_sent else None
    if kind is AnswerKind.FOLLOW_UP and before.was_received_sent:
        rises = before.urgency is None or urgency.rank > before.urgency.rank
        if not rises and not set(blocks) - before.blocks:
            return "nothing_new_to_say"
    last = before.last_repeat_at
    if last is not None and now - last < policy.quiet_period:
        return "quiet_period"
    return None


def _over_cap(leaving: Leaving, policy: Policy) -> str | None:
    caps = {
        "cap_per_address_hour": (leaving.address_hour, policy.per_address_hour),
        "cap_per_address_day": (leaving.address_day, policy.per_address_day),
        "cap_per_domain_hour": (leaving.domain_hour, policy.per_domain_hour),
        "cap_overall_hour": (leaving.overall_hour, policy.overall_hour),
    }
    return next((name for name, (count, cap) in caps.items() if cap and count >= cap), None)
