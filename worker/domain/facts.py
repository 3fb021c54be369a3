"""What a template is told about the case: the facts of one answer, and nothing else.

The gate fills them in, they are stored with the answer, and adapters/render.py words them. What
the customer wrote is tamed here, whoever fills it in: one line, visible characters, nothing to
click on. Neutral facts cannot hold it at all: for senders who may not be who they say they are.
"""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from worker.domain import plain_text
from worker.domain.judgement import Identifiers, Urgency

EVENTS = ("received", "duplicate", "follow_up", "incident")
"""Each has a template of its own."""

URGENT_BLOCKS = ("self_harm", "critical", "secret")
"""They stand before the event's own words, and with them no article is offered."""

LATER_BLOCKS = ("duplicate", "missing", "out_of_hours", "incident", "articles", "safety")
"""They follow the event's own words, in this order."""

BLOCKS = (*URGENT_BLOCKS, *LATER_BLOCKS)

INCIDENT_LIMIT = 1500
_NAME_LIMIT = 60
_SUBJECT_LIMIT = 120
_MOST_ITEMS = 20
_SHOWN_IDENTIFIERS = 5
_REPLY_PREFIX = re.compile(
    r"(?:\s*(?:\[?#[A-Za-z2-9]{4}-[A-Za-z2-9]{4}\]?"
    r"|(?:re|aw|sv|antw|rv|fwd?|wg|tr|enc|res|回复|回覆|回信|答复|答覆|转发|轉發|轉寄)"
    r"\s*(?:\[\d+\])?\s*[:：]))+\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the template of one answer may say."""

    event: str
    """received, duplicate, follow_up or incident: chooses the template."""
    ticket_number: str
    """As people see it, without #, e.g. K7M4-2QXD."""
    desk_name: str
    """Who answers, e.g. Example Exchange Support."""
    urgency: Urgency = Urgency.NORMAL
    category: str = "other"
    """What the case is about, e.g. withdrawal."""
    customer_name: str | None = None
    """As the customer writes it; None when unknown, unusable, or not to be said."""
    subject: str | None = None
    """The customer's, sealed, without Re: and ticket number; None when not to be said."""
    missing: tuple[str, ...] = ()
    """What we ask for, e.g. txid, order_id; words.yml has the words."""
    identifiers: tuple[str, ...] = ()
    """What names the case, masked, e.g. 0x12ab…9f3c; at most 20."""
    secret_kinds: tuple[str, ...] = ()
    """What was sealed in the mail, e.g. mnemonic; words.yml has the words."""
    is_neutral: bool = False
    """The sender is not authenticated: then nothing that the mail brought is held."""
    incident_text: str | None = None
    """What the operators tell all customers of an incident; None when there is nothing."""
    blocks: tuple[str, ...] = ("safety",)
    """What the answer holds beside the event's own words; names of BLOCKS, any order."""

    def __post_init__(self) -> None:
        """Tame what came from outside."""
        is_told = not self.is_neutral
        tamed = {
            "customer_name": _name(self.customer_name or "") if is_told else None,
            "subject": _subject(self.subject or "") if is_told else None,
            "identifiers": _items(self.identifiers) if is_told else (),
            "secret_kinds": _items(self.secret_kinds) if is_told else (),
            "missing": _items(self.missing),
            "incident_text": _told(self.incident_text),
            "desk_name": plain_text.one_line(self.desk_name, limit=_NAME_LIMIT),
            "urgency": Urgency(self.urgency),
        }
        for field, value in tamed.items():
            object.__setattr__(self, field, value)

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON values."""
        values = {field: getattr(self, field) for field in FIELDS}
        return {
            field: list(value) if isinstance(value, tuple) else value
            for field, value in values.items()
        } | {"urgency": self.urgency.value}

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> "Facts":
        """Read what `to_dict` wrote, also what another version wrote.

        Fields that this version does not know are left out. Raises ValueError when one that it
        needs is missing or wrong.
        """
        known: dict[str, object] = {
            field: tuple(map(str, value)) if isinstance(value, list | tuple) else value
            for field, value in values.items()
            if field in FIELDS
        }
        try:
            return cls(**known)  # type: ignore[arg-type]
        except (TypeError, AttributeError) as error:
            raise ValueError(f"these are no facts of an answer: {error}") from error


FIELDS = tuple(field.name for field in dataclasses.fields(Facts))


def neutral(facts: Facts) -> Facts:
    """Drop all that the mail brought; what stays are set phrases and the ticket number."""
    return dataclasses.replace(facts, is_neutral=True)


def mask(identifier: str) -> str:
    """Show enough of an identifier to know it again, such as 0x12ab…9f3c."""
    shown = plain_text.one_line(identifier, limit=200)
    if len(shown) >= 16:
        return f"{shown[:6]}…{shown[-4:]}"
    if len(shown) >= 8:
        return f"{shown[:2]}…{shown[-3:]}"
    return f"…{shown[-2:]}" if len(shown) > 3 else "…"


def masked(identifiers: Identifiers) -> tuple[str, ...]:
    """Mask what an answer may repeat: the first five, TxIDs first."""
    found = (
        *identifiers.txid,
        *identifiers.order_id,
        *identifiers.address,
        *identifiers.uid,
    )
    return tuple(mask(identifier) for identifier in found[:_SHOWN_IDENTIFIERS])


def _items(values: tuple[str, ...]) -> tuple[str, ...]:
    lines = (plain_text.one_line(value, limit=_NAME_LIMIT) for value in values[:_MOST_ITEMS])
    return tuple(plain_text.without_links(line) for line in lines if line)


def _told(written: str | None) -> str | None:
    return plain_text.one_line(written or "", limit=INCIDENT_LIMIT) or None


def _name(written: str) -> str | None:
    """What is very long or holds an address or a link is no name."""
    name = plain_text.one_line(written, limit=_NAME_LIMIT)
    is_name = "@" not in name and "…" not in name and plain_text.without_links(name) == name
    return name if name and is_name else None


def _subject(written: str) -> str | None:
    subject = plain_text.one_line(written, limit=4 * _SUBJECT_LIMIT)
    prefix = _REPLY_PREFIX.match(subject)
    subject = plain_text.without_links(subject[prefix.end() :] if prefix else subject)
    return plain_text.one_line(subject, limit=_SUBJECT_LIMIT) or None


SAMPLES: Mapping[str, Facts] = MappingProxyType(
    {
        "full": Facts(
            event="received",
            ticket_number="K7M4-2QXD",
            desk_name="Example Exchange Support",
            category="deposit",
            customer_name="Li Wei",
            subject="USDT deposit has not arrived",
            missing=("txid", "network", "time"),
            identifiers=("0x12ab…9f3c", "88…412"),
            blocks=("missing", "safety"),
        ),
        "neutral": Facts(
            event="received",
            ticket_number="K7M4-2QXD",
            desk_name="Example Exchange Support",
            category="deposit",
            missing=("txid",),
            is_neutral=True,
            blocks=("missing", "safety"),
        ),
        "bare": Facts(
            event="received",
            ticket_number="K7M4-2QXD",
            desk_name="Support",
            urgency=Urgency.LOW,
        ),
        "critical": Facts(
            event="received",
            ticket_number="R2D9-XW7H",
            desk_name="Example Exchange Support",
            urgency=Urgency.CRITICAL,
            category="account",
            customer_name="王芳",
            subject="账户被盗，有人在提现",
            missing=("uid",),
            blocks=("critical", "missing", "safety"),
        ),
        "incident": Facts(
            event="received",
            ticket_number="K7M4-2QXD",
            desk_name="Example Exchange Support",
            category="withdrawal",
            incident_text="Withdrawals of SOL wait while its network is repaired. "
            "Your funds are safe.",
            blocks=("incident", "safety"),
        ),
        "self_harm": Facts(
            event="received",
            ticket_number="M5T8-3HRC",
            desk_name="Example Exchange Support",
            urgency=Urgency.CRITICAL,
            category="feedback",
            customer_name="Li Wei",
            subject="I cannot go on",
            blocks=("self_harm", "safety"),
        ),
        "secret": Facts(
            event="received",
            ticket_number="P8N3-VK5T",
            desk_name="Example Exchange Support",
            urgency=Urgency.CRITICAL,
            category="account",
            customer_name="Ana",
            subject="Please restore my wallet",
            secret_kinds=("mnemonic", "password"),
            blocks=("critical", "secret", "safety"),
        ),
        "secret, neutral": Facts(
            event="received",
            ticket_number="P8N3-VK5T",
            desk_name="Example Exchange Support",
            urgency=Urgency.CRITICAL,
            is_neutral=True,
            blocks=("critical", "secret", "safety"),
        ),
        "long": Facts(
            event="received",
            ticket_number="K7M4-2QXD",
            desk_name="Example Exchange Support",
            customer_name="Maximiliane-Alexandra von und zu Musterberg-Beispielhausen",
            subject="withdrawal " * 30,
            missing=(
                "uid",
                "txid",
                "order_id",
                "address",
                "amount",
                "coin",
                "network",
                "time",
                "error_text",
                "screenshot",
                "device",
                "app_version",
            ),
            identifiers=("0x12ab…9f3c",) * 5,
            blocks=("missing", "safety"),
        ),
    }
)
"""Cases that lint and preview run over; each stands for every event."""
