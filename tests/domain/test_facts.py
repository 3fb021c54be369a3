import dataclasses

import pytest

from worker.domain import facts as facts_module
from worker.domain.facts import SAMPLES, Facts, mask, masked, neutral
from worker.domain.judgement import Identifiers, Urgency

FULL = SAMPLES["full"]


def test_neutral_facts_hold_nothing_that_the_mail_brought() -> None:
    told = neutral(dataclasses.replace(FULL, secret_kinds=("otp",)))
    assert told.is_neutral
    assert (told.customer_name, told.subject) == (None, None)
    assert (told.identifiers, told.secret_kinds) == ((), ())
    assert (told.ticket_number, told.missing) == (FULL.ticket_number, FULL.missing)


def test_neutral_facts_cannot_be_given_it_either() -> None:
    told = dataclasses.replace(neutral(FULL), subject="Hello", customer_name="Li Wei")
    assert told == neutral(FULL)


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        pytest.param("Re: Fwd: RE：回复: [#K7M4-2QXD] Re: 提现未到", "提现未到", id="prefixes"),
        pytest.param("BTC: not arrived", "BTC: not arrived", id="no prefix"),
        pytest.param("Re:", None, id="prefix alone"),
        pytest.param("  ", None, id="blank"),
        pytest.param("see evil.example", "see evil. example", id="link"),
        pytest.param("x" * 500, "x" * 119 + "…", id="long"),
    ],
)
def test_subject_is_tamed(written: str, subject: str | None) -> None:
    assert dataclasses.replace(FULL, subject=written).subject == subject


@pytest.mark.parametrize(
    ("written", "name"),
    [
        pytest.param(" Li\r\n Wei ", "Li Wei", id="folded"),
        pytest.param("li.wei@example.com", None, id="address"),
        pytest.param("win at evil.example", None, id="link"),
        pytest.param("x" * 100_000, None, id="100 kB"),
        pytest.param("\u200b", None, id="nothing to see"),
    ],
)
def test_name_that_is_none_is_not_said(written: str, name: str | None) -> None:
    assert dataclasses.replace(FULL, customer_name=written).customer_name == name


def test_lists_are_cut() -> None:
    assert len(dataclasses.replace(FULL, identifiers=("a",) * 10_000).identifiers) == 20


@pytest.mark.parametrize(
    ("identifier", "shown"),
    [
        ("0x12ab34cd56ef7890abcdef1234567890abcd9f3c", "0x12ab…9f3c"),
        ("88123412", "88…412"),
        ("12345", "…45"),
        ("123", "…"),
        ("", "…"),
        ("a\r\n\u202eb" + "c" * 90_000, "a bccc…cccc"),
    ],
)
def test_identifier_is_masked(identifier: str, shown: str) -> None:
    assert mask(identifier)[:6] == shown[:6]
    assert len(mask(identifier)) == len(shown)


def test_five_identifiers_are_shown_txids_first() -> None:
    found = Identifiers(
        uid=("12345678",), txid=("0x" + "a" * 64,) * 2, order_id=("o" * 20,) * 4
    )
    assert masked(found) == ("0xaaaa…aaaa",) * 2 + ("oooooo…oooo",) * 3


def test_facts_survive_json_and_unknown_fields() -> None:
    for facts in SAMPLES.values():
        assert Facts.from_dict(facts.to_dict() | {"of_tomorrow": 1}) == facts
    assert Facts.from_dict(SAMPLES["critical"].to_dict()).urgency is Urgency.CRITICAL


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"event": "received"},
        FULL.to_dict() | {"urgency": "x"},
        FULL.to_dict() | {"subject": 5},
    ],
)
def test_facts_that_are_none_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Facts.from_dict(values)


def test_samples_cover_every_urgent_block_and_both_ways() -> None:
    assert {sample.is_neutral for sample in SAMPLES.values()} == {True, False}
    shown = {block for sample in SAMPLES.values() for block in sample.blocks}
    assert shown >= {*facts_module.URGENT_BLOCKS, "missing", "safety"}
