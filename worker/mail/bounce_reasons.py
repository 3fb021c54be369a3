"""Says in one word why a mail could not be delivered, from what the server said.

The server's own words count before its status (RFC 3463), which many set carelessly; the words
are in worker/rules/bounces.yaml.
"""

import re

from worker.mail.markers import first_in

_WORDS = ("mailbox_full", "size", "unknown_user", "policy", "network")
_BY_STATUS = (
    (re.compile(r"[45]\.2\.2|[45]\.3\.1"), "mailbox_full"),
    (re.compile(r"[45]\.2\.3|[45]\.3\.4"), "size"),
    (re.compile(r"[45]\.1\.[0136]|[45]\.1\.10|5\.2\.1"), "unknown_user"),
    (re.compile(r"[45]\.7\.\d+|[45]\.1\.[78]"), "policy"),
    (re.compile(r"[45]\.4\.\d+|[45]\.1\.2"), "network"),
)
_MAX_TEXT = 4000


def reason_of(status: str | None, *texts: str, action: str = "failed") -> str:
    """unknown_user, mailbox_full, size, policy, network or other; "" where nothing failed.

    texts: the diagnostic code, or the lines of prose about this recipient, then all of it.
    """
    if action not in ("failed", "delayed"):
        return ""
    for text in texts:
        said = " ".join(text[:_MAX_TEXT].lower().split())
        for name in _WORDS:
            if first_in(said, "bounces", f"reason_{name}"):
                return name
    for pattern, name in _BY_STATUS:
        if status and pattern.fullmatch(status):
            return name
    return "other"
