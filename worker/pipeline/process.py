"""The life of a mail between the ledger and the outbox, in order.

    claim -> read (child process) -> weigh -> screen -> thread -> repeat? -> record -> answer?
          -> settle

One transaction a batch; no network, no rendering inside it. When a batch fails, its mails are
processed one by one, each in a transaction of its own, so that one mail never holds up another.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from worker import log
from worker.adapters.children import Children, Unreadable, without_words
from worker.context import Desk
from worker.domain import message_ids
from worker.domain.answers import Answer, Silence
from worker.domain.delivery import backoff
from worker.domain.duplicates import Verdict
from worker.domain.judgement import Judgement
from worker.domain.message import Kind
from worker.domain.screening import InboundState, Ours, Request, ScreenedOut, screen
from worker.errors import Permanent, Temporary
from worker.pipeline.answer import answer
from worker.pipeline.flood import SILENCE, held_together, is_flood
from worker.pipeline.incidents import horizon, watch
from worker.pipeline.own_addresses import is_own
from worker.pipeline.pictures import without_logos
from worker.pipeline.read import Reading
from worker.pipeline.record import Recorded, record, record_ours, target
from worker.pipeline.thread import Place, find_place, numbers_in
from worker.pipeline.weigh import counted, weighed
from worker.pipeline.working_set import WorkingSet, gather
from worker.store import inbound, incidents
from worker.store.events import NewEvent
from worker.store.events import add as add_events
from worker.store.inbound import Claimed, Earlier, Settlement
from worker.store.incidents import NewSignal
from worker.store.session import Conflict

MAX_CRASHES = 6
"""A suspect is buried after five crashes alone; the first one had company."""
RETRY_FIRST = timedelta(seconds=10)
RETRY_LONGEST = timedelta(minutes=10)
BATCH_MAILS = 100
BATCH_BYTES = 8 * 2**20
OVER_BOUNDS = ("timeout", "out_of_memory")
MAX_HEAD_BYTES = 256 * 1024
IDS_A_MAIL = 40
"""For ticket, message, answer and events, amply; its attachments come on top."""

Pair = tuple[Claimed, Reading]


@dataclass(frozen=True, slots=True)
class Batch:
    """Claimed rows and the readings that are under way."""

    rows: tuple[Claimed, ...]
    finish: Callable[[], list[Reading | Unreadable]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one mail."""

    inbound_id: int
    state: InboundState
    reason: str | None
    number: str | None = None
    outcome: str | None = None
    """opened, followed_up, merged or linked."""
    verdict: Answer | Silence | None = None
    evidence: tuple[str, ...] = ()
    score: float | None = None
    duplicate_of: int | None = None
    """Ledger row of the mail that surely told the same before."""
    possible_duplicate_of: int | None = None
    """Ledger row of the mail that perhaps did."""
    judgement: Judgement | None = None
    """With what circumstances added; None for a mail that was not read."""


def claim(desk: Desk, children: Children[Reading], *, suspects: bool) -> Batch | None:
    """Take the next rows and start reading them; None when nothing waits.

    suspects: one row that was in flight when a worker died, alone.
    """
    while True:
        with desk.database.write() as tx:
            rows = inbound.claim(
                tx,
                worker=desk.worker,
                now=desk.now(),
                limit=BATCH_MAILS,
                max_bytes=BATCH_BYTES,
                suspects=suspects,
            )
        if not rows:
            return None
        if not (suspects and _is_hopeless(desk, rows[0])):
            break  # else it is buried now, and the next one gets its turn
    raws: list[bytes] = []
    lost: dict[int, Unreadable] = {}
    for place, row in enumerate(rows):
        try:
            raws.append(desk.blobs.get(row.blob_key))
        except (Permanent, Temporary) as error:
            is_gone = isinstance(error, Permanent)
            lost[place] = Unreadable("blob_missing" if is_gone else "blob_away", str(error))
            raws.append(b"")
    if len(lost) == len(rows) and all(one.reason == "blob_away" for one in lost.values()):
        raise Temporary(lost[0].detail)  # the store as a whole is away: no mail's fault
    finish = children.begin(raws)

    def results() -> list[Reading | Unreadable]:
        found = [lost.get(place, result) for place, result in enumerate(finish())]
        for place, result in enumerate(found):
            if isinstance(result, Unreadable) and result.reason in OVER_BOUNDS:
                found[place] = _read_head(children, rows[place], raws[place], result)
        return found

    return Batch(rows, results)


def _read_head(
    children: Children[Reading], row: Claimed, raw: bytes, failure: Unreadable
) -> Reading | Unreadable:
    """Read only the header section of a mail whose body is over a bound: still a ticket."""
    end = re.search(rb"\r?\n\r?\n", raw[:MAX_HEAD_BYTES])
    head = raw[: end.end() if end else MAX_HEAD_BYTES]
    result = children.begin([head])()[0]
    if isinstance(result, Unreadable):
        return failure
    note = f"[The text of this mail could not be read: {failure.detail} The raw mail is kept.]"
    message = replace(
        result.message,
        # Of the whole mail: another body under the same header section is another mail.
        content_digest=row.sha256.hex(),
        body_text=note,
        reply_text=note,
        attachments=(),
        defects=(*result.message.defects, failure.detail),
    )
    return replace(result, message=message)


def settle(desk: Desk, batch: Batch) -> list[Outcome]:
    """Decide a batch and write what it means."""
    results = batch.finish()
    pairs = []
    outcomes = []
    for row, result in zip(batch.rows, results, strict=True):
        if isinstance(result, Unreadable):
            outcomes += _failed(desk, row, result)
        else:
            pairs.append((row, result))
    readings = weighed(desk, [reading for _, reading in pairs])
    rows = [row for row, _ in pairs]
    return outcomes + _write(desk, tuple(zip(rows, readings, strict=True)))


def _write(desk: Desk, pairs: Sequence[Pair]) -> list[Outcome]:
    """Write a batch at once; when that fails, mail by mail."""
    if not pairs:
        return []
    desk.ids.ensure(sum(IDS_A_MAIL + len(read.message.attachments) for _, read in pairs))
    try:
        outcomes, signals = _decide_and_write(desk, pairs)
    except Exception as error:  # one mail's fault must not become another's
        if len(pairs) > 1:
            return [outcome for pair in pairs for outcome in _write(desk, (pair,))]
        if isinstance(error, Temporary) and not isinstance(error, Conflict):
            raise  # the database's fault: the loop gives the rows back when it is there again
        detail = without_words(error)
        return _failed(desk, pairs[0][0], Unreadable("undecidable", detail))
    for outcome in outcomes:
        _tell(outcome)
    watch(desk, signals)
    return outcomes


def _decide_and_write(
    desk: Desk, pairs: Sequence[Pair]
) -> tuple[list[Outcome], list[NewSignal]]:
    with desk.database.write() as tx:
        held = inbound.held(tx, [row.id for row, _ in pairs], worker=desk.worker)
        mine = [pair for pair in pairs if pair[0].id in held]
        numbers = {number for _, reading in mine for number in numbers_in(reading)}
        known = gather(tx, desk, mine, numbers=numbers)
        outcomes = [decide(desk, known, row, reading) for row, reading in mine]
        known.writes.flush(tx)
        if known.writes.signals:
            incidents.forget_signals(tx, before=known.now - horizon(desk))
    return outcomes, known.writes.signals


def decide(desk: Desk, known: WorkingSet, row: Claimed, reading: Reading) -> Outcome:
    """Decide one mail; what it means is added to `known.writes`."""
    message = reading.message
    earlier = _copy_of(known, row, reading)
    if earlier is not None:
        return _settled(
            desk,
            known,
            row,
            reading,
            state=InboundState.COPY,
            reason="same_mail",
            ticket_id=earlier.ticket_id,
            copy_of=earlier.id,
        )
    author = message.author.addr_spec.lower() if message.author else ""
    mailbox = next((m for m in desk.config.mailboxes if m.name == row.mailbox), None)
    verdict = screen(
        message,
        is_own_answer=_is_ours(desk, message.message_id),
        is_unchanged=known.own_digests.get(message.message_id or "") == message.content_digest,
        is_from_desk=is_own(desk, author),
        is_sent_folder=mailbox is not None and mailbox.role == "sent",
        is_blocked=author in known.blocked,
        is_forced=row.is_forced,
    )
    match verdict:
        case ScreenedOut(reason):
            return _screened_out(desk, known, row, reading, reason)
        case Ours(reason):
            return _ours(desk, known, row, reading, reason)
        case Request(silence):
            caps = desk.config.answers.caps
            reading = without_logos(reading, known.pictures, public_domains=caps.public_domains)
            place = find_place(desk, known, reading)
            place = held_together(desk, known, reading, place)
            if is_flood(place):
                silence = silence or SILENCE
            reading = counted(desk, known, reading, target(desk, known, place))
            recorded = record(desk, known, row, reading, place)
            given = answer(desk, known, row, reading, recorded, silence=silence)
            return _recorded(desk, known, row, reading, place, recorded, given)


def _copy_of(known: WorkingSet, row: Claimed, reading: Reading) -> Earlier | None:
    """Same Message-ID, if any, and same digest of what the sender wrote."""
    digest = bytes.fromhex(reading.message.content_digest)
    for earlier in known.copies.get(digest, ()):
        if earlier.id != row.id and earlier.message_id == reading.message.message_id:
            return earlier
    return None


def _is_ours(desk: Desk, message_id: str | None) -> bool:
    keys = tuple(desk.keys.every("message-id").values())
    return message_id is not None and message_ids.is_ours(
        keys, message_id, desk.config.desk.domain
    )


def _screened_out(
    desk: Desk, known: WorkingSet, row: Claimed, reading: Reading, reason: str
) -> Outcome:
    ticket_id = None
    if reading.message.kind in (Kind.BOUNCE, Kind.RECEIPT):
        named = (
            *(report.message_id for report in reading.message.reports),
            *reading.message.ancestors,
        )
        for message_id in named:
            for reference in known.references.get(message_id or "", ()):
                if reference.is_answer and ticket_id is None:
                    ticket_id = reference.ticket_id
    return _settled(
        desk,
        known,
        row,
        reading,
        state=InboundState.SCREENED_OUT,
        reason=reason,
        ticket_id=ticket_id,
    )


def _ours(
    desk: Desk, known: WorkingSet, row: Claimed, reading: Reading, reason: str
) -> Outcome:
    ticket, earlier = record_ours(desk, known, row, reading)
    state = InboundState.RECORDED if ticket else InboundState.SCREENED_OUT
    return _settled(
        desk,
        known,
        row,
        reading,
        state=state if earlier is None else InboundState.COPY,
        reason=reason,
        ticket_id=ticket.id if ticket else None,
        copy_of=earlier,
    )


def _recorded(
    desk: Desk,
    known: WorkingSet,
    row: Claimed,
    reading: Reading,
    place: Place,
    recorded: Recorded,
    given: Answer | Silence,
) -> Outcome:
    outcome = _settled(
        desk,
        known,
        row,
        reading,
        state=InboundState.RECORDED,
        reason=recorded.outcome,
        ticket_id=recorded.ticket.id,
        recorded=recorded,
        given=given,
    )
    if place.repeat is None:
        found = place.join.evidence if place.join else place.claims
        told = tuple(f"{e.kind.value} {e.value}" for e in found)
        return replace(outcome, evidence=(*told, *place.refused))
    is_doubtful = place.repeat.verdict is Verdict.POSSIBLE
    return replace(
        outcome,
        evidence=place.repeat.evidence,
        score=place.repeat.score,
        duplicate_of=None if is_doubtful else place.repeat.inbound_id,
        possible_duplicate_of=place.repeat.inbound_id if is_doubtful else None,
    )


def _settled(
    desk: Desk,
    known: WorkingSet,
    row: Claimed,
    reading: Reading,
    *,
    state: InboundState,
    reason: str,
    ticket_id: int | None = None,
    copy_of: int | None = None,
    recorded: Recorded | None = None,
    given: Answer | Silence | None = None,
) -> Outcome:
    """Note the outcome of one mail and why, in the ledger and in its trace."""
    message = reading.message
    digest = bytes.fromhex(message.content_digest)
    known.writes.settlements.append(
        Settlement(
            id=row.id,
            state=state,
            reason=reason,
            ticket_id=ticket_id,
            copy_of=copy_of,
            message_id=message.message_id,
            content_digest=digest,
        )
    )
    if copy_of is None:
        found = Earlier(
            id=row.id,
            message_id=message.message_id,
            ticket_id=ticket_id,
            mailbox_id=row.mailbox_id,
        )
        known.copies.setdefault(digest, []).append(found)
    known.writes.events.append(
        NewEvent(
            id=desk.ids.next(),
            at=known.now,
            kind="mail.decided",
            actor="worker",
            ticket_id=ticket_id,
            inbound_id=row.id,
            reason=reason,
            evidence=_trace(reading, given),
        )
    )
    ticket = known.current(ticket_id) if ticket_id is not None else None
    return Outcome(
        inbound_id=row.id,
        state=state,
        reason=reason,
        number=ticket.number if ticket else None,
        outcome=recorded.outcome if recorded else None,
        verdict=given,
        duplicate_of=copy_of,
        judgement=reading.judgement,
    )


def _trace(reading: Reading, given: Answer | Silence | None) -> dict[str, object]:
    message, judged = reading.message, reading.judgement
    facts: dict[str, object] = {
        "from": message.author.addr_spec if message.author else None,
        "kind": message.kind.value,
        "kind_reasons": list(message.kind_reasons),
        "authentication": message.authentication.result,
        "language": judged.language,
        "category": judged.category,
        "urgency": judged.urgency.value,
        "score": judged.score,
        "hits": [[hit.rule, hit.text, hit.points] for hit in judged.hits[:20]],
        "missing": list(judged.missing),
        "marks": [[mark.name, mark.text] for mark in judged.marks],
        "secrets": list(reading.secret_kinds),
        "defects": list(message.defects[:20]),
    }
    if isinstance(given, Answer):
        facts["answer"] = given.kind.value
        facts["is_neutral"] = given.is_neutral
    elif isinstance(given, Silence):
        facts["silence"] = given.reason
    return {name: value for name, value in facts.items() if value not in (None, [], "")}


def _failed(desk: Desk, row: Claimed, failure: Unreadable) -> list[Outcome]:
    """Try a mail again that could not be read or decided, or bury it."""
    is_last = row.attempts >= desk.config.limits.attempts or row.crashes >= MAX_CRASHES
    if failure.reason == "blob_missing":
        is_last = True
    if not is_last:
        wait = backoff(row.attempts, first=RETRY_FIRST, longest=RETRY_LONGEST, jitter=0.0)
        with desk.database.write() as tx:
            due = desk.now() + wait
            inbound.release(tx, row.id, worker=desk.worker, next_attempt_at=due)
        log.warning(
            "inbound.retried", inbound=row.id, reason=failure.reason, attempts=row.attempts
        )
        return []
    _bury(desk, row, failure)
    return [
        Outcome(inbound_id=row.id, state=InboundState.DEAD, reason=failure.reason),
    ]


def _bury(desk: Desk, row: Claimed, failure: Unreadable) -> None:
    desk.ids.ensure(10)
    with desk.database.write() as tx:
        if not inbound.held(tx, [row.id], worker=desk.worker):
            return
        now = desk.now()
        inbound.settle(
            tx, [Settlement(id=row.id, state=InboundState.DEAD, reason=failure.reason)]
        )
        inbound.bury(
            tx,
            letter_id=desk.ids.next(),
            inbound_id=row.id,
            reason=failure.reason,
            detail=failure.detail,
            attempts=row.attempts,
            now=now,
        )
        add_events(
            tx,
            [
                NewEvent(
                    id=desk.ids.next(),
                    at=now,
                    kind="mail.buried",
                    actor="worker",
                    inbound_id=row.id,
                    reason=failure.reason,
                )
            ],
        )
    log.error("inbound.buried", inbound=row.id, reason=failure.reason, attempts=row.attempts)


def give_back(desk: Desk) -> None:
    """Return every row that this worker holds: after a failure, or when it stops."""
    with desk.database.write() as tx:
        inbound.release_all(tx, worker=desk.worker)


def _is_hopeless(desk: Desk, row: Claimed) -> bool:
    """Bury a suspect that crashed the worker too often; True when it did."""
    log.warning("inbound.suspect", inbound=row.id, crashes=row.crashes)
    if row.crashes < MAX_CRASHES:
        return False
    detail = f"{row.crashes} crashes of the worker while it was processed."
    _bury(desk, row, Unreadable("crashed_worker", detail))
    return True


def _tell(outcome: Outcome) -> None:
    facts: dict[str, object] = {"inbound": outcome.inbound_id, "reason": outcome.reason}
    if outcome.number:
        facts["ticket"] = outcome.number
    match outcome.state:
        case InboundState.RECORDED:
            log.info("inbound.recorded", **facts, outcome=outcome.outcome)
        case InboundState.COPY:
            log.info("inbound.copied", **facts)
        case _:
            log.info("inbound.screened_out", **facts)
    match outcome.verdict:
        case Answer(kind=kind):
            log.info("answer.queued", ticket=outcome.number, template=kind.value)
        case Silence(reason):
            log.info("answer.suppressed", ticket=outcome.number, reason=reason)
        case None:
            pass
