"""One mail as the house sees it: the value that mail/parse.py makes and every decision reads.

Names follow RFC 5322 (fields), RFC 2183 (disposition), RFC 3464 (delivery reports), RFC 8601
(authentication). Nothing here parses or decides.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What sort of mail it is; only a `request` may ever be answered automatically."""

    REQUEST = "request"
    AUTO_REPLY = "auto_reply"
    AUTO_GENERATED = "auto_generated"
    LIST = "list"
    BOUNCE = "bounce"
    RECEIPT = "receipt"
    FEEDBACK_REPORT = "feedback_report"
    SPAM = "spam"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A mailbox of RFC 5322 section 3.4."""

    addr_spec: str
    """local-part@domain, domain in lower case; "" when the field held no usable address."""
    display_name: str = ""
    bare: str = ""
    """What stood in its place without a domain, e.g. "root"; shown, never written to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """What a person calls an attachment or an inline picture; its bytes stay in the mail."""

    part: str
    """Where it is in the raw mail, e.g. "2" or "2.1" as IMAP numbers parts; never changes."""
    filename: str
    """Safe to show and save: no path, control, bidi or zero-width characters; never empty."""
    content_type: str
    """By content where the label lies, else as labelled; lower case, without parameters."""
    size_bytes: int
    """Of the decoded bytes."""
    sha256: str
    """Hex digest of the decoded bytes."""
    is_inline: bool = False
    content_id: str | None = None
    """Without angle brackets (RFC 2045 section 7)."""
    is_decoration: bool = False
    """A picture as small as logos are that the HTML shows or that came with earlier mails."""
    is_signature: bool = False
    """A PGP or S/MIME signature (RFC 1847): kept, but nothing that the person attached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedMail:
    """A mail that is attached: as message/rfc822, as an .eml file or as a .msg file."""

    part: str
    """Of the attachment that it is."""
    within: str | None
    """Part of the attached mail in which it lies; None when the mail itself brings it."""
    message_id: str | None
    subject: str
    authors: tuple[Address, ...]
    date: datetime | None
    body_text: str
    attachments: tuple[Attachment, ...]
    """What is attached to it; not among the attachments of the mail that brings it."""
    attached_texts: tuple[str, ...] = ()
    """What its attached text files say, within bounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A signature over the mail (RFC 8551 for S/MIME, RFC 3156 and RFC 9580 for PGP)."""

    kind: str
    """smime or pgp."""
    state: str
    """valid: the text is what the key in the certificate signed, whoever issued that; invalid:
    it is not; unverified: it cannot be told, as always for PGP, for want of a key."""
    signer: str
    """addr-spec, or else the name, in the certificate; "" when nothing names one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryStatus:
    """What a delivery report, or its prose, says of one recipient (RFC 3464 section 2.3)."""

    recipient: str
    """addr-spec of the Final-Recipient; "" when the report names none."""
    action: str
    """failed, delayed, delivered, relayed or expanded."""
    status: str | None = None
    """Enhanced code of RFC 3463, e.g. "5.1.1"."""
    message_id: str | None = None
    """Message-ID of the mail that is reported on, without angle brackets."""
    reason: str = ""
    """unknown_user, mailbox_full, size, policy, network or other; "" where none failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """What a trusted server found out about the sender (RFC 8601): pass, fail or none."""

    result: str = "none"
    """For the From domain: pass, fail, or none where nobody trusted said anything."""
    spf: str = "none"
    dkim: str = "none"
    dmarc: str = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A parsed mail. Strings hold no NUL, no lone surrogates, no CR; lines end with LF."""

    message_id: str | None
    """msg-id without angle brackets (RFC 5322 section 3.6.4); None when absent or malformed."""
    content_digest: str
    """Hex SHA-256 of what the sender wrote: all but the fields that transport adds."""
    subject: str
    authors: tuple[Address, ...]
    """From, in order; empty when there is none. More than one means: no single author."""
    sender: Address | None
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    date: datetime | None
    """Date field, aware UTC; None when absent or unreadable."""
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    """Oldest first, without angle brackets."""
    return_path: str | None
    """"" is the null reverse-path of a bounce; None means no such field."""
    delivered_to: tuple[str, ...]
    """addr-specs of Delivered-To, X-Original-To and the like: the receiving server's word."""
    body_text: str
    """The whole text that a person would read, quotes and signatures included."""
    reply_text: str
    """What this person wrote now: without quotes, attribution lines, signatures and footers."""
    html_text: str
    """The HTML part as text; "" without one."""
    html: str
    """The HTML part, sanitised for display in a sandboxed frame; "" without one."""
    attachments: tuple[Attachment, ...]
    kind: Kind
    kind_reasons: tuple[str, ...]
    """Why it is of this kind, e.g. ("auto_submitted: auto-replied",); empty for a request."""
    is_auto: bool
    """True wherever an automatic answer is forbidden (RFC 3834 section 2)."""
    reports: tuple[DeliveryStatus, ...]
    authentication: Authentication
    defects: tuple[str, ...]
    """What was broken and how it was read, in plain words."""
    attached_mails: tuple[AttachedMail, ...] = ()
    """Mails among the attachments, and mails attached to those, outer ones first."""
    attached_texts: tuple[str, ...] = ()
    """What the attached text files say, within bounds: looked through, stored nowhere."""
    signed: Signed | None = None
    encrypted: str | None = None
    """smime or pgp when the text cannot be read without a key that is not here."""

    @property
    def author(self) -> Address | None:
        """The single author with a usable address, else None."""
        if len(self.authors) == 1 and self.authors[0].addr_spec:
            return self.authors[0]
        return None

    @property
    def ancestors(self) -> tuple[str, ...]:
        """In-Reply-To and References, nearest first, each once."""
        return tuple(dict.fromkeys((*self.in_reply_to, *reversed(self.references))))
