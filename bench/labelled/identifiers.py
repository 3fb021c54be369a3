"""Texts that name a case, each with what finding has to return."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import ModuleType

from bench.labelled import identifiers_first, identifiers_second, values
from bench.labelled.secrets import harmless
from bench.labelled.values import Chance
from worker.domain import ticket_numbers
from worker.domain.identifiers import find
from worker.domain.judgement import Identifiers
from worker.domain.language import detect
from worker.rules import load

SETS: dict[str, ModuleType] = {"first": identifiers_first, "second": identifiers_second}
EXACT = ("uid", "txid", "order_id", "ticket_id", "address")
"""Kinds whose labels are complete; of the others the main fact only is told."""
NAMES = {"txid2": "txid", "order": "order_id", "ticket": "ticket_id", "own_ticket": "ticket_id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A text and what it names."""

    text: str
    shape: str
    told: dict[str, set[str]] = field(default_factory=dict)


def make(name: str, *, seed: int, rounds: int = 3) -> Iterator[Named]:
    """Make all texts of a set, several times over with other values."""
    words = SETS[name]
    for number in range(rounds):
        chance = random.Random(f"{name} {seed} {number}")
        for line in words.SENTENCES:
            yield from _sentences(chance, line)
        for around in words.AROUND_AMOUNTS:
            for told, value, coin in words.AMOUNTS:
                amount = f"{value:g} {coin}"
                text = around.replace("{v}", told)
                yield Named(text=text, shape=f"amount {told}", told={"amount": {amount}})
        for times in ("TIMES", "TIMES_ZH"):
            for around in getattr(words, f"AROUND_{times}", ()):
                for told in getattr(words, times):
                    text = around.replace("{v}", told)
                    yield Named(text=text, shape=f"time {told}", told={"time": {told}})


def _sentences(chance: Chance, line: str) -> Iterator[Named]:
    for chain in values.TXIDS if "{txid}" in line else ("",):
        for kind in values.ADDRESSES if "{address}" in line else ("",):
            if chain and kind and chance.random() > 0.2:
                continue
            told = {
                **harmless(chance),
                "uid": values.digits(chance, chance.choice((7, 8, 9, 18))),
                "own_ticket": ticket_numbers.make(chance.randbytes(16)),
                "ticket": values.digits(chance, 7),
            }
            if "{txid2}" in line:
                told["txid2"] = values.TXIDS[chain](chance)
            if chain:
                told["txid"] = values.TXIDS[chain](chance)
            if kind:
                told["address"] = values.ADDRESSES[kind](chance)
            text, label = line, dict[str, set[str]]()
            for slot, value in told.items():
                if "{" + slot + "}" not in line:
                    continue
                text = text.replace("{" + slot + "}", value)
                name = NAMES.get(slot, slot)
                if name in EXACT:
                    label.setdefault(name, set()).add(value)
            yield Named(text=text, shape=f"{chain} {kind} {line}", told=label)


@dataclass(slots=True)
class IdentifierMarks:
    """Counts by kind, and the texts that went wrong."""

    found: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    invented: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[str, str, Named, object]] = field(default_factory=list)

    def rows(self) -> list[dict[str, object]]:
        """One row a kind; precision only where labels are complete."""
        rows: list[dict[str, object]] = []
        for kind in (*EXACT, "amount", "time"):
            found, missed, more = self.found[kind], self.missed[kind], self.invented[kind]
            precision = f"{found / max(found + more, 1):.4f}" if kind in EXACT else "-"
            rows.append(
                {
                    "kind": kind,
                    "n": found + missed,
                    "recall": f"{found / max(found + missed, 1):.4f}",
                    "precision": precision,
                }
            )
        return rows


def mark_identifiers(texts: Iterable[Named]) -> IdentifierMarks:
    """Find in each text and compare with its label."""
    marks, rules = IdentifierMarks(), load(None)
    for made in texts:
        language, _ = detect(made.text)
        found = _sets(find(made.text, rules=rules, language=language))
        for kind, got in found.items():
            told = made.told.get(kind, set())
            if kind == "time":
                right = {t for t in told if any(t in g or g in t for g in got)}
            else:
                right = told & got
            marks.found[kind] += len(right)
            marks.missed[kind] += len(told - right)
            if told - right:
                marks.wrong.append(("missed", kind, made, got))
            if kind in EXACT and got - told:
                marks.invented[kind] += len(got - told)
                marks.wrong.append(("invented", kind, made, got))
    return marks


def _sets(found: Identifiers) -> dict[str, set[str]]:
    sets = {name: {bare(one) for one in getattr(found, name)} for name in EXACT}
    sets["amount"] = {f"{amount.value:g} {amount.coin}" for amount in found.amount}
    return {**sets, "time": set(found.time)}


def bare(value: str) -> str:
    return value.strip(".,;，。；")
