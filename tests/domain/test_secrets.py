"""What is sealed, what is left readable, and that sealing twice changes nothing."""

import hashlib
import random

import pytest

from worker.domain.secrets import seal
from worker.rules import load

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def base58(payload: bytes, *, check: bool = True) -> str:
    if check:
        payload += hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(payload, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return "1" * (len(payload) - len(payload.lstrip(b"\0"))) + text


def random_bytes(size: int, seed: int) -> bytes:
    return random.Random(f"{size} {seed}").randbytes(size)


def sealed_kinds(text: str) -> tuple[str, ...]:
    return seal(text, rules=load()).kinds


KEYS = {
    "wif": lambda s: base58(b"\x80" + random_bytes(32, s)),
    "wif-compressed": lambda s: base58(b"\x80" + random_bytes(32, s) + b"\x01"),
    "xprv": lambda s: base58(bytes.fromhex("0488ade4") + b"\0" * 9 + random_bytes(65, s)),
    "hex-told": lambda s: "private key: " + random_bytes(32, s).hex(),
    "hex-prefixed": lambda s: "my key is 0x" + random_bytes(32, s).hex(),
    "hex-zh": lambda s: "私钥：" + random_bytes(32, s).hex(),
    "hex-ru": lambda s: "приватный ключ " + random_bytes(32, s).hex(),
    "hex-es": lambda s: "mi clave privada es " + random_bytes(32, s).hex(),
    "hex-ja": lambda s: "秘密鍵は" + random_bytes(32, s).hex(),
    "hex-ko": lambda s: "개인키: " + random_bytes(32, s).hex(),
    "solana": lambda s: "solana private key " + base58(random_bytes(64, s), check=False),
    "pem": lambda s: (
        "-----BEGIN EC PRIVATE KEY-----\n"
        + random_bytes(60, s).hex()
        + "\n-----END EC PRIVATE KEY-----"
    ),
}


@pytest.mark.parametrize("kind", KEYS)
def test_private_key_of_every_kind_is_sealed(kind: str) -> None:
    for seed in range(20):
        text = KEYS[kind](seed)
        sealed = seal(f"hello, {text} please help", rules=load())
        assert sealed.kinds == ("private_key",), text
        assert text.split()[-1] not in sealed.text


def test_hashes_and_addresses_stay_readable() -> None:
    for seed in range(50):
        digest = random_bytes(32, seed).hex()
        address = base58(b"\x41" + random_bytes(20, seed))
        signature = base58(random_bytes(64, seed), check=False)
        for text in (
            f"TXID {digest}",
            f"hash: 0x{digest}",
            f"转账哈希 {digest} 还没到",
            f"sent to {address}",
            f"地址 0x{digest[:40]}",
            signature,
            digest,
        ):
            assert sealed_kinds(text) == (), text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("my password is Blue!fish42", "Blue!fish42"),
        ("pw: hunter2hunter", "hunter2hunter"),
        ("Login li@example.com / pass: Qx9#hfTT", "Qx9#hfTT"),
        ("密码是Wx778899zz，帮我登录看看", "Wx778899zz"),
        ("登录密码：a1b2c3d4!", "a1b2c3d4!"),
        ("資金密碼 Kk20260101", "Kk20260101"),
        ("mi contraseña es Gato*2026", "Gato*2026"),
        ("a senha é Lua2026x", "Lua2026x"),
        ("mot de passe : Chat!Noir7", "Chat!Noir7"),
        ("Mein Passwort ist Hund#2026", "Hund#2026"),
        ("пароль: Kotik2026!", "Kotik2026!"),
        ("şifrem: Ankara06!", "Ankara06!"),
        ("mật khẩu: hanoi2026!", "hanoi2026!"),
        ("kata sandi saya adalah Jakarta99", "Jakarta99"),
        ("パスワードは Tokyo2026x です", "Tokyo2026x"),
        ("비밀번호: Seoul2026!", "Seoul2026!"),
    ],
)
def test_password_told_in_words_is_sealed(text: str, value: str) -> None:
    sealed = seal(text, rules=load())
    assert sealed.kinds == ("password",)
    assert value not in sealed.text


@pytest.mark.parametrize(
    "text",
    [
        "my password does not work",
        "my password is wrong",
        "password: ******",
        "the password is incorrect and I reset it",
        "I forgot my password",
        "密码忘了",
        "密码是错的",
        "密码一直提示错误",
        "my password was changed by someone",
        "password=YOUR_PASSWORD",
        "パスワードを忘れました",
        "mi contraseña no funciona",
        "passphrase='xxx'",
        "api key: YOUR_API_KEY",
        "API-KEY: <your key>",
        "secret: ${SECRET}",
        "request id 0f8fad5b-d9cb-469f-a165-70867728950e",
        "order 827364519283746152 and UID 20481937",
        "error code 50011",
        "code 59510 returned",
        "call me at +1 202 555 0143",
        "the price was 61234 and now 58800",
        "my api key does not work",
        "验证码收不到",
        "the verification code never arrives",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert seal(text, rules=load()).text == text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("api key: 3f0c1b9e-5a77-4d0e-9f43-6d1f2b7c8a90", "api_key"),
        ("apikey=9a8b7c6d-1234-4321-aaaa-bbbbccccdddd", "api_key"),
        ("secret key 0123456789ABCDEF0123456789ABCDE1", "api_key"),
        ("secretKey: 8F14E45FCEEA167A5A36DEDD4BEA2543", "api_key"),
        ("passphrase: Trade!2026", "api_key"),
        ("我的API密钥是 5d41402a-bc4b-4a76-b971-9d911017c592", "api_key"),
        ("验证码 482913", "otp"),
        ("短信验证码是：771204", "otp"),
        ("the SMS code is 304 118", "otp"),
        ("my 2fa code: 551027", "otp"),
        ("код из смс 402918", "otp"),
        ("身份证号 11010519491231002X", "id_number"),
        ("passport no. E12345678", "id_number"),
        ("护照号码：G28233515", "id_number"),
        ("card 4111 1111 1111 1111", "card"),
        ("银行卡号6222020000000000000", "card"),
    ],
)
def test_other_secrets_are_sealed_by_kind(text: str, kind: str) -> None:
    assert sealed_kinds(text) == (kind,)


def test_note_says_what_was_there() -> None:
    assert seal("pw: Zebra!2026 ok", rules=load()).text == "pw: [removed: password] ok"


def test_kinds_come_in_order_and_once() -> None:
    text = "验证码 482913, password: Zebra!2026, password: Tiger!2027"
    assert sealed_kinds(text) == ("otp", "password")


@pytest.mark.parametrize(
    "text",
    [
        "password: Zebra!2026 and api key: 3f0c1b9e-5a77-4d0e-9f43-6d1f2b7c8a90",
        "私钥：" + "ab" * 32,
        "验证码 482913",
        "card 4111 1111 1111 1111",
        "seed: "
        + "ripple scissors kick mammal hire column oak again sun offer wealth tomorrow",
    ],
)
def test_sealing_twice_changes_nothing(text: str) -> None:
    once = seal(text, rules=load())
    twice = seal(once.text, rules=load())
    assert once.kinds
    assert twice.text == once.text
    assert twice.kinds == ()


def half(text: str) -> str:
    """The same, broken over two lines as mail programs do."""
    return f"{text[: len(text) // 2]}\n{text[len(text) // 2 :]}"


KEY = "5d0e3c1fa7b24896" * 4


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"private key: {half(KEY)} thanks", id="over-two-lines"),
        pytest.param(f"the private key of that address: {KEY}", id="of-an-address"),
        pytest.param("[" + ", ".join(str(n * 3 % 256) for n in range(64)) + "]", id="octets"),
        pytest.param(
            '{"address": "ab", "crypto": {"ciphertext": "5d0e", "mac": "77"}, "version": 3}',
            id="wallet-file",
        ),
        pytest.param('{"crypto": {"ciphertext": "5d0e3c1f", "kdf', id="wallet-file-cut-off"),
        pytest.param(f"PRIVATE_KEY={'Ab3+' * 10}xyZ=", id="base64"),
    ],
)
def test_key_in_an_odd_form_is_sealed_whole(text: str) -> None:
    sealed = seal(text, rules=load())
    assert sealed.kinds == ("private_key",)
    rest = sealed.text.replace("\n", "")
    assert not any(KEY[at : at + 8] in rest for at in range(0, 56, 8))
    assert "ciphertext" not in rest


def test_the_key_question_is_no_key() -> None:
    text = f"the key question is when {KEY} arrives"
    assert seal(text, rules=load()).text == text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("You can log in with Tiger#2031 as the password", "password"),
        ("je mets Tiger#2031 comme mot de passe", "password"),
        ("Tiger#2031 is my password", "password"),
        ("我密码设的是Tiger2031", "password"),
        ("كلمة المرور: Tiger2031", "password"),
        ("รหัสผ่านของฉันคือ Tiger2031", "password"),
        ("मेरा पासवर्ड Tiger2031 है", "password"),
        ("moje hasło to Tiger-2031", "password"),
        ("| Password | Tiger2031 |", "password"),
        ("PIN is 4821", "password"),
        ('{"apiKey": "Ab12Cd34Ef56Gh78Ij"}', "api_key"),
        ("apikey=Ab12Cd34&secretkey=Zz98Yy76&x=1", "api_key"),
        ("curl -H 'X-MBX-APIKEY: Ab12Cd34Ef56Gh78Ij90'", "api_key"),
        ("ghp_" + "Ab12" * 9, "api_key"),
        ("Authorization: Bearer " + "Ab1." * 9, "api_key"),
        ("he asked for the code and I gave him 649940", "otp"),
        ("我把验证码649940给他了", "otp"),
        ("otpauth://totp/me?secret=ABCD2345EFGH67", "otp"),
        ("cvv 821", "card"),
        ("PESEL 92111533579", "id_number"),
        ("247.069.005-65", "id_number"),
        ("PAN TCDPT9962K", "id_number"),
    ],
)
def test_secret_told_in_another_way_is_sealed(text: str, kind: str) -> None:
    sealed = seal(text, rules=load())
    assert sealed.kinds == (kind,), sealed.text
    assert f"[removed: {kind}]" in sealed.text


def test_secret_told_once_is_sealed_wherever_it_stands_again() -> None:
    sealed = seal("me@mail.example / Tiger#2031\nmy pw: Tiger#2031", rules=load())
    assert "Tiger" not in sealed.text


def test_part_of_another_number_is_no_secret_that_stands_again() -> None:
    sealed = seal("password: 839201, UID 83920184", rules=load())
    assert sealed.text == "password: [removed: password], UID 83920184"


def test_overlapping_finds_are_sealed_from_the_first_to_the_last_character() -> None:
    text = "api secret: password: Tiger#2031!x"
    assert "2031" not in seal(text, rules=load()).text


@pytest.mark.parametrize(
    "text",
    [
        "la contraseña es correcta pero no entra",
        "minha senha está correta",
        "mon mot de passe est correct",
        "пароль верный, но не пускает",
        "password = os.environ['EXCHANGE_PASSWORD']",
        "api key: <API_KEY> secret: <SECRET>",
        "The password field stays grey on iPhone15",
        "password_reset_guide.pdf",
        "0x000000000001233cb391a325c6a6275dbfa0f97f49acccd14000000000000000",
        "código de error 60018",
    ],
)
def test_what_only_sounds_like_a_secret_stays(text: str) -> None:
    assert seal(text, rules=load()).text == text


NOTE_INSIDE = [
    "seed: army van defense carry jealous true [removed: otp]"
    " garbage claim echo media make crunch",
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n> code [removed: otp] thanks\n",
]


@pytest.mark.parametrize("text", NOTE_INSIDE, ids=["phrase", "key"])
def test_note_inside_a_secret_unseals_nothing(text: str) -> None:
    sealed = seal(text, rules=load())
    assert "garbage" not in sealed.text
    assert "MIIEv" not in sealed.text
    assert seal(sealed.text, rules=load()).text == sealed.text


def test_keys_that_never_end_are_one_secret() -> None:
    sealed = seal("-----BEGIN PRIVATE KEY-----\n" * 3000, rules=load())
    assert sealed.text == "[removed: private_key]"


def test_every_secret_is_sealed_where_it_stands_again_however_many_there_are() -> None:
    told = "".join(f"my password: Zebra{number}!2026x\n" for number in range(60))
    again = "".join(f"then Zebra{number}!2026x failed\n" for number in range(60))
    assert "Zebra" not in seal(told + again, rules=load()).text


def test_secret_told_many_times_leaves_room_for_others() -> None:
    text = "my password: Zebra!2026xy\n" * 60 + "my password: Tiger!2027ab\nthen Tiger!2027ab\n"
    assert "Tiger" not in seal(text, rules=load()).text
