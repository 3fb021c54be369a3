"""Reads bounces that are no report: the failed address stands only in prose."""

from dataclasses import dataclass

from worker.mail.addresses import normal_spec
from worker.mail.header_section import HeaderSection


@dataclass(frozen=True, slots=True, kw_only=True)
class ProseBounce:
    """What the prose says."""

    reason: str
    recipients: tuple[str, ...] = ()
    action: str = "failed"
    status: str | None = None
    message_id: str | None = None
    is_feedback: bool = False


def read_prose(header: HeaderSection, *, subject: str, text: str) -> ProseBounce | None:
    """What a mail that may be a bounce says; None when it is none."""
    failed = header.first("x-failed-recipients")
    if failed is not None:
        specs = [normal_spec(one) for one in failed.decode("ascii", "replace").split(",")[:500]]
        return ProseBounce(
            reason="x-failed-recipients", recipients=tuple(s for s in specs if s)
        )
    return None
