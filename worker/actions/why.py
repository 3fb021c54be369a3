"""Why a mail became what it is: its trace, as it was written when it was decided."""

from worker.actions.refusals import NotFound, whole_number
from worker.context import Desk
from worker.store.operators import history, mail
from worker.store.operators.shown import Shown

_JUDGED = ("kind", "language", "category", "urgency", "score", "authentication")
_LISTED = ("kind_reasons", "missing", "secrets", "defects")


def why_mail(desk: Desk, mail_id: str) -> Shown:
    """Tell the decision on one mail: kind, ticket, urgency, answer, each with its evidence."""
    inbound_id = whole_number(mail_id, "mail")
    with desk.database.read() as tx:
        row = mail.by_id(tx, inbound_id)
        if row is None:
            raise NotFound(f"There is no mail {mail_id}.")
        events = history.of_mail(tx, inbound_id)
        answer = history.answer_to(tx, inbound_id)
    trace = _last(events, "mail.decided")
    silence = trace.get("silence")
    if answer is not None and answer["state"] == "suppressed":
        silence = answer["reason"]
        answer = None
    return {
        "id": mail_id,
        "state": row["state"],
        "reason": row["reason"],
        "ticket": row["ticket"],
        "copy_of": row["copy_of"],
        **{name: trace.get(name) for name in _JUDGED},
        **{name: _list(trace.get(name)) for name in _LISTED},
        "evidence": _evidence(events),
        "marks": [_mark(mark) for mark in _list(trace.get("marks"))],
        "hits": [_hit(hit) for hit in _list(trace.get("hits"))],
        "answer": answer,
        "silence": silence,
        "events": events,
    }


def _last(events: list[Shown], kind: str) -> Shown:
    for event in reversed(events):
        if event["kind"] == kind and isinstance(event["evidence"], dict):
            return event["evidence"]
    return {}


def _evidence(events: list[Shown]) -> list[str]:
    """Why it stands on its ticket; what it claims without proof is told as such."""
    found: list[str] = []
    for event in events:
        evidence = event["evidence"]
        if isinstance(evidence, dict) and str(event["kind"]).startswith("ticket."):
            found += [str(one) for one in _list(evidence.get("evidence"))]
            found += [f"claims {one}" for one in _list(evidence.get("claims"))]
    return found


def _hit(hit: object) -> Shown:
    rule, text, points = (*_list(hit), None, None, None)[:3]
    return {"rule": rule, "text": text, "points": points}


def _mark(mark: object) -> Shown:
    name, text = (*_list(mark), None, None)[:2]
    return {"mark": name, "text": text}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
