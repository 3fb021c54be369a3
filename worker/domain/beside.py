"""Says which of two sorts of words stands nearer before a value that alone tells nothing."""

import re
from collections.abc import Sequence

from worker.domain.rules import Context

REACH = 60
"""Characters before a bare value in which words may say what it is."""


def speaks_last(m: re.Match[str], context: Context, name: str, against: str) -> bool:
    """Whether the patterns of `name`, not those of `against`, spoke last before `m`."""
    before = m.string[max(0, m.start() - REACH) : m.start()]
    told = context.search((name, against), before)
    return _last(told[name]) > _last(told[against])


def _last(found: Sequence[re.Match[str]]) -> int:
    return max((m.end() for m in found), default=-1)
