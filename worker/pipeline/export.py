"""Moves everything out: one snapshot of the desk as the rows that docs/json.md promises.

Only the names and the forms of values are decided here: ids are strings, times RFC 3339 UTC,
digests hex, Message-IDs bare, what is absent is None. Nothing is kept in memory.
"""

import hashlib
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial

from worker.context import Desk
from worker.errors import PostclerkError
from worker.store import snapshot
from worker.store.schema import REVISION

FAULTS_TOLD = 50
_SAME = {
    "ticket": (
        *("number", "subject", "status", "urgency", "category", "language", "requester"),
        *("mailbox", "team", "opened_at", "updated_at", "closed_at"),
    ),
    "inbound": ("mailbox", "folder", "uidvalidity", "uid", "sha256", "message_id", "state"),
    "message": ("direction", "sha256", "message_id", "subject", "text", "kind", "language"),
    "answer": (
        *("kind", "language", "message_id", "recipient", "state", "reason", "attempts"),
        *("queued_at", "sent_at"),
    ),
}
_MAY_BE_EMPTY = frozenset({"subject", "text", "reason"})


def rows(desk: Desk, *, verify: bool) -> Iterator[dict[str, object]]:
    """Yield the whole desk, each row with its `type`; the `check` row comes last.

    verify: read every raw mail, add `raw_sha256` and check the database in full; what is
    missing or damaged is told in the check row and ends nothing.
    """
    told = _Faults()

    def checked(name: str, row: dict[str, object]) -> str | None:
        return _raw_sha256(desk, row, told, f"{name} {row['id']}") if verify else None

    def ledger_row(row: dict[str, object]) -> dict[str, object]:
        if row["state"] != "recorded":  # those are read for their messages
            checked("inbound", row)
        return _inbound(row)

    def message_row(row: dict[str, object]) -> dict[str, object]:
        raw = checked("message", row)
        return _message(row) | ({"raw_sha256": raw} if verify else {})

    with desk.database.read() as tx:
        tables = (
            (snapshot.ticket_rows, _ticket),
            (snapshot.participant_rows, _participant),
            (snapshot.inbound_rows, ledger_row),
            (partial(snapshot.message_rows, with_sources=verify), message_row),
            (snapshot.attachment_rows, _attachment),
            (snapshot.answer_rows, _answer),
            (snapshot.dead_letter_rows, _dead_letter),
            (snapshot.event_rows, _event),
            (snapshot.blocked_sender_rows, _blocked_sender),
        )
        for read, told_as in tables:
            with closing(read(tx)) as found:
                yield from map(told_as, found)
        for fault in snapshot.faults(tx, is_thorough=verify):
            told.add(fault)
        yield {
            "type": "check",
            "integrity": told.sentence,
            **_setup(desk, snapshot.settings(tx)),
        }


class _Faults:
    """What is wrong, the first of it in words and the rest as a number."""

    def __init__(self) -> None:
        self._told: list[str] = []
        self._count = 0

    def add(self, fault: str) -> None:
        self._count += 1
        if self._count <= FAULTS_TOLD:
            self._told.append(fault)

    @property
    def sentence(self) -> str:
        """ "ok", or the faults."""
        more = self._count - len(self._told)
        return "; ".join([*self._told, *([f"and {more} more"] if more else [])]) or "ok"


def _raw_sha256(desk: Desk, row: dict[str, object], told: _Faults, name: str) -> str | None:
    """Read what is stored for a row and return its digest; None when nothing can be read."""
    composed, key = row.get("composed"), row.get("blob_key")
    if isinstance(composed, bytes):
        raw = composed
    elif isinstance(key, str):
        try:
            raw = desk.blobs.get(key)
        except PostclerkError as error:
            told.add(f"{name}: {error}")
            return None
    else:
        return None
    digest = hashlib.sha256(raw)
    if row["sha256"] is not None and digest.digest() != row["sha256"]:
        told.add(f"{name}: the stored bytes are not those that came")
    return digest.hexdigest()


def _ticket(row: dict[str, object]) -> dict[str, object]:
    claims = str(row["claims"]).split(",") if row["claims"] else []
    links = ("merged_into", "duplicate_of", "possible_duplicate_of", "incident_id")
    return {
        **_named("ticket", row),
        **{name: _id(row[name]) for name in links},
        "claims": claims,
    }


def _participant(row: dict[str, object]) -> dict[str, object]:
    return {
        "type": "participant",
        "ticket_id": _id(row["ticket_id"]),
        "address": row["addr_spec"],
        "added_by": row["added_by"],
    }


def _inbound(row: dict[str, object]) -> dict[str, object]:
    return {
        **_named("inbound", row),
        "size": row["size_bytes"],
        "reason": row["reason"],
        "ticket_id": _id(row["ticket_id"]),
        "copy_of": _id(row["copy_of"]),
        "received_at": _value(row["received_at"]),
    }


def _message(row: dict[str, object]) -> dict[str, object]:
    return {
        **_named("message", row),
        "ticket_id": _id(row["ticket_id"]),
        "inbound_id": _id(row["inbound_id"]),
        "from": row["sender"] or None,
        "date": _value(row["sent_at"]),
        "unverified": row["is_unverified"],
    }


def _attachment(row: dict[str, object]) -> dict[str, object]:
    return {
        "type": "attachment",
        "id": _id(row["id"]),
        "message": _id(row["message_id"]),
        "filename": row["filename"],
        "content_type": row["content_type"],
        "size": row["size_bytes"],
        "sha256": _value(row["sha256"]),
        "inline": row["is_inline"],
        "content_id": row["content_id"],
        "decoration": row["is_decoration"],
    }


def _answer(row: dict[str, object]) -> dict[str, object]:
    return {
        **_named("answer", row),
        "ticket_id": _id(row["ticket_id"]),
        "cause": _id(row["cause"]),
    }


def _dead_letter(row: dict[str, object]) -> dict[str, object]:
    return {
        "type": "dead_letter",
        "id": _id(row["id"]),
        "inbound_id": _id(row["inbound_id"]),
        "sha256": _value(row["sha256"]),
        "reason": row["reason"],
        "attempts": row["attempts"],
        "died_at": _value(row["buried_at"]),
        "discarded_at": _value(row["discarded_at"]),
    }


def _event(row: dict[str, object]) -> dict[str, object]:
    return {
        "type": "event",
        "id": _id(row["id"]),
        "ticket_id": _id(row["ticket_id"]),
        "inbound_id": _id(row["inbound_id"]),
        "at": _value(row["at"]),
        "kind": row["kind"],
        "actor": row["actor"],
        "reason": row["reason"],
        "evidence": row["evidence"],
    }


def _blocked_sender(row: dict[str, object]) -> dict[str, object]:
    return {
        "type": "blocked_sender",
        "address": row["pattern"],
        "blocked_at": _value(row["blocked_at"]),
        "blocked_by": _value(row["blocked_by"]),
        "reason": row["note"],
    }


def _setup(desk: Desk, settings: dict[str, object]) -> dict[str, object]:
    kind = "sqlite" if desk.database.is_sqlite else "postgresql"
    return {"database": kind, "schema": REVISION, **settings}


def _named(kind: str, row: dict[str, object]) -> dict[str, object]:
    """Take over the fields that have the same name outside."""
    same = {name: _value(row[name], keep_empty=name in _MAY_BE_EMPTY) for name in _SAME[kind]}
    return {"type": kind, "id": _id(row["id"]), **same}


def _id(value: object) -> str | None:
    return None if value is None else str(value)


def _value(value: object, *, keep_empty: bool = False) -> object:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case bytes():
            return value.hex()
        case "" if not keep_empty:
            return None
        case _:
            return value
