"""Sealing and finding meet what is asked of them, on texts that are made up anew."""

import pytest

from bench.labelled import identifiers, secrets
from bench.labelled.identifiers import EXACT, mark_identifiers
from bench.labelled.marks import mark_secrets
from bench.labelled.secrets import Labelled

PHRASES_OF = 5
"""Each fifth text with a phrase is read: there is one for each list, length and layout."""


def texts_of(name: str) -> list[Labelled]:
    made = list(secrets.make(name, seed=20, rounds=2))
    phrases = [text for text in made if text.kind == "mnemonic"]
    return [text for text in made if text.kind != "mnemonic"] + phrases[::PHRASES_OF]


@pytest.mark.slow
@pytest.mark.parametrize("name", list(secrets.SETS))
def test_secrets_are_found_and_nothing_of_them_stays_readable(name: str) -> None:
    marks = mark_secrets(texts_of(name))
    found, missed = marks.found.total(), marks.missed.total()
    wrong = [text.text for told in marks.wrong.values() for text, _, _ in told][:9]

    assert found / (found + missed) >= 0.99, wrong
    assert found / (found + marks.invented.total()) >= 0.99, wrong
    for kind in marks.found:
        of_kind = marks.found[kind] + marks.missed[kind]
        assert marks.found[kind] / of_kind >= 0.96, (kind, wrong)
    assert marks.leaked / marks.values <= 0.005, wrong
    assert marks.damaged == 0, wrong


@pytest.mark.slow
@pytest.mark.parametrize("name", list(identifiers.SETS))
def test_what_names_a_case_is_found(name: str) -> None:
    marks = mark_identifiers(identifiers.make(name, seed=20, rounds=2))
    wrong = [(how, kind, made.text) for how, kind, made, _ in marks.wrong][:9]

    for kind in EXACT:
        found = marks.found[kind]
        assert found / (found + marks.missed[kind]) >= 0.98, wrong
        assert found / (found + marks.invented[kind]) >= 0.98, wrong
    for kind in ("amount", "time"):
        assert marks.found[kind] / (marks.found[kind] + marks.missed[kind]) >= 0.95, wrong


def test_same_seed_makes_the_same_texts_and_another_one_others() -> None:
    first, again, other = (list(secrets.make("second", seed=s, rounds=1)) for s in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("name", list(secrets.SETS))
def test_every_kind_is_made_at_every_place_of_a_mail(name: str) -> None:
    made = list(secrets.make(name, seed=1, rounds=2))
    kinds = {text.kind for text in made}
    assert kinds == {
        "",
        "mnemonic",
        "private_key",
        "password",
        "api_key",
        "otp",
        "card",
        "id_number",
    }
    assert {text.channel for text in made} == set(secrets.CHANNELS)
    told = (text for text in made if text.kind not in ("", "mnemonic"))
    assert all(value in text.text for text in told for value in text.values)
