"""The desk's own addresses: which there are, and what is written behind their +."""

from worker.context import Desk
from worker.domain import reply_addresses
from worker.domain.message import Message
from worker.domain.reply_addresses import Tag

MOST_READ = 60
"""Recipients of one mail that are looked at; the server's word on it comes first."""
KEY = "reply-address"


def own_addresses(desk: Desk) -> frozenset[str]:
    """Return the desk's addresses in lower case."""
    mailboxes = (mailbox.address.lower() for mailbox in desk.config.mailboxes)
    return frozenset(
        (*mailboxes, *(address.lower() for address in desk.config.desk.own_addresses))
    )


def is_own(desk: Desk, address: str) -> bool:
    """Tell whether an address, in lower case, is one of the desk's, with or without a tag."""
    return reply_addresses.is_own(address, own_addresses(desk))


def tags_of(desk: Desk, message: Message) -> tuple[Tag, ...]:
    """Return what the addresses that a mail was sent to say of tickets, each once."""
    written = (
        *message.delivered_to,
        *(address.addr_spec for address in (*message.to, *message.cc)),
    )
    tagged = [one for one in dict.fromkeys(written[:MOST_READ]) if "+" in one]
    if not tagged:
        return ()
    own = own_addresses(desk)
    keys = tuple(desk.keys.every(KEY).values())
    domain = desk.config.desk.domain
    tags = (reply_addresses.read(keys, one, own=own, domain=domain) for one in tagged)
    return tuple(dict.fromkeys(tag for tag in tags if tag is not None))


def reply_address(desk: Desk, address: str, number: str) -> str | None:
    """Return the address for replies to a ticket; None when it is off, or would be too long."""
    if desk.config.desk.reply_address == "plain":
        return None
    _, key = desk.keys.current(KEY)
    return reply_addresses.make(key, number, address, domain=desk.config.desk.domain)
