"""Opens attached files that are mails or hold one: `.eml` whatever its label, `.msg`, S/MIME.

What is found is read like an attached message (RFC 2046 section 5.2.1) or, for S/MIME, in place
of the container. What cannot be opened stays whole, with a defect.
"""

import re

LOCKED = "encrypted: only the recipient's key opens it"
SMIME = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_LOOSE = (
    "application/octet-stream",
    "application/x-octet-stream",
    "application/eml",
    "application/x-eml",
    "application/x-message",
    "application/unknown",
    "message/x-rfc822",
    "text/plain",
    "",
)
"""Labels under which mails are attached as .eml files."""
_OUTLOOK = ("application/vnd.ms-outlook", "application/x-msg", "application/msoutlook")
_FIELD = re.compile(
    rb"(?:^|\n)(?:from|to|subject|date|message-id|received|return-path|mime-version"
    rb"|delivered-to|x-[a-z-]{1,40}|content-type|cc|reply-to|dkim-signature):",
    re.IGNORECASE,
)
_PEOPLE = re.compile(rb"(?:^|\n)(?:from|date|message-id|received):", re.IGNORECASE)


def is_mail_file(content_type: str, name: str) -> bool:
    """True for a part that may be a mail under another label."""
    return is_msg(content_type, name) or (
        content_type in _LOOSE and name.lower().endswith(".eml")
    )


def is_msg(content_type: str, name: str) -> bool:
    """True for a part that says it is a mail as Outlook saves it."""
    lower = name.lower()
    if lower.endswith((".msg", ".oft")):
        return content_type in _LOOSE or content_type in _OUTLOOK
    return content_type in _OUTLOOK and not lower.endswith((".pst", ".ost"))


def mail_in(content: bytes, content_type: str, name: str) -> bytes | None:
    """The mail that an attached file holds, from its header section on; None for no mail."""
    if is_msg(content_type, name):
        from worker.mail.outlook_msg import mail_of  # rarely needed, and its library with it

        return mail_of(content)
    mail = content.lstrip(b"\r\n\t \xef\xbb\xbf")
    head = mail[:8000]
    if _FIELD.match(head) is None or _PEOPLE.search(head) is None:
        return None
    return mail


def signed_content(octets: bytes, smime_type: str) -> tuple[bytes | None, str]:
    """What lies in an S/MIME container, and a defect that says why nothing can be read.

    smime_type: the parameter of RFC 8551 section 3.2.2, which may be absent or wrong.
    """
    from worker.mail import cms  # rarely needed, and its libraries take 0.1 s

    found = cms.open_container(octets)
    if found.kind == "signed_data":
        if found.content is not None:
            return found.content, ""
        if found.certificates_only:
            return None, "an S/MIME container of certificates only: kept whole"
        return None, "an S/MIME container without what it signs: kept whole"
    if found.kind == "compressed_data":
        return None, "an S/MIME container of compressed text: kept whole"
    if not found.kind and smime_type.lower() in ("signed-data", "certs-only"):
        return None, "a broken S/MIME container: kept whole"
    return None, LOCKED
