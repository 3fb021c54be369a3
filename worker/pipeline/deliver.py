"""Sends what the outbox owes: render and compose once, keep the bytes, submit, settle.

The bytes and the Message-ID are fixed in a commit before the first try, so every copy is the
same. A row is settled by itself at once after its submission: the only window for a second copy
is a server that took the mail and whose acknowledgement was lost (RFC 5321 section 6.1), or a
worker that died before it noted it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from worker import log
from worker.adapters.smtp import (
    MailUnfit,
    SenderRefused,
    ServerUnreachable,
    SubmissionDeferred,
    SubmissionRefused,
    SubmissionUnknown,
)
from worker.config import Mailbox
from worker.context import Desk, Rendered, Submission
from worker.domain.delivery import AnswerState, backoff, is_given_up
from worker.domain.facts import Facts
from worker.domain.judgement import Urgency
from worker.domain.message import Address
from worker.errors import Permanent, Temporary
from worker.mail.compose import compose
from worker.pipeline.own_addresses import reply_address
from worker.store import outbox, tickets
from worker.store.outbox import Due
from worker.store.tickets import NewMessage

AT_ONCE = 50


class Renderer(Protocol):
    """Words for facts; worker/adapters/render.py."""

    def render(self, facts: Facts, *, language: str) -> Rendered: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What one round of delivery did."""

    claimed: int = 0
    sent: int = 0
    deferred: int = 0
    failed: int = 0


class Delivery:
    """Sends what the outbox owes; one per worker, used by one thread."""

    def __init__(self, desk: Desk, renderer: Renderer, submission: Submission) -> None:
        self._desk, self._renderer, self._submission = desk, renderer, submission
        self._unnoted: list[tuple[Due, AnswerState, str | None, timedelta | None]] = []
        """Outcomes that the database would not take; noted before anything else is claimed."""
        self._holds_claims = False

    def once(self, *, is_stopping: Callable[[], bool] = lambda: False) -> Delivered:
        """Send what is due now, at most a handful.

        Raises Temporary when the mail server or the database as a whole is at fault.
        """
        self._catch_up()
        with self._desk.database.write() as tx:
            due = outbox.claim(
                tx, worker=self._desk.worker, now=self._desk.now(), limit=AT_ONCE
            )
        if not due:
            return Delivered()
        self._holds_claims = True
        ready, unwritable = self._compose(due)
        count = {"sent": 0, "deferred": 0, "failed": unwritable}
        for place, (row, mail) in enumerate(ready):
            if is_stopping():
                self._give_back(ready[place:])
                break
            try:
                count[self._submit(row, mail)] += 1
            except (ServerUnreachable, SenderRefused):
                # The answer at hand may be what the server shuts the door on: others go first.
                wait = self._desk.config.delivery.first_backoff
                self._give_back(ready[place : place + 1], wait=wait)
                self._give_back(ready[place + 1 :])
                raise
        self._holds_claims = False
        return Delivered(claimed=len(due), **count)

    def _catch_up(self) -> None:
        """Note what a failing database would not take, and give back what was left claimed."""
        while self._unnoted:
            row, state, reason, wait = self._unnoted[0]
            self._note(row, state, reason, wait)
            self._unnoted.pop(0)
        if self._holds_claims:
            with self._desk.database.write() as tx:
                outbox.recover(tx, workers=[self._desk.worker], now=self._desk.now())
            self._holds_claims = False

    def _compose(self, due: tuple[Due, ...]) -> tuple[list[tuple[Due, bytes]], int]:
        """Fix the bytes of each answer; returns what may go and how many cannot be written."""
        ready: list[tuple[Due, bytes]] = []
        fixed: dict[int, tuple[bytes, str]] = {}
        messages: list[NewMessage] = []
        failed = 0
        self._desk.ids.ensure(len(due))
        for row in due:
            if row.composed is not None:
                ready.append((row, row.composed))
                continue
            try:
                facts = Facts.from_dict(row.facts)
                rendered = self._renderer.render(facts, language=row.language)
                mailbox = _mailbox(self._desk, row.mailbox)
                mail = _write_mail(self._desk, mailbox, row, rendered)
            except (Permanent, ValueError) as error:
                log.error("template.broken", answer=row.id, template=row.kind, error=str(error))
                self._settle(row, AnswerState.FAILED, f"not_rendered: {error}")
                failed += 1
                continue
            fixed[row.id] = (mail, rendered.language)
            messages.append(self._message(row, mailbox, rendered, mail))
            ready.append((row, mail))
        if fixed:
            with self._desk.database.write() as tx:
                outbox.keep_composed(tx, fixed)
                # Meanwhile an operator may have merged its ticket into another.
                places = outbox.tickets_of(tx, list(fixed))
                tickets.add_messages(
                    tx, [replace(m, ticket_id=places[m.message_id or ""]) for m in messages]
                )
        return ready, failed

    def _message(
        self, row: Due, mailbox: Mailbox, rendered: Rendered, mail: bytes
    ) -> NewMessage:
        """The answer as it stands on its ticket."""
        now = self._desk.now()
        return NewMessage(
            id=self._desk.ids.next(),
            ticket_id=row.ticket_id,
            inbound_id=None,
            direction="out",
            kind=row.kind,
            message_id=row.message_id,
            sender=mailbox.address.lower(),
            sender_name=mailbox.from_name or self._desk.config.desk.name,
            subject=rendered.subject,
            sent_at=now,
            text=rendered.text,
            own_words=None,
            sha256=hashlib.sha256(mail).digest(),
            is_unverified=False,
            language=rendered.language,
            urgency=Urgency.LOW.value,
            recorded_at=now,
        )

    def _submit(self, row: Due, mail: bytes) -> str:
        """Try one answer and settle it; errors leave here only when not this mail's fault."""
        reverse_path = _reverse_path(self._desk, row.mailbox)
        try:
            self._submission.submit(mail, reverse_path=reverse_path, recipient=row.recipient)
        except (SubmissionRefused, MailUnfit) as error:
            log.warning("answer.failed", answer=row.id, reason=str(error))
            self._settle(row, AnswerState.FAILED, str(error))
            return "failed"
        except SubmissionUnknown as error:
            return self._again(row, AnswerState.UNCERTAIN, str(error))
        except SubmissionDeferred as error:
            return self._again(row, row.state, str(error))
        self._settle(row, AnswerState.SENT, None)
        log.info(
            "answer.sent",
            answer=row.id,
            ticket=row.ticket_number,
            template=row.kind,
            attempts=row.attempts + 1,
        )
        return "sent"

    def _again(self, row: Due, state: AnswerState, reason: str) -> str:
        attempts = row.attempts + 1
        settings = self._desk.config.delivery
        if is_given_up(
            attempts,
            queued_at=row.queued_at,
            now=self._desk.now(),
            give_up_after=settings.give_up_after,
        ):
            log.error("answer.failed", answer=row.id, reason=reason, attempts=attempts)
            self._settle(row, AnswerState.FAILED, f"given_up: {reason}")
            return "failed"
        wait = backoff(
            attempts,
            first=settings.first_backoff,
            longest=settings.max_backoff,
            jitter=self._desk.chance(1)[0] / 255,
        )
        self._settle(row, state, reason, wait)
        is_uncertain = state is AnswerState.UNCERTAIN
        log.warning(
            "answer.uncertain" if is_uncertain else "answer.deferred",
            answer=row.id,
            reason=reason,
            attempts=attempts,
            wait=round(wait.total_seconds()),
        )
        return "deferred"

    def _settle(
        self, row: Due, state: AnswerState, reason: str | None, wait: timedelta | None = None
    ) -> None:
        try:
            self._note(row, state, reason, wait)
        except Temporary:
            # What the server took must not be sent again because the database was away.
            self._unnoted.append((row, state, reason, wait))
            raise

    def _note(
        self, row: Due, state: AnswerState, reason: str | None, wait: timedelta | None
    ) -> None:
        with self._desk.database.write() as tx:
            now = self._desk.now()
            outbox.settle(
                tx,
                row.id,
                worker=self._desk.worker,
                state=state,
                reason=reason,
                attempts=row.attempts + 1,
                now=now,
                next_attempt_at=now + wait if wait is not None else None,
            )

    def _give_back(
        self, rest: list[tuple[Due, bytes]], *, wait: timedelta | None = None
    ) -> None:
        """Return rows that the server certainly did not take."""
        with self._desk.database.write() as tx:
            outbox.release(
                tx,
                [row for row, _ in rest],
                worker=self._desk.worker,
                next_attempt_at=self._desk.now() + wait if wait else None,
            )
        self._holds_claims = False


def _write_mail(desk: Desk, mailbox: Mailbox, row: Due, rendered: Rendered) -> bytes:
    name = mailbox.from_name or desk.config.desk.name
    signed = reply_address(desk, mailbox.address, row.ticket_number)
    return compose(
        rendered=rendered,
        from_address=Address(addr_spec=mailbox.address, display_name=name),
        to=row.recipient,
        message_id=row.message_id,
        date=desk.now(),
        in_reply_to=row.in_reply_to,
        references=row.references,
        auto_submitted="auto-replied" if row.cause is not None else "auto-generated",
        reply_to=Address(addr_spec=signed, display_name=name) if signed else None,
    )


def _reverse_path(desk: Desk, name: str) -> str:
    own = (m.envelope_from for m in desk.config.mailboxes if m.name == name)
    found = next(own, None)
    return desk.config.smtp.envelope_from if found is None else found


def _mailbox(desk: Desk, name: str) -> Mailbox:
    for mailbox in desk.config.mailboxes:
        if mailbox.name == name:
            return mailbox
    raise Permanent(f"The mailbox {name} is no longer in the configuration.")
