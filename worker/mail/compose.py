"""Writes an automatic answer as the bytes that go out: RFC 5322, RFC 2045 to 2047, RFC 3834.

The structure is always the same, multipart/alternative of text and HTML, so the lines are put
together here: the email package takes many times as long. Each value is cleaned before it meets
a field, so nothing in it can end the field. All bytes are 7-bit, unless an address is not ASCII
before its @ (RFC 6532: the server must then offer SMTPUTF8).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Literal

from worker.domain import plain_text
from worker.domain.message import Address
from worker.domain.rendered import Rendered
from worker.errors import Permanent

LONGEST_SUBJECT = 250
MOST_REFERENCES = 50
_FIRST_REFERENCES = 10
_LONGEST_NAME = 100
_LONGEST_ADDRESS = 320  # RFC 3696 erratum 1690 and RFC 5321 section 4.5.3.1: 64 + 1 + 255
_LONGEST_MESSAGE_ID = 400  # so that 50 of them stay a field that servers take
_LINE = 76  # RFC 2047 section 2: lines with encoded-words
_TEXT = re.compile(r"[ -~]*")
_MESSAGE_ID = re.compile(r"[!-;=?A-~]+@[!-;=?A-~]+")
_DOT_ATOM = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9_-]+\.)*[A-Za-z0-9_-]+|\[[A-Za-z0-9.:]+\]")
_UNSAFE = re.compile("[\x00-\x20\x7f-\xa0\u2028\u2029<>()\\[\\],;:\ud800-\udfff\\\\]")
_QUOTED_LOCAL = re.compile(r'"(?:[^"\\\x00-\x1f\x7f-\x9f\u2028\u2029]|\\[ -~])*"')


def compose(
    *,
    rendered: Rendered,
    from_address: Address,
    to: str,
    message_id: str,
    date: datetime,
    in_reply_to: str | None,
    references: tuple[str, ...],
    auto_submitted: Literal["auto-replied", "auto-generated"],
    reply_to: Address | None = None,
) -> bytes:
    """Write an answer; the same arguments give the same bytes.

    to: the one recipient's addr-spec.
    message_id: without angle brackets, as domain/message_ids.py makes it.
    date: aware.
    in_reply_to: Message-ID of the mail that is answered; None when no mail caused this one.
    references: those of that mail, oldest first; its own Message-ID is added (RFC 5322 section
    3.6.4), and above 50 the middle is left out. Ids that are no msg-id are left out.
    Raises Permanent when an address or `message_id` cannot be written; ValueError when `date`
    is naive.
    """
    if date.tzinfo is None:
        raise ValueError("the date of a mail must be aware")
    if not _is_message_id(message_id):
        raise Permanent(f"the Message-ID {message_id!r} cannot be written")
    parent = in_reply_to if in_reply_to and _is_message_id(in_reply_to) else None
    fields = [
        _mailbox_field("From", from_address),
        f"To: {_addr_spec(to)}",
        _text_field("Subject", rendered.subject, limit=LONGEST_SUBJECT),
        f"Date: {format_datetime(date)}",
        f"Message-ID: <{message_id}>",
    ]
    if reply_to is not None:
        fields.append(_mailbox_field("Reply-To", reply_to))
    if parent:
        fields.append(f"In-Reply-To: <{parent}>")
    ancestors = _ancestors(references, parent)
    if ancestors:
        fields.append("References: " + "\r\n ".join(f"<{ancestor}>" for ancestor in ancestors))
    boundary = "=_" + hashlib.sha256(message_id.encode()).hexdigest()[:40]
    fields += [
        f"Auto-Submitted: {auto_submitted}",
        # Exchange heeds this field and not the one before it.
        "X-Auto-Response-Suppress: All",
        "MIME-Version: 1.0",
        f"Content-Language: {_language(rendered.language)}",
        f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"',
    ]
    mark = f"\r\n--{boundary}".encode()
    text, html = _part("text/plain", rendered.text), _part("text/html", rendered.html)
    head = "\r\n".join(fields).encode() + b"\r\n"
    return b"".join((head, mark, b"\r\n", text, mark, b"\r\n", html, mark, b"--\r\n"))


def _part(content_type: str, text: str) -> bytes:
    raw = text.encode("utf-8", "replace").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    raw = raw.rstrip(b"\n").replace(b"\n", b"\r\n") + b"\r\n"
    non_ascii = len(raw) - len(raw.decode("ascii", "ignore"))
    # Quoted-printable takes three characters for such a byte, base64 four for three of any.
    if non_ascii * 6 > len(raw):
        encoding, body = "base64", base64.encodebytes(raw).replace(b"\n", b"\r\n")
    else:
        encoding, body = "quoted-printable", binascii.b2a_qp(raw, istext=True)
    head = (
        f"Content-Type: {content_type}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}"
    )
    return head.encode() + b"\r\n\r\n" + body.removesuffix(b"\r\n")


def _mailbox_field(name: str, address: Address) -> str:
    addr_spec = _addr_spec(address.addr_spec)
    shown = plain_text.one_line(address.display_name, limit=_LONGEST_NAME)
    if not shown:
        return f"{name}: {addr_spec}"
    if _TEXT.fullmatch(shown) and "=?" not in shown:
        escaped = shown.replace("\\", "\\\\").replace('"', '\\"')
        return f'{name}: "{escaped}"\r\n <{addr_spec}>'
    return f"{name}: {_encoded_words(shown, used=len(name) + 2)}\r\n <{addr_spec}>"


def _text_field(name: str, value: str, *, limit: int) -> str:
    text = plain_text.one_line(value, limit=limit)
    is_short = len(name) + 2 + len(text) <= _LINE
    if is_short and _TEXT.fullmatch(text) and "=?" not in text:
        return f"{name}: {text}"
    return f"{name}: {_encoded_words(text, used=len(name) + 2)}"


def _encoded_words(text: str, *, used: int) -> str:
    """Write RFC 2047 encoded-words, each of whole characters, one a line.

    used: characters that stand before the first one.
    """
    words: list[bytes] = []
    chunk = b""
    for character in text:
        encoded = character.encode("utf-8", "replace")
        # "=?utf-8?b?" and "?=" take 12; base64 makes 4 of 3.
        room = (_LINE - 12 - (used if not words else 1)) // 4 * 3
        if len(chunk) + len(encoded) > room:
            words.append(chunk)
            chunk = b""
        chunk += encoded
    words.append(chunk)
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(word).decode()}?=" for word in words)


def _addr_spec(addr_spec: str) -> str:
    """Check an addr-spec, quote what needs it, write the domain in ASCII; else Permanent."""
    local, at, domain = addr_spec.rpartition("@")
    try:
        ascii_domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        ascii_domain = ""
    is_written = at and local and len(addr_spec) <= _LONGEST_ADDRESS
    if not is_written or not _DOMAIN.fullmatch(ascii_domain):
        raise Permanent(f"{addr_spec[:100]!r} is no address that mail can be sent to")
    if not _DOT_ATOM.fullmatch(local) and not _QUOTED_LOCAL.fullmatch(local):
        if _UNSAFE.search(local) or '"' in local:
            raise Permanent(f"{addr_spec[:100]!r} is no address that mail can be sent to")
        local = f'"{local}"'  # such as a..b@, which some providers give out
    return f"{local}@{ascii_domain}"


def _ancestors(references: Sequence[str], parent: str | None) -> list[str]:
    known = [each for each in dict.fromkeys(references) if _is_message_id(each)]
    if parent:
        known = [*(each for each in known if each != parent), parent]
    if len(known) > MOST_REFERENCES:
        known = known[:_FIRST_REFERENCES] + known[_FIRST_REFERENCES - MOST_REFERENCES :]
    return known


def _is_message_id(message_id: str) -> bool:
    # "=?": some programs would decode an encoded-word even here.
    is_short = len(message_id) <= _LONGEST_MESSAGE_ID and "=?" not in message_id
    return is_short and bool(_MESSAGE_ID.fullmatch(message_id))


def _language(tag: str) -> str:
    return tag if re.fullmatch(r"[A-Za-z0-9-]{2,35}", tag) else "und"
