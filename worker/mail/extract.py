"""Gets one attachment's octets out of the raw mail, on demand, so nothing is stored twice."""

from worker.errors import Permanent
from worker.mail.bodies import read_bodies
from worker.mail.mime import Part, read_tree
from worker.mail.parse import bounded
from worker.mail.settings import DEFAULTS, ParseSettings


def attachment_bytes(raw: bytes, part: str, *, settings: ParseSettings = DEFAULTS) -> bytes:
    """The decoded octets of the attachment that `parse` named `part`, in whatever mail within.

    Raises Permanent when the mail holds no such attachment.
    """
    root, _ = read_tree(bounded(raw, settings), settings)
    inner: Part | None = root
    while inner is not None:
        bodies = read_bodies(inner, None, settings)
        for attached in bodies.attached:
            if attached.part == part:
                return attached.content
        within = (mail for mail in bodies.messages if part.startswith(f"{mail.number}."))
        inner = next((mail.children[0] for mail in within), None)
    raise Permanent(f"the mail holds no attachment {part!r}", part=part)
