"""Senders whose mail is screened out: block, let in again, list."""

import re

from worker.actions.events import NEEDED, tell
from worker.actions.refusals import NotFound, Refused
from worker.context import Desk
from worker.store.operators import blocking
from worker.store.operators.shown import Shown

_DOMAIN = re.compile(r"[^\s@<>,;\"()]{1,253}\.[^\s@<>,;\"().]{2,63}")
_LOCAL_PART = re.compile(r"[^\s@<>,;()]{1,64}")


def list_blocked(desk: Desk) -> list[Shown]:
    """List who is blocked."""
    with desk.database.read() as tx:
        return blocking.listed(tx)


def block_sender(desk: Desk, sender: str, *, actor: str, reason: str) -> Shown:
    """Screen out an address, or all of a domain, from now on."""
    pattern = _pattern(sender)
    desk.ids.ensure(NEEDED)
    with desk.database.write() as tx:
        now = desk.now()
        if not blocking.block(tx, pattern, by=actor, note=reason or None, now=now):
            raise Refused(f"{pattern} is blocked already.")
        evidence: dict[str, object] = {"address": pattern}
        tell(desk, tx, "sender.blocked", actor=actor, reason=reason, evidence=evidence)
    return {
        "address": pattern,
        "blocked_at": now,
        "blocked_by": actor,
        "reason": reason or None,
    }


def unblock_sender(desk: Desk, sender: str, *, actor: str) -> Shown:
    """Let an address or a domain in again; what was screened out stays so."""
    pattern = _pattern(sender)
    desk.ids.ensure(NEEDED)
    with desk.database.write() as tx:
        before = next((row for row in blocking.listed(tx) if row["address"] == pattern), None)
        if before is None or not blocking.unblock(tx, pattern):
            raise NotFound(f"{pattern} is not blocked.")
        evidence: dict[str, object] = {"address": pattern}
        tell(desk, tx, "sender.unblocked", actor=actor, evidence=evidence)
    return before


def _pattern(written: str) -> str:
    """Read an address or a domain, such as mallory@example.com, example.com or @example.com."""
    pattern = written.strip().lower()
    local, mark, domain = pattern.rpartition("@")
    is_whole = not local or _LOCAL_PART.fullmatch(local)
    if not is_whole or not _DOMAIN.fullmatch(domain):
        raise Refused(f"{written} is neither an address nor a domain.")
    return pattern if local and mark else domain
