"""Reads sums of money and names of coins: `1,200 USDT`, `3.5万u`, `两个BTC`, `€50k`."""

import re
from collections.abc import Iterator
from functools import lru_cache

from worker.domain.judgement import Amount
from worker.domain.rules import Money

# The first digit stands before the look behind it: so the search skips from digit to digit.
_NUMBER = (
    r"\d(?:(?<![0-9A-Za-z.].)\d{0,2}(?:[ ,.'\u00a0\u202f]\d{3})+(?:[.,]\d+)?(?!\d)"
    r"|\d*(?:[.,]\d+)?)"
)
_ANY_NUMBER = re.compile(_NUMBER)
_ASCII_NUMBER = re.compile(_NUMBER.replace(r"\d", "[0-9]"))  # three times as fast
_HAN_NUMBER = re.compile(r"[一二两兩三四五六七八九十百千万萬零〇]{1,8}")
_UNIT = r"R\$|NT\$|US\$|HK\$|[$€£¥￥₺₽₫₩฿₹₱₴₦]|[^\W\d_]{1,12}"
_AFTER = re.compile(
    rf"[ \u00a0]{{0,2}}(?:多|余|餘)?\s?(?P<count>[个個枚颗顆])?[ ]?(?P<unit>{_UNIT})"
)
_OF = re.compile(r"\.?(?:\s(?:de|of))?(?![^\W\d_])|")
"""Between a multiplier and its unit: `10 тыс. рублей`, `5 milhões de reais`."""
_BACKWARDS = re.compile(
    r"\$(?:TN|SU|KH|R)|[$€£¥￥₺₽₫₩฿₹₱₴₦]|[A-Za-z]{1,12}(?=[㐀-鿿])|[^\W\d_]{1,12}"
)
"""A unit that stands before a number, read from its end."""
_WORD = re.compile(
    r"(?<![0-9A-Za-z/])[A-Za-z][A-Za-z0-9]{1,9}(?![0-9A-Za-z/])|(?<=[充提转轉买買卖賣])[uU](?![a-zA-Z])"
)
_LETTERS = re.compile(r"[a-z0-9]+")
_ASCII_GAPS = {code: " " for code in range(128) if not chr(code).isalnum()}
_MOVED_U = re.compile("[充提转轉买買卖賣][uU]")
_NOT_MONEY_AFTER = re.compile(r"\s?[%％xX倍:：点點日月号號年时時分秒岁歲]")
_HAN_DIGITS = dict(
    zip("零〇一二两兩三四五六七八九", (0, 0, 1, 2, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)
)
_HAN_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "萬": 10_000}
_LONGEST_NAME = 6
_REMEMBERED = 5000
"""Units, which come again and again: `hours`, `usdt`."""


def find_sums(text: str, money: Money) -> tuple[list[Amount], list[str]]:
    """Find the sums and the coins of `text`, in order of appearance."""
    amounts: list[tuple[int, Amount]] = []
    coins: list[tuple[int, str]] = []
    for m in (_ASCII_NUMBER if text.isascii() else _ANY_NUMBER).finditer(text):
        found = _sum_at(text, m.start(), m.end(), m[0], money)
        if found:
            amounts.append((m.start(), found))
    for m in () if text.isascii() else _HAN_NUMBER.finditer(text):
        coin, factor = _unit_after(text, m.end(), money)
        value = _han_value(m[0])
        if coin and value and not text[m.start() - 1 : m.start()].isdigit():
            amounts.append((m.start(), Amount(round(value * factor, 9), coin)))
    coins += [(at, amount.coin) for at, amount in amounts]
    coins += _named_coins(text, money)
    return [a for _, a in sorted(amounts, key=lambda p: p[0])], [
        c for _, c in sorted(coins, key=lambda p: p[0])
    ]


def _sum_at(text: str, start: int, end: int, digits: str, money: Money) -> Amount | None:
    coin, factor = _unit_after(text, end, money)
    if not coin:
        coin = _lookup(_unit_before(text, start), money)
        if coin and _NOT_MONEY_AFTER.match(text, end):
            return None
        factor = _factor_after(text, end, money) if coin else 1.0
    if not coin:
        return None
    return Amount(round(read_number(digits, is_coin=coin not in money.fiat) * factor, 9), coin)


def _unit_before(text: str, start: int) -> str:
    end = start
    while end > max(0, start - 2) and text[end - 1] in " :=":
        end -= 1
    found = _BACKWARDS.match(text[max(0, start - 14) : end][::-1])
    return found[0][::-1] if found else ""


def _unit_after(text: str, end: int, money: Money) -> tuple[str, float]:
    """The coin that follows a number, and what 万, k and the like between them multiply by."""
    m = _AFTER.match(text, end)
    if not m:
        return "", 1.0
    coin = _lookup(m["unit"], money)
    if coin:
        return coin, 1.0
    multiplier, length = _multiplier(m["unit"], money)
    if not length:
        return "", 1.0
    joint = _OF.match(text, m.start("unit") + length)
    after = _AFTER.match(text, joint.end()) if joint else None
    return (_lookup(after["unit"], money) if after else ""), multiplier


def _factor_after(text: str, end: int, money: Money) -> float:
    m = _AFTER.match(text, end)
    return _multiplier(m["unit"], money)[0] if m else 1.0


@lru_cache(maxsize=_REMEMBERED)
def _multiplier(unit: str, money: Money) -> tuple[float, int]:
    lower = unit.lower()
    for length in range(min(len(lower), 9), 0, -1):
        factor = money.multipliers.get(lower[:length])
        if factor:
            rest = lower[length:]
            is_apart = not rest or not lower[length - 1].isascii() or not rest[0].isascii()
            if is_apart or rest in money.names:
                return factor, length
    return 1.0, 0


@lru_cache(maxsize=_REMEMBERED)
def _lookup(unit: str, money: Money) -> str:
    """The coin that `unit` names or, in scripts without spaces, begins with; "" for none."""
    lower = unit.lower()
    known = money.names.get(lower, "")
    if known or lower.isascii():
        return known
    for length in range(min(len(lower), _LONGEST_NAME), 0, -1):
        known = money.names.get(lower[:length], "")
        if known and (
            length == len(lower)
            or not lower[length].isascii()
            or lower[0] < "a"
            or lower[length - 1].isascii()
        ):
            return known
    return ""


def read_number(digits: str, *, is_coin: bool) -> float:
    """Read 1,234.5 and 1.234,5 and 18.000 alike.

    is_coin: a lone point before three digits is decimal (0.125 BTC), not thousands (18.000 TL).
    """
    plain = re.sub(r"[ '\u00a0\u202f]", "", digits)
    comma, point = plain.rfind(","), plain.rfind(".")
    if comma >= 0 and point >= 0:
        decimal = max(comma, point)
        whole = plain[:decimal].replace(",", "").replace(".", "")
        return float(f"{whole}.{plain[decimal + 1 :]}")
    mark = "," if comma >= 0 else "."
    parts = plain.split(mark)
    if len(parts) == 1:
        return float(plain)
    thousands = all(len(p) == 3 for p in parts[1:]) and parts[0].strip("0") != ""
    if len(parts) > 2 or (thousands and (mark == "," or not is_coin)):
        return float("".join(parts))
    return float(".".join(parts))


def _han_value(text: str) -> float:
    total = section = digit = 0
    for c in text:
        if c in _HAN_DIGITS:
            digit = _HAN_DIGITS[c]
        elif c in "万萬":
            total = (total + section + digit) * 10_000
            section = digit = 0
        else:
            section += (digit or 1) * _HAN_UNITS[c]
            digit = 0
    return float(total + section + digit)


def _named_coins(text: str, money: Money) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for at in _name_places(text, money):
        m = _WORD.match(text, at)
        if m:
            word = m[0].lower()
            coin = money.names.get(word, "")
            if coin and (len(word) == 1 or word not in money.upper_only or m[0].isupper()):
                found.append((at, coin))
    if text.isascii():
        return found
    for pattern in money.spaceless:
        found += [(m.start(), money.names[m[0]]) for m in pattern.finditer(text)]
    return found


def _name_places(text: str, money: Money) -> Iterator[int]:
    """Where names in plain letters may stand, also inside longer words."""
    if text.isascii():
        lower = text.lower()
        words = lower.translate(_ASCII_GAPS).split()
    else:
        lower = text.replace("İ", "i").lower()  # the one letter that would become two
        words = _LETTERS.findall(lower)
        yield from (m.end() - 1 for m in _MOVED_U.finditer(text))
    for name in money.named.intersection(words):
        at = lower.find(name) if len(name) > 1 else -1
        while at >= 0:
            yield at
            at = lower.find(name, at + len(name))


def dollars(amount: Amount, money: Money) -> float | None:
    """Rough worth; None when the coin's is not known."""
    rate = money.rates.get(amount.coin)
    return None if rate is None else amount.value * rate
