"""Lets the day pass: delivers each mail in its turn and follows what the desk makes of it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from worker.demo.mails import Sample
from worker.demo.player import Letterbox, Postman
from worker.demo.shapes import NO_ANSWER, message_id, write
from worker.store.outcomes import MailView

ANSWER_SECONDS = 15.0
"""So long a customer waits for the answer that he wants to reply to."""
LAST_SECONDS = 20.0
"""So long the desk may take over what is left when the last mail has come."""
AT_REST = ("copy", "screened_out", "dead", "erased")
ANSWERED = ("sent", "suppressed", "failed", "cancelled")


@dataclass
class Row:
    """A mail that arrived, and what is known of it by now."""

    sample: Sample
    uid: int
    arrived_at: float
    """Monotonic seconds."""
    view: MailView | None = None
    seconds: float | None = None
    """From arrival until it was settled."""

    @property
    def is_settled(self) -> bool:
        """Nothing more will happen to it."""
        if self.view is None:
            return False
        answer = self.view.answer
        return self.view.state in AT_REST or (answer is not None and answer.state in ANSWERED)


class Day:
    """One day: `step` again and again until `is_over`."""

    def __init__(
        self,
        plan: Sequence[Sample],
        *,
        on: date,
        pace: float,
        postman: Postman,
        letterbox: Letterbox,
    ) -> None:
        self._plan = list(plan)
        self._by_key = {sample.key: sample for sample in plan}
        self._on, self._pace = on, pace
        self._postman, self._letterbox = postman, letterbox
        self._last = self._due = time.monotonic()
        self.rows: list[Row] = []
        self.skipped: list[Sample] = []
        """Replies that could not be written, because no answer came."""

    @property
    def is_over(self) -> bool:
        """Everything came and is settled, or the desk has had its time."""
        if self._plan:
            return False
        is_done = all(row.is_settled for row in self.rows)
        return is_done or time.monotonic() - self._last > LAST_SECONDS

    @property
    def unsettled(self) -> list[Row]:
        return [row for row in self.rows if not row.is_settled]

    def step(self, views: Mapping[int, MailView]) -> None:
        """Take in what the desk did, by UID, and deliver the next mail if its time has come."""
        now = time.monotonic()
        for row in self.rows:
            row.view = views.get(row.uid, row.view)
            if row.seconds is None and row.is_settled:
                row.seconds = now - row.arrived_at
        if self._plan and now >= self._due:
            self._deliver(self._plan[0], now)

    def _deliver(self, sample: Sample, now: float) -> None:
        answer = NO_ANSWER
        if sample.needs_answer_to:
            asked = message_id(self._by_key[sample.needs_answer_to], self._on)
            answer = self._letterbox.answers().get(asked, NO_ANSWER)
            if not answer.message_id:
                if now - self._due > ANSWER_SECONDS:
                    self.skipped.append(self._plan.pop(0))
                return
        self._last = time.monotonic()
        uid = self._postman.deliver(write(sample, day=self._on, answer=answer))
        self._plan.pop(0)
        self._due = max(self._due + self._pace, now)
        self.rows.append(Row(sample=sample, uid=uid, arrived_at=self._last))
