"""Reads bounces that are no report: the failed address stands only in prose.

A bounce is told by two of sender, subject and text (phrases in worker/rules/bounces.yaml). The
failed address is the one that stands most prominently before the returned copy: alone at the
start of a line, in an SMTP reply, after "to". Looks at a bounded stretch of text only.
"""

import re
from dataclasses import dataclass

from worker.domain.message import Address
from worker.mail.addresses import normal_spec
from worker.mail.header_section import HeaderSection
from worker.mail.markers import first_in

_DAEMON = re.compile(
    r"mail(?:er)?[-_. ]?daemon|post[-_. ]?master|mail delivery|mail administrator"
    r"|system administrator|mail system|mailer daemon|delivery subsystem|mail service"
    r"|microsoft outlook|bounce|mdaemon",
    re.IGNORECASE,
)
_REPLY_PREFIX = re.compile(r"\s*(?:re|aw|rv|sv|回复|回覆|答复)\s*[:：]", re.IGNORECASE)
_FORWARD_PREFIX = re.compile(r"\s*(?:fwd?|wg|tr|转发|轉寄)\s*[:：]", re.IGNORECASE)
_ADDRESS = (
    r"[A-Za-z0-9\u00c0-\u052f.!#$%&*+/=?^_`{}~-]{1,100}@[A-Za-z0-9\u00c0-\u052f.-]{1,190}"
)
_FIND = re.compile(_ADDRESS)
_ALONE = re.compile(rf"\W{{0,6}}({_ADDRESS})[\"'>]?\s*(?::|\.{{0,3}}$)")
_AT_START = re.compile(
    rf"(?:[45]\d\d[ -](?:[45]\.\d+\.\d+ )?|Recipient:\s*|To:\s*<?)?[<\"'(]?({_ADDRESS})",
    re.IGNORECASE,
)
_AFTER_WORD = re.compile(
    r"(?:\bto|\bfor|recipients?|addressee|address|user|userid|addressed,?|size|full|attempts|:|给|至|到|收件人|地址|あて先|宛先)"
    r"\s*[:：]?\s*[<(（\"']?$",
    re.IGNORECASE,
)
_RCPT = re.compile(rf"\bRCPT(?: TO)?:\s*<?({_ADDRESS})", re.IGNORECASE)
_NOT_FAILED = re.compile(
    r"(?:(?<!generated )(?<!expanded )\bfrom|sender|contact|assistance|please|e-?mail us"
    r"|write to|support|help|by|envelope-from"
    r"|联系|連絡|聯絡)\W{0,3}$|\bfrom:\s*<?$",
    re.IGNORECASE,
)
_HEADER_LINE = re.compile(
    r">?(?:Received|Return-Path|Message-ID|DKIM-Signature|X-[A-Za-z-]{1,40}|Delivered-To):\s?"
)
_STATUS = re.compile(r"(?<![\d.])([45]\.\d{1,2}\.\d{1,3})(?![\d.])")
_REPLY_CODE = re.compile(r"(?:^|[\s:])([45])(\d)(\d)[ -]", re.MULTILINE)
_MESSAGE_ID = re.compile(
    r"^[>\s]{0,8}Message-ID:\s*<([^<>\s]{1,500})>", re.IGNORECASE | re.MULTILINE
)
_NOTIFIED = re.compile(rf'"emailAddress"\s*:\s*"({_ADDRESS})"')
_BARE_USER = re.compile(r"\s*([A-Za-z0-9._-]{2,64})\s*$")
_ANNOUNCED = re.compile(r"following (?:recipients?|address)", re.IGNORECASE)
_X400 = re.compile(rf"\bSMTP=({_ADDRESS})", re.IGNORECASE)
_GIVEN_UP = re.compile(
    r"permanent|giv(?:en|ing) up|final(?:ly)? fail|too long|not going to try|放弃",
    re.IGNORECASE,
)
_MAX_TEXT = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ProseBounce:
    """What the prose says."""

    reason: str
    recipients: tuple[tuple[str, str | None], ...] = ()
    """Failed addresses, each with the enhanced status that stands by it."""
    action: str = "failed"
    status: str | None = None
    message_id: str | None = None
    is_feedback: bool = False
    head: str = ""
    """The report itself, without the returned copy."""

    def said_of(self, recipient: str) -> str:
        """The lines about `recipient`: from its name on, else the whole report."""
        place = self.head.lower().find(recipient.lower()) if recipient else -1
        return self.head[place : place + 600] if place >= 0 else self.head[:2000]


def _says(name: str, text: str) -> str | None:
    return first_in(" ".join(text.lower().split()), "bounces", name)


def read_prose(
    header: HeaderSection,
    *,
    subject: str,
    text: str,
    authors: tuple[Address, ...],
    to: tuple[str, ...],
) -> ProseBounce | None:
    """What a mail that may be a bounce says; None when it is none."""
    text = text[:_MAX_TEXT]
    if _is_feedback(subject, text[:600]):
        return ProseBounce(reason="feedback in prose", is_feedback=True)
    failed = header.first("x-failed-recipients")
    sender = machine_sender(header, authors)
    in_subject = _says("subject", subject[:300])
    if failed is None and sender is None and in_subject is None:
        return None
    head = _head(text)
    reason = (
        _reason(subject, head, sender, in_subject) if failed is None else "x-failed-recipients"
    )
    if reason is None:
        return None
    specs = [
        normal_spec(one) for one in (failed or b"").decode("ascii", "replace").split(",")[:500]
    ]
    recipients = tuple(spec for spec in dict.fromkeys(specs) if spec)
    if not recipients:
        recipients = _recipients(head, authors=authors, to=to)
    if not recipients and (rcpt := _RCPT.search(text)):
        recipients = tuple(_clean(rcpt.group(1)))
    overall = _status(head)
    found = _MESSAGE_ID.search(text[len(head) :])
    return ProseBounce(
        reason=reason,
        recipients=tuple((spec, _status_of(spec, head) or overall) for spec in recipients),
        action="delayed" if _is_delayed(subject, head) else "failed",
        status=overall,
        message_id=found.group(1) if found else None,
        head=head,
    )


def machine_sender(header: HeaderSection, authors: tuple[Address, ...]) -> str | None:
    """What tells that no person sent it: the name of a daemon, or a null return path."""
    names = " ".join(
        f"{one.addr_spec.rpartition('@')[0]} {one.display_name}" for one in authors
    )
    daemon = _DAEMON.search(names[:500])
    if daemon is not None:
        return f"sender {daemon.group(0).lower()}"
    path = (header.first("return-path") or b"-").replace(b" ", b"")
    if path == b"<>":
        return "null return path"
    if b"mailer-daemon" in path.lower():
        return "sender mailer-daemon"
    said = header.text("content-type")[:1000].lower()
    return "sender of a delivery status" if "report-type=delivery-status" in said else None


def _reason(subject: str, head: str, sender: str | None, in_subject: str | None) -> str | None:
    """Two of sender, subject and text."""
    if sender is None and _FORWARD_PREFIX.match(subject):
        return None  # people forward bounces
    if sender is None and _REPLY_PREFIX.match(subject):
        # People answer them too; only a machine's sentence stands at the very top.
        head = head[:400]
    if sender is not None and in_subject:
        return f"{sender}, subject: {in_subject}"
    in_text = _says("text", head[:4000])
    if sender is not None and sender.startswith("sender"):
        return f"{sender}, text: {in_text}" if in_text else None
    if "?" in head[:500] or "？" in head[:500]:
        return None  # a person asks about one
    if in_subject and in_text and _FIND.search(head):
        return f"subject: {in_subject}, text: {in_text}"
    return None


def _is_feedback(subject: str, opening: str) -> bool:
    if (
        "abuse" not in subject.lower()
        and "buse" not in opening
        and '"Complaint"' not in opening
    ):
        return False
    return _says("feedback", opening) is not None


def _head(text: str) -> str:
    """The report itself, without the returned copy."""
    kept = 0
    for line in text.splitlines(keepends=True):
        is_copy = "receive" not in line.lower() and _says("copy", line[:200])
        if kept and (_HEADER_LINE.match(line) or is_copy):
            break
        kept += len(line)
    return text[:kept]


def _is_delayed(subject: str, head: str) -> bool:
    if _says("delayed", f"{subject}\n{head[:3000]}") is None:
        return False
    return _GIVEN_UP.search(head) is None


def _status(head: str) -> str | None:
    match = _STATUS.search(head)
    if match:
        return match.group(1)
    code = _REPLY_CODE.search(head)
    return f"{code.group(1)}.0.0" if code else None


def _status_of(spec: str, head: str) -> str | None:
    """The status that follows an address."""
    place = head.lower().find(spec.lower())
    match = _STATUS.search(head, place, place + 400) if place >= 0 else None
    return match.group(1) if match else None


def _recipients(
    head: str, *, authors: tuple[Address, ...], to: tuple[str, ...]
) -> tuple[str, ...]:
    """The addresses that stand most prominently; of one prominence all."""
    ranked: dict[str, int] = {}
    own = {spec.lower() for spec in to} | {author.addr_spec.lower() for author in authors}
    if '"bouncedRecipients"' in head:
        return tuple(dict.fromkeys(normal_spec(one) for one in _NOTIFIED.findall(head)))
    for line in _told(head):
        for spec, rank in _ranked(line[:1000]):
            local = spec.partition("@")[0].lower()
            if rank < 4 and (spec.lower() in own or _DAEMON.search(local)):
                rank = 0
            ranked[spec] = max(rank, ranked.get(spec, 0))
    best = max(ranked.values(), default=0)
    if best == 0:
        return _bare_user(head, authors) or tuple(ranked)[:1]
    found = [spec for spec, rank in ranked.items() if rank == best]
    return tuple(found if best > 1 else found[:1])


def _told(head: str) -> list[str]:
    """The lines below the one that says who was not reached, where addresses stand there; some
    servers name the receivers of the whole mail above it."""
    lines = head.splitlines()[:400]
    for place, line in enumerate(lines[:-1]):
        if _says("told_below", line[:200]):
            below = lines[place + 1 :]
            if any(rank for one in below[:20] for _, rank in _ranked(one[:1000])):
                return [line, *below]
    return lines


def _ranked(line: str) -> list[tuple[str, int]]:
    """Each address of a line, and how much it looks like the one that failed (4 most)."""
    found = []
    stripped = line.strip()
    if x400 := _X400.search(line):
        return [(spec, 4) for spec in _clean(x400.group(1))]
    if alone := _ALONE.match(stripped):
        found.append((alone.group(1), 4))
    elif rcpt := _RCPT.search(line):
        return [(spec, 3) for spec in _clean(rcpt.group(1))]
    elif start := _AT_START.match(stripped):
        found.append((start.group(1), 3))
    else:
        for match in _FIND.finditer(line):
            before = line[: match.start()].rstrip("<\"'( ")
            if _NOT_FAILED.search(before[-40:]):
                continue
            after_word = _AFTER_WORD.search(line[max(0, match.start() - 30) : match.start()])
            found.append((match.group(0), 2 if after_word else 1))
    return [(spec, rank) for raw, rank in found for spec in _clean(raw)]


def _clean(raw: str) -> list[str]:
    spec = normal_spec(raw.strip(".,;:!?*`。，"))
    return [spec] if spec else []


def _bare_user(head: str, authors: tuple[Address, ...]) -> tuple[str, ...]:
    """Some servers name their own users without a domain."""
    domain = authors[0].addr_spec.rpartition("@")[2] if authors else ""
    lines = [line for line in head.splitlines()[:60] if line.strip()]
    for place, line in enumerate(lines[:-1]):
        user = _BARE_USER.match(lines[place + 1])
        if domain and user and _ANNOUNCED.search(line):
            return (f"{user.group(1)}@{domain}",)
    return ()
