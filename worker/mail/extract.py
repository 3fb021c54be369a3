"""Gets one attachment's octets out of the raw mail, on demand, so nothing is stored twice."""

from worker.errors import Permanent
from worker.mail.bodies import read_bodies
from worker.mail.mime import read_tree
from worker.mail.parse import bounded
from worker.mail.settings import DEFAULTS, ParseSettings


def attachment_bytes(raw: bytes, part: str, *, settings: ParseSettings = DEFAULTS) -> bytes:
    """The decoded octets of the attachment that `parse` named `part`.

    Raises Permanent when the mail holds no such attachment.
    """
    root, _ = read_tree(bounded(raw, settings), settings)
    for attached in read_bodies(root, None, settings).attached:
        if attached.part == part:
            return attached.content
    raise Permanent(f"the mail holds no attachment {part!r}", part=part)
