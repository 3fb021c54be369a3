"""What is printed: for people without control characters, for programs as JSON."""

import json
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path

import pytest

from worker.cli import printing
from worker.domain.judgement import Amount

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Color(Enum):
    RED = "red"


def test_json_is_one_line_with_utc_times(capsys: pytest.CaptureFixture[str]) -> None:
    row = {"at": NOON, "who": "李伟\n", "path": Path("x"), "color": Color.RED, "none": None}

    printing.json_line({**row, "sum": Amount(1.5, "BTC"), "span": timedelta(minutes=1)})

    line = capsys.readouterr().out
    assert line.count("\n") == 1
    assert json.loads(line) == {
        "at": "2026-11-20T12:00:00Z",
        "who": "李伟\n",
        "path": "x",
        "color": "red",
        "none": None,
        "sum": {"value": 1.5, "coin": "BTC"},
        "span": 60.0,
    }


def test_times_for_people_carry_their_offset() -> None:
    assert printing.text(NOON) == NOON.astimezone().isoformat(" ", "minutes")
    assert printing.text(NOON)[-6] in "+-"


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("a\x1b[2Jb", "a [2Jb"),
        ("one\r\ntwo\tthree", "one two three"),
        ("\u202egnp.exe", "gnp.exe"),
        ("订单 123 未到账", "订单 123 未到账"),
        ("\x00\x9b", ""),
    ],
)
def test_text_of_a_mail_cannot_steer_the_terminal(words: str, shown: str) -> None:
    assert printing.text(words) == shown


def test_block_keeps_lines_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    printing.block("one\n\ttwo\x1b[31m\n")

    assert capsys.readouterr().out == "  one\n      two [31m\n"


def test_table_has_a_line_for_each_row_and_cuts_nothing_in_a_pipe(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = [{"number": "K7M4-2QXD", "subject": "x" * 300}, {"number": "A", "subject": "[b]"}]

    printing.rows(rows, ("number", "subject"), as_json=False, empty="None.")

    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines] == [
        ["number", "subject"],
        ["K7M4-2QXD", "x" * 300],
        ["A", "[b]"],
    ]


def test_no_rows_are_said_for_people_and_silent_for_programs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    printing.rows([], ("number",), as_json=False, empty="No ticket.")
    printing.rows([], ("number",), as_json=True, empty="No ticket.")

    assert capsys.readouterr().out == "No ticket.\n"


def test_absent_fields_are_left_out_of_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    printing.pairs({"opened_at": NOON, "team": None, "missing": ["uid", "txid"]})

    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"opened:  {printing.text(NOON)}", "missing: uid, txid"]
