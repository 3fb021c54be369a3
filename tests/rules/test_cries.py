"""The plainest cries for help are critical, in every language that the rules read."""

import pytest

from worker.domain.judge import judge
from worker.domain.judgement import Urgency
from worker.rules import load

CRIES = """\
my account was hacked
my account has been hacked
my account got hacked
My account was hacked and my money is gone
someone stole my coins
I was hacked
I gave my seed phrase to a scammer
a withdrawal was made and it was not me
my phone was stolen with your app on it
I want to kill myself
账号被盗
账户被盗了
币被转走了，不是我操作
提现不是我发起的
帳號被盜
帳戶被盜了，幣都被轉走
mi cuenta fue hackeada
minha conta foi hackeada
mon compte a été piraté
mein Konto wurde gehackt
мой аккаунт взломали
tài khoản của tôi bị hack
アカウントが乗っ取られました
계정이 해킹당했어요
hesabım hacklendi
akun saya diretas
""".splitlines()


@pytest.mark.parametrize("cry", CRIES)
def test_plain_cry_is_critical(cry: str) -> None:
    judged = judge(subject="", body=cry, own_words="", rules=load())
    assert judged.urgency is Urgency.CRITICAL


@pytest.mark.parametrize(
    "plain",
    [
        "my withdrawal is stuck",
        "my deposit has not arrived for two days",
        "提现卡住了",
        "充值一天了没到账",
        "账户被冻结了，请解冻",
    ],
)
def test_plain_trouble_is_high(plain: str) -> None:
    judged = judge(subject="", body=plain, own_words="", rules=load())
    assert judged.urgency is Urgency.HIGH
