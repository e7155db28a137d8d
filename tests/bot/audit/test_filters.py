"""Filters as people type them, at the terminal and in Slack."""

import contextlib
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.audit.filters import FilterError, Filters, parse_filters

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HANGZHOU = ZoneInfo("Asia/Shanghai")


def utc(*parts: int) -> datetime:
    return datetime(2026, *parts, tzinfo=UTC)


FULL = Filters(
    since=NOW - timedelta(hours=12), actor="bob", action="cluster.read", cluster="prod hz", limit=20, case="NC-7F3K2Q"
)


@pytest.mark.parametrize(
    "words",
    [
        "--since 12h --actor bob --action cluster.read --cluster 'prod hz' --limit 20 --case NC-7F3K2Q",
        "since 12h actor @bob action cluster.read cluster “prod hz” limit 20 case NC-7F3K2Q",
        "—since=12h Actor=bob action=cluster.read cluster='prod hz' limit=20 case=NC-7F3K2Q",
        ["--since", "12h", "actor=bob", "--action", "cluster.read", "--cluster=prod hz", "limit=20", "case=NC-7F3K2Q"],
    ],
)
def test_the_same_filters_in_any_writing(words: str | list[str]) -> None:
    assert parse_filters(words, now=NOW) == FULL


def test_slack_s_mentions_are_ids() -> None:
    filters = parse_filters("actor <@U1BOB|bob> channel <#C1INC|incidents>", now=NOW)
    assert (filters.actor, filters.channel) == ("U1BOB", "C1INC")
    assert parse_filters("channel #incidents actor <@U1BOB>", now=NOW).channel == "incidents"


def test_nothing_typed_asks_for_the_newest() -> None:
    assert parse_filters("", now=NOW) == Filters()
    assert parse_filters("   ", now=NOW) == Filters()


def test_until_a_date_takes_that_day_in_and_the_zone_is_the_reader_s() -> None:
    filters = parse_filters("since 2026-11-20 until 2026-11-21", now=NOW, zone=HANGZHOU)
    assert (filters.since, filters.until) == (utc(11, 19, 16), utc(11, 21, 16))


def test_what_was_given_can_be_recorded() -> None:
    shown = parse_filters("since 2026-11-20 action cluster limit 5", now=NOW, zone=timezone(timedelta(hours=8))).shown()
    assert shown == {"since": "2026-11-19T16:00:00+00:00", "action": "cluster"}


MISTAKES = {
    "who bob": "'who' is no filter: there are since, until, actor",
    "since": "since stands without a value, as in since 12h.",
    "--actor": "actor stands without a value, as in actor @bob.",
    "since tomorrow": "'tomorrow' is no time: write 12h",
    "since 1h since 2h": "since is given twice",
    "since 1h until 2h": "--since is not before --until",
    "limit 0": "'0' is no limit: write a number from 1 to 10,000.",
    "limit -5": "'-5' is no limit",
    "limit 10001": "'10001' is no limit",
    "limit ten": "'ten' is no limit",
    "limit ²": "'²' is no limit",
    "prod": "'prod' is no filter",
    f"limit {'9' * 5000}": "'9999999999999999999999999999999999999999' is no limit",
    "actor \udcff": "'\\udcff' holds what is no letter",
    "case NC\0": "'NC\\x00' holds what is no letter",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_is_told_in_one_sentence(words: str) -> None:
    with pytest.raises(FilterError) as told:
        parse_filters(words, now=NOW)
    assert str(told.value).startswith(MISTAKES[words])
    assert "\n" not in str(told.value)


@given(words=st.text() | st.lists(st.text()))
def test_no_words_break_the_filters(words: str | list[str]) -> None:
    with contextlib.suppress(FilterError):
        assert parse_filters(words, now=NOW).limit > 0
