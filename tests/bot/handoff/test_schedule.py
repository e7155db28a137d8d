"""Schedules and rotations, on the clocks of a zone, when these are moved too."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.handoff.oncall import parse_on_call
from bot.handoff.schedule import parse_schedule
from bot.settings import SettingsError

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def due(cron: str, zone: ZoneInfo, start: str, times: int = 3) -> list[str]:
    schedule, moment, found = parse_schedule(cron, zone), utc(start), []
    assert schedule
    for _ in range(times):
        moment = schedule.next(moment)
        found.append(f"{moment:%m-%d %H:%M}")
    return found


def test_twice_a_day() -> None:
    assert due("0 9,21 * * *", SHANGHAI, "2026-11-22T00:00") == ["11-22 01:00", "11-22 13:00", "11-23 01:00"]


def test_nine_in_the_morning_stays_nine_when_summer_ends() -> None:
    assert due("0 9 * * *", BERLIN, "2026-10-24T00:00") == ["10-24 07:00", "10-25 08:00", "10-26 08:00"]


def test_nine_in_the_morning_stays_nine_when_summer_begins() -> None:
    assert due("0 9 * * *", BERLIN, "2026-03-28T00:00") == ["03-28 08:00", "03-29 07:00", "03-30 07:00"]


@pytest.mark.parametrize(
    ("cron", "start", "told"),
    [
        ("30 2 * * *", "2026-10-24T12:00", ["10-25 00:30", "10-26 01:30"]),  # 02:30 came twice
        ("0 2 * * *", "2026-10-24T12:00", ["10-25 00:00", "10-26 01:00"]),
        ("0 */2 * * *", "2026-10-24T22:30", ["10-25 00:00", "10-25 03:00"]),
        ("0 * * * *", "2026-10-24T23:30", ["10-25 00:00", "10-25 01:00", "10-25 02:00"]),  # each hour, also the second
        ("30 2 * * *", "2026-03-28T12:00", ["03-29 01:00", "03-30 00:30"]),  # there was no 02:30
        ("0 2,3 * * *", "2026-03-28T12:00", ["03-29 01:00", "03-30 00:00"]),  # both at once: one handoff
        ("0 9,21 * * *", "2026-03-28T12:00", ["03-28 20:00", "03-29 07:00", "03-29 19:00"]),
        ("0 9,21 * * *", "2026-10-24T12:00", ["10-24 19:00", "10-25 08:00", "10-25 20:00"]),
    ],
)
def test_each_shift_is_handed_over_once_when_clocks_are_moved(cron: str, start: str, told: list[str]) -> None:
    assert due(cron, BERLIN, start, len(told)) == told


def test_a_missed_time_in_the_hour_that_comes_twice_is_its_first() -> None:
    found = parse_schedule("30 2 * * *", BERLIN)
    assert found
    for now in ("2026-10-25T00:30", "2026-10-25T01:29", "2026-10-25T01:30", "2026-10-25T02:30"):
        assert found.missed(utc(now)) == utc("2026-10-25T00:30")
    assert found.missed(utc("2026-10-25T02:31")) is None


def test_a_time_that_was_missed_counts_for_two_hours() -> None:
    schedule = parse_schedule("0 9 * * *", SHANGHAI)
    assert schedule
    assert schedule.missed(utc("2026-11-22T01:00")) == utc("2026-11-22T01:00")
    assert schedule.missed(utc("2026-11-22T02:59")) == utc("2026-11-22T01:00")
    assert schedule.missed(utc("2026-11-22T03:01")) is None
    assert schedule.missed(utc("2026-11-22T00:59:59")) is None


def test_no_schedule() -> None:
    assert parse_schedule("  ", SHANGHAI) is None


@pytest.mark.parametrize(
    "cron", ["9", "* * *", "61 * * * *", "at nine", "0 9 * * * *", "0 9 31 2 *", "@daily", "0 9 * * 8-9"]
)
def test_what_is_no_schedule_is_refused_in_one_sentence(cron: str) -> None:
    with pytest.raises(SettingsError, match=r"NETCLINIC_HANDOFF_SCHEDULE .* such as 0 9,21"):
        parse_schedule(cron, SHANGHAI)


TURNS = "U07MEI, @U08JONAS, U09LIN every 12h from 2026-11-16 09:00"


@pytest.mark.parametrize(
    ("now", "handing"),
    [
        ("2026-11-16T00:59", (("U09LIN",), ("U07MEI",))),  # 08:59 in Shanghai: the first turn is about to begin
        ("2026-11-16T01:00", (("U09LIN",), ("U07MEI",))),
        ("2026-11-16T01:40", (("U09LIN",), ("U07MEI",))),  # a late handoff is still the one for this change
        ("2026-11-16T06:00", (("U07MEI",), ("U08JONAS",))),  # in the middle of a turn: for the one to come
        ("2026-11-16T13:00", (("U07MEI",), ("U08JONAS",))),
        ("2026-11-17T13:00:01", (("U09LIN",), ("U07MEI",))),
    ],
)
def test_turns(now: str, handing: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    assert parse_on_call(TURNS, SHANGHAI).handover_at(utc(now)) == handing


def test_turns_change_by_the_clock_on_the_wall() -> None:
    """09:00 in Berlin is 07:00 UTC in summer and 08:00 in winter."""
    turns = parse_on_call("U07MEI, U08JONAS every 1w from 2026-10-19 09:00", BERLIN)
    assert turns.handover_at(utc("2026-10-26T07:30")) == (("U07MEI",), ("U08JONAS",))
    assert turns.handover_at(utc("2026-10-26T08:30")) == (("U07MEI",), ("U08JONAS",))
    assert turns.handover_at(utc("2026-10-26T09:30")) == (("U08JONAS",), ("U07MEI",))


def test_people_without_turns_are_all_on_call() -> None:
    assert parse_on_call("U07MEI,U08JONAS", SHANGHAI).handover_at(utc("2026-11-16T01:00")) == (
        (),
        ("U07MEI", "U08JONAS"),
    )
    assert parse_on_call("", SHANGHAI).handover_at(utc("2026-11-16T01:00")) == ((), ())


@pytest.mark.parametrize(
    "setting",
    [
        "mei",
        "U07MEI every day",
        "U07MEI every 0h from 2026-11-16",
        "U07MEI every 12h from nine",
        "U07MEI; U08JONAS",
        ", every 12h from 2026-11-16 09:00",  # nobody takes turns
        ", ,",
        "U07MEI every 12h from 9999-12-31T23:00-12:00",  # no day of any calendar here
    ],
)
def test_what_is_no_rotation_is_refused_in_one_sentence(setting: str) -> None:
    with pytest.raises(SettingsError, match=r"NETCLINIC_ONCALL .*`every 12h from"):
        parse_on_call(setting, SHANGHAI)
