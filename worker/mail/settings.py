"""The bounds of reading one mail, and whom it may believe. Values only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseSettings:
    """What `parse` trusts and where it stops; over a bound the rest is left out."""

    trusted_authserv_ids: tuple[str, ...] = ()
    """authserv-ids of our own receiving servers (RFC 8601 section 2.5), in lower case."""
    own_addresses: tuple[str, ...] = ()
    """Addresses of our mailboxes; mail from one of them is our own coming back."""
    trust_spam_headers: bool = False
    """True when the receiving server removes X-Spam-* fields of strangers and sets its own."""
    max_size_bytes: int = 25 * 2**20
    max_depth: int = 50
    """Of multiparts and attached messages inside each other."""
    max_parts: int = 1000
    max_header_fields: int = 10000
    """Of one header section."""
    max_header_bytes: int = 256 * 1024
    """Of one header section."""
    max_parameters: int = 500
    """Of one Content-Type or Content-Disposition field."""
    max_addresses: int = 2000
    """Of one address field."""
    max_text_chars: int = 1_000_000
    """Of the whole readable text."""
    max_html_chars: int = 2_000_000
    """Of all HTML parts together."""
    max_attached_text_bytes: int = 256 * 1024
    """Of all attached text files of one mail together, looked through for secrets."""


DEFAULTS = ParseSettings()
