"""Reads the unstructured and identification fields: subject, msg-ids, base subject.

Addresses and dates have modules of their own. Follows RFC 5322 section 3.6 and RFC 5256 section
2.1.
"""

import re

from worker.mail.charsets import clean_line
from worker.mail.encoded_words import decode_words
from worker.mail.header_section import HeaderSection

_MAX_SUBJECT = 100_000
_MSG_ID = re.compile(r"<([^<>]*)>")
_BETWEEN_IDS = re.compile(r"[\s<>,;\"]+")
_MAX_IDS = 500

# "Re", "Fwd" and their like in many languages; full-width colons and counts such as Re[2]: too.
_PREFIX = re.compile(
    r"\s*(?:(?:re|r|aw|antw|antwort|sv|vs|svar|odp|odpoved|ref|rif|res|resp|respuesta|reply|rv"
    r"|fw|fwd|wg|tr|enc|i|vb|vl|pd|doorst|vidarebefordrat|vidaresänt|továbbítás|na|bls|bald"
    r"|ynt|ilt|yml|atb|rép|на|отв|ответ|пересл|перес|відп|σχετ|απ|πρθ"
    r"|回复|回覆|答复|答覆|回信|转发|轉寄|轉發|转寄|自动回复|自動回覆|返信|転送|회신|답장|전달)"
    r"(?:\s*[\[(（【]\s*\d{1,4}\s*[\])）】]|\s*\d{1,3}|\*\d{1,3}|\^\d{1,3})?\s*[:：]"
    r"|[\[【](?:fwd?|转发)\s*[:：])\s*",
    re.IGNORECASE,
)
_TRAILER = re.compile(r"\s*\(fwd\)\s*$", re.IGNORECASE)


def read_subject(header: HeaderSection, hint: str | None = None) -> str:
    """The first Subject that is not empty, decoded into one line; "" without one."""
    for body in header.every("subject")[:10]:
        subject = decode_words(body[:_MAX_SUBJECT], hint=hint)
        if subject:
            return subject
    return ""


def read_msg_ids(bodies: list[bytes]) -> tuple[str, ...]:
    """The msg-ids of fields in order, each once, blanks inside removed (folded ids).

    Of more than 500 the first and the last 250 are kept: root and nearest ancestors count.
    """
    ids: dict[str, None] = {}
    for body in bodies[:20]:
        text = clean_line(body.decode("utf-8", "replace"))
        for found in _MSG_ID.findall(text) or _bare_ids(text):
            msg_id = found.replace(" ", "")
            if msg_id and len(msg_id) <= 998:
                ids[msg_id] = None
    every = tuple(ids)
    return every if len(every) <= _MAX_IDS else every[: _MAX_IDS // 2] + every[-_MAX_IDS // 2 :]


def _bare_ids(text: str) -> list[str]:
    """msg-ids that stand without angle brackets."""
    return [word for word in _BETWEEN_IDS.split(text) if "@" in word.strip("@")]


def read_message_id(header: HeaderSection) -> str | None:
    """The Message-ID without angle brackets; None when absent or malformed."""
    bodies = header.every("message-id")
    if not bodies:
        return None
    found = read_msg_ids(bodies[:1])
    if found:
        return found[0]
    bare = clean_line(bodies[0].decode("utf-8", "replace")).strip("<>")
    return bare if bare and " " not in bare and len(bare) <= 998 else None


def base_subject(subject: str) -> str:
    """The subject without reply and forward prefixes, lists' tags kept (RFC 5256 section 2.1).

    Knows localised prefixes and full-width colons: "回复：Re[2]: x" gives "x".
    """
    text = clean_line(subject)
    while True:
        shorter = text
        if match := _PREFIX.match(shorter):
            bracketed = match.group(0).lstrip()[:1] in "[【"
            shorter = shorter[match.end() :]
            if bracketed and shorter[-1:] in ("]", "】"):
                shorter = shorter[:-1]
        shorter = _TRAILER.sub("", shorter).strip()
        if not shorter or shorter == text:
            return text if shorter else shorter
        text = shorter
