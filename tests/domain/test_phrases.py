"""The notation of phrases, and finding them in texts of any script."""

import pytest

from worker.domain.phrases import Vocabulary, fold, join_contractions, tokenise


def found(phrase: str, text: str) -> bool:
    vocabulary = Vocabulary({"it": [phrase]})
    return bool(vocabulary.scan(tokenise(join_contractions(fold(text)))))


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("was stolen", "It WAS Stolen!"),
        ("withdraw*", "my withdrawals"),
        ("cant withdraw", "I can't withdraw"),
        ("cant withdraw", "I can’t withdraw"),
        ("cant withdraw", "i cant withdraw"),
        ("(can|could) not (ever )?log in", "could not log in"),
        ("(can|could) not (ever )?log in", "can not ever log in"),
        ("days?", "a day"),
        ("days?", "two days"),
        ("stolen .. account", "stolen from my account"),
        ("(very )+late", "very very late"),
        ("被盗", "我的號被盜了"),
        ("账户.. 登不上", "帳戶今天又登不上"),
        ("不?到账", "到账"),
        ("cuenta", "CUENTA"),
        ("contrasena", "contraseña"),
        ("mat khau", "mật khẩu"),
        ("cekemiyor*", "çekemiyorum"),
        ("ışık", "IŞIK"),
        ("출금*", "출금이 안 돼요"),
        ("出金できません", "まだ出金できません"),
        ("вывод*", "ВЫВОДА нет"),
    ],
)
def test_phrase_is_found(phrase: str, text: str) -> None:
    assert found(phrase, text)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("was stolen", "was. Stolen"),
        ("draw*", "withdraw"),
        ("draw", "drawing"),
        ("stolen .. account", "stolen by a man from my other account"),
        ("stolen .. account", "stolen. account"),
        ("被盗", "被人盗"),
        ("days?", "daylight"),
    ],
)
def test_what_is_no_phrase_is_not_found(phrase: str, text: str) -> None:
    assert not found(phrase, text)


@pytest.mark.parametrize("phrase", ["(a|b", "a)", "(a)?", "", "(a)*", ".."])
def test_broken_or_empty_phrase_is_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match=r"bracket|empty"):
        Vocabulary({"it": [phrase]})


def test_a_turkish_capital_leaves_no_other_capitals() -> None:
    assert fold("İPTAL HÂLÂ Æ Ǽ") == "iptal hala a a"


def test_folding_keeps_every_character_in_its_place() -> None:
    text = "Ünïcödé １２３ 帳戶 İstanbul đồng — ﬁ ß Ё"
    assert len(fold(text)) == len(text)


def test_numbers_do_not_end_sentences() -> None:
    tokens = tokenise("paid 1.5 btc. then nothing")
    assert tokens.sentences[-1] == 1
    assert tokens.words[:3] == ["paid", "1", "5"]
