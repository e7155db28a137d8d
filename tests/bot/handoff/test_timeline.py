"""The picture: what stands where, what it says in words, and that no name can harm it."""

import struct
import warnings
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from bot.handoff.records import Counts, Handoff, TimelineBar
from bot.handoff.text import format_period
from bot.handoff.timeline import LEFT, LONGEST_ALT, RIGHT, ROW, STYLES, WIDTH, alt_text, draw_timeline, make_layout

END = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
OUTCOMES = list(STYLES)
HOSTILE = [
    "$x^2$ {bad}",
    "生产-北京",
    "👩‍💻\x00\x1b[31m",
    "c" * 300,
    "\N{RIGHT-TO-LEFT OVERRIDE}",
    "\ud800",
    r"\frac{1}{0}$",
    "",
    "%s {0}",
    r"$\nonsense{$",
]


def handoff(bars: list[TimelineBar], hours: float = 12, zone: str = "Asia/Shanghai", total: int = 0) -> Handoff:
    since = END - timedelta(hours=hours)
    counts = Counts(opened=len(bars), open=1, timeline=total or len(bars))
    return Handoff(id="HO-AAAAAAAA", since=since, until=END, zone=zone, timeline=tuple(bars), counts=counts)


def bar(
    number: int = 0, *, start: float = 2, end: float | None = None, cluster: str = "prod", entry: str = "e"
) -> TimelineBar:
    """``start`` and ``end`` in hours before the handoff."""
    return TimelineBar(
        case=f"NC-{number:06X}",
        entry=entry,
        cluster=cluster,
        outcome=OUTCOMES[number % len(OUTCOMES)],
        start=END - timedelta(hours=start),
        end=None if end is None else END - timedelta(hours=end),
    )


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.mark.parametrize("number", [1, 2, 7, 30, 60])
def test_rows_never_touch_and_stay_in_the_picture(number: int) -> None:
    bars = [bar(n, start=n % 14 + 0.01, end=None if n % 3 else 0.005, cluster=f"c{n % 5}") for n in range(number)]
    layout = make_layout(handoff(bars))
    tops = sorted([*(row.top for row in layout.rows), *(band.top for band in layout.bands)])
    assert all(below - above >= ROW for above, below in pairwise(tops))
    assert tops[-1] + ROW <= layout.bottom
    assert len(layout.rows) == number
    assert all(LEFT <= row.start < row.end <= RIGHT for row in layout.rows)
    assert size(draw_timeline(handoff(bars))) == (WIDTH, layout.height)


@pytest.mark.parametrize("hours", [0.05, 0.5, 3, 8.5, 12, 24, 50, 168, 400, 744])
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Kathmandu", "America/Los_Angeles", "UTC"])
def test_ticks_are_few_and_far_enough_from_each_other(hours: float, zone: str) -> None:
    ticks = make_layout(handoff([bar()], hours, zone)).ticks
    assert len(ticks) <= 12
    assert all(right.x - left.x >= 78 for left, right in pairwise(ticks))
    assert ticks or hours < 0.5


def test_ticks_are_at_round_hours_where_summer_ends() -> None:
    span = Handoff(
        id="HO-A",
        since=datetime(2026, 10, 24, 20, 0, tzinfo=UTC),
        until=datetime(2026, 10, 25, 8, 0, tzinfo=UTC),
        zone="Europe/Berlin",
        timeline=(bar(),),
    )
    texts = [tick.text for tick in make_layout(span).ticks]
    assert texts == ["22:00", "Sun 25 Oct", "02:00", "04:00", "06:00", "08:00"]


@pytest.mark.parametrize(
    ("since", "until", "told"),
    [
        (datetime(2026, 3, 29, 0, 0, tzinfo=UTC), datetime(2026, 3, 29, 3, 0, tzinfo=UTC), "01:00 CET to 05:00 CEST"),
        (datetime(2026, 3, 28, 20, 0, tzinfo=UTC), datetime(2026, 3, 29, 7, 0, tzinfo=UTC), "CET to Sun 29 Mar 09:00 "),
        (
            datetime(2026, 10, 25, 0, 15, tzinfo=UTC),
            datetime(2026, 10, 25, 1, 45, tzinfo=UTC),
            "02:15 CEST to 02:45 CET",
        ),
    ],
)
def test_no_tick_is_at_an_hour_that_clocks_skipped_and_the_span_says_whose_time_it_is(
    since: datetime, until: datetime, told: str
) -> None:
    span = Handoff(id="HO-A", since=since, until=until, zone="Europe/Berlin", timeline=(bar(),))
    places = [tick.x for tick in make_layout(span).ticks]
    assert places == sorted(set(places))
    assert told in format_period(span)
    assert format_period(replace(span, zone="Asia/Shanghai")).count("CST") == 0


def test_what_began_before_and_what_goes_on() -> None:
    rows = make_layout(handoff([bar(1, start=30), bar(2, start=30, end=3), bar(3, start=1)])).rows
    assert [(row.start == LEFT, row.end == RIGHT, row.began_before) for row in rows] == [
        (True, True, True),
        (True, False, True),
        (False, True, False),
    ]


def test_the_shortest_case_can_be_seen_even_at_the_edge() -> None:
    rows = make_layout(handoff([bar(1, start=0.0001), bar(2, start=12, end=11.9999)], hours=12)).rows
    assert all(row.end - row.start >= 7 and row.start >= LEFT and row.end <= RIGHT for row in rows)


def test_the_same_handoff_is_the_same_picture() -> None:
    bars = [bar(number, cluster=f"c{number % 2}") for number in range(9)]
    assert draw_timeline(handoff(bars)) == draw_timeline(handoff(bars))


def test_every_verdict_has_a_look_of_its_own_without_colour() -> None:
    assert len({hatch for _, hatch in STYLES.values()}) == len(STYLES) - 1, "no answer yet is an empty box"
    assert len({colour for colour, _ in STYLES.values()}) == len(STYLES)


def test_no_name_can_harm_it() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bars = [bar(number, cluster=name, entry=name) for number, name in enumerate(HOSTILE)]
        png = draw_timeline(handoff(bars))
    assert size(png)[0] == WIDTH


def test_nothing_to_draw() -> None:
    assert (draw_timeline(handoff([])), alt_text(handoff([]))) == (b"", "")


def test_it_is_told_in_words() -> None:
    told = alt_text(handoff([bar(0, start=3, end=1), bar(1)]))
    assert told == (
        "Time line of Sat 21 Nov 21:00 to Sun 22 Nov 09:00: 2 cases on 1 cluster: "
        "NC-000000 confirmed, resolved 08:00; NC-000001 suspected, open."
    )


def test_words_for_sixty_cases_are_cut_at_a_case_and_say_so() -> None:
    told = alt_text(handoff([bar(number) for number in range(60)]))
    assert len(told) <= LONGEST_ALT + 10
    assert told.endswith("; and more.")
