"""Where expressions are tried: wherever they can match, and for a bounded time."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.domain.beginnings import Finder, beginnings, fold
from worker.domain.codes import long_runs
from worker.domain.identifiers import find
from worker.domain.secrets import seal
from worker.rules import load

RULES = load()
SHIPPED = [
    pattern
    for context in (RULES.identifiers, RULES.secrets)
    for patterns in context.patterns.values()
    for pattern in patterns
]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r"(?<![a-z])(?:my )?uid\d+", {"my uid", "uid0"}),
        (r"[Pp]ass\s?word", {"passwo", "pass w"}),
        (r"\d{1,2}:\d{2}", {"0:00", "00:00"}),
        (r"(?:an?|two) h", {"a h", "an h", "two h"}),
        (r"\w+ pass", set()),
        (r"(?:id)?", set()),
    ],
)
def test_beginnings_are_read_off_the_expression(source: str, expected: set[str]) -> None:
    assert beginnings(re.compile(source, re.IGNORECASE)) == expected


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SHIPPED).flatmap(lambda p: st.tuples(st.just(p), st.from_regex(p))))
def test_no_match_is_passed_over(case: tuple[re.Pattern[str], str]) -> None:
    pattern, text = case
    found = Finder({"it": [pattern]}).search(text)["it"]
    expected = [m.span() for m in pattern.finditer(text) if m.group()]
    if text.isprintable() and max(text, default="") < "\U00010000" and len(text) < 300:
        assert [m.span() for m in found] == expected


@given(st.text())
def test_folding_keeps_each_character_in_its_place(text: str) -> None:
    assert len(fold(text)) == len(text)


def test_expressions_without_a_beginning_are_tried_everywhere() -> None:
    found = Finder({"any": [re.compile(r"\w+!")], "first": [re.compile("^re")]}).search(
        "re: ah!"
    )
    assert [m[0] for m in found["any"]] == ["ah!"]
    assert [m[0] for m in found["first"]] == ["re"]


@pytest.mark.parametrize("text", ["", "ab1" * 7 + "c", f"x {'a1' * 12} é {'B2' * 30}-"])
def test_long_runs_are_whole_runs(text: str) -> None:
    expected = [m[0] for m in re.finditer("[0-9A-Za-z]+", text) if len(m[0]) >= 23]
    assert [m[0] for m in long_runs(text)] == expected


@pytest.mark.parametrize(
    "unit",
    [
        "password ",
        "passport",
        "secret api key ",
        "code 12",
        "1234 5678 ",
        "uid ",
        "a1" * 20 + " ",
    ],
)
def test_many_triggers_take_seconds_at_most(unit: str) -> None:
    began = time.process_time()
    seal(unit * (300_000 // len(unit)), rules=RULES)
    find(unit * (20_000 // len(unit)), rules=RULES)
    assert time.process_time() - began < 15
