"""The rules of the shipped desk, as data, and how to load them or another desk's.

A folder holds desk.yaml (categories, topics, needs, defaults), facts.yaml, money.yaml,
patterns.yaml and words/<language>.yaml; each tells at its top what it may say, and
worker.domain.phrases how a phrase is written. Nothing here decides: see worker.domain.judge.
"""

import re
from functools import cache
from pathlib import Path

import yaml

from worker.domain.judgement import Urgency
from worker.domain.phrases import Vocabulary
from worker.domain.rules import (
    Cap,
    Context,
    Fact,
    MarkRule,
    Modality,
    Money,
    RuleSet,
    index_facts,
)
from worker.rules.model_file import NAME, load_model

_HERE = Path(__file__).parent
_POINTS = {Urgency.CRITICAL: 100, Urgency.HIGH: 60, Urgency.NORMAL: 25, Urgency.LOW: 5}


def load(folder: Path | None = None, model: Path | None = None) -> RuleSet:
    """Load and compile the rules of `folder`; None means the shipped ones. Kept once loaded.

    model: file of a model in place of the one in the folder, if there is one.
    Raises OSError when a file cannot be read and ValueError, with the folder's name, when one
    makes no sense.
    """
    place = folder or _HERE
    return _loaded(place, model or place / NAME)


@cache
def _loaded(place: Path, model: Path) -> RuleSet:
    try:
        return _assemble(place, model)
    except (yaml.YAMLError, KeyError, TypeError, ValueError, re.error) as error:
        raise ValueError(f"rules in {place} make no sense: {error}") from error


def categories(folder: Path | None = None) -> tuple[str, ...]:
    """Name the categories of the rules without loading all of them.

    Raises OSError and ValueError as `load` does.
    """
    place = folder or _HERE
    try:
        return tuple(_table(_read(place / "desk.yaml")["categories"]))
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"rules in {place} make no sense: {error}") from error


def _assemble(place: Path, model: Path) -> RuleSet:
    desk, told = _read(place / "desk.yaml"), _read(place / "facts.yaml")
    patterns = _read(_own_or_shipped(place, "patterns.yaml"))
    facts = tuple(_fact(row) for row in _rows(told["facts"]))
    secret = str(desk.get("secret_fact", ""))
    by_words = tuple(f for f in facts if f.name != secret)
    words = {
        path.stem: {concept: _phrases(rows) for concept, rows in _read(path).items()}
        for path in sorted((place / "words").glob("*.yaml"))
    }
    beside = _words(told.get("mark_words"))
    mark_words = {
        concept: [phrase for table in words.values() for phrase in table.pop(concept, ())]
        for concept in beside
    }
    return RuleSet(
        vocabularies={language: Vocabulary(table) for language, table in words.items()},
        marks=tuple(_mark(row) for row in _rows(told.get("marks", []))),
        mark_words=Vocabulary(mark_words),
        everywhere=_words(desk["everywhere"]),
        modality=_modality(_table(told["modality"])),
        facts=by_words,
        facts_by_concept=index_facts(by_words),
        caps=tuple(_cap(row) for row in _rows(told.get("caps", []))),
        default_urgency=Urgency(str(desk["default_urgency"])),
        unread_urgency=Urgency(str(desk["unread_urgency"])),
        categories=tuple(_table(desk["categories"])),
        default_category=str(desk["default_category"]),
        topics=_topics(_table(desk["categories"])),
        needs={c: _words(needs) for c, needs in _table(desk["needs"]).items()},
        given_by={n: frozenset(_words(by)) for n, by in _table(desk["given_by"]).items()},
        secret_fact=next((f for f in facts if f.name == secret), None),
        money=_money(_read(_own_or_shipped(place, "money.yaml"))),
        identifiers=_context(_table(patterns["identifiers"])),
        secrets=_context(_table(patterns["secrets"])),
        model=load_model(model) if model.exists() else None,
        critical_from=float(str(desk.get("critical_from", 0.35))),
        high_from=float(str(desk.get("high_from", 0.2))),
    )


def _own_or_shipped(place: Path, name: str) -> Path:
    """What a desk says of its own; sums, identifiers and secrets are much the same for all."""
    return path if (path := place / name).exists() else _HERE / name


class _Loader(yaml.CSafeLoader):
    """Refuses a key that stands twice: the first would be lost without a word."""

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[object, object]:
        keys = [key.value for key, _ in node.value]
        twice = next((k for k in keys if keys.count(k) > 1), None) if len(keys) < 1000 else None
        if twice is not None:
            raise ValueError(f"{twice!r} stands twice (line {node.start_mark.line + 1} on)")
        return super().construct_mapping(node, deep)


def _read(path: Path) -> dict[str, object]:
    with path.open("rb") as file:
        return _table(yaml.load(file, Loader=_Loader) or {})  # noqa: S506 a safe loader


def _table(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"expected a table, found {value!r:.60}")
    return {str(k): v for k, v in value.items()}


def _rows(value: object) -> list[dict[str, object]]:
    if not isinstance(value, list):
        raise TypeError(f"expected a list, found {value!r:.60}")
    return [_table(row) for row in value]


def _words(value: object) -> tuple[str, ...]:
    """Words of a string, or the items of a list."""
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    return tuple(str(value).split()) if value else ()


def _phrases(value: object) -> tuple[str, ...]:
    """Phrases of a string (parted by commas and line ends), or the items of a list."""
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    return tuple(p for part in re.split(r"[,\n]", str(value or "")) if (p := part.strip()))


def _groups(value: object) -> tuple[frozenset[str], ...]:
    """`a|b & c`: one of the first group and one of the second."""
    return tuple(
        frozenset(name.strip() for name in group.split("|")) for group in str(value).split("&")
    )


def _fact(row: dict[str, object]) -> Fact:
    level = Urgency(str(row["urgency"])) if row.get("urgency") else None
    default = _POINTS[level] if level else 10
    return Fact(
        name=str(row["rule"]),
        urgency=level,
        category=str(row.get("category", "")),
        points=int(str(row.get("points", default))),
        all_of=_groups(row["when"]),
        none_of=frozenset(_words(row.get("not"))),
        unless=frozenset(_words(row.get("unless"))),
        reach=int(str(row.get("reach", 1))),
        is_firm=bool(row.get("firm", False)),
    )


def _cap(row: dict[str, object]) -> Cap:
    return Cap(
        name=str(row["rule"]),
        urgency=Urgency(str(row["at_most"])),
        all_of=_groups(row["when"]),
        unless=frozenset(_words(row.get("unless"))),
        applies_to=frozenset(_words(row.get("applies_to"))),
    )


def _mark(row: dict[str, object]) -> MarkRule:
    return MarkRule(
        name=str(row["mark"]),
        hits=_words(row.get("hits")),
        all_of=_groups(row["when"]) if row.get("when") else (),
        unless=frozenset(_words(row.get("unless"))),
    )


def _modality(table: dict[str, object]) -> Modality:
    def names(key: str) -> frozenset[str]:
        return frozenset(_words(table.get(key)))

    return Modality(
        mask=names("mask"),
        negation=names("negation"),
        negatable=names("negatable"),
        reach=int(str(table.get("reach", 4))),
        supposed=names("supposed"),
        hearsay=names("hearsay"),
        general=names("general"),
        own=names("own"),
        real=names("real"),
        marks={mark: str(c) for mark, c in _table(table.get("marks") or {}).items()},
        ended=names("ended"),
        turn=names("turn"),
        doubt=names("doubt"),
    )


def _topics(categories: dict[str, object]) -> dict[str, tuple[tuple[str, int], ...]]:
    """Turn category -> {concept: weight} round."""
    topics: dict[str, tuple[tuple[str, int], ...]] = {}
    for category, concepts in categories.items():
        for concept, weight in _table(concepts or {}).items():
            topics[concept] = (*topics.get(concept, ()), (category, int(str(weight))))
    return topics


def _numbers(value: object) -> dict[str, float]:
    return {name: float(str(number)) for name, number in _table(value or {}).items()}


def _money(table: dict[str, object]) -> Money:
    names = {
        name.lower(): ticker
        for ticker, listed in _table(table["names"]).items()
        for name in (ticker, *_words(listed))
    }
    spaceless = sorted(
        (n for n in names if n[0] > "\u2e80" and len(n) > 1), key=len, reverse=True
    )
    return Money(
        names=names,
        named=frozenset(n for n in names if n.isascii()),
        fiat=frozenset(_words(table.get("fiat"))),
        upper_only=frozenset(w.lower() for w in _words(table.get("upper_only"))),
        spaceless=(re.compile("|".join(map(re.escape, spaceless))),) if spaceless else (),
        rates=_numbers(table.get("rates")),
        multipliers=_numbers(table.get("multipliers")),
        thresholds=_numbers(table.get("thresholds")),
        small=_numbers(table.get("small")),
    )


def _context(table: dict[str, object]) -> Context:
    """Compile the patterns; `<name>` in one stands for that entry of `parts`."""
    parts = {name: str(part).strip() for name, part in _table(table.get("parts", {})).items()}

    def compiled(source: object) -> re.Pattern[str]:
        text = str(source)
        for name, part in parts.items():
            text = text.replace(f"<{name}>", part)
        return re.compile(text, re.IGNORECASE)

    patterns = {
        name: tuple(compiled(source) for source in (rows if isinstance(rows, list) else [rows]))
        for name, rows in _table(table["patterns"]).items()
    }
    words = {n: frozenset(_phrases(w)) for n, w in _table(table.get("words", {})).items()}
    return Context(patterns=patterns, words=words)
