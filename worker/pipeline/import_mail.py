"""Takes mails from files into the real desk, silently unless told to answer."""

from collections.abc import Iterator, Sequence

from worker.adapters.children import Children
from worker.adapters.mail_files import MailFile
from worker.context import Desk
from worker.domain.answers import Answer, Silence
from worker.pipeline import process
from worker.pipeline.process import Outcome
from worker.pipeline.read import Reading
from worker.pipeline.take_in import take_in

AT_ONCE = 100


def import_mails(
    desk: Desk,
    children: Children[Reading],
    mails: Sequence[MailFile],
    *,
    mailbox: str,
    answer: bool,
) -> Iterator[dict[str, object]]:
    """Take mails in and process them; one row each, in the order given.

    answer: let the gate decide about answers; they wait in the outbox for the worker.
    """
    for start in range(0, len(mails), AT_ONCE):
        part = mails[start : start + AT_ONCE]
        ids = take_in(
            desk,
            mailbox,
            [mail.raw for mail in part],
            arrived_at=desk.now(),
            is_old=not answer,
        )
        done: dict[int, Outcome] = {}
        while batch := process.claim(desk, children, suspects=False):
            done |= {outcome.inbound_id: outcome for outcome in process.settle(desk, batch)}
        for row_id, mail in zip(ids, part, strict=True):
            yield {**mail.label, "inbound": row_id, **_told(done.get(row_id))}


def _told(outcome: Outcome | None) -> dict[str, object]:
    if outcome is None:
        return {"outcome": "received", "reason": "tried again later", "ticket": None}
    verdict = outcome.verdict
    return {
        "outcome": outcome.outcome or outcome.state.value,
        "reason": outcome.reason,
        "ticket": outcome.number,
        "answer": verdict.kind.value if isinstance(verdict, Answer) else None,
        "silence": verdict.reason if isinstance(verdict, Silence) else None,
    }
