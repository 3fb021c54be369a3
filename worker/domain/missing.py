"""Tells what a good report of a category would hold and a mail does not."""

from worker.domain.judgement import Identifiers
from worker.domain.rules import RuleSet

_FIELDS = ("uid", "txid", "order_id", "address", "amount", "coin", "time")


def list_missing(
    category: str,
    identifiers: Identifiers,
    *,
    told: set[str],
    has_screenshot: bool,
    rules: RuleSet,
) -> tuple[str, ...]:
    """List the needs of `category` that nothing in the mail meets, in order of the rules."""
    given = {name for name in _FIELDS if getattr(identifiers, name)}
    if has_screenshot:
        given.add("screenshot")
    given |= {need for need, by in rules.given_by.items() if not by.isdisjoint(told)}
    return tuple(need for need in rules.needs.get(category, ()) if need not in given)
