"""Dead letters: list, show, retry, discard, save."""

from collections.abc import Sequence

from worker.actions.events import NEEDED, tell
from worker.actions.heads import read_head
from worker.actions.mail import note_unsealing, raw_of
from worker.actions.refusals import NotFound, Refused, whole_number
from worker.context import Desk
from worker.domain.screening import InboundState
from worker.store.operators import dead, mail
from worker.store.operators.shown import Shown


def list_dead(desk: Desk, *, mailbox: str | None, limit: int) -> list[Shown]:
    """List the dead letters that nobody has given up, the latest first."""
    with desk.database.read() as tx:
        found = dead.listed(tx, mailbox=mailbox, limit=limit)
    return [_with_head(desk, letter) for letter in found]


def show_dead(desk: Desk, letter_id: str) -> Shown:
    """Show one dead letter; `detail` is for operators only."""
    return _with_head(desk, _find(desk, letter_id))


def _find(desk: Desk, letter_id: str) -> Shown:
    with desk.database.read() as tx:
        letter = dead.by_id(tx, whole_number(letter_id, "dead letter"))
    if letter is None:
        raise NotFound(f"There is no dead letter {letter_id}.")
    return letter


def _with_head(desk: Desk, letter: Shown) -> Shown:
    head = read_head(desk, letter.pop("blob_key"))
    letter |= {"from": head.sender, "subject": head.subject}
    if "message_id" in letter:
        letter["message_id"] = letter["message_id"] or head.message_id
    return letter


def retry_dead(desk: Desk, ids: Sequence[str] | None, *, actor: str) -> list[Shown]:
    """Put dead letters in line again; None: all that are not given up.

    Their attempts begin anew. Returns them as they were.
    """
    if ids is None:
        with desk.database.read() as tx:
            wanted = [str(letter_id) for letter_id in dead.retryable(tx)]
    else:
        wanted = list(dict.fromkeys(ids))
        for letter_id in wanted:  # none is touched when one of them is not there
            _find(desk, letter_id)
    return [_retry(desk, letter_id, actor=actor) for letter_id in wanted]


def _retry(desk: Desk, letter_id: str, *, actor: str) -> Shown:
    desk.ids.ensure(NEEDED)
    with desk.database.write() as tx:
        letter = dead.by_id(tx, whole_number(letter_id, "dead letter"))
        if letter is None:
            raise NotFound(f"There is no dead letter {letter_id}.")
        inbound_id = int(str(letter["inbound_id"]))
        if not mail.put_in_line(
            tx,
            inbound_id,
            state=InboundState.DEAD,
            is_forced=False,
            is_suspect=bool(letter["crashes"]),
        ):
            raise Refused(
                f"Dead letter {letter_id} has no raw bytes: the server never handed it over."
            )
        mail.forget_letter(tx, inbound_id)
        tell(
            desk,
            tx,
            "dead.retried",
            actor=actor,
            inbound_id=inbound_id,
            evidence={"dead_letter": letter_id, "reason": letter["reason"]},
        )
    return _with_head(desk, letter)


def discard_dead(desk: Desk, letter_id: str, *, actor: str, reason: str) -> Shown:
    """Give a dead letter up; it and its raw mail stay, but nobody is asked about it again."""
    desk.ids.ensure(NEEDED)
    with desk.database.write() as tx:
        number = whole_number(letter_id, "dead letter")
        letter = dead.by_id(tx, number)
        if letter is None:
            raise NotFound(f"There is no dead letter {letter_id}.")
        if not dead.discard(tx, number, note=reason, now=desk.now()):
            raise Refused(f"Dead letter {letter_id} is given up already.")
        tell(
            desk,
            tx,
            "dead.discarded",
            actor=actor,
            reason=reason,
            inbound_id=int(str(letter["inbound_id"])),
            evidence={"dead_letter": letter_id, "reason": letter["reason"]},
        )
        after = dead.by_id(tx, number) or letter
    return _with_head(desk, after)


def raw_dead(desk: Desk, letter_id: str, *, actor: str) -> bytes:
    """Return the raw mail of a dead letter, secrets included; an event keeps who saw it."""
    letter = _find(desk, letter_id)
    raw = raw_of(desk, letter["blob_key"], f"dead letter {letter_id}")
    inbound_id = int(str(letter["inbound_id"]))
    note_unsealing(desk, inbound_id, actor=actor, reason="", shown="raw")
    return raw
