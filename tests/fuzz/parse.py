"""Coverage-guided fuzz of worker.mail.parse with atheris: `make fuzz`, FUZZ_SECONDS=60.

Starts from the mails of tests/corpus. What must hold for any bytes: no exception, nothing that
cannot be stored, no cost out of proportion. A finding is written to --findings, to be kept in
tests/corpus once it is understood.
"""

import argparse
import base64
import binascii
import hashlib
import re
import resource
import sys
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(
    include=["worker.mail", "mailparser", "email", "asn1crypto", "olefile"]
):
    import worker.mail.cms
    import worker.mail.outlook_msg  # noqa: F401 - imported when first needed, too late for us
    from worker.domain.message import Message
    from worker.mail.extract import attachment_bytes
    from worker.mail.parse import parse

CORPUS = Path(__file__).parent.parent / "corpus"
BASE64 = re.compile(
    rb"(Content-Transfer-Encoding: )base64(\r?\n(?:[^\r\n]+\r?\n)*\r?\n)"
    rb"((?:[A-Za-z0-9+/=]+\r?\n)+)"
)
"""A part in base64: the name of the field, the rest of the header section, the content."""
MAX_OCTETS = 64 * 1024
SECONDS_PER_MAIL = 1.0
"""CPU of one input; instrumented code is about ten times slower than plain."""
GROWTH_MB = 500
"""Of the resident set over the whole run."""


def strings_of(message: Message) -> list[str]:
    """Every string of a message that is stored or shown, but for the safe HTML."""
    addresses = (*message.authors, *message.to, *message.cc, *message.reply_to)
    return [
        message.message_id or "",
        message.subject,
        message.body_text,
        message.reply_text,
        message.html_text,
        message.return_path or "",
        *message.in_reply_to,
        *message.references,
        *message.delivered_to,
        *message.defects,
        *message.kind_reasons,
        *(one.addr_spec for one in addresses),
        *(one.display_name for one in addresses),
        *(one.filename for one in message.attachments),
        *(one.content_type for one in message.attachments),
        *(one.content_id or "" for one in message.attachments),
        message.signed.signer if message.signed else "",
        *(f"{one.subject}{one.message_id}{one.body_text}" for one in message.attached_mails),
        *(
            f"{one.display_name}{one.addr_spec}"
            for m in message.attached_mails
            for one in m.authors
        ),
        *(f"{one.recipient} {one.status} {one.message_id}" for one in message.reports),
    ]


def check(raw: bytes) -> None:
    """Raise AssertionError where a promise of `parse` does not hold."""
    began = time.process_time()
    message = parse(raw)
    taken = time.process_time() - began
    assert taken < SECONDS_PER_MAIL, f"took {taken:.1f} s of CPU for {len(raw)} octets"
    for defect in message.defects:
        assert "could not be read:" not in defect, defect
    for text in (*strings_of(message), message.html):
        text.encode("utf-8")  # a lone surrogate raises
        assert "\x00" not in text, "NUL"
        assert "\r" not in text, "CR"
    inner = [one for mail in message.attached_mails for one in mail.attachments]
    for attachment in (*message.attachments[:5], *inner[:5]):  # each is looked for anew
        content = attachment_bytes(raw, attachment.part)
        assert hashlib.sha256(content).hexdigest() == attachment.sha256, attachment.part
        assert "/" not in attachment.filename, attachment.filename
    assert len(message.reply_text.split()) <= len(message.body_text.split()), "reply over body"


def without_base64(raw: bytes) -> bytes:
    """The mail with its base64 parts undone: a change at random does not get past base64."""

    def undone(found: re.Match[bytes]) -> bytes:
        try:
            return found[1] + b"binary" + found[2] + base64.b64decode(found[3])
        except binascii.Error:
            return found[0]

    return BASE64.sub(undone, raw)


def main() -> int:
    words = argparse.ArgumentParser(description="Fuzz the reading of mail.")
    words.add_argument("--seconds", type=int, default=60)
    words.add_argument("--findings", type=Path, default=Path("var/fuzz"))
    told = words.parse_args()
    seeds = told.findings / "seeds"
    seeds.mkdir(parents=True, exist_ok=True)
    for mail in CORPUS.glob("*.eml"):
        raw = mail.read_bytes()
        (seeds / mail.name).write_bytes(raw[:MAX_OCTETS])
        if (plain := without_base64(raw)) != raw:
            (seeds / f"plain-{mail.name}").write_bytes(plain[:MAX_OCTETS])
    at_start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    atheris.Setup(
        [
            sys.argv[0],
            str(seeds),
            f"-max_total_time={told.seconds}",
            f"-max_len={MAX_OCTETS}",
            f"-artifact_prefix={told.findings}/",
            f"-rss_limit_mb={at_start + GROWTH_MB}",
            "-timeout=20",
            "-print_final_stats=1",
        ],
        check,
    )
    atheris.Fuzz()  # ends the process itself: 0 when time ran out, else the finding is written
    return 0


if __name__ == "__main__":
    sys.exit(main())
