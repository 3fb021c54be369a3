"""Labelled mail: what the model is trained on and rules are tested against.

JSON lines with `language, subject, body, urgency, category`, and where they are known `kind`
(the rule of the labelling guide that decides, such as C1) and `also` (other categories that
are right as well). `{TXID}`, `{PASSWORD}` and the like stand for values that are made up when
the mails are read, always the same for the same mail, so that no file holds a live-looking
secret.
"""

import hashlib
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from mnemonic import Mnemonic

from worker.domain.judgement import Urgency
from worker.domain.model import Case

SHIPPED = Path(__file__).parent / "mails"
_PLACEHOLDER = re.compile(r"\{([A-Z]+)\}")
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_HEX = "0123456789abcdef"
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"


class Labelled(NamedTuple):
    """A mail and what is right for it."""

    place: str
    """File name and line, for messages."""
    language: str
    subject: str
    body: str
    case: Case
    """`kind` is the urgency's name where the file gives none."""
    also: tuple[str, ...]
    """Other categories that are right as well."""


def read_labelled(path: Path) -> Iterator[Labelled]:
    """Read a .jsonl file, or every one of a folder.

    Raises OSError when it cannot be read and ValueError, naming the line, for a bad row.
    """
    for file in sorted(path.glob("*.jsonl")) if path.is_dir() else [path]:
        for number, line in enumerate(file.read_text("utf-8").split("\n"), 1):
            if line.strip():
                place = f"{file.name}:{number}"
                try:
                    yield _labelled(place, json.loads(line))
                except (KeyError, TypeError, ValueError) as error:
                    raise ValueError(f"{place}: {error!r}") from error


def _labelled(place: str, row: Mapping[str, object]) -> Labelled:
    urgency = Urgency(str(row["urgency"]))
    also = row.get("also") or ()
    if not isinstance(also, list | tuple):
        raise TypeError(f"`also` is a list of categories, not {also!r}")
    subject, body = str(row.get("subject") or ""), str(row["body"])
    return Labelled(
        place=place,
        language=str(row.get("language") or "und"),
        subject=fill(subject, seed=place),
        body=fill(body, seed=place),
        case=Case(str(row.get("kind") or urgency.value), urgency, str(row["category"])),
        also=tuple(str(category) for category in also),
    )


def fill(text: str, *, seed: str) -> str:
    """Put made-up values in place of {UID} and its like; an unknown name stays."""
    if "{" not in text:
        return text
    chance = random.Random(f"{seed} {text}")  # noqa: S311 made-up values, not secrets

    def value(found: re.Match[str]) -> str:
        make = _VALUES.get(found[1])
        return make(chance) if make else found[0]

    return _PLACEHOLDER.sub(value, text)


def make_value(name: str, chance: random.Random) -> str:
    """Make up a value for a placeholder; KeyError for an unknown name."""
    return _VALUES[name](chance)


def _some(letters: str, count: int) -> Callable[[random.Random], str]:
    return lambda chance: "".join(chance.choices(letters, k=count))


def _base58check(
    version: bytes, length: int, end: bytes = b""
) -> Callable[[random.Random], str]:
    def make(chance: random.Random) -> str:
        payload = version + chance.randbytes(length) + end
        check = hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
        number, digits = int.from_bytes(payload + check, "big"), ""
        while number:
            number, digit = divmod(number, 58)
            digits = _BASE58[digit] + digits
        return "1" * (len(payload) - len(payload.lstrip(b"\0"))) + digits

    return make


def _phrase(chance: random.Random) -> str:
    return str(Mnemonic("english").to_mnemonic(chance.randbytes(16)))


def _password(chance: random.Random) -> str:
    return f"{_some(_LETTERS, 5)(chance)}{chance.choice('!@#$')}{chance.randint(10, 9999)}"


def _private_key(chance: random.Random) -> str:
    return chance.choice((_some(_HEX, 64), _base58check(b"\x80", 32, b"\1")))(chance)


_VALUES: Mapping[str, Callable[[random.Random], str]] = {
    "UID": lambda chance: str(chance.randint(10_000_000, 999_999_999)),
    "TXID": _some(_HEX, 64),
    "ORDER": lambda chance: str(chance.randint(5 * 10**17, 10**18 - 1)),
    "TICKET": lambda chance: str(chance.randint(1_000_000, 9_999_999)),
    "EVMADDR": lambda chance: "0x" + _some(_HEX, 40)(chance),
    "BTCADDR": _base58check(b"\0", 20),
    "TRONADDR": _base58check(b"\x41", 20),
    "MNEMONIC": _phrase,
    "PRIVKEY": _private_key,
    "APIKEY": lambda chance: "-".join(_some(_HEX, n)(chance) for n in (8, 4, 4, 4, 12)),
    "APISECRET": _some("0123456789ABCDEF", 32),
    "PASSWORD": _password,
    "CODE": _some("0123456789", 6),
    "URL": lambda chance: f"https://login-{_some('abcdefgh', 4)(chance)}.example/",
    "EMAIL": lambda chance: f"{_some('abcdefgh', 6)(chance)}@mail.example",
}
