"""Says which of two sorts of words stands nearer before a value that alone tells nothing."""

import re
from collections.abc import Sequence

from worker.domain.rules import Context

REACH = 60
"""Characters before a bare value in which words may say what it is."""


def speaks_last(m: re.Match[str], context: Context, *names: str) -> bool:
    """Whether, in some pair of `names`, the first's patterns spoke last before `m`.

    names: one pair or several: what says so, what speaks against it, and so on.
    """
    before = m.string[max(0, m.start() - REACH) : m.start()]
    told = context.search(names, before)
    return any(
        _last(told[name]) > _last(told[against])
        for name, against in zip(names[::2], names[1::2], strict=True)
    )


def _last(found: Sequence[re.Match[str]]) -> int:
    return max((m.end() for m in found), default=-1)
