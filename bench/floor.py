"""The floor: the least that takes in mail, keeps it and answers it. `python -m bench.floor`.

Fetches in batches with imapclient, parses with the standard library (compat32), inserts mail,
attachments and raw bytes into SQLite, commits a batch durably, answers each new matter over one
SMTP connection, sets the flags. It knows no threads but In-Reply-To, no repeats, no urgency, no
secrets, no templates, no retry; it is a lower bound, not a competitor.
"""

import argparse
import hashlib
import smtplib
import sqlite3
from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from imapclient import IMAPClient

BATCH = 100
DESK = "support@desk.example"
TABLES = """
create table messages (id integer primary key, uid int, message_id text unique, parent text,
  author text, subject text, date text, is_automatic int, text text, html text, raw blob);
create table tickets (id integer primary key, message int, status text, requester text);
create table attachments (id integer primary key, message int, name text, content_type text,
  size int, sha256 text);
"""
Parsed = tuple[list[str | None], bool, str, str, list[tuple[str | None, str, int, str]]]


def parse(raw: bytes) -> Parsed:
    """Read fields, texts and attachments."""
    mail = message_from_bytes(raw)
    fields = [
        _decoded(mail[name])
        for name in ("Message-ID", "In-Reply-To", "References", "From", "Subject", "Date")
    ]
    automatic = (mail["Auto-Submitted"] or "no").lower() != "no" or "List-Id" in mail
    texts = {"text/plain": "", "text/html": ""}
    files = []
    for part in mail.walk():
        if part.is_multipart():
            continue
        data = part.get_payload(decode=True)
        content, kind, name = data if isinstance(data, bytes) else b"", *_kind(part)
        if name is None and kind in texts:
            texts[kind] += _text(content, part.get_content_charset() or "ascii")
        else:
            files.append((name, kind, len(content), hashlib.sha256(content).hexdigest()))
    return fields, automatic, texts["text/plain"], texts["text/html"], files


def _kind(part: "Message[str, str]") -> tuple[str, str | None]:
    return part.get_content_type(), part.get_filename()


def _decoded(value: object) -> str | None:
    if value is None:
        return None
    text = str(value)
    return str(make_header(decode_header(text))) if "=?" in text else text


def _text(content: bytes, charset: str) -> str:
    try:
        return content.decode(charset, "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def keep(database: sqlite3.Connection, uid: int, raw: bytes) -> tuple[str, str, str] | None:
    """Insert one mail; returns author, subject and Message-ID when it is a new matter."""
    fields, automatic, text, html, files = parse(raw)
    message_id, parent, references, author, subject, date = fields
    known = database.execute("select 1 from messages where message_id = ?", (message_id,))
    if known.fetchone():
        return None
    row = (uid, message_id, parent, author, subject, date, automatic, text, html, raw)
    columns = "uid, message_id, parent, author, subject, date, is_automatic, text, html, raw"
    marks = ",".join("?" * len(row))
    done = database.execute(f"insert into messages ({columns}) values ({marks})", row)
    if files:
        insert = "insert into attachments (message, name, content_type, size, sha256)"
        rows = [(done.lastrowid, *file) for file in files]
        database.executemany(f"{insert} values (?, ?, ?, ?, ?)", rows)
    if automatic or parent or references:
        return None
    insert = "insert into tickets (message, status, requester) values (?, 'open', ?)"
    database.execute(insert, (done.lastrowid, author))
    return author or "", subject or "", message_id or ""


def answer(server: smtplib.SMTP, author: str, subject: str, message_id: str) -> None:
    to = parseaddr(author)[1] or "nobody@desk.example"
    words = "Re: " + subject.encode("ascii", "replace").decode().replace("\n", " ")
    server.sendmail(
        DESK,
        [to],
        f"From: {DESK}\r\nTo: {to}\r\nSubject: {words}\r\nIn-Reply-To: {message_id}\r\n"
        "Auto-Submitted: auto-replied\r\n\r\nThank you, your mail has come in.\r\n",
    )


def batches(client: Any) -> Iterator[dict[int, bytes]]:
    client.select_folder("INBOX")
    uids = client.search("UNSEEN")
    for start in range(0, len(uids), BATCH):
        found = client.fetch(uids[start : start + BATCH], ["BODY.PEEK[]"])
        yield {uid: found[uid][b"BODY[]"] for uid in sorted(found)}


def main() -> None:
    words = argparse.ArgumentParser(description="The floor.")
    for name in ("--imap-port", "--smtp-port"):
        words.add_argument(name, type=int, required=True)
    for name in ("--user", "--password", "--database"):
        words.add_argument(name, required=True)
    told = words.parse_args()
    Path(told.database).unlink(missing_ok=True)
    database = sqlite3.connect(told.database, isolation_level=None)
    database.execute("pragma journal_mode=wal")
    database.execute("pragma synchronous=full")
    database.executescript(TABLES)
    client = IMAPClient("127.0.0.1", port=told.imap_port, ssl=False)
    client.login(told.user, told.password)
    with smtplib.SMTP("127.0.0.1", told.smtp_port) as server:
        for batch in batches(client):
            database.execute("begin immediate")
            new = [keep(database, uid, raw) for uid, raw in batch.items()]
            database.execute("commit")
            for matter in new:
                if matter is not None:
                    answer(server, *matter)
            client.add_flags(list(batch), [b"\\Seen"], silent=True)
    client.logout()


if __name__ == "__main__":
    main()
