"""The HTML of a message as a console frames it: sanitised, and without any secret.

It is kept nowhere: it is made again from the raw mail. Where there is none, or where a secret
stands in it, it is the sealed text, escaped.
"""

from html import escape

from worker.context import Desk
from worker.domain.secrets import seal
from worker.errors import PostclerkError
from worker.mail.parse import parse
from worker.pipeline.read_settings import read_settings
from worker.rules import load
from worker.store.operators.shown import Shown


def display_html(
    desk: Desk, message: Shown, *, blob_key: object, composed: bytes | None
) -> str:
    """Return what may stand in a sandboxed frame for `message` (with its sealed `text`).

    composed: the bytes of an answer of ours; None for a mail that came in.
    """
    raw = composed if composed is not None else _raw(desk, blob_key)
    if raw is not None:
        found = parse(raw, settings=read_settings(desk.config).parse)
        rules = load(desk.config.rules)
        readable = (found.html, found.html_text, found.body_text)
        if found.html and not any(seal(text, rules=rules).kinds for text in readable):
            return found.html
    return f"<pre>{escape(str(message['text']))}</pre>"


def _raw(desk: Desk, blob_key: object) -> bytes | None:
    if not isinstance(blob_key, str):
        return None
    try:
        return desk.blobs.get(blob_key)
    except PostclerkError:
        return None
