"""Turns database rows into rows for people: ids as strings, digests as hex, empty as None."""

from collections.abc import Iterable

from sqlalchemy import Row

Shown = dict[str, object]

_IDS = frozenset({"id", "inbound_id", "ticket_id", "copy_of", "cause"})
_MAY_BE_EMPTY = frozenset({"text", "subject"})


def shown(row: Row[*tuple[object, ...]]) -> Shown:
    """Make one row presentable; its names are those of the query."""
    return {str(name): _value(str(name), value) for name, value in row._mapping.items()}


def all_shown(rows: Iterable[Row[*tuple[object, ...]]]) -> list[Shown]:
    """Make rows presentable."""
    return [shown(row) for row in rows]


def _value(name: str, value: object) -> object:
    if value is None or (value == "" and name not in _MAY_BE_EMPTY):
        return None
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if name in _IDS else value
