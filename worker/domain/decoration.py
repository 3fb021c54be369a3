"""Decides whether a picture is decoration: a logo that comes with every mail of a sender.

Pure. One mail cannot tell a logo from a small screenshot; what was seen before can: the same
picture, from the same sender or the same company, on different tickets. A picture that is
decoration is no screenshot that a customer gives.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from worker.domain.message import Attachment

MAX_LOGO_BYTES = 60_000
"""Logos of signatures are smaller, most screenshots larger."""
MAX_PICTURES = 10
"""Of one mail that are looked at; more is no signature."""
_MIN_SCREENSHOT_BYTES = 4096
_TICKETS = 2
"""On so many different tickets it was seen before."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A picture that came with an earlier mail."""

    sender: str
    """addr-spec in lower case."""
    ticket_id: int


def may_be_logo(found: Attachment) -> bool:
    """True for a picture as small as logos are."""
    return found.content_type.startswith("image/") and 0 < found.size_bytes <= MAX_LOGO_BYTES


def may_be_screenshot(found: Attachment) -> bool:
    """True for a picture that may show what a customer saw."""
    is_picture = found.content_type.startswith("image/")
    return is_picture and found.size_bytes > _MIN_SCREENSHOT_BYTES


def is_repeated(
    sender: str, seen: Iterable[Sighting], *, public_domains: Iterable[str]
) -> bool:
    """Say whether a picture from `sender` was seen often enough to be decoration.

    seen: earlier mails with the same octets, whoever sent them.
    public_domains: of mail hosts, where people who share a domain share nothing else.
    """
    domain = sender.rpartition("@")[2]
    is_company = bool(domain) and domain not in public_domains
    tickets = {
        one.ticket_id
        for one in seen
        if one.sender == sender or (is_company and one.sender.rpartition("@")[2] == domain)
    }
    return bool(sender) and len(tickets) >= _TICKETS
