"""Spans of time as people type them, in zones with and without daylight saving."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.handoff.schedule import choose_zone
from bot.handoff.time_range import FIRST, JUST_MADE, Span, SpanError, parse_span, scheduled_span
from bot.settings import SettingsError

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)  # 20:00 in Shanghai, 13:00 in Berlin
LAST = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


def since(words: str, now: datetime = NOON, zone: ZoneInfo = SHANGHAI, last: datetime | None = LAST) -> str:
    return f"{parse_span(words, now=now, zone=zone, last=last).since.astimezone(UTC):%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("12h", "11-22 00:00"),
        ("8h30m", "11-22 03:30"),
        (" 8H 30M ", "11-22 03:30"),
        ("90m", "11-22 10:30"),
        ("2d", "11-20 12:00"),
        ("1w", "11-15 12:00"),
        ("31d", "10-22 12:00"),
        ("last 4h", "11-22 08:00"),
        ("the past 2d", "11-20 12:00"),
        ("since 09:00", "11-22 01:00"),
        ("since 9:00", "11-22 01:00"),
        ("since 21:30", "11-21 13:30"),  # not yet 21:30 in Shanghai: yesterday's
        ("since 20:00", "11-21 12:00"),  # just now: who types it at the end of a day's shift means yesterday
        ("since 2026-11-21 09:00", "11-21 01:00"),
        ("since 2026-11-21T09:00", "11-21 01:00"),
        ("since 2026-11-21T09:00Z", "11-21 09:00"),
        ("since 2026-11-21 09:00+01:00", "11-21 08:00"),
        ("since 2026-11-21", "11-20 16:00"),
        ("last", "11-22 01:00"),
        ("LAST", "11-22 01:00"),
        ("", "11-22 01:00"),
        ("   ", "11-22 01:00"),
    ],
)
def test_words_for_a_span(words: str, told: str) -> None:
    assert since(words) == told


def test_the_first_handoff_covers_the_usual_time_and_says_so() -> None:
    span = parse_span("last", now=NOON, zone=SHANGHAI, last=None)
    assert (span.length, span.note) == (timedelta(hours=12), FIRST)
    assert parse_span("12h", now=NOON, zone=SHANGHAI, last=None).note == ""


def test_a_last_handoff_of_long_ago_is_cut_and_says_so() -> None:
    span = parse_span("", now=NOON, zone=SHANGHAI, last=NOON - timedelta(days=90))
    assert span.length == timedelta(days=31)
    assert "2026-08-24" in span.note


def test_clock_times_across_the_end_of_daylight_saving() -> None:
    """In Berlin, 25 October 2026 had 02:30 twice: the first one is meant, so that nothing is left out."""
    noon = datetime(2026, 10, 25, 11, 0, tzinfo=UTC)
    assert since("since 02:30", noon, BERLIN) == "10-25 00:30"
    assert since("since 21:00", noon, BERLIN) == "10-24 19:00"  # 15 hours ago by the clocks, 16 in truth
    assert since("12h", noon, BERLIN) == "10-24 23:00"


def test_a_clock_time_that_daylight_saving_skipped_is_taken_as_if_clocks_had_not_moved() -> None:
    """In Berlin, 29 March 2026 had no 02:30."""
    assert since("since 02:30", datetime(2026, 3, 29, 10, 0, tzinfo=UTC), BERLIN) == "03-29 01:30"


def test_a_clock_time_just_after_midnight_is_the_day_before() -> None:
    assert since("since 21:00", datetime(2026, 11, 21, 16, 30, tzinfo=UTC)) == "11-21 13:00"


@pytest.mark.parametrize(
    "words",
    [
        "yesterday",
        "12",
        "h",
        "12x",
        "-12h",
        "1.5h",
        "12h since 09:00",
        "since",
        "since 25:00",
        "since 09:61",
        "since noon",
        "since 2026-13-01",
        "since 2026-11-31",
        "１２h",
        "12h; drop table",
        "since 0001-01-01 00:00",
        "last last",
        "👍",
        "x" * 900,
    ],
)
def test_words_that_are_no_span_get_one_sentence_with_examples(words: str) -> None:
    with pytest.raises(SpanError) as told:
        since(words)
    assert "since 09:00" in str(told.value)
    assert str(told.value).endswith(".")
    assert len(str(told.value)) < 250


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("since 2026-11-23 09:00", "future"),
        ("since 2026-11-22 20:00", "empty"),
        ("0h", "empty"),
        ("32d", "31 days"),
        ("999999w", "31 days"),
        ("since 2026-10-01", "31 days"),
    ],
)
def test_spans_that_a_handoff_cannot_be_about(words: str, why: str) -> None:
    with pytest.raises(SpanError, match=why):
        since(words)


def test_nothing_has_happened_since_a_handoff_of_this_minute() -> None:
    with pytest.raises(SpanError, match="less than a minute ago"):
        since("last", last=NOON - timedelta(seconds=20))


def test_a_scheduled_handoff_is_about_some_time_however_new_the_last_one_is() -> None:
    hour = timedelta(hours=1)
    for new in (timedelta(), timedelta(seconds=30), -timedelta(seconds=1)):
        span = scheduled_span(NOON, Span(NOON - new - hour, NOON - new))
        assert (span.since, span.until, span.note) == (NOON - new - hour, NOON, JUST_MADE)
    assert scheduled_span(NOON, Span(NOON - 9 * hour, NOON - 8 * hour)) == Span(NOON - 8 * hour, NOON)
    assert scheduled_span(NOON, None).note == FIRST


@pytest.mark.parametrize(
    ("words", "now", "told"),
    [
        ("since 09:00", "2026-10-25T09:30", "10-25 08:00"),  # 10:30 in winter: 09:00 of today was at 08:00 UTC
        ("since 09:00", "2026-10-25T07:30", "10-24 07:00"),  # 08:30 in winter: yesterday's, in summer
        ("since 01:30", "2026-10-25T01:15", "10-24 23:30"),  # the second 02:15
        ("since 02:30", "2026-10-25T01:15", "10-25 00:30"),  # the second 02:15: the first 02:30 has been
        ("since 09:00", "2026-03-29T07:30", "03-29 07:00"),
        ("since 21:00", "2026-03-29T07:00", "03-28 20:00"),
        ("12h", "2026-03-29T07:00", "03-28 19:00"),  # 20:00 by the clocks: a length is time that passed
        ("1d", "2026-03-29T07:00", "03-28 07:00"),
        ("1d", "2026-10-25T08:00", "10-24 08:00"),
        ("since 2026-10-25 03:00", "2026-10-25T08:00", "10-25 02:00"),
        ("since 2026-03-29", "2026-03-29T07:00", "03-28 23:00"),
    ],
)
def test_spans_across_both_changes_of_clocks_in_berlin(words: str, now: str, told: str) -> None:
    assert since(words, datetime.fromisoformat(now).replace(tzinfo=UTC), BERLIN) == told


def test_zones_readers_settings_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    assert choose_zone("Asia/Shanghai", "America/Lima").key == "America/Lima"
    assert choose_zone("Asia/Shanghai", "no/where").key == "Asia/Shanghai"
    assert choose_zone("Asia/Shanghai").key == "Asia/Shanghai"
    assert choose_zone("").key == "Europe/Berlin"
    monkeypatch.setenv("TZ", "CST6CDT-and-nonsense")
    assert choose_zone("").key


@pytest.mark.parametrize("name", ["Peking", "Asia", "../etc/passwd", "/etc/localtime", "\0", "GMT+25"])
def test_a_zone_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="NETCLINIC_TIME_ZONE"):
        choose_zone(name)
