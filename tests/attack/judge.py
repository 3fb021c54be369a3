"""Compares what the worker did with one hostile mail with what was expected.

Expectation fields: outcome_any (ticket reply ignored dead_letter bounce), auto_reply_allowed
(null: either), max_auto_replies, must_contain and must_not_contain ({in, text}), attachments
({sha256, size}), repeat, placeholders, same_ticket_as, not_same_ticket_as, max_seconds,
max_rss_mb.
"""

import email
import email.policy
import re
from dataclasses import dataclass, field
from pathlib import Path

from tests.attack.desk import AttackedDesk, Rows

Row = dict[str, object]
PATIENCE = 30.0
UNSAFE_NAME = re.compile(
    "[/\\\\\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|^\\."
)


@dataclass
class Verdict:
    case: str
    checks: list[tuple[str, bool]] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)

    def check(self, name: str, is_held: bool, told: str = "") -> None:
        self.checks.append((name, is_held))
        if not is_held:
            self.misses.append(f"{name} {told}"[:300])

    def as_json(self) -> Row:
        return {"id": self.case, "checks": dict(self.checks), "misses": self.misses}


def judge(desk: AttackedDesk, folder: Path, row: Row) -> Verdict:
    """Deliver one case and judge it."""
    case = str(row["id"])
    verdict = Verdict(case)
    before = desk.export()
    sunk = len(desk.sink.messages)
    path, count = folder / str(row["file"]), _int(row["repeat"])
    raws = [_filled(desk, path, number) for number in range(1, count + 1)]
    after, seconds, memory = desk.deliver(raws, patience=PATIENCE)
    mails = [mail.raw for mail in desk.sink.messages[sunk:]]
    new = _new(before, after)
    verdict.check("no_crash", desk.worker.poll() is None)
    verdict.check("kept", len(new["inbound"]) == count, f"{len(new['inbound'])} of {count}")
    limit = float(str(row["max_seconds"]))
    verdict.check("time", seconds <= limit + 2.0, f"{seconds:.1f} s of {limit} (poll included)")
    verdict.check("memory", memory <= float(str(row["max_rss_mb"])), f"{memory:.0f} MB")
    _outcomes(verdict, row, new, before)
    _replies(verdict, row, mails)
    _raw(verdict, new)
    _tickets(verdict, desk, row, new)
    _attachments(verdict, row, new)
    _words(verdict, desk, row, new, mails)
    if row["category"] == "S" and new["answer"]:
        numbers = {t["id"]: t["number"] for t in after["ticket"]}
        answer = new["answer"][0]
        desk.seeds[case] = {**answer, "number": numbers.get(answer["ticket_id"])}
    return verdict


def _int(value: object) -> int:
    return int(str(value))


def _filled(desk: AttackedDesk, path: Path, number: int) -> bytes:
    raw = path.read_bytes().replace(b"@@N@@", str(number).encode())
    for seed, answer in desk.seeds.items():
        message_id = f"<{answer['message_id']}>".encode()
        ticket = str(answer["number"]).encode()
        raw = raw.replace(f"@@OUT_MSGID:{seed}@@".encode(), message_id)
        raw = raw.replace(f"@@TOKEN:{seed}@@".encode(), b"#" + ticket)
        raw = raw.replace(f"@@TICKET:{seed}@@".encode(), ticket)
    return raw


def _new(before: Rows, after: Rows) -> Rows:
    found: Rows = {}
    for kind in ("inbound", "ticket", "message", "attachment", "answer", "dead_letter"):
        known = {row["id"] for row in before.get(kind, [])}
        found[kind] = [row for row in after.get(kind, []) if row["id"] not in known]
    return found


def _outcomes(verdict: Verdict, row: Row, new: Rows, before: Rows) -> None:
    old_tickets = {ticket["id"] for ticket in before.get("ticket", [])}
    new_tickets: set[object] = set()
    wanted = row["outcome_any"]
    assert isinstance(wanted, list)
    for inbound in new["inbound"]:
        ticket = inbound.get("ticket_id")
        is_reply = ticket in old_tickets or ticket in new_tickets
        told = {
            "recorded": "reply" if is_reply else "ticket",
            "copy": "reply" if ticket else "ignored",
            "screened_out": "ignored",
            "dead": "dead_letter",
        }.get(str(inbound["state"]), "?")
        if told == "ignored" and inbound.get("reason") == "delivery_report":
            told = "bounce"
        if told == "ignored" and ticket and "reply" in wanted:
            told = "reply"
        new_tickets.add(ticket)
        verdict.check("outcome", told in wanted, f"{told}, not {wanted} ({inbound['reason']})")


def _replies(verdict: Verdict, row: Row, mails: list[bytes]) -> None:
    if row["auto_reply_allowed"] is False:
        verdict.check("silence", not mails, f"{len(mails)} answers")
    if row["auto_reply_allowed"] is True:
        verdict.check("answered", bool(mails))
    if row["max_auto_replies"] is not None:
        limit = _int(row["max_auto_replies"])
        verdict.check("reply_cap", len(mails) <= limit, f"{len(mails)} of at most {limit}")
    for mail in mails:
        parsed = email.message_from_bytes(mail, policy=email.policy.default)
        lines = mail.replace(b"\r\n", b"")
        is_clean = b"\r" not in lines and b"\n" not in lines and not parsed.defects
        is_short = all(len(line) <= 998 for line in mail.split(b"\r\n"))
        single = all(
            len(parsed.get_all(name, [])) == 1 for name in ("From", "To", "Date", "Message-ID")
        )
        shown = mail[:200].decode("latin-1")
        verdict.check("clean_mail", is_clean and is_short and single, shown)


def _raw(verdict: Verdict, new: Rows) -> None:
    for message in new["message"]:
        if message["direction"] == "in":
            verdict.check("raw_kept", message.get("raw_sha256") == message["sha256"])


def _tickets(verdict: Verdict, desk: AttackedDesk, row: Row, new: Rows) -> None:
    tickets = {i.get("ticket_id") for i in new["inbound"]}
    for name, is_same in (("same_ticket_as", True), ("not_same_ticket_as", False)):
        if row[name] is not None:
            seed = desk.seeds[str(row[name])]["ticket_id"]
            verdict.check("may_append", (seed in tickets) is is_same, f"{name} {row[name]}")


def _attachments(verdict: Verdict, row: Row, new: Rows) -> None:
    for attachment in new["attachment"]:
        name = str(attachment["filename"])
        is_safe = not UNSAFE_NAME.search(name) and len(name.encode()) <= 150 and bool(name)
        verdict.check("safe_name", is_safe, repr(name))
    wanted = row["attachments"]
    if isinstance(wanted, list):
        have = {(a["sha256"], a["size"]) for a in new["attachment"]}
        lost = [w for w in wanted if (w["sha256"], w["size"]) not in have]
        verdict.check("attachments", not lost, f"{len(lost)} of {len(wanted)} not there")


def _words(
    verdict: Verdict, desk: AttackedDesk, row: Row, new: Rows, mails: list[bytes]
) -> None:
    for name, is_wanted in (("must_contain", True), ("must_not_contain", False)):
        rules = row[name]
        assert isinstance(rules, list)
        for rule in rules:
            place, text = str(rule["in"]), str(rule["text"])
            told = _text(desk, place, new, mails)
            verdict.check(f"words_{place}", (text in told) is is_wanted, f"{name} {text!r}")


def _text(desk: AttackedDesk, place: str, new: Rows, mails: list[bytes]) -> str:
    parsed = [email.message_from_bytes(m, policy=email.policy.default) for m in mails]
    if place in ("subject", "from", "body"):
        key = "text" if place == "body" else place
        received = (m for m in new["message"] if m["direction"] == "in")
        return "\n".join(str(m.get(key) or "") for m in received)
    if place == "html_view":
        numbers = [str(t["number"]) for t in new["ticket"]]
        return "\n".join(desk.command("tickets", "show", n, "--html") for n in numbers)
    if place == "reply":
        bodies = (part for m in parsed for part in m.walk() if not part.is_multipart())
        return "\n".join(str(part.get_content()) for part in bodies)
    if place == "reply_headers":
        return "\n".join(m.split(b"\r\n\r\n")[0].decode("latin-1") for m in mails)
    if place == "reply_rcpt":
        return "\n".join(str(m["To"]) for m in parsed)
    if place == "attachment_names":
        return "\n".join(str(a["filename"]) for a in new["attachment"])
    if place == "log":
        return desk.log()
    if place == "csv":
        return desk.command("tickets", "list")
    if place == "ticket_of":
        return "\n".join(str(i.get("ticket_id")) for i in new["inbound"])
    return ""
