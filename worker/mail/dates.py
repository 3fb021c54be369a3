"""Reads Date fields (RFC 5322 sections 3.3 and 4.3) and what programs write instead.

mail-parser reads the regular and obsolete forms; what it refuses is read by shape here: ISO
8601, missing zones, zone names with offsets, ctime. No zone means UTC.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

from mailparser.dates import parse_mail_date

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_TIME = r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?"
_ZONE = r"(?:\s*\(?(?:UTC|GMT)?\s*([+-]\d{1,2}):?(\d{2})?\b|\s*\(?([A-Za-z]{1,5})\b)?"
_DAY_FIRST = re.compile(
    rf"(\d{{1,2}})[\s-]+([A-Za-z]{{3}})[a-z]*\.?[\s-]+(\d{{2,4}}),?\s+{_TIME}{_ZONE}"
)
_MONTH_FIRST = re.compile(
    rf"([A-Za-z]{{3}})[a-z]*\.?\s+(\d{{1,2}}),?\s+(?:(\d{{4}}),?\s+)?{_TIME}{_ZONE}(?:\s+(\d{{4}}))?"
)
_ISO = re.compile(
    rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}})[T\s]+{_TIME}(?:\.\d+)?(Z?){_ZONE}"
)
_NAMED = {
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3, "BST": 1,
    "IST": 5.5,
    "JST": 9, "KST": 9, "HKT": 8, "SGT": 8, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
}  # fmt: skip


def read_date(body: str) -> datetime | None:
    """Read a Date field as aware UTC; None when nothing readable stands there."""
    text = body.strip()[:200]
    if not text:
        return None
    moment: datetime | None = parse_mail_date(text).value
    if moment is None:
        moment = _by_shape(text)
    if moment is None or not 1970 <= moment.year <= 2200:
        return None
    return moment.astimezone(UTC)


def _by_shape(text: str) -> datetime | None:
    if match := _ISO.search(text):
        year, month, day, hour, minute, second, _, sign, minutes, name = match.groups()
        return _moment(year, int(month), day, (hour, minute, second), (sign, minutes, name))
    if match := _DAY_FIRST.search(text):
        day, word, year, hour, minute, second, sign, minutes, name = match.groups()
    elif match := _MONTH_FIRST.search(text):
        word, day, year, hour, minute, second, sign, minutes, name, late = match.groups()
        year = year or late
    else:
        return None
    if word.lower() not in _MONTHS or year is None:
        return None
    month = _MONTHS.index(word.lower()) + 1
    return _moment(year, month, day, (hour, minute, second), (sign, minutes, name))


def _moment(
    year: str,
    month: int,
    day: str,
    clock: tuple[str, str, str | None],
    zone: tuple[str | None, str | None, str | None],
) -> datetime | None:
    number = int(year)
    if len(year) == 2:
        number += 2000 if number < 50 else 1900
    elif len(year) == 3:
        number += 1900
    try:
        return datetime(
            number, month, int(day), int(clock[0]), int(clock[1]), min(int(clock[2] or 0), 59),
            tzinfo=timezone(_offset(*zone)),
        )  # fmt: skip
    except ValueError:
        return None


def _offset(sign: str | None, minutes: str | None, name: str | None) -> timedelta:
    if sign:
        hours = int(sign)
        span = timedelta(hours=hours, minutes=int(minutes or 0) * (-1 if sign[0] == "-" else 1))
        return span if abs(span) < timedelta(hours=24) else timedelta()
    return timedelta(hours=_NAMED.get((name or "").upper(), 0))
