"""Durations, times of day and dates as people type them, at the terminal and in Slack."""

import contextlib
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.time_expressions import MomentError, parse_moment

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HANGZHOU = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


def utc(*parts: int) -> datetime:
    return datetime(2026, *parts, tzinfo=UTC)


MOMENTS = {
    "12h": utc(11, 22),
    "90 min": utc(11, 22, 10, 30),
    "30s": utc(11, 22, 11, 59, 30),
    "5M": utc(11, 22, 11, 55),
    "3d": utc(11, 19, 12),
    "2w": utc(11, 8, 12),
    "09:00": utc(11, 22, 9),
    "9:00": utc(11, 22, 9),
    "12:00": utc(11, 22, 12),
    "23:59": utc(11, 21, 23, 59),
    "2026-11-20": utc(11, 20),
    "2026-11-20 09:30": utc(11, 20, 9, 30),
    "2026-11-20T09:30:00Z": utc(11, 20, 9, 30),
    "2026-11-20T09:30:00+08:00": utc(11, 20, 1, 30),
    "2026-11-20T09:30:00.25-01:00": utc(11, 20, 10, 30, 0, 250000),
    " 12h ": utc(11, 22),
    "8h30m": utc(11, 22, 3, 30),
}


@pytest.mark.parametrize("text", MOMENTS)
def test_a_moment_is_what_people_mean(text: str) -> None:
    assert parse_moment(text, now=NOW, zone=UTC) == MOMENTS[text]


def test_without_a_zone_the_reader_s_is_meant() -> None:
    assert parse_moment("2026-11-20", now=NOW, zone=HANGZHOU) == utc(11, 19, 16)
    assert parse_moment("19:00", now=NOW, zone=HANGZHOU) == utc(11, 22, 11)  # it is 20:00 there
    assert parse_moment("21:00", now=NOW, zone=HANGZHOU) == utc(11, 21, 13)
    assert parse_moment("2026-11-20T09:30:00Z", now=NOW, zone=HANGZHOU) == utc(11, 20, 9, 30)


def test_a_time_of_day_is_of_that_day_s_offset() -> None:
    on_the_morning_after = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # 02:30 in winter time, an hour after the change
    assert parse_moment("23:00", now=on_the_morning_after, zone=BERLIN) == utc(10, 24, 21)


def test_the_end_of_a_date_is_its_last_moment() -> None:
    for day in ("2026-11-20", "20261120", "2026-W47-5"):
        assert parse_moment(day, now=NOW, zone=UTC) == utc(11, 20)
        assert parse_moment(day, now=NOW, zone=UTC, end=True) == utc(11, 21)
    assert parse_moment("2026-11-20T09:00", now=NOW, zone=UTC, end=True) == utc(11, 20, 9)


WRONG = [
    "",
    "yesterday",
    "12x",
    "h",
    "-3h",
    "24:00",
    "9:5",
    "2026-13-01",
    "2026-02-30",
    "99999999d",
    "999999w",
    "٣h",
    "1e3h",
    "8h 09:00",
]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_moment_is_told_with_what_is(text: str) -> None:
    with pytest.raises(MomentError, match="write 12h"):
        parse_moment(text, now=NOW, zone=UTC)


@given(text=st.text())
def test_no_text_breaks_a_moment(text: str) -> None:
    with contextlib.suppress(MomentError):
        assert parse_moment(text, now=NOW, zone=UTC).tzinfo is UTC
