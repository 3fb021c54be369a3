"""Texts with secrets and without, each with what sealing has to find and to leave."""

import base64
import random
import string
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from email.header import Header
from email.message import EmailMessage
from types import ModuleType

from bench.labelled import secrets_first, secrets_second, secrets_third, values
from bench.labelled.values import Chance

SETS: dict[str, ModuleType] = {
    "first": secrets_first,
    "second": secrets_second,
    "third": secrets_third,
}
ANY = frozenset({"password", "api_key", "otp", "private_key"})
"""Kinds that may be told for what the guideline does not name, such as a seed of 2FA."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A text, what is secret in it, and where it stands in a mail."""

    text: str
    kind: str
    """"" for a text without a secret."""
    shape: str
    """What was drawn, to find weak spots by."""
    values: tuple[str, ...] = ()
    """Whatever must not be readable any more."""
    keeps: tuple[str, ...] = ()
    """Whatever must still be readable."""
    channel: str = "text"
    """text, subject, html, filename or file."""
    also: frozenset[str] = frozenset()
    """Kinds that count as right beside `kind`."""


CHANNELS = ("text", "text", "text", "html", "subject", "file", "filename")


def make(name: str, *, seed: int, rounds: int = 3) -> Iterator[Labelled]:
    """Make all texts of a set, several times over with other values."""
    words = SETS[name]
    for number in range(rounds):
        chance = random.Random(f"{name} {seed} {number}")
        for source in (_mnemonics, _keys, _passwords, _apis, _codes, _numbers, _negatives):
            for made in source(chance, words):
                yield _placed(made, chance)


def _placed(made: Labelled, chance: Chance) -> Labelled:
    channel = chance.choice(CHANNELS)
    if "\n" in made.text and channel in ("subject", "filename"):
        channel = "text"
    if channel == "filename" and len(made.text.encode()) > 180:
        channel = "file"
    return replace(made, channel=channel)


def mail_of(made: Labelled) -> bytes:
    """Put a labelled text into a mail, at its place."""
    mail = EmailMessage()
    mail["From"] = "Customer <customer@client.example.com>"
    mail["To"] = "support@desk.example"
    mail["Date"] = "Mon, 02 Mar 2026 08:00:00 +0000"
    mail["Message-ID"] = "<labelled@client.example.com>"
    mail.set_content(made.text if made.channel == "text" else "Hi.")
    if made.channel == "html":
        shown = made.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        mail.set_content(f"<div><p>{shown}</p></div>".replace("\n", "<br>\n"), subtype="html")
    elif made.channel == "filename":
        name = made.text.replace("/", "_")
        mail.add_attachment(b"%PDF-1.7\n", maintype="application", subtype="pdf", filename=name)
    elif made.channel == "file":
        mail.add_attachment(made.text, filename="notes.txt")
    subject = made.text if made.channel == "subject" else "Hi"
    encoded = subject if subject.isascii() else Header(subject, "utf-8").encode(linesep="\n")
    return f"Subject: {encoded}\n".encode() + mail.as_bytes()


def _mnemonics(chance: Chance, words: ModuleType) -> Iterator[Labelled]:
    layouts = LAYOUTS
    around = [line for lines in words.MNEMONICS.values() for line in lines]
    for language in values.LANGUAGES:
        for count in values.BITS_OF_WORDS:
            for shape, lay_out in layouts.items():
                phrase = values.phrase(chance, language, count)
                told = [*phrase]
                if "typo" in shape:
                    for at in chance.sample(range(count), 1 if count < 18 else 2):
                        told[at] = values.typo(chance, told[at])
                if language == "english" and not values.is_unlike_prose(phrase):
                    continue
                text = lay_out(told, language)
                line = chance.choice(around)
                yield Labelled(
                    text=line.replace("{v}", text),
                    kind="mnemonic",
                    shape=f"{language} {count} {shape}",
                    values=tuple(told),
                )


def _cased(words: Sequence[str], change: Callable[[str], str]) -> str:
    return " ".join(map(change, words))


LAYOUTS: dict[str, Callable[[Sequence[str], str], str]] = {
    "plain": lambda w, _: " ".join(w),
    "native": lambda w, language: (
        "".join(w) if language.startswith("chinese") else "\u3000".join(w)
    ),
    "numbered": lambda w, _: " ".join(f"{n}. {one}" for n, one in enumerate(w, 1)),
    "bracketed": lambda w, _: " ".join(f"{n}) {one}" for n, one in enumerate(w, 1)),
    "numbered tight": lambda w, _: " ".join(f"{n}.{one}" for n, one in enumerate(w, 1)),
    "lines": lambda w, _: "\n".join(w),
    "numbered lines": lambda w, _: "\n".join(f"{n}. {one}" for n, one in enumerate(w, 1)),
    "wrapped": lambda w, _: "\n".join(" ".join(w[at : at + 4]) for at in range(0, len(w), 4)),
    "commas": lambda w, _: ", ".join(w),
    "tight commas": lambda w, _: ",".join(w),
    "dashes": lambda w, _: "-".join(w),
    "spaced dashes": lambda w, _: " - ".join(w),
    "title": lambda w, _: _cased(w, str.title),
    "upper": lambda w, _: _cased(w, str.upper),
    "typo": lambda w, _: " ".join(w),
    "typo numbered": lambda w, _: " ".join(f"{n}. {one}" for n, one in enumerate(w, 1)),
    "quoted lines": lambda w, _: "\n".join(f"> {one}" for one in w),
    "json": lambda w, _: "[" + ", ".join(f'"{one}"' for one in w) + "]",
}


def _one(text: str, kind: str, shape: str, value: str) -> Labelled:
    return Labelled(text=text.replace("{v}", value), kind=kind, shape=shape, values=(value,))


def _wrapped(value: str, width: int) -> str:
    return "\n".join(value[at : at + width] for at in range(0, len(value), width))


def _keys(chance: Chance, words: ModuleType) -> Iterator[Labelled]:
    for line in words.PRIVATE_KEYS:
        for shape, value in {
            "hex": values.hexes(chance, 64),
            "hex upper": values.hexes(chance, 64).upper(),
            "hex 0x": "0x" + values.hexes(chance, 64),
            "base64": base64.b64encode(chance.randbytes(32)).decode(),
            "hex wrapped": _wrapped(values.hexes(chance, 64), 32),
            "solana": values.solana_key(chance),
        }.items():
            also = frozenset({"api_key"} if "secret key" in line else ())
            yield replace(_one(line, "private_key", f"{shape}: {line}", value), also=also)
    for line in words.KEYS:
        for shape, value in {
            "wif": values.wif(chance, "plain"),
            "wif compressed": values.wif(chance, "compressed"),
            "wif testnet": values.wif(chance, "testnet"),
            "wif testnet compressed": values.wif(chance, "testnet compressed"),
            **{kind: values.extended_key(chance, kind) for kind in values.EXTENDED},
            "xprv wrapped": _wrapped(values.extended_key(chance, "xprv"), 72),
        }.items():
            yield _one(line, "private_key", shape, value)
    for line in words.FILES:
        for label in values.PEM_LABELS:
            yield _one(line, "private_key", f"pem {label}", values.pem(chance, label))
        yield _one(line, "private_key", "solana numbers", values.solana_numbers(chance))
        yield _one(line, "private_key", "keystore", values.keystore(chance))


def _passwords(chance: Chance, words: ModuleType) -> Iterator[Labelled]:
    for language, lines in words.PASSWORDS.items():
        for line in lines:
            yield _one(line, "password", f"{language}: {line}", values.password(chance))


def api_values(chance: Chance) -> dict[str, str]:
    """A key, its secret and its passphrase as exchanges make them."""
    any_case = string.ascii_letters + string.digits
    key, secret = chance.choice(
        (
            (values.uuid4(chance), values.hexes(chance, 32).upper()),
            (values.some(chance, any_case, 64), values.some(chance, any_case, 64)),
            (values.some(chance, any_case, 18), values.some(chance, any_case, 36)),
            (values.hexes(chance, 32), values.hexes(chance, 64)),
            (
                values.some(chance, any_case, 56),
                base64.b64encode(chance.randbytes(64)).decode(),
            ),
        )
    )
    return {"key": key, "secret": secret, "pass": values.password(chance)}


def tokens(chance: Chance) -> dict[str, str]:
    """Tokens of well-known services, which tell what they are."""
    any_case = string.ascii_letters + string.digits
    parts = (b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"1"}', chance.randbytes(32))
    return {
        "jwt": ".".join(base64.urlsafe_b64encode(p).decode().rstrip("=") for p in parts),
        "aws": "AKIA" + values.some(chance, string.ascii_uppercase + "234567", 16),
        "github": "ghp_" + values.some(chance, any_case, 36),
        "stripe": "sk_" + "live_" + values.some(chance, any_case, 24),
        "slack": "xoxb-" + values.digits(chance, 12) + "-" + values.some(chance, any_case, 24),
        "google": "AIza" + values.some(chance, any_case, 35),
    }


def _apis(chance: Chance, words: ModuleType) -> Iterator[Labelled]:
    for line in words.API_KEYS:
        yield _filled(line, "api_key", f"api: {line}", api_values(chance))
    for line in words.TOKENS:
        yield _filled(line, "api_key", f"token: {line}", tokens(chance))


def _filled(line: str, kind: str, shape: str, told: dict[str, str]) -> Labelled:
    used = {name: value for name, value in told.items() if "{" + name + "}" in line}
    text = line
    for name, value in used.items():
        text = text.replace("{" + name + "}", value)
    also = {"password"} if kind == "api_key" and "pass" in used else set()
    if kind == "api_key" and "ключ" in line:  # "secret key" may be either
        also.add("private_key")
    return Labelled(
        text=text,
        kind=kind,
        shape=shape,
        values=tuple(used.values()) if kind else (),
        keeps=() if kind else tuple(used.values()),
        also=frozenset(also),
    )


def _codes(chance: Chance, words: ModuleType) -> Iterator[Labelled]:
    for language, lines in words.CODES.items():
        for line in lines:
            yield _one(line, "otp", f"{language}: {line}", values.digits(chance, 6))


def _numbers(chance: Chance, words: ModuleType) -> Iterator[Labelled]:
    for line in words.CARDS:
        whole = values.card(chance)
        fours = [whole[at : at + 4] for at in range(0, len(whole), 4)]
        for shape, value in {
            "whole": whole,
            "blanks": " ".join(fours),
            "dashes": "-".join(fours),
        }.items():
            if line != "{v}" or shape != "whole":  # alone it may be any number
                yield _one(line, "card", f"{shape}: {line}", value)
    for country, lines in words.IDENTITY.items():
        for line in lines:
            value = values.identity_number(chance, country)
            yield _one(line, "id_number", f"{country}: {line}", value)


def _negatives(chance: Chance, words: ModuleType) -> Iterator[Labelled]:
    for line in words.NEGATIVES:
        for chain, txid in (values.TXIDS if "{txid}" in line else {"": str}).items():
            told = {
                **harmless(chance),
                **({"txid": txid(chance)} if chain else {}),
            }
            yield _filled(line, "", f"{chain}: {line}", told)


def harmless(chance: Chance) -> dict[str, str]:
    """Values that look like secrets and are none."""
    return {
        "address": chance.choice(list(values.ADDRESSES.values()))(chance),
        "hex32": values.hexes(chance, 32),
        "hex64": values.hexes(chance, 64),
        "hex128": values.hexes(chance, 128),
        "uuid": values.uuid4(chance),
        "order": values.digits(chance, chance.choice((18, 19))),
        "uid": values.digits(chance, chance.choice((8, 9, 18))),
        "phone": chance.choice(
            (
                "+86 138" + values.digits(chance, 8),
                "13" + values.digits(chance, 9),
                "+1 (415) 555-" + values.digits(chance, 4),
            )
        ),
        "ticket": "#" + values.digits(chance, 7),
        "imei": values.digits(chance, 15),
        "pubkey": "04" + values.hexes(chance, 128),
    }
