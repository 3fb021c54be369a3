"""Decides what a parsed mail is, before any ticket is looked at: request, ours or screened out.

Pure: facts in, verdict out. A mail that is screened out keeps its raw bytes and its reason,
and can be processed again as a request. Follows RFC 3834 section 2 (what must not be answered)
.
"""

from dataclasses import dataclass
from enum import StrEnum

from worker.domain.message import Kind, Message


class InboundState(StrEnum):
    """Where a row of the ledger stands; the last five are outcomes."""

    RECEIVED = "received"
    CLAIMED = "claimed"
    RECORDED = "recorded"
    COPY = "copy"
    SCREENED_OUT = "screened_out"
    DEAD = "dead"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class ScreenedOut:
    """Not a request: kept in the ledger with its reason, on no ticket."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ours:
    """A mail that the desk itself wrote: it stands on its ticket as an outgoing message."""

    reason: str


@dataclass(frozen=True, slots=True)
class Request:
    """A mail for a ticket; `silence` says why it must not be answered, None when it may."""

    silence: str | None


Verdict = ScreenedOut | Ours | Request

MAX_RECEIVED = 50
"""RFC 5321 section 6.3: more hops than this is a mail loop."""
REPORTS = {
    Kind.BOUNCE: "delivery_report",
    Kind.RECEIPT: "read_receipt",
    Kind.FEEDBACK_REPORT: "feedback_report",
    Kind.SPAM: "spam",
}


def screen(
    message: Message,
    *,
    is_own_answer: bool,
    is_unchanged: bool,
    is_from_desk: bool,
    is_sent_folder: bool,
    is_blocked: bool,
    is_forced: bool = False,
) -> Verdict:
    """Say what kind of mail `message` is for the desk.

    is_own_answer: it carries a Message-ID that the desk made (by its key).
    is_unchanged: what its sender wrote is what that answer said; its receiver knows the id too.
    is_from_desk: its only author is an address of the desk.
    is_sent_folder: it was found in a folder of sent mail.
    is_blocked: an operator blocked its sender.
    is_forced: an operator wants it treated as a request, whatever it is.
    """
    if is_own_answer and (is_unchanged or is_sent_folder):
        return Ours("own_message_id")
    if is_sent_folder:
        return Ours("sent_folder")
    if is_forced:
        return Request("forced_by_operator")
    if is_blocked:
        return ScreenedOut("sender_blocked")
    if message.kind in REPORTS:
        return ScreenedOut(REPORTS[message.kind])
    if message.kind is Kind.LIST:
        return ScreenedOut("list_mail")
    if message.kind in (Kind.AUTO_REPLY, Kind.AUTO_GENERATED):
        return ScreenedOut(
            "automatic_response" if message.kind is Kind.AUTO_REPLY else "automatic_mail"
        )
    if is_from_desk:
        is_trusted = message.authentication.result == "pass"
        return Ours("written_by_desk") if is_trusted else Request("own_address_unproven")
    if message.is_auto:
        return Request("automatic_mail")
    return Request(None)
