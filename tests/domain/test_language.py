"""Naming languages: short, mixed, misspelt; simplified and traditional told apart."""

import pytest

from worker.domain.language import chinese_script, detect


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("help!!", "en"),
        ("hello", "en"),
        ("在吗", "zh-Hans"),
        ("請問有人嗎", "zh-Hant"),
        ("提币", "zh-Hans"),
        ("帳戶", "zh-Hant"),
        ("hola", "es"),
        ("ajuda", "pt"),
        ("bonjour", "fr"),
        ("hallo, bitte um hilfe", "de"),
        ("привет", "ru"),
        ("merhaba", "tr"),
        ("giúp tôi với", "vi"),
        ("giup toi voi a", "vi"),
        ("tolong dibantu min", "id"),
        ("助けてください", "ja"),
        ("도와주세요", "ko"),
        ("ช่วยด้วย", "th"),
        ("مرحبا، أحتاج مساعدة", "ar"),
        ("aiuto, non riesco ad accedere al conto", "it"),
        ("будь ласка, допоможіть, не можу увійти", "uk"),
    ],
)
def test_short_mail_is_named(text: str, language: str) -> None:
    assert detect(text)[0] == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("我的 USDT withdraw 一直 pending 怎么办", "zh-Hans"),
        ("UID 20481937 TXID 0x12 提现没到", "zh-Hans"),
        ("50111 Invalid OK-ACCESS-KEY 为什么一直报这个错误", "zh-Hans"),
        ("我個戶口俾人hack咗，啲錢冇晒", "zh-Hant"),
        ("Hi, my deposit is missing, order 订单 123456", "en"),
        ("출금이 pending 상태입니다 UID 1234567", "ko"),
        ("TXIDは0x12です。USDTが届きません", "ja"),
        ("Не могу войти в account, KYC passed", "ru"),
        ("no me deja hacer withdraw de mis USDT", "es"),
    ],
)
def test_mixed_mail_gets_the_language_of_its_request(text: str, language: str) -> None:
    assert detect(text)[0] == language


@pytest.mark.parametrize(
    "text", ["", "???", "12345", "https://example.com/a", "USDT BTC", "😀"]
)
def test_nothing_tells_nothing(text: str) -> None:
    assert detect(text) == ("und", 0.0)


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("请问我的账户为什么被冻结", "zh-Hans"),
        ("請問我的帳戶為什麼被凍結", "zh-Hant"),
        ("提現三天還沒到帳", "zh-Hant"),
        ("提现三天还没到账", "zh-Hans"),
        ("皇后大道的里程", "zh-Hans"),
        ("點解我嘅錢唔見咗", "zh-Hant"),
    ],
)
def test_script_is_told_by_deciding_characters(text: str, script: str) -> None:
    assert chinese_script(text)[0] == script


def test_confidence_is_low_where_no_character_decides() -> None:
    assert chinese_script("手上")[1] < 0.7
    assert chinese_script("请问这个账户")[1] > 0.9


def test_notes_of_sealed_secrets_carry_no_language() -> None:
    assert detect("密码 [removed: password]")[0] == "zh-Hans"
