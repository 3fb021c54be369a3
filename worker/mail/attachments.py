"""Describes what is attached: safe name, true type, size and digest."""

import hashlib
import re

from worker.domain.message import Attachment
from worker.mail.bodies import Attached, Bodies
from worker.mail.charsets import clean_line
from worker.mail.content_types import true_content_type
from worker.mail.filenames import safe_filename

_SHOWN = re.compile(r"""src=["']?cid:([^"'\s>]{1,500})""", re.IGNORECASE)
_MAX_LOGO = 20_000
"""Octets: a screenshot or a photograph is larger than a logo."""


def read_attachments(
    bodies: Bodies, defects: list[str], *, html: str = ""
) -> tuple[Attachment, ...]:
    """Describe each attachment; a label that lies is corrected and named in `defects`.

    html: the body that shows inline pictures by their Content-ID.
    """
    shown = set(_SHOWN.findall(html))
    return tuple(_described(one, defects, shown) for one in bodies.attached)


def _described(attached: Attached, defects: list[str], shown: set[str]) -> Attachment:
    content_type = true_content_type(attached.content_type, attached.content)
    if content_type != attached.content_type:
        defects.append(f"an attachment labelled {attached.content_type} is {content_type}")
    return Attachment(
        part=attached.part,
        filename=safe_filename(
            attached.name, content_type=attached.content_type, number=attached.part
        ),
        content_type=content_type,
        size_bytes=len(attached.content),
        sha256=hashlib.sha256(attached.content).hexdigest(),
        is_inline=attached.is_inline or attached.content_id in shown,
        is_decoration=content_type.startswith("image/")
        and attached.content_id in shown
        and len(attached.content) <= _MAX_LOGO,
        is_signature=attached.is_signature,
        content_id=clean_line(attached.content_id)[:500] if attached.content_id else None,
    )
