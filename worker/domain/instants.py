"""Tells the instant that words such as `昨天14:00` or `2026-03-01 14:05 UTC` plainly mean.

Plain is: a day, a time of day, and a zone that the words or the desk tell; or so many minutes
or hours before the mail was written. A day alone, a weekday, or 03/04/2026, which is two days,
is no instant. Pure; what is not plain is None, never a guess.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from worker.domain import instant_words as say

_BEHIND = 40
"""Characters behind the words in which a time of day or a zone may follow."""


def instant_at(
    text: str, start: int, end: int, *, sent_at: datetime | None, zone: tzinfo | None
) -> datetime | None:
    """Tell the instant of the words at `start` to `end` of `text`, in UTC; None when not plain.

    sent_at: when the mail was written, aware; None: unknown, and so is `yesterday`.
    zone: of the writer where the words tell none; None: unknown.
    """
    try:
        return _instant(text, start, end, sent_at=sent_at, zone=zone)
    except (ValueError, OverflowError):  # no such day, or beyond the years that exist
        return None


def _instant(
    text: str, start: int, end: int, *, sent_at: datetime | None, zone: tzinfo | None
) -> datetime | None:
    words = text[start:end].lower()
    behind = text[end : end + _BEHIND].lower().partition("\n")[0]
    before = text[max(0, start - 12) : start].lower()
    if sent_at and (back := _span_before(words, before)):
        return (sent_at - back).astimezone(UTC)
    told, has_zone = _zone_in(words, behind, before)
    if has_zone:
        zone = told
    local = sent_at.astimezone(zone) if sent_at and zone else None
    day = _day_in(words, local)
    clock = _clock_in(words, behind)
    if day is None or clock is None or zone is None:
        return None
    hour, minute = clock
    at = datetime.combine(day, time(hour % 24, minute), zone) + timedelta(days=hour // 24)
    return at.astimezone(UTC)


def instant_text(at: datetime) -> str:
    """Write an instant as RFC 3339 does, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _span_before(words: str, before: str) -> timedelta | None:
    m = say.AGO.search(words)
    if m is None:
        return None
    is_ago = m["ago"] or say.BEFORE.search(before + words[: m.start()])
    count = _count(m["count"].strip())
    if not is_ago or count is None:
        return None
    return timedelta(hours=count) if m["hours"] else timedelta(minutes=count)


def _count(written: str) -> float | None:
    if written.isdigit():
        return float(written)
    if written in say.COUNTS:
        return say.COUNTS[written]
    han = written.rstrip("个個")
    if not han or any(c not in say.HAN for c in han):
        return None
    if "十" in han and len(han) > 1:
        tens, _, ones = han.partition("十")
        return float((say.HAN[tens] if tens else 1) * 10 + (say.HAN[ones] if ones else 0))
    return float(say.HAN[han]) if len(han) == 1 else None


def _zone_in(words: str, behind: str, before: str) -> tuple[tzinfo | None, bool]:
    """The zone that is told with the words, just behind or just before them."""
    whole, size = words + behind, len(words)
    found = say.ZONE.search(whole)
    if found and found.start() >= size:
        clock = say.CLOCK.match(behind, _joint(behind))
        ends = (size, size + clock.end() if clock else size)
        gaps = (whole[end : found.start()] for end in ends)
        found = found if any(re.fullmatch(r"[\s(（,，]{0,3}", gap) for gap in gaps) else None
    if found is None and (
        name := re.search(r"(北京时间|北京時間|中国时间|日本時間)\s?$", before)
    ):
        return timezone(timedelta(minutes=say.ZONES[name[1]])), True
    if found is None:
        return None, False
    sign = found["sign"] or found["sign2"]
    hours, minutes = found["hours"] or found["hours2"], found["minutes"] or found["minutes2"]
    offset = 60 * int(hours or 0) + int(minutes or 0)
    if offset >= 24 * 60:
        return None, True
    base = say.ZONES[found["name"]] if found["name"] else 0
    return timezone(timedelta(minutes=base + (-offset if sign == "-" else offset))), True


def _day_in(words: str, local: datetime | None) -> date | None:
    """The day that the words name; relative ones count from `local`, when the mail was sent."""
    if m := say.YEAR_FIRST.search(words):
        return date(int(m[1]), int(m[2]), int(m[3]))
    if m := say.YEAR_LAST.search(words):
        return _year_last(int(m[1]), int(m[3]), int(m[4]), m[2])
    if m := say.HAN_DAY.search(words):
        return _latest(int(m[1]), int(m[2]), local)
    if m := say.DAY_MONTH.search(words):
        return _of_year(m[3], say.MONTHS[m[2]], int(m[1]), local)
    if m := say.MONTH_DAY.search(words):
        return _of_year(m[3], say.MONTHS[m[1]], int(m[2]), local)
    if local is None:
        return None
    if say.HAN_DAY_WORDS.search(words):
        return local.date() - timedelta(days=3)
    for back, pattern in say.DAY_WORDS:
        if pattern.search(words):
            return local.date() - timedelta(days=back)
    return None


def _year_last(first: int, second: int, year: int, mark: str) -> date | None:
    """Day first with points; with strokes only where one of both can be no month."""
    if mark == "." or first > 12 or first == second:
        return date(year, second, first)
    return date(year, first, second) if second > 12 else None


def _of_year(year: str | None, month: int, day: int, local: datetime | None) -> date | None:
    return date(int(year), month, day) if year else _latest(month, day, local)


def _latest(month: int, day: int, local: datetime | None) -> date | None:
    """The latest such day that is not after the day on which the mail was sent."""
    if local is None:
        return None
    found = date(local.year, month, day)
    return found if found <= local.date() else date(local.year - 1, month, day)


def _joint(behind: str) -> int:
    m = re.match(
        r"[\s,，]{0,2}(?:(?:at|um|à|a las|a la|às|as|в|lúc|jam|kl\.?|saat|around|的)\s?)?"
        r"(?:凌晨|早上|上午|中午|下午|傍晚|晚上|오전|오후|午前|午後)?\s?",
        behind,
    )
    return m.end() if m else 0


def _clock_in(words: str, behind: str) -> tuple[int, int] | None:
    """Hour and minute of the time of day in the words or right behind them; 24 ends a day."""
    rest = re.sub(
        r"\d{4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}[日t]?|\d{1,2}\.\d{1,2}\.\d{4}",
        " ",
        words,
    )
    m = say.CLOCK.search(rest) or say.HAN_HOUR.search(rest)
    around = rest
    if m is None:
        at = _joint(behind)
        m = say.CLOCK.match(behind, at) or say.HAN_HOUR.match(behind, at)
        if m is None:
            return None
        around = words + behind[: m.end()]
        tail = behind[m.end() : m.end() + 14]
    else:
        tail = (
            rest[m.end() :] + behind[:14]
            if m.end() > len(rest.rstrip()) - 2
            else rest[m.end() :]
        )
    told = m.groupdict()
    hour = int(told["hour"]) if told["hour"].isdigit() else int(_count(told["hour"]) or 0)
    minute = next((int(v) for k, v in told.items() if k.startswith("minute") and v), 0)
    if told.get("half"):
        minute = 30
    return _shifted(hour, minute, around[: m.end()] + _part_of_day(tail))


def _part_of_day(tail: str) -> str:
    m = re.match(
        r"\s{0,2}(?:[ap]\.?m\b\.?|de la \w+|da \w+|du \w+|утра|вечера|дня|ночи|abends|sáng"
        r"|chiều|tối|pagi|sore|malam|in the (?:morning|afternoon|evening))",
        tail,
    )
    return m[0].replace("p.m", "pm").replace("a.m", "am") if m else ""


def _shifted(hour: int, minute: int, said: str) -> tuple[int, int] | None:
    if re.search(r"中午|noon|正午", said) and hour < 11:
        return hour + 12, minute
    if say.NIGHT.search(said) and hour <= 12:
        if hour == 12:  # 晚上12点 ends the day, 下午12点 is noon
            return (
                24 if re.search(r"晚|夜|night|밤|noche|soir|tối|malam", said) else 12
            ), minute
        if re.search(r"晚|夜|night", said) and hour < 5:
            return None  # 昨晚2点 is the night before this day's morning: not plain
        return hour + 12, minute
    if say.MORNING.search(said) and hour == 12:
        return 0, minute
    return hour, minute
