"""Reads the text files among the attachments, so that secrets in them are noticed.

What they say is looked at once and kept nowhere: it stays in the raw mail. A file is text by
its label, by the ending of its name, or by holding neither a NUL nor a known binary beginning.
"""

from worker.mail.bodies import Attached, Bodies
from worker.mail.charsets import clean_text, decode

_LABELS = (
    "application/json",
    "application/xml",
    "application/yaml",
    "application/x-yaml",
    "application/x-pem-file",
    "application/pem-certificate-chain",
    "application/pkcs8",
    "application/javascript",
    "application/x-sh",
    "application/toml",
    "application/csv",
)
_UNTOLD = ("application/octet-stream", "application/unknown", "application/x-unknown", "")
_ENDINGS = (
    *(".txt", ".csv", ".tsv", ".json", ".jsonl", ".pem", ".key", ".log", ".env", ".ini"),
    *(".cfg", ".conf", ".yaml", ".yml", ".toml", ".xml", ".md", ".sh", ".py", ".js", ".asc"),
)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_HEAD = 2048


def read_attached_texts(bodies: Bodies, *, max_bytes: int) -> tuple[str, ...]:
    """The text of each text file, in order; of all together at most `max_bytes` octets."""
    texts: list[str] = []
    left = max_bytes
    for attached in bodies.attached:
        if left <= 0:
            break
        if _is_text(attached):
            octets = attached.content[:left]
            left -= len(octets)
            label = "utf-16" if octets.startswith(_UTF16) else None
            texts.append(clean_text(decode(octets, label)))
    return tuple(texts)


def _is_text(attached: Attached) -> bool:
    label, head = attached.content_type, attached.content[:_HEAD]
    if attached.is_signature or not head:
        return False
    if b"\0" in head and not head.startswith(_UTF16):
        return False
    if label.startswith("text/") or label in _LABELS:
        return True
    if attached.name.lower().endswith(_ENDINGS):
        return True
    return label in _UNTOLD and _reads_as_text(head)


def _reads_as_text(head: bytes) -> bool:
    try:
        text = head[:-4].decode()  # without a character that the cut may have split
    except UnicodeDecodeError:
        return False
    return all(c.isprintable() or c in "\t\r\n" for c in text)
