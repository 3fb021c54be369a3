"""Finds long runs of ASCII letters and digits: what keys, hashes and addresses are made of."""

import re

LEAST = 23
"""Characters; the shortest bech32 address has so many."""

_RUN = re.compile(f"[0-9A-Za-z]{{{LEAST},}}")
_ALIKE = {code: "a" for code in range(128) if chr(code).isalnum()}
_ANY = "a" * LEAST


def long_runs(text: str) -> list[re.Match[str]]:
    """Each run of `LEAST` characters or more, in order."""
    if not text.isascii():
        return list(_RUN.finditer(text))
    # Most mails have none, and looking for one fixed string is many times as fast.
    alike = text.translate(_ALIKE)
    runs: list[re.Match[str]] = []
    at = alike.find(_ANY)
    while at >= 0 and (run := _RUN.match(text, at)):
        runs.append(run)
        at = alike.find(_ANY, run.end())
    return runs
