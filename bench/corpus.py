"""A mailbox of customers' mails, made up: the same number and seed give the same bytes.

    python -m bench.corpus FOLDER [--mails 2000] [--seed 1]

Sizes and kinds are those of a busy support desk: about 60 kB in the mean, most under 10 kB; new
matters, replies to them, the same mail sent again, the same mail delivered twice, repeats with
small changes, and automatic mail. Writes FOLDER/new/ as a maildir does and FOLDER/kinds.json.
"""

import argparse
import base64
import json
import random
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.utils import format_datetime
from pathlib import Path
from quopri import encodestring

from bench.wording import (
    CHARSETS,
    COINS,
    END,
    NAMES,
    SENTENCES,
    SHARES,
    SUBJECTS,
    WROTE,
)

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
DESK = "support@desk.example"
KINDS = {"new": 53, "reply": 21, "resend": 8, "redelivery": 2, "nearly": 6, "auto": 10}
LARGEST_ATTACHMENT = 2_000_000
STYLE = "".join(
    f"p.Normal{n}, li.Normal{n} {{margin:0cm 0cm 8pt; font-size:{9 + n % 5}.0pt;}}\n"
    for n in range(60)
)
"""As much as mail programs of offices write above each mail."""
AUTOMATIC = (
    "Auto-Submitted: auto-replied\nPrecedence: bulk\n",
    "List-Id: News <news.example.com>\nPrecedence: list\n",
    "Auto-Submitted: auto-generated\n",
    "X-Autoreply: yes\nAuto-Submitted: auto-replied\nReturn-Path: <>\n",
)
FILES = (
    ("screenshot-{n}.png", "image/png", b"\x89PNG\r\n\x1a\n"),
    ("statement-{n}.pdf", "application/pdf", b"%PDF-1.7\n"),
    ("录屏{n}.png", "image/png", b"\x89PNG\r\n\x1a\n"),
    ("trace-{n}.log", "text/plain", b""),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One mail as its writer means it; `render` makes the bytes."""

    name: str
    address: str
    language: str
    charset: str
    form: str
    """plain, html or both."""
    transfer: str
    """base64, quoted-printable or 8bit."""
    subject: str
    sentences: tuple[str, ...]
    at: datetime
    message_id: str
    references: tuple[str, ...] = ()
    quoted: str = ""
    files: tuple[tuple[str, str, bytes], ...] = field(default=(), repr=False)
    extra: str = ""
    """More header fields, each with its LF."""


class Customers:
    """Writes mail after mail."""

    def __init__(self, mails: int, seed: int) -> None:
        self._chance = random.Random(f"postclerk bench {seed}")
        self._noise = self._chance.randbytes(4 << 20)
        self._people = [self._person(number) for number in range(max(20, mails // 5))]
        self._told: list[Told] = []
        self._at = START

    def next(self) -> tuple[str, bytes]:
        """Return the kind and the bytes of the next mail."""
        chance = self._chance
        self._at += timedelta(seconds=chance.randrange(5, 300))
        kind = chance.choices(list(KINDS), weights=list(KINDS.values()))[0]
        if kind not in ("new", "auto") and not self._told:
            kind = "new"
        if kind == "new":
            told = self._new()
        elif kind == "auto":
            told = replace(self._new(), files=(), extra=chance.choice(AUTOMATIC))
        elif kind == "reply":
            told = self._reply(self._recent())
        elif kind == "redelivery":
            told = self._recent()
        else:
            told = replace(self._recent(), at=self._at, message_id=self._message_id())
            if kind == "nearly":
                told = replace(told, sentences=(*told.sentences, self._sentence(told.language)))
        if kind in ("new", "reply"):
            self._told.append(told)
        return kind, render(told)

    def _person(self, number: int) -> tuple[str, str, str]:
        language = self._chance.choices(list(SHARES), weights=list(SHARES.values()))[0]
        host = self._chance.choice(("mail", "post", f"firm{number % 41}"))
        return self._chance.choice(NAMES), f"customer{number}@{host}.example.com", language

    def _recent(self) -> Told:
        back = 1 + int(self._chance.expovariate(1 / 25))
        return self._told[-min(back, len(self._told))]

    def _new(self) -> Told:
        chance = self._chance
        rank = int(len(self._people) * chance.random() ** 2)  # a few write much, most once
        name, address, language = self._people[rank]
        charset = chance.choice(CHARSETS[language])
        transfers = ("base64", "quoted-printable", "8bit")
        count = chance.randrange(2, 9)
        files = self._files() if chance.random() < 0.36 else ()
        return Told(
            name=name,
            address=address,
            language=language,
            charset=charset,
            form=chance.choices(("plain", "html", "both"), weights=(35, 10, 55))[0],
            transfer="8bit" if charset == "us-ascii" else chance.choice(transfers),
            subject=f"{chance.choice(SUBJECTS[language])} {chance.randrange(10, 99)}",
            sentences=tuple(self._sentence(language) for _ in range(count)),
            at=self._at,
            message_id=self._message_id(),
            files=files,
        )

    def _reply(self, parent: Told) -> Told:
        wrote = WROTE[parent.language].format(date=f"{parent.at:%d.%m.%Y %H:%M}", name="Desk")
        words = paragraphs(parent)
        quoted = "\n".join([wrote, *(f"> {line}" for line in words.split("\n"))])
        subject = parent.subject.removeprefix("Re: ")
        return replace(
            parent,
            at=self._at,
            message_id=self._message_id(),
            references=(*parent.references[-6:], parent.message_id),
            subject=f"Re: {subject}",
            sentences=tuple(self._sentence(parent.language) for _ in range(2)),
            quoted=quoted,
            files=(),
        )

    def _sentence(self, language: str) -> str:
        chance = self._chance
        return chance.choice(SENTENCES[language]).format(
            n=chance.randrange(20, 9000),
            k=chance.randrange(2, 72),
            uid=chance.randrange(10_000_000, 99_999_999),
            order=chance.randrange(10**12, 10**13),
            coin=chance.choice(COINS),
            hash=f"0x{chance.getrandbits(256):064x}",
        )

    def _message_id(self) -> str:
        return f"{self._chance.getrandbits(80):020x}@client.example.com"

    def _files(self) -> tuple[tuple[str, str, bytes], ...]:
        chance = self._chance
        made = []
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            size = min(LARGEST_ATTACHMENT, max(8_000, int(chance.lognormvariate(11.1, 1.15))))
            name, content_type, start = chance.choice(FILES)
            if content_type == "text/plain":
                line = f"{self._at:%H:%M:%S} gateway answered {chance.randrange(200, 599)}\n"
                data = line.encode() * (min(size, 200_000) // len(line))
            else:
                place = chance.randrange(len(self._noise) - LARGEST_ATTACHMENT)
                data = start + self._noise[place : place + size]
            made.append((name.format(n=chance.randrange(999)), content_type, data))
        return tuple(made)


def paragraphs(told: Told) -> str:
    """The writer's own words, two sentences a paragraph."""
    end = END[told.language]
    pairs = [told.sentences[at : at + 2] for at in range(0, len(told.sentences), 2)]
    return "\n\n".join("".join(one + end for one in pair).strip() for pair in pairs)


def render(told: Told) -> bytes:
    """Write a mail as RFC 5322 has it, with LF line ends as a maildir keeps them."""
    words = paragraphs(told)
    text = f"{words}\n\n{told.name}\n" + (f"\n{told.quoted}\n" if told.quoted else "")
    plain = _text_part("plain", text, told)
    html = _text_part("html", _page(text), told)
    body = {"plain": plain, "html": html}.get(told.form)
    if body is None:
        body = _multipart("alternative", [plain, html], told.message_id)
    if told.files:
        files = [_file_part(*file) for file in told.files]
        body = _multipart("mixed", [body, *files], told.message_id)
    name, subject = _encoded(told.name, told), _encoded(told.subject, told)
    fields = (
        f"Return-Path: <{told.address}>\n"
        f"Received: from client.example.com by mx.desk.example; {format_datetime(told.at)}\n"
        f"{told.extra}"
        f"From: {name} <{told.address}>\nTo: Support <{DESK}>\nSubject: {subject}\n"
        f"Date: {format_datetime(told.at)}\nMessage-ID: <{told.message_id}>\n"
    )
    if told.references:
        named = "\n ".join(f"<{one}>" for one in told.references)
        fields += f"In-Reply-To: <{told.references[-1]}>\nReferences: {named}\n"
    return f"{fields}MIME-Version: 1.0\n".encode() + body


def _encoded(words: str, told: Told) -> str:
    return words if words.isascii() else Header(words, told.charset).encode(linesep="\n")


def _page(text: str) -> str:
    lines = "".join(f'<p class="Normal1">{line}</p>\n' for line in text.split("\n") if line)
    head = f"<html><head>\n<style>\n{STYLE}</style>\n</head>\n"
    return f"{head}<body><div>\n{lines}</div></body></html>\n"


def _text_part(subtype: str, text: str, told: Told) -> bytes:
    data = text.encode(told.charset, "replace")
    encoded = {"base64": base64.encodebytes, "quoted-printable": encodestring}
    body = encoded.get(told.transfer, bytes)(data)
    head = (
        f"Content-Type: text/{subtype}; charset={told.charset}\n"
        f"Content-Transfer-Encoding: {told.transfer}\n\n"
    )
    return head.encode() + body


def _file_part(name: str, content_type: str, data: bytes) -> bytes:
    shown = name if name.isascii() else Header(name, "utf-8").encode()
    head = (
        f'Content-Type: {content_type}; name="{shown}"\nContent-Transfer-Encoding: base64\n'
        f'Content-Disposition: attachment; filename="{shown}"\n\n'
    )
    return head.encode() + base64.encodebytes(data)


def _multipart(subtype: str, parts: Sequence[bytes], seed: str) -> bytes:
    border = f"=_{subtype}_{seed[:12]}"
    head = f'Content-Type: multipart/{subtype}; boundary="{border}"\n\n'.encode()
    between = f"--{border}\n".encode()
    return (
        head + b"".join(between + part + b"\n" for part in parts) + f"--{border}--\n".encode()
    )


def write(folder: Path, *, mails: int, seed: int) -> dict[str, object]:
    """Write a mailbox into `folder`/new and say what it holds; one that is there is kept."""
    facts = folder / "kinds.json"
    if facts.exists():
        return dict(json.loads(facts.read_text()))
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "new").mkdir(parents=True)
    customers, kinds, sizes = Customers(mails, seed), Counter[str](), list[int]()
    for number in range(1, mails + 1):
        kind, raw = customers.next()
        wire_bytes = len(raw) + raw.count(b"\n")
        name = f"{1_700_000_000 + number}.M{number}.bench,S={len(raw)},W={wire_bytes}"
        (folder / "new" / name).write_bytes(raw)
        kinds[kind] += 1
        sizes.append(len(raw))
    sizes.sort()
    found: dict[str, object] = {
        "mails": mails,
        "seed": seed,
        "kinds": dict(kinds),
        "bytes": sum(sizes),
        "mean_bytes": sum(sizes) // mails,
        "median_bytes": sizes[mails // 2],
        "p99_bytes": sizes[mails * 99 // 100],
        "largest_bytes": sizes[-1],
    }
    facts.write_text(json.dumps(found, indent=1))
    return found


def main() -> None:
    """Write a mailbox from the command line."""
    words = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    words.add_argument("folder", type=Path)
    words.add_argument("--mails", type=int, default=2000)
    words.add_argument("--seed", type=int, default=1)
    told = words.parse_args()
    print(json.dumps(write(told.folder, mails=told.mails, seed=told.seed)))


if __name__ == "__main__":
    main()
