"""Plays mails through the whole pipeline on a throw-away desk and tells every decision.

Nothing is sent. The clock is each mail's own date; rules about first runs and age are off.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from worker.adapters.children import Children, Unreadable
from worker.adapters.mail_files import MailFile
from worker.context import Desk
from worker.domain.answers import Answer, Silence
from worker.domain.delivery import AnswerState
from worker.domain.facts import Facts
from worker.domain.screening import InboundState
from worker.errors import Permanent
from worker.pipeline import process
from worker.pipeline.deliver import Renderer
from worker.pipeline.process import Outcome
from worker.pipeline.read import Reading
from worker.pipeline.take_in import take_in
from worker.store import inbound, outbox

Row = dict[str, object]


def play(
    desk: Desk,
    children: Children[Reading],
    renderer: Renderer,
    mails: Sequence[MailFile],
    *,
    set_clock: Callable[[datetime], None],
) -> Iterator[Row]:
    """Play mails in order of date; one row each (DESIGN section 9, `simulate`)."""
    readings = children.begin([mail.raw for mail in mails])()
    order = sorted(range(len(mails)), key=lambda place: _date(mails[place], readings[place]))
    names: dict[int, str] = {}
    for place in order:
        mail, reading = mails[place], readings[place]
        set_clock(_date(mail, reading))
        row_id = take_in(
            desk,
            desk.config.mailboxes[0].name,
            [mail.raw],
            arrived_at=desk.now(),
            is_old=False,
        )[0]
        names[row_id] = mail.name
        outcome = _settle(desk, reading)
        yield {**mail.label, **_told(desk, renderer, reading, outcome, names)}


def _date(mail: MailFile, reading: Reading | Unreadable) -> datetime:
    if mail.sent is not None:
        return mail.sent
    written = None if isinstance(reading, Unreadable) else reading.message.date
    return written or datetime.fromisoformat("2026-01-01T00:00:00+00:00")


def _settle(desk: Desk, reading: Reading | Unreadable) -> Outcome:
    with desk.database.write() as tx:
        rows = inbound.claim(
            tx, worker=desk.worker, now=desk.now(), limit=1, max_bytes=2**40, suspects=False
        )
    if isinstance(reading, Unreadable):
        return Outcome(
            inbound_id=rows[0].id, state=InboundState.DEAD, reason=f"{reading.reason}"
        )
    return process.settle(desk, process.Batch(rows, lambda: [reading]))[0]


def _told(
    desk: Desk,
    renderer: Renderer,
    reading: Reading | Unreadable,
    outcome: Outcome,
    names: dict[int, str],
) -> Row:
    row: Row = {
        # A mail that the desk wrote itself follows up its ticket, as an outgoing one.
        "outcome": outcome.outcome
        or ("followed_up" if outcome.state is InboundState.RECORDED else outcome.state.value),
        "reason": outcome.reason,
        "ticket": outcome.number,
        "evidence": list(outcome.evidence),
        "duplicate_of": names.get(outcome.duplicate_of or 0),
        "possible_duplicate_of": names.get(outcome.possible_duplicate_of or 0),
        "score": outcome.score,
        "answer": _answer(desk, renderer, outcome),
        "silence": outcome.verdict.reason if isinstance(outcome.verdict, Silence) else None,
    }
    if not isinstance(reading, Unreadable):
        judged = outcome.judgement or reading.judgement
        row |= {
            "kind": reading.message.kind.value,
            "urgency": judged.urgency.value,
            "category": judged.category,
            "language": judged.language,
            "secrets": list(reading.secret_kinds),
            "missing": list(judged.missing),
        }
    return row


def _answer(desk: Desk, renderer: Renderer, outcome: Outcome) -> Row | None:
    """Render the answer that would go out, and settle it as if it had gone."""
    if not isinstance(outcome.verdict, Answer):
        return None
    with desk.database.write() as tx:
        due = outbox.claim(tx, worker=desk.worker, now=desk.now(), limit=1)[0]
        outbox.settle(
            tx,
            due.id,
            worker=desk.worker,
            state=AnswerState.SENT,
            reason="simulated",
            attempts=0,
            now=desk.now(),
        )
    shown: Row = {
        "template": due.kind,
        "blocks": list(outcome.verdict.blocks),
        "language": due.language,
        "to": due.recipient,
        "is_neutral": outcome.verdict.is_neutral,
        "message_id": due.message_id,
    }
    try:
        rendered = renderer.render(Facts.from_dict(due.facts), language=due.language)
    except (Permanent, ValueError) as error:
        return {**shown, "subject": None, "text": None, "error": str(error)}
    return {
        **shown,
        "language": rendered.language,
        "subject": rendered.subject,
        "text": rendered.text,
    }
