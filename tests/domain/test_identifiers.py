"""What names a case: found as written, told apart by words and checksums."""

import pytest

from worker.domain.identifiers import find
from worker.domain.judgement import Amount, Identifiers
from worker.rules import load

HASH = "9f8e3ad1c6f0b1d5bc9a6d83ab1e76f2c3aa1f5e2b77c0de90cf9a4d2f6b8e11"
TRON = "TLa2f6VPqDgRE67v1736s7bJ8Ray5wYjU7"
BITCOIN = "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"
SEGWIT = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
TAPROOT = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"
ETHER = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"
SOLANA = "4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T"
RIPPLE = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"


def found(text: str) -> Identifiers:
    return find(text, rules=load())


@pytest.mark.parametrize(
    ("text", "uid"),
    [
        ("UID 20481937", "20481937"),
        ("uid:53621215", "53621215"),
        ("我的UID是30592817，麻烦查一下", "30592817"),
        ("账户 610198830 登不上", "610198830"),
        ("用户ID：88123456", "88123456"),
        ("帳號 55123499", "55123499"),
        ("my user id is 77120934.", "77120934"),
        ("Account number 91827364 please", "91827364"),
        ("会員番号 12345678", "12345678"),
        ("アカウントID: 12345678", "12345678"),
        ("аккаунт 55123499", "55123499"),
        ("（UID 251504108）", "251504108"),
        ("UID#251504108", "251504108"),
        ("akun saya UID: 832748050", "832748050"),
    ],
)
def test_account_number_is_found_by_the_word_beside_it(text: str, uid: str) -> None:
    assert found(text).uid == (uid,)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("order 739182645019283746", "739182645019283746"),
        ("订单号：847362519203847561", "847362519203847561"),
        ("提现单号 928374650192837465 没到", "928374650192837465"),
        ("P2P order no. 2038475610293847561", "2038475610293847561"),
        ("pedido 284756102938475610", "284756102938475610"),
        ("заявка № 284756102938475610", "284756102938475610"),
        ("sipariş 2833486099110227734", "2833486099110227734"),
        ("注文番号 592401709523445838", "592401709523445838"),
        ("it is 182736455463728190, please look", "182736455463728190"),
    ],
)
def test_order_number_is_found(text: str, order: str) -> None:
    assert found(text).order_id == (order,)


@pytest.mark.parametrize(
    ("text", "ticket"),
    [
        ("ticket 8305463", "8305463"),
        ("工单 1385254 有进展吗", "1385254"),
        ("工单号：5124604", "5124604"),
        ("case #6573060", "6573060"),
        ("about #K7M4-2QXD", "K7M4-2QXD"),
    ],
)
def test_ticket_number_is_found(text: str, ticket: str) -> None:
    named = found(text)
    assert named.ticket_id == (ticket,)
    assert named.order_id == ()


@pytest.mark.parametrize(
    "address", [TRON, BITCOIN, SEGWIT, TAPROOT, ETHER, ETHER.lower(), SOLANA, RIPPLE]
)
def test_address_is_found_between_any_words(address: str) -> None:
    for text in (
        f"to {address}.",
        f"转到{address}，没到",
        f"({address})",
        f"address:{address}",
    ):
        assert found(text).address == (address,), text


@pytest.mark.parametrize(
    "text",
    [
        TRON[:-1] + "8",
        BITCOIN[:-1] + "3",
        SEGWIT[:-1] + "p",
        "thequickbrownfoxjumpsoverthelazydog",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "https://example.com/a/" + SOLANA,
    ],
)
def test_what_fails_its_checksum_is_no_address(text: str) -> None:
    assert found(text).address == ()


@pytest.mark.parametrize("text", [f"TXID {HASH}", f"0x{HASH} 没到", f"hash：{HASH.upper()}"])
def test_transaction_hash_is_found(text: str) -> None:
    assert [v.lower().removeprefix("0x") for v in found(text).txid] == [HASH]


def test_private_key_is_no_transaction() -> None:
    assert found(f"my private key {HASH}").txid == ()


@pytest.mark.parametrize(
    "text",
    [
        "error 50011 again",
        "call +8613800138000",
        "price 61234.5",
        "95% done",
        "in 2026",
        "code 482913",
        "at 10:20",
    ],
)
def test_other_numbers_name_nothing(text: str) -> None:
    named = found(text)
    assert (named.uid, named.txid, named.order_id, named.ticket_id) == ((), (), (), ())


@pytest.mark.parametrize(
    ("text", "value", "coin"),
    [
        ("1,200 USDT", 1200, "USDT"),
        ("1,250,000 USDT", 1250000, "USDT"),
        ("转了1,200,000 USDT", 1200000, "USDT"),
        ("3.5万u", 35000, "USDT"),
        ("提了３０００ＵＳＤＴ", 3000, "USDT"),
        ("两万U", 20000, "USDT"),
        ("十五万人民币", 150000, "CNY"),
        ("2个比特币", 2, "BTC"),
        ("0.125 btc", 0.125, "BTC"),
        ("0,9 BTC", 0.9, "BTC"),
        ("18.000 TL ödedim", 18000, "TRY"),
        ("1.234,56 EUR", 1234.56, "EUR"),
        ("€2,500.50", 2500.5, "EUR"),
        ("$50k", 50000, "USD"),
        ("10k USDT", 10000, "USDT"),
        ("5kUSDT", 5000, "USDT"),
        ("2 million USDC", 2000000, "USDC"),
        ("R$ 3.400", 3400, "BRL"),
        ("3 400 рублей", 3400, "RUB"),
        ("2 juta rupiah", 2000000, "IDR"),
        ("5 triệu đồng", 5000000, "VND"),
        ("USDT 500", 500, "USDT"),
        ("¥9000", 9000, "CNY"),
        ("8000块", 8000, "CNY"),
        ("120枚ETH", 120, "ETH"),
        ("300만원", 3000000, "KRW"),
        ("5万円", 50000, "JPY"),
    ],
)
def test_sum_is_read(text: str, value: float, coin: str) -> None:
    assert found(text).amount == (Amount(value, coin),)


def test_number_of_a_list_is_no_sum_of_the_line_before() -> None:
    assert found("2. 1.35 ETH\n3. sent at noon").amount == (Amount(1.35, "ETH"),)


@pytest.mark.parametrize("text", ["hace sol", "ada masalah", "near my house", "95%", "10x"])
def test_words_and_ratios_are_no_money(text: str) -> None:
    named = found(text)
    assert named.amount == ()
    assert named.coin == ()


@pytest.mark.parametrize(
    ("text", "coin"),
    [
        ("充值USDT没到", "USDT"),
        ("my bitcoin is gone", "BTC"),
        ("以太坊不见了", "ETH"),
        ("提u失败", "USDT"),
    ],
)
def test_coin_without_sum_is_named(text: str, coin: str) -> None:
    assert found(text).coin == (coin,)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("今天14:00提的", "今天14:00"),
        ("last Friday I sent it", "last Friday"),
        ("昨晚十点左右", "昨晚十点"),
        ("11月2日 06:55 提现", "11月2日 06:55"),
        ("since 3 Nov, 03:20", "3 Nov, 03:20"),
        ("20 minutes ago", "20 minutes ago"),
        ("hace una hora", "hace una hora"),
        ("半小时前转的", "半小时前"),
        ("2026-11-03 21:15", "2026-11-03 21:15"),
        ("pending 72h", "72h"),
        ("中午有人找我", "中午"),
    ],
)
def test_time_is_given_as_written(text: str, time: str) -> None:
    assert any(time in t for t in found(text).time)


@pytest.mark.parametrize("text", ["May I ask you something", "bán cho anh ấy", "ah well"])
def test_words_like_times_are_none(text: str) -> None:
    assert found(text).time == ()


def test_each_thing_comes_once_in_order() -> None:
    named = found(f"UID 20481937, UID 20481937, {TRON} and {ETHER} and {TRON}")
    assert named.uid == ("20481937",)
    assert named.address == (TRON, ETHER)


def test_sealed_text_is_read_without_harm() -> None:
    named = found("UID 20481937 [removed: mnemonic, 12 words] [removed: private_key]")
    assert named == Identifiers(uid=("20481937",))


STELLAR = "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ"
TON = "EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2N"


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(ETHER, id="mixed-case"),
        pytest.param(ETHER.lower(), id="lower-case"),
        pytest.param("0x" + ETHER[2:].upper(), id="upper-case"),
        pytest.param(STELLAR, id="stellar"),
        pytest.param(TON, id="ton"),
        pytest.param(f"https://explorer.example/address/{TRON}", id="in-a-link"),
        pytest.param(f"https://explorer.example/account/{SOLANA}", id="solana-in-a-link"),
    ],
)
def test_address_of_each_form_is_found(address: str) -> None:
    assert found(f"I sent it to {address} yesterday").address == (address.rpartition("/")[2],)


def with_a_slip(address: str) -> str:
    """The same with one letter in the other case, or the next digit."""
    place = next(n for n in range(len(address) - 5, 5, -1) if address[n].isalpha())
    return address[:place] + address[place].swapcase() + address[place + 1 :]


@pytest.mark.parametrize("address", [ETHER, TRON])
def test_mistyped_address_is_no_address_and_is_shown_as_such(address: str) -> None:
    wrong = with_a_slip(address)
    named = found(f"to {wrong}, please stop it")
    assert (named.address, named.mistyped_address) == ((), (wrong,))
    assert found(address).mistyped_address == ()


def test_mistyped_segwit_address_is_shown_as_such() -> None:
    wrong = SEGWIT[:-1] + ("q" if SEGWIT[-1] != "q" else "p")
    assert found(wrong).mistyped_address == (wrong,)


@pytest.mark.parametrize("address", [STELLAR, TON])
def test_a_checksum_that_does_not_hold_makes_no_address(address: str) -> None:
    assert found(with_a_slip(address)).address == ()


def test_hash_in_base64_is_a_txid_where_words_say_so() -> None:
    value = "tYv3l0Jd5mDq2Xw8r1S7oEo0S5Cj3c1Yt6m0kQf+/bk="
    assert found(f"TxID: {value}").txid == (value,)
    assert found(f"交易哈希 {value} 没到账").txid == (value,)
    assert found(f"picture {value}").txid == ()


@pytest.mark.parametrize(
    ("text", "uid"),
    [
        ("UIDは39298522です", "39298522"),
        ("내 UID는 34601900 입니다", "34601900"),
        ("UID của em: 57887670", "57887670"),
        ("用户ID 536862257474363209", "536862257474363209"),
        ("UID：4461376\n订单号：5097507538342349013", "4461376"),
    ],
)
def test_account_number_is_told_in_more_languages(text: str, uid: str) -> None:
    named = found(text)
    assert (named.uid, named.ticket_id) == ((uid,), ())
