"""How the desk is: what waits too long, what was given up, which mailbox fails."""

from datetime import datetime, timedelta

from worker.context import Desk
from worker.store.operators import health
from worker.store.operators.health import MailboxState, Waiting
from worker.store.operators.shown import Shown

MAIL_PATIENCE = timedelta(minutes=10)
ANSWER_PATIENCE = timedelta(hours=1)
POLL_PATIENCE = timedelta(minutes=15)
"""On top of a mailbox's own schedule."""
LOOKS_BACK = timedelta(days=7)


def doctor(desk: Desk) -> list[Shown]:
    """Look at the desk's work; each row says `check`, `ok`, `found` and `advice`."""
    now = desk.now()
    with desk.database.read() as tx:
        mails, owed, dead = health.unprocessed(tx), health.unsent(tx), health.dead(tx)
        failed = health.failed_answers(tx, since=now - LOOKS_BACK)
        states = health.mailbox_states(tx)
    rows = [
        _waiting("mails", mails, "processed", now=now, patience=MAIL_PATIENCE),
        _waiting("answers", owed, "sent", now=now, patience=ANSWER_PATIENCE),
        _row(
            "failed answers",
            ok=not failed,
            found=f"{failed} given up in the last {LOOKS_BACK.days} days" if failed else "none",
            advice="postclerk outbox list --state failed",
        ),
        _row(
            "dead letters",
            ok=not dead.count,
            found=f"{dead.count}, the oldest since {_ago(dead.oldest, now)}"
            if dead.count
            else "none",
            advice="postclerk dead list",
        ),
    ]
    for mailbox in desk.config.mailboxes:
        patience = POLL_PATIENCE + 3 * mailbox.schedule.every
        if mailbox.schedule.cron:
            patience += timedelta(days=1)
        rows.append(_mailbox(mailbox.name, states.get(mailbox.name), now, patience))
    return rows


def _waiting(
    name: str, found: Waiting, done: str, *, now: datetime, patience: timedelta
) -> Shown:
    if found.oldest is None:
        return _row(name, ok=True, found=f"none waits to be {done}", advice="")
    return _row(
        name,
        ok=now - found.oldest <= patience,
        found=f"{found.count} wait to be {done}, the oldest since {_ago(found.oldest, now)}",
        advice="see whether the worker runs, and what it logs",
    )


def _mailbox(
    name: str, state: MailboxState | None, now: datetime, patience: timedelta
) -> Shown:
    check = f"mailbox {name}"
    if state is None:
        return _row(check, ok=False, found="never polled", advice="start the worker")
    if state.failing_since is not None:
        since = _ago(state.failing_since, now)
        found = f"fails since {since}: {state.error}"
        return _row(check, ok=False, found=found, advice="postclerk check")
    if state.polled_at is None:
        return _row(check, ok=False, found="no poll has ended well", advice="postclerk check")
    found = f"last good poll {_ago(state.polled_at, now)} ago"
    if state.gaps:
        found += f", {state.gaps} mails that the server would not hand over"
    is_late = now - state.polled_at > patience
    return _row(check, ok=not is_late, found=found, advice="see whether the worker runs")


def _ago(moment: datetime | None, now: datetime) -> str:
    """Say how long it is, in the largest unit that fits."""
    seconds = max(0, int((now - (moment or now)).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _row(check: str, *, ok: bool, found: str, advice: str) -> Shown:
    return {"check": check, "ok": ok, "found": found, "advice": "" if ok else advice}
