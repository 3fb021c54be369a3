"""Postclerk, the mail clerk of a support desk. docs/flow.md tells the life of a mail."""

__version__ = "0.1.0"
