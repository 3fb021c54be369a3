"""Our answers: list, show, try again, take back."""

from worker.actions.events import NEEDED, tell
from worker.actions.refusals import NotFound, Refused, whole_number
from worker.context import Desk
from worker.domain.delivery import AnswerState
from worker.store.operators import outbox
from worker.store.operators.shown import Shown


def list_outbox(
    desk: Desk, *, state: str | None, ticket: str | None, limit: int
) -> list[Shown]:
    """List answers and silences, the latest first; None: any."""
    with desk.database.read() as tx:
        return outbox.listed(tx, state=state, ticket=ticket, limit=limit)


def show_outbox(desk: Desk, answer_id: str) -> Shown:
    """Show one answer; its words are None until it is composed."""
    with desk.database.read() as tx:
        answer = outbox.by_id(tx, whole_number(answer_id, "answer"))
    if answer is None:
        raise NotFound(f"There is no answer {answer_id}.")
    return answer


def retry_outbox(desk: Desk, answer_id: str, *, actor: str) -> Shown:
    """Send a failed, uncertain or deferred answer now: the same bytes, the same Message-ID."""
    return _change(
        desk,
        answer_id,
        {
            "state": AnswerState.QUEUED.value,
            "attempts": 0,
            "next_attempt_at": None,
            "reason": None,
        },
        states=(AnswerState.FAILED, AnswerState.UNCERTAIN, AnswerState.QUEUED),
        event="answer.retried",
        actor=actor,
        reason="",
    )


def cancel_outbox(desk: Desk, answer_id: str, *, actor: str, reason: str) -> Shown:
    """Take back an answer; an uncertain one may have arrived all the same."""
    return _change(
        desk,
        answer_id,
        {
            "state": AnswerState.CANCELLED.value,
            "next_attempt_at": None,
            "reason": reason or "cancelled_by_operator",
        },
        states=(AnswerState.QUEUED, AnswerState.UNCERTAIN),
        event="answer.cancelled",
        actor=actor,
        reason=reason,
    )


def _change(
    desk: Desk,
    answer_id: str,
    values: dict[str, object],
    *,
    states: tuple[AnswerState, ...],
    event: str,
    actor: str,
    reason: str,
) -> Shown:
    number = whole_number(answer_id, "answer")
    desk.ids.ensure(NEEDED)
    with desk.database.write() as tx:
        before = outbox.by_id(tx, number)
        if before is None:
            raise NotFound(f"There is no answer {answer_id}.")
        if not outbox.change(tx, number, states=states, values=values):
            raise Refused(_why_not(before, answer_id))
        ticket_id = before["ticket_id"]
        tell(
            desk,
            tx,
            event,
            actor=actor,
            reason=reason,
            ticket_id=int(str(ticket_id)) if ticket_id else None,
            evidence={
                "answer": answer_id,
                "state": before["state"],
                "reason": before["reason"],
            },
        )
        return outbox.by_id(tx, number) or before


def _why_not(answer: Shown, answer_id: str) -> str:
    match answer["state"]:
        case AnswerState.SENT.value:
            why = "was sent already"
        case AnswerState.SENDING.value:
            why = "is being sent right now"
        case AnswerState.SUPPRESSED.value:
            why = f"is a silence ({answer['reason']}): there is nothing to send"
        case AnswerState.CANCELLED.value:
            why = "is cancelled"
        case _:
            why = "was given up already"
    return f"Answer {answer_id} {why}."
