"""What reading one mail costs, against the standard library alone and mail-parser alone.

All three read the same mails, each in this one thread; the peers do less: they undo transfer
encodings and charsets, but make no text of HTML, no safe HTML, no digests and no screening.
"""

import email
import email.header
import email.message
import email.policy
import email.utils
import logging
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import mailparser

from worker.mail.parse import parse

FIELDS = ("subject", "from", "to", "date", "message-id")


def measure(folder: Path, *, mails: int = 400, rounds: int = 3) -> list[dict[str, object]]:
    """CPU milliseconds per mail of `folder`: medians of `rounds`, and the slowest mail."""
    logging.getLogger("mailparser").setLevel(logging.CRITICAL)  # it names each odd part
    files = sorted(
        path for path in folder.rglob("*") if path.is_file() and path.suffix != ".json"
    )[:mails]
    raws = [path.read_bytes() for path in files]
    return [_row(name, read, raws, rounds) for name, read in READERS.items()]


def _row(
    name: str, read: Callable[[bytes], object], raws: Sequence[bytes], rounds: int
) -> dict[str, object]:
    totals, slowest, failed = [], 0.0, 0
    for number in range(rounds + 1):
        total, failed = 0.0, 0
        for raw in raws:
            began = time.process_time()
            try:
                read(raw)
            except Exception:  # noqa: BLE001 - a reader that fails is counted, not hidden
                failed += 1
            taken = time.process_time() - began
            total += taken
            slowest = max(slowest, taken if number else 0.0)
        if number:
            totals.append(total)
    size = sum(map(len, raws)) / max(len(raws), 1)
    return {
        "reader": name,
        "mails": len(raws),
        "kB a mail": round(size / 1000, 1),
        "CPU ms a mail": round(1000 * statistics.median(totals) / max(len(raws), 1), 3),
        "slowest ms": round(1000 * slowest, 1),
        "failed": failed,
    }


def _standard(raw: bytes) -> object:
    """The standard library as it is commonly used: compat32, every leaf decoded."""
    message = email.message_from_bytes(raw)
    found: list[object] = [
        str(email.header.make_header(email.header.decode_header(message.get(name, ""))))
        for name in FIELDS
    ]
    found.append(email.utils.getaddresses(message.get_all("to", [])))
    for part in message.walk():
        octets = part.get_payload(decode=True)
        if isinstance(octets, bytes):
            is_text = part.get_content_maintype() == "text"
            charset = part.get_content_charset("utf-8")
            found.append(octets.decode(charset, "replace") if is_text else octets)
    return found


def _modern(raw: bytes) -> object:
    """The standard library's newer policy, which reads each field by its grammar."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    found: list[object] = [str(message.get(name, "")) for name in FIELDS]
    assert isinstance(message, email.message.EmailMessage)
    found += [part.get_content() for part in message.walk() if not part.is_multipart()]
    return found


def _mail_parser(raw: bytes) -> object:
    mail = mailparser.parse_from_bytes(raw)
    return mail.subject, mail.from_, mail.to, mail.date, mail.body, mail.attachments


READERS: dict[str, Callable[[bytes], object]] = {
    "postclerk": parse,
    "standard library, compat32": _standard,
    "standard library, default policy": _modern,
    "mail-parser": _mail_parser,
}
