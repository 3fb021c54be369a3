"""What sealing and finding get right: recall and precision on texts that are made up anew."""

from bench.labelled import identifiers, secrets
from bench.labelled.identifiers import mark_identifiers
from bench.labelled.marks import mark_secrets


def secrets_found(*, seed: int = 1, rounds: int = 1) -> list[dict[str, object]]:
    """A row for each set and kind; `readable`: texts of which a value can still be read."""
    rows: list[dict[str, object]] = []
    for name in secrets.SETS:
        marks = mark_secrets(secrets.make(name, seed=seed, rounds=rounds))
        for row in marks.rows():
            readable = marks.leaked if row["kind"] == "all" else ""
            rows.append({"set": name, **row, "readable": readable})
    return rows


def identifiers_found(*, seed: int = 1, rounds: int = 1) -> list[dict[str, object]]:
    """A row for each set and kind; labels of sums and times tell the main fact only."""
    return [
        {"set": name, **row}
        for name in identifiers.SETS
        for row in mark_identifiers(identifiers.make(name, seed=seed, rounds=rounds)).rows()
    ]
