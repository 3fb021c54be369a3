"""Times that are plain become instants; what could mean two things does not."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from worker.domain.identifiers import find
from worker.rules import load

SENT = datetime(2026, 3, 4, 2, 30, tzinfo=UTC)
"""A Wednesday; half past ten in the morning in Shanghai, still Tuesday in New York."""
SHANGHAI = timezone(timedelta(hours=8))


def instants(text: str, *, zone: timezone | ZoneInfo | None = SHANGHAI) -> list[str]:
    found = find(text, rules=load(), sent_at=SENT, zone=zone)
    return [f"{one.at:%Y-%m-%dT%H:%MZ}" for one in found.instants]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("昨天14:00提现的", "2026-03-03T06:00Z"),
        ("今天下午3点到现在没到账", "2026-03-04T07:00Z"),
        ("3月1日晚上8点半充值", "2026-03-01T12:30Z"),
        ("11月11日凌晨2:36被盗", "2025-11-10T18:36Z"),
        ("前天上午9点提交", "2026-03-02T01:00Z"),
        ("2026年3月1日 14:05", "2026-03-01T06:05Z"),
        ("昨天晚上十点转的", "2026-03-03T14:00Z"),
        ("yesterday at 5 pm I sent it", "2026-03-03T09:00Z"),
        ("It was on March 3rd at 14:05", "2026-03-03T06:05Z"),
        ("2026-03-01 14:05 my withdrawal", "2026-03-01T06:05Z"),
        ("01.03.2026 14:05", "2026-03-01T06:05Z"),
        ("14/02/2026 09:30", "2026-02-14T01:30Z"),
        ("ayer a las 15:30 hice el retiro", "2026-03-03T07:30Z"),
        ("gestern um 14:00 habe ich ausgezahlt", "2026-03-03T06:00Z"),
        ("вчера в 15:30 я вывел", "2026-03-03T07:30Z"),
        ("hôm qua lúc 14:00 em rút tiền", "2026-03-03T06:00Z"),
    ],
)
def test_day_and_time_are_an_instant_in_the_zone_of_the_desk(text: str, at: str) -> None:
    assert instants(text) == [at]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-03-01T14:05:33Z", "2026-03-01T14:05Z"),
        ("2026-03-01 14:05 UTC", "2026-03-01T14:05Z"),
        ("2026-03-01 14:05 (UTC+8)", "2026-03-01T06:05Z"),
        ("2026-03-01 14:05 GMT-3", "2026-03-01T17:05Z"),
        ("2026-03-01 14:05:00+0530", "2026-03-01T08:35Z"),
        ("yesterday at 22:40 CET", "2026-03-03T21:40Z"),
        ("北京时间2026-03-01 14:05", "2026-03-01T06:05Z"),
        ("1 March 2026, 14:05 MSK", "2026-03-01T11:05Z"),
    ],
)
def test_a_zone_that_is_told_counts_before_that_of_the_desk(text: str, at: str) -> None:
    assert instants(text, zone=timezone(timedelta(hours=-5))) == [at]
    assert instants(text, zone=None) == [at]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("I sent it two hours ago", "2026-03-04T00:30Z"),
        ("10 min ago", "2026-03-04T02:20Z"),
        ("半小时前转的", "2026-03-04T02:00Z"),
        ("二十分钟前", "2026-03-04T02:10Z"),
        ("3个小时前充值", "2026-03-03T23:30Z"),
        ("hace 2 horas retiré", "2026-03-04T00:30Z"),
        ("vor 3 Stunden ausgezahlt", "2026-03-03T23:30Z"),
        ("2 часа назад вывел", "2026-03-04T00:30Z"),
    ],
)
def test_a_span_before_the_mail_needs_no_zone(text: str, at: str) -> None:
    assert instants(text, zone=None) == [at]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("yesterday I sent it", id="a-day-alone"),
        pytest.param("14:05 my withdrawal failed", id="a-time-alone"),
        pytest.param("last Friday at 14:00", id="a-weekday"),
        pytest.param("03/04/2026 14:05", id="two-days"),
        pytest.param("2026-13-45 14:05", id="no-day"),
        pytest.param("for 3 days now", id="days"),
        pytest.param("it takes 2 hours", id="not-before"),
        pytest.param("昨晚2点", id="a-night-of-two-days"),
        pytest.param("3月的账单", id="a-month"),
        pytest.param("nothing here", id="nothing"),
    ],
)
def test_what_is_not_plain_is_no_instant(text: str) -> None:
    assert instants(text) == []


def test_without_a_zone_a_local_time_is_no_instant() -> None:
    assert instants("昨天14:00提现的", zone=None) == []


def test_yesterday_counts_from_the_day_in_the_zone_of_the_writer() -> None:
    assert instants("yesterday at 14:00", zone=ZoneInfo("America/New_York")) == [
        "2026-03-02T19:00Z"
    ]


def test_words_stay_as_they_were_written() -> None:
    found = find("昨天14:00提现的", rules=load(), sent_at=SENT, zone=SHANGHAI)
    assert [one.words for one in found.instants] == list(found.time) == ["昨天14:00"]


@pytest.mark.parametrize("text", ["9999-12-31 23:59 UTC-12", "0001-01-01 00:00 UTC+12"])
def test_the_ends_of_time_raise_nothing(text: str) -> None:
    assert instants(text) == []


@pytest.mark.parametrize(
    "sent", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)]
)
def test_a_mail_of_the_ends_of_time_raises_nothing(sent: datetime) -> None:
    for text in ("yesterday at 14:00", "2 hours ago", "3月1日14:00"):
        find(text, rules=load(), sent_at=sent, zone=SHANGHAI)
