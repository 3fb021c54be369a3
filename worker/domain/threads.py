"""Decides which ticket a mail continues, on what evidence, and as whose word.

Pure. A Message-ID that we made is strong evidence, because nobody can guess it; a reference to
a customer's mail or a number in the subject counts for participants only. To and Cc make
nobody a participant.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum


class EvidenceKind(StrEnum):
    """Strongest first."""

    SIGNED_ADDRESS = "signed_address"
    OUR_MESSAGE_ID = "our_message_id"
    PARTICIPANTS_MAIL = "participants_mail"
    SUBJECT_NUMBER = "subject_number"
    FLOOD = "flood"
    """No word of the mail's: its sender writes so much that it stands on his latest ticket."""


STRONG = (EvidenceKind.SIGNED_ADDRESS, EvidenceKind.OUR_MESSAGE_ID)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing in a mail that points to a ticket."""

    kind: EvidenceKind
    value: str
    ticket_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """The mail continues a ticket."""

    ticket_id: int
    is_participant: bool
    """False for a stranger with strong evidence: an unverified side message without rights."""
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """The mail opens a ticket; `claims` are tickets that it points to without proof."""

    claims: tuple[Evidence, ...]


def match(
    *,
    author: str | None,
    authentication: str,
    evidence: Sequence[Evidence],
    participants: Mapping[int, Set[str]],
) -> Join | Open:
    """Say where a mail belongs.

    author: the single From addr-spec in lower case; None without one.
    authentication: pass, fail or none for the author's domain.
    evidence: all that was found, nearest reference first; sorted here by strength.
    participants: addr-specs in lower case, by ticket.
    """
    ranked = sorted(evidence, key=lambda found: list(EvidenceKind).index(found.kind))
    if author is not None and authentication != "fail":
        for found in ranked:
            if author in participants.get(found.ticket_id, frozenset()):
                return _join(found.ticket_id, is_participant=True, evidence=ranked)
    for found in ranked:
        if found.kind in STRONG:
            return _join(found.ticket_id, is_participant=False, evidence=ranked)
    return Open(claims=tuple(ranked))


def _join(ticket_id: int, *, is_participant: bool, evidence: Sequence[Evidence]) -> Join:
    return Join(
        ticket_id=ticket_id,
        is_participant=is_participant,
        evidence=tuple(found for found in evidence if found.ticket_id == ticket_id),
    )
