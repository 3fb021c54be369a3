"""Makes and reads the ticket numbers that people see, such as K7M4-2QXD.

31 safe characters (no 0 and O, no 1, I and L). Seven are random (34 bits), the last checks
them: the weighted sum of all eight is 0 modulo 31. 31 is prime and the weights differ, so every
single wrong character and every swap of two characters is found.
"""

import re

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 8
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_FEWEST_BYTES = 8
# Phones type full-width forms in Chinese text, and mail programs turn hyphens into dashes.
_PLAIN = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | dict.fromkeys(
    (0xAD, 0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2212, 0xFE63), "-"
)
_MARKED = r"#\s?([A-Za-z2-9]{4})-?([A-Za-z2-9]{4})"
_BARE = r"([A-Z2-9]{4})-([A-Z2-9]{4})"
_IN_TEXT = re.compile(rf"(?<![A-Za-z0-9-])(?:{_MARKED}|{_BARE})(?![A-Za-z0-9])(?!-[A-Za-z0-9])")
_WHOLE = re.compile(r"#?\s*([A-Z2-9]{4})[-\s]?([A-Z2-9]{4})")


def make(random_bytes: bytes) -> str:
    """Make a number from chance.

    random_bytes: at least 8 of them, else ValueError; the same bytes make the same number.
    """
    if len(random_bytes) < _FEWEST_BYTES:
        raise ValueError(f"a ticket number needs {_FEWEST_BYTES} random bytes")
    rest = int.from_bytes(random_bytes)
    digits = []
    for _ in range(LENGTH - 1):
        rest, digit = divmod(rest, len(ALPHABET))
        digits.append(digit)
    digits.append(-_weigh(digits) % len(ALPHABET))
    characters = "".join(ALPHABET[digit] for digit in digits)
    return f"{characters[:4]}-{characters[4:]}"


def parse(text: str) -> str | None:
    """Read a number that a person typed, or None.

    Any case, with or without # and hyphen.
    """
    found = _WHOLE.fullmatch(text.translate(_PLAIN).strip().upper())
    return _checked(found[1] + found[2]) if found else None


def find(text: str) -> tuple[str, ...]:
    """Find the numbers in a subject or text, each once, in order of appearance.

    With # the case and the hyphen do not matter; without it only the form that we print counts.
    """
    numbers = (
        _checked("".join(part for part in found.groups() if part).upper())
        for found in _IN_TEXT.finditer(text.translate(_PLAIN))
    )
    return tuple(dict.fromkeys(number for number in numbers if number))


def _checked(characters: str) -> str | None:
    digits = [_VALUES.get(character, -1) for character in characters]
    if -1 in digits or _weigh(digits) % len(ALPHABET):
        return None
    return f"{characters[:4]}-{characters[4:]}"


def _weigh(digits: list[int]) -> int:
    return sum((LENGTH - place) * digit for place, digit in enumerate(digits))
