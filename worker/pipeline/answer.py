"""Asks the gate what a recorded mail gets, and intends the answer or the silence."""

from datetime import datetime

from worker.context import Desk
from worker.domain import facts as answer_facts
from worker.domain import message_ids
from worker.domain.answers import Answer, AnswerKind, Policy, Silence, TicketAnswers, choose
from worker.domain.delivery import AnswerState
from worker.domain.facts import Facts
from worker.domain.incidents import text_for
from worker.domain.judgement import Judgement, Mark, Urgency
from worker.pipeline.own_addresses import own_addresses
from worker.pipeline.read import Reading
from worker.pipeline.record import Recorded
from worker.pipeline.working_set import WorkingSet
from worker.store.inbound import Claimed
from worker.store.outbox import NewAnswer
from worker.store.threads import Answered, Reference

KINDS = {
    "opened": AnswerKind.RECEIVED,
    "linked": AnswerKind.RECEIVED,
    "merged": AnswerKind.DUPLICATE,
    "followed_up": AnswerKind.FOLLOW_UP,
}
MESSAGE_ID_BYTES = 15
CRITICAL_POINTS = 100
"""Of a rule that makes a mail critical (worker/rules/facts.yaml)."""
MAX_REFERENCES = 50


def answer(
    desk: Desk,
    known: WorkingSet,
    claimed: Claimed,
    reading: Reading,
    recorded: Recorded,
    *,
    silence: str | None,
) -> Answer | Silence:
    """Decide and intend the answer to one recorded mail."""
    message, judged = reading.message, reading.judgement
    author = message.author.addr_spec.lower() if message.author else None
    domain = author.rpartition("@")[2] if author else ""
    if domain in desk.config.answers.caps.public_domains:
        domain = ""
    kind = KINDS[recorded.outcome]
    language = _language(reading, recorded)
    texts = known.incident_texts.get(recorded.ticket.incident_id or 0, {})
    incident = text_for(texts, language, default=desk.config.desk.language)
    verdict = choose(
        kind,
        silence=silence,
        author=author,
        desk_domain=desk.config.desk.domain.lower(),
        desk_addresses=own_addresses(desk),
        authentication=message.authentication.result,
        is_participant=recorded.is_participant,
        age=known.now - claimed.internal_date,
        is_old=claimed.is_old,
        urgency=judged.urgency,
        blocks=_blocks(kind, reading, incident),
        before=_before(known.answered.get(recorded.ticket.id, [])),
        leaving=known.leaving(author or "", domain),
        policy=policy(desk),
        now=known.now,
    )
    _intend(desk, known, claimed, reading, recorded, kind, verdict, incident=incident)
    if isinstance(verdict, Answer):
        known.count_answer(author or "", domain)
    return verdict


def policy(desk: Desk) -> Policy:
    """Return what the configuration says about automatic answers."""
    settings, caps = desk.config.answers, desk.config.answers.caps
    return Policy(
        is_enabled=settings.enabled,
        quiet_period=settings.quiet_period,
        max_age=settings.max_age,
        answers_unauthenticated=settings.unauthenticated == "neutral",
        per_address_hour=caps.per_address_hour,
        per_address_day=caps.per_address_day,
        per_domain_hour=caps.per_domain_hour,
        overall_hour=caps.overall_hour,
    )


def _blocks(kind: AnswerKind, reading: Reading, incident: str | None) -> tuple[str, ...]:
    judged = reading.judgement
    despair = next((mark for mark in judged.marks if mark.name == "self_harm"), None)
    asked = {
        "self_harm": despair is not None,
        "critical": judged.urgency is Urgency.CRITICAL and not _is_all(despair, judged),
        "secret": bool(reading.secret_kinds),
        "missing": bool(judged.missing) and kind is AnswerKind.RECEIVED,
        "incident": incident is not None,
        "safety": True,
    }
    return tuple(name for name in answer_facts.BLOCKS if asked.get(name))


def _is_all(mark: Mark | None, judged: Judgement) -> bool:
    """Whether nothing but what `mark` stands for makes the mail critical.

    Then there is no account to be secured this minute, and no list of steps to be read.
    """
    if mark is None:
        return False
    return not any(
        hit.points >= CRITICAL_POINTS and hit.rule not in mark.hits for hit in judged.hits
    )


def _before(answered: list[Answered]) -> TicketAnswers:
    urgencies = [Urgency(str(a.facts["urgency"])) for a in answered if a.facts.get("urgency")]
    repeats: list[datetime] = [
        a.queued_at for a in answered if a.kind != AnswerKind.RECEIVED.value
    ]
    blocks: set[str] = set()
    for earlier in answered:
        named = earlier.facts.get("blocks")
        blocks.update(str(name) for name in (named if isinstance(named, list | tuple) else ()))
    return TicketAnswers(
        was_received_sent=any(a.kind == AnswerKind.RECEIVED.value for a in answered),
        last_repeat_at=max(repeats, default=None),
        urgency=max(urgencies, key=lambda urgency: urgency.rank, default=None),
        blocks=frozenset(blocks),
    )


def _intend(
    desk: Desk,
    known: WorkingSet,
    claimed: Claimed,
    reading: Reading,
    recorded: Recorded,
    kind: AnswerKind,
    verdict: Answer | Silence,
    *,
    incident: str | None,
) -> None:
    message = reading.message
    is_answer = isinstance(verdict, Answer)
    language = _language(reading, recorded)
    facts = None
    if isinstance(verdict, Answer):
        facts = _facts(desk, reading, recorded, verdict, incident)
    message_id = None
    if is_answer:
        _, key = desk.keys.current("message-id")
        message_id = message_ids.make(
            key, desk.chance(MESSAGE_ID_BYTES), desk.config.desk.domain
        )
    row = NewAnswer(
        id=desk.ids.next(),
        ticket_id=recorded.ticket.id,
        cause=recorded.message_id,
        kind=kind.value,
        language=language,
        message_id=message_id,
        recipient=message.author.addr_spec if message.author else "",
        mailbox=claimed.mailbox,
        state=AnswerState.QUEUED if is_answer else AnswerState.SUPPRESSED,
        reason=verdict.reason if isinstance(verdict, Silence) else None,
        queued_at=known.now,
        facts=facts.to_dict() if facts else None,
        in_reply_to=message.message_id,
        references=_references(reading),
    )
    known.writes.answers.append(row)
    if facts is not None and message_id is not None:
        known.answered.setdefault(recorded.ticket.id, []).append(
            Answered(
                ticket_id=recorded.ticket.id,
                kind=kind.value,
                queued_at=known.now,
                facts=facts.to_dict(),
            )
        )
        known.references.setdefault(message_id, []).append(
            Reference(message_id=message_id, ticket_id=recorded.ticket.id, is_answer=True)
        )


def _references(reading: Reading) -> tuple[str, ...]:
    """RFC 5322 section 3.6.4: the parent's References, then the parent's Message-ID."""
    message = reading.message
    chain = message.references or message.in_reply_to[:1]
    return (*chain[-MAX_REFERENCES:], *((message.message_id,) if message.message_id else ()))


def _language(reading: Reading, recorded: Recorded) -> str:
    judged = reading.judgement.language
    return recorded.ticket.language if judged == "und" else judged


def _facts(
    desk: Desk, reading: Reading, recorded: Recorded, verdict: Answer, incident: str | None
) -> Facts:
    message, judged = reading.message, reading.judgement
    return Facts(
        event=verdict.kind.value,
        ticket_number=recorded.ticket.number,
        desk_name=desk.config.desk.name,
        urgency=judged.urgency,
        category=judged.category,
        customer_name=message.author.display_name if message.author else None,
        subject=message.subject,
        missing=judged.missing if "missing" in verdict.blocks else (),
        identifiers=answer_facts.masked(judged.identifiers),
        secret_kinds=reading.secret_kinds,
        is_neutral=verdict.is_neutral,
        incident_text=incident,
        blocks=verdict.blocks,
    )
