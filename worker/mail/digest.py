"""The digest of what the sender wrote, the same for every copy of one mail.

SHA-256 over the header fields that a sender writes, in order, unfolded, names in lower case,
and the body with line ends as LF. Left out are the fields that transport, filters and stores
add on the way (docs/decisions/mail-parser.md lists them), so that two deliveries of one mail
agree.
"""

import hashlib
import re

from worker.mail.header_section import HeaderSection

_TRANSPORT = re.compile(
    r"(?:received|x-received|return-path|delivered-to|x-delivered-to|x-original-to|envelope-to"
    r"|x-envelope-.*|x-rcpt-to|x-real-to|apparently-to|delivery-date|received-spf|x-received-spf"
    r"|authentication-results.*|x-authentication-.*|arc-.*|dkim-signature|x-google-.*|x-gm-.*"
    r"|domainkey-signature|domainkey-status|dkim-filter|x-dkim.*|x-spam.*|x-virus.*|x-rspamd.*"
    r"|x-amavis.*|x-greylist.*|x-scanned.*|x-antivirus.*|x-clamav.*|x-barracuda.*|x-proofpoint.*"
    r"|x-mimecast.*|x-ironport.*|x-ms-.*|x-forefront.*|x-microsoft-.*|x-eop.*|x-exchange.*"
    r"|x-qq-.*|x-cm-.*|x-coremail.*|x-originatingip|status|x-status|x-keywords|x-uid|x-uidl"
    r"|x-imap.*|x-mozilla-.*|content-length|lines|x-sieve.*|x-ymail.*|x-apparently-to|x-pobox.*"
    r"|x-me-.*|x-zohomail.*|x-cloudmark.*|x-tm-.*|x-loop|x-forwarded-.*|resent-.*|x-getmail.*"
    r"|x-dovecot.*|x-mailgun-.*|x-ses-.*|x-sg-.*|feedback-id|x-feedback-id)"
)
_BLANKS = re.compile(rb"[ \t]+")


def content_digest(header: HeaderSection, body: bytes) -> str:
    """Hex SHA-256 of the sender's fields and the body."""
    digest = hashlib.sha256()
    for name, value in header.fields:
        if _TRANSPORT.fullmatch(name) is None:
            digest.update(name.encode() + b":" + _BLANKS.sub(b" ", value) + b"\n")
    digest.update(b"\n")
    digest.update(
        body.replace(b"\r\n", b"\n").rstrip(b"\n") if b"\r" in body else body.rstrip(b"\n")
    )
    return digest.hexdigest()
