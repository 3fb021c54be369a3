"""Says whether a mail is signed or encrypted, and what its signature is worth.

S/MIME signatures (RFC 8551) carry their certificate and are checked for integrity. For PGP
(RFC 3156, and armour in the text) there is no key here: signed stays unverified.
"""

import re
from dataclasses import dataclass

from worker.domain.message import Address, Signed
from worker.mail.charsets import clean_line
from worker.mail.mime import Part
from worker.mail.opening import LOCKED, SMIME

_SMIME_SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature")
_ARMOUR = re.compile(rb"(?:^|\n)-----BEGIN PGP (SIGNED MESSAGE|MESSAGE)-----[ \t]*\r?\n")
_BARE_LF = re.compile(rb"(?<!\r)\n")
_MAX_LEVELS = 5
_MAX_PARTS = 20
"""Looked at on each level, outermost first."""


@dataclass(frozen=True, slots=True)
class Protection:
    """What protects the mail."""

    signed: Signed | None = None
    encrypted: str | None = None
    """smime or pgp."""


def read_protection(root: Part, authors: tuple[Address, ...], defects: list[str]) -> Protection:
    """Find the outermost signature and encryption below `root`; attached mails do not count."""
    signed: Signed | None = None
    encrypted = None
    level = [root]
    for _ in range(_MAX_LEVELS):
        for part in level:
            signed = signed or _signature(part)
            encrypted = encrypted or _encryption(part, defects)
        level = [
            child
            for part in level
            if not part.is_message
            for child in part.children[:_MAX_PARTS]
        ][:_MAX_PARTS]
    if signed is not None:
        _note(signed, authors, defects)
    return Protection(signed, encrypted)


def _signature(part: Part) -> Signed | None:
    kind = part.content_type
    if kind == "multipart/signed" and len(part.children) >= 2:
        last = part.children[1]
        if last.content_type in _SMIME_SIGNATURES:
            return _smime(last.content(), _signed_octets(part.children[0]))
        protocol = part.parameters.get("protocol", "").lower()
        if "pgp" in last.content_type or "pgp" in protocol:
            return Signed(kind="pgp", state="unverified", signer="")
    if kind in SMIME and part.children:
        return _smime(part.content(), None)
    if _armour(part) == b"SIGNED MESSAGE":
        return Signed(kind="pgp", state="unverified", signer="")
    return None


def _encryption(part: Part, defects: list[str]) -> str | None:
    if part.content_type in SMIME:
        return "smime" if not part.children and LOCKED in defects else None
    if part.content_type == "multipart/encrypted":
        protocol = part.parameters.get("protocol", "").lower()
        held = [child.content_type for child in part.children[:_MAX_PARTS]]
        is_pgp = "pgp" in protocol or "application/pgp-encrypted" in held
        return "pgp" if is_pgp else None
    return "pgp" if _armour(part) == b"MESSAGE" else None


def _armour(part: Part) -> bytes | None:
    """What a text that begins with PGP armour is (RFC 9580 section 6.2)."""
    if part.content_type != "text/plain" or part.disposition == "attachment":
        return None
    found = _ARMOUR.search(part.octets()[:20_000])
    return found[1] if found else None


def _smime(container: bytes, detached: bytes | None) -> Signed:
    from worker.mail import cms  # rarely needed, and its libraries take 0.1 s

    checked = cms.check(container, detached)
    return Signed(kind="smime", state=checked.state, signer=clean_line(checked.signer))


def _signed_octets(part: Part) -> bytes:
    """The part with its header section, with CRLF line ends (RFC 8551 section 3.1.1)."""
    return _BARE_LF.sub(b"\r\n", part.raw[part.begin : part.end])


def _note(signed: Signed, authors: tuple[Address, ...], defects: list[str]) -> None:
    """Name in `defects` what a reader of a signed mail must know."""
    theirs = {author.addr_spec.lower() for author in authors}
    signer = signed.signer.lower()
    if signed.state == "invalid":
        defects.append("the signature does not match the text")
    elif signed.state == "valid" and "@" in signer and signer not in theirs:
        defects.append("signed by another address than the author's")
