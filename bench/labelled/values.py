"""Values as wallets, exchanges and offices make them: random, with the checksums that hold."""

import base64
import hashlib
import json
import random
import string
import uuid
from collections.abc import Callable, Sequence

from mnemonic import Mnemonic

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
RIPPLE58 = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
LANGUAGES = tuple(sorted(Mnemonic.list_languages()))
BITS_OF_WORDS = {12: 128, 15: 160, 18: 192, 21: 224, 24: 256}
Chance = random.Random


def base58(data: bytes, alphabet: str = BASE58) -> str:
    number = int.from_bytes(data, "big")
    text = ""
    while number:
        number, digit = divmod(number, 58)
        text = alphabet[digit] + text
    zeros = len(data) - len(data.lstrip(b"\0"))
    return alphabet[0] * zeros + text


def base58check(data: bytes, alphabet: str = BASE58) -> str:
    return base58(data + hashlib.sha256(hashlib.sha256(data).digest()).digest()[:4], alphabet)


def bech32(prefix: str, data: bytes, *, version: int | None) -> str:
    """Encode a segwit program, or plain bytes where version is None (BIP-173, BIP-350)."""
    values, left, bits = ([] if version is None else [version]), 0, 0
    for byte in data:
        left, bits = (left << 8) | byte, bits + 8
        while bits >= 5:
            bits -= 5
            values.append((left >> bits) & 31)
    if bits:
        values.append((left << (5 - bits)) & 31)
    final = 0x2BC830A3 if version else 1
    spread = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = _polymod([*spread, *values, 0, 0, 0, 0, 0, 0]) ^ final
    values += [(check >> 5 * (5 - at)) & 31 for at in range(6)]
    return f"{prefix}1" + "".join(BECH32[value] for value in values)


def _polymod(values: Sequence[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for at, generator in enumerate(
            (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
        ):
            check ^= generator if (top >> at) & 1 else 0
    return check


def some(chance: Chance, alphabet: str, count: int) -> str:
    return "".join(chance.choice(alphabet) for _ in range(count))


def digits(chance: Chance, count: int) -> str:
    return chance.choice("123456789") + some(chance, string.digits, count - 1)


def hexes(chance: Chance, count: int) -> str:
    return some(chance, "0123456789abcdef", count)


# Secrets


def phrase(chance: Chance, language: str, words: int) -> list[str]:
    data = chance.randbytes(BITS_OF_WORDS[words] // 8)
    told = str(Mnemonic(language).to_mnemonic(data))
    # The Russian list of mnemonic 0.21 holds a damaged word.
    return told.replace("\ufffd\ufffd", "в").replace("\u3000", " ").split(" ")


def typo(chance: Chance, word: str) -> str:
    """One slip of the finger: a letter left out, doubled, swapped or replaced."""
    if len(word) < 4:
        return word + chance.choice("aeiost") if word.isascii() else word
    at = chance.randrange(1, len(word) - 1)
    slips = [
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :],
    ]
    if word.isascii():
        slips.append(word[:at] + chance.choice(string.ascii_lowercase) + word[at + 1 :])
    return chance.choice([slip for slip in slips if slip != word] or [word + word[-1]])


def wif(chance: Chance, kind: str) -> str:
    key = chance.randbytes(32)
    version = b"\xef" if kind.startswith("testnet") else b"\x80"
    return base58check(version + key + (b"\x01" if kind.endswith("compressed") else b""))


EXTENDED = {"xprv": "0488ade4", "yprv": "049d7878", "zprv": "04b2430c", "tprv": "04358394"}


def extended_key(chance: Chance, kind: str) -> str:
    head = bytes.fromhex(EXTENDED[kind]) + bytes([chance.randrange(5)])
    body = chance.randbytes(4) + chance.randbytes(4) + chance.randbytes(32)
    return base58check(head + body + b"\0" + chance.randbytes(32))


PEM_LABELS = (
    "PRIVATE KEY",
    "RSA PRIVATE KEY",
    "EC PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY",
    "OPENSSH PRIVATE KEY",
    "DSA PRIVATE KEY",
    "PGP PRIVATE KEY BLOCK",
)


def pem(chance: Chance, label: str) -> str:
    size = {"EC PRIVATE KEY": 121, "PRIVATE KEY": 138}.get(label, chance.choice((608, 1190)))
    start = b"openssh-key-v1\0" if "OPENSSH" in label else b"\x30\x82"
    body = base64.b64encode(start + chance.randbytes(size)).decode()
    width = 70 if "OPENSSH" in label else 64
    lines = [body[at : at + width] for at in range(0, len(body), width)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----"])


def solana_key(chance: Chance) -> str:
    return base58(chance.randbytes(64))


def solana_numbers(chance: Chance) -> str:
    return "[" + ",".join(str(byte) for byte in chance.randbytes(64)) + "]"


def keystore(chance: Chance) -> str:
    """An encrypted key as Ethereum's wallets save it (Web3 Secret Storage)."""
    made = {
        "address": hexes(chance, 40),
        "crypto": {
            "cipher": "aes-128-ctr",
            "ciphertext": hexes(chance, 64),
            "cipherparams": {"iv": hexes(chance, 32)},
            "kdf": "scrypt",
            "kdfparams": {
                "dklen": 32,
                "n": 262144,
                "p": 1,
                "r": 8,
                "salt": hexes(chance, 64),
            },
            "mac": hexes(chance, 64),
        },
        "id": str(uuid.UUID(bytes=chance.randbytes(16), version=4)),
        "version": 3,
    }
    return json.dumps(made, indent=chance.choice((None, 2)))


STEMS = (
    *(
        "sunny",
        "dragon",
        "coffee",
        "moon",
        "tiger",
        "anna",
        "lina",
        "wang",
        "zhang",
        "li",
        "xiao",
    ),
    *("maria", "peter", "kitty", "summer", "winter", "madrid", "paris", "hanoi", "tokyo"),
    *("bitcoin", "crypto", "hodl", "qwe", "asd", "zxc", "love", "happy", "blue", "magic"),
)


def password(chance: Chance) -> str:
    """What people take: a stem with figures and a sign, or a random one."""
    stem = chance.choice(STEMS)
    stem = chance.choice((stem, stem.title(), stem.upper(), stem + chance.choice(STEMS)))
    number = chance.choice(
        (f"{chance.randrange(10, 99)}", f"{chance.randrange(1960, 2027)}", digits(chance, 6))
    )
    sign = chance.choice("!@#$%&*.?_-+")
    return chance.choice(
        (
            stem + number,
            stem + sign + number,
            stem + number + sign,
            number + stem,
            stem.title() + sign + number + chance.choice("!@#$%"),
            some(chance, string.ascii_letters, 6)
            + digits(chance, 3)
            + some(chance, "!@#$%", 1),
        )
    )


def card(chance: Chance) -> str:
    start, size = chance.choice(
        (
            ("4", 16),
            ("51", 16),
            ("55", 16),
            ("37", 15),
            ("622848", 19),
            ("6011", 16),
            ("35", 16),
        )
    )
    body = start + some(chance, string.digits, size - len(start) - 1)
    doubled = [int(d) * (2 if at % 2 == 0 else 1) for at, d in enumerate(reversed(body))]
    return body + str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)


def _month_and_day(chance: Chance) -> str:
    return f"{chance.randrange(1, 13):02}{chance.randrange(1, 29):02}"


def resident_id(chance: Chance) -> str:
    area = chance.choice(("110101", "310115", "440305", "320102", "510107", "330106"))
    born = f"{chance.randrange(1950, 2007)}{_month_and_day(chance)}"
    body = f"{area}{born}{chance.randrange(1000):03}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    left = sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11
    return body + "10X98765432"[left]


def identity_number(chance: Chance, country: str) -> str:
    return IDENTITY_NUMBERS[country](chance)


def _taiwan(chance: Chance) -> str:
    letter = chance.choice("ABCDEFGH")
    number = 10 + "ABCDEFGH".index(letter)
    body = chance.choice("12") + some(chance, string.digits, 7)
    told = number // 10 + number % 10 * 9
    told += sum(int(d) * w for d, w in zip(body, range(8, 0, -1), strict=True))
    return letter + body + str(-told % 10)


def _cpf(chance: Chance) -> str:
    body = [chance.randrange(10) for _ in range(9)]
    for size in (10, 11):
        told = sum(d * w for d, w in zip(body, range(size, 1, -1), strict=True)) * 10 % 11 % 10
        body.append(told)
    text = "".join(map(str, body))
    return f"{text[:3]}.{text[3:6]}.{text[6:9]}-{text[9:]}"


def _dni(chance: Chance) -> str:
    number = chance.randrange(10_000_000, 99_999_999)
    return f"{number}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"


def _korea(chance: Chance) -> str:
    born = f"{chance.randrange(60, 99)}{_month_and_day(chance)}"
    body = born + chance.choice("12") + some(chance, string.digits, 5)
    weights = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
    left = (11 - sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11) % 10
    return f"{body[:6]}-{body[6:]}{left}"


def _turkey(chance: Chance) -> str:
    body = [chance.randrange(1, 10)] + [chance.randrange(10) for _ in range(8)]
    tenth = (sum(body[0::2]) * 7 - sum(body[1::2])) % 10
    return "".join(map(str, [*body, tenth, (sum(body) + tenth) % 10]))


def _poland(chance: Chance) -> str:
    born = f"{chance.randrange(60, 99)}{_month_and_day(chance)}"
    body = born + some(chance, string.digits, 4)
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
    return body + str(-sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 10)


def _vietnam(chance: Chance) -> str:
    return "0" + digits(chance, 2) + some(chance, string.digits, 9)


def _indonesia(chance: Chance) -> str:
    born = f"{chance.randrange(1, 29):02}{chance.randrange(1, 13):02}{chance.randrange(60, 99)}"
    return f"3{digits(chance, 5)}{born}{chance.randrange(1, 9999):04}"


def _ssn(chance: Chance) -> str:
    return "-".join(digits(chance, size) for size in (3, 2, 4))


def _pan(chance: Chance) -> str:
    letters = string.ascii_uppercase
    return some(chance, letters, 3) + "P" + some(chance, letters, 1) + digits(chance, 4) + "K"


def _passport(chance: Chance) -> str:
    return chance.choice(
        (
            "E" + digits(chance, 8),
            "G" + digits(chance, 8),
            "EA" + digits(chance, 7),
            digits(chance, 9),
            some(chance, "CFGHJKLMNPRTVWXYZ", 1) + digits(chance, 7) + "T",
            some(chance, string.ascii_uppercase, 2) + digits(chance, 7),
        )
    )


IDENTITY_NUMBERS: dict[str, Callable[[Chance], str]] = {
    "taiwan": _taiwan,
    "brazil": _cpf,
    "spain": _dni,
    "korea": _korea,
    "turkey": _turkey,
    "poland": _poland,
    "vietnam": _vietnam,
    "indonesia": _indonesia,
    "usa": _ssn,
    "india": _pan,
    "passport": _passport,
    "china": resident_id,
}


# Names of cases


def uuid4(chance: Chance) -> str:
    return str(uuid.UUID(bytes=chance.randbytes(16), version=4))


def friendly_ton(chance: Chance) -> str:
    """A TON address in its readable form: tag, workchain, hash and CRC-16."""
    data = bytes([chance.choice((0x11, 0x51)), 0]) + chance.randbytes(32)
    check = 0
    for byte in data + b"\0\0":
        for bit in range(7, -1, -1):
            check = (check << 1) | (byte >> bit & 1)
            if check > 0xFFFF:
                check = check & 0xFFFF ^ 0x1021
    return base64.urlsafe_b64encode(data + check.to_bytes(2, "big")).decode()


def stellar_address(chance: Chance) -> str:
    data = bytes([6 << 3]) + chance.randbytes(32)
    check = 0
    for byte in data:
        check ^= byte << 8
        for _ in range(8):
            check = (check << 1 ^ 0x1021 if check & 0x8000 else check << 1) & 0xFFFF
    return base64.b32encode(data + check.to_bytes(2, "little")).decode()


ADDRESSES: dict[str, Callable[[Chance], str]] = {
    "btc": lambda c: base58check(b"\0" + c.randbytes(20)),
    "btc p2sh": lambda c: base58check(b"\x05" + c.randbytes(20)),
    "btc segwit": lambda c: bech32("bc", c.randbytes(20), version=0),
    "btc script": lambda c: bech32("bc", c.randbytes(32), version=0),
    "btc taproot": lambda c: bech32("bc", c.randbytes(32), version=1),
    "eth": lambda c: "0x" + hexes(c, 40),
    "tron": lambda c: base58check(b"\x41" + c.randbytes(20)),
    "ltc": lambda c: base58check(b"\x30" + c.randbytes(20)),
    "ltc segwit": lambda c: bech32("ltc", c.randbytes(20), version=0),
    "doge": lambda c: base58check(b"\x1e" + c.randbytes(20)),
    "xrp": lambda c: base58check(b"\0" + c.randbytes(20), RIPPLE58),
    "sol": lambda c: base58(c.randbytes(32)),
    "ton": friendly_ton,
    "ada": lambda c: bech32("addr", b"\x01" + c.randbytes(56), version=None),
    "atom": lambda c: bech32("cosmos", c.randbytes(20), version=None),
    "xlm": stellar_address,
}

TXIDS: dict[str, Callable[[Chance], str]] = {
    "btc": lambda c: hexes(c, 64),
    "eth": lambda c: "0x" + hexes(c, 64),
    "tron": lambda c: hexes(c, 64),
    "xrp": lambda c: hexes(c, 64).upper(),
    "sol": lambda c: base58(c.randbytes(64)),
    "ton": lambda c: hexes(c, 64),
    "ton base64": lambda c: base64.b64encode(c.randbytes(32)).decode(),
}


def is_unlike_prose(words: Sequence[str]) -> bool:
    """Whether a phrase differs in most of its words, as all but a few do."""
    return len(set(words)) > len(words) // 2
