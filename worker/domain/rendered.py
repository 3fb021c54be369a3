"""The words of one answer, before they are written as a mail."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The words of one answer."""

    subject: str
    """One line."""
    text: str
    html: str
    """A whole document that says the same as `text`."""
    language: str
    """BCP-47 tag of the templates that made it, not of what was asked for."""
    version: str
    """Which templates made it, for the record."""
