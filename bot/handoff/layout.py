"""Where the picture's parts stand, in pixels: rows of bars below their cluster, and the ticks of the time axis.

Plain arithmetic, apart from drawing, so that overlaps can be tested.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.handoff.records import Bar, Handoff
from bot.handoff.wording import day

WIDTH = 1440
LEFT, RIGHT = 440, 1395  # of the time axis
TOP = 128  # of the first row
ROW, CLUSTER = 30, 40  # heights
THIN = 7  # the narrowest bar that can be seen and told apart
BELOW = 104  # for the time axis and the legend
MOST_TICKS, MOST_DAYS = 11, 8
_STEPS = (*(timedelta(minutes=m) for m in (5, 10, 15, 30)), *(timedelta(hours=h) for h in (1, 2, 3, 6, 12)))
_DAYS = (1, 2, 4, 7)


@dataclass(frozen=True)
class Row:
    """One bar: ``top`` of its row, ``start`` and ``end`` on the axis; cut where it began before or goes on."""

    bar: Bar
    top: int
    start: float
    end: float
    began_before: bool


@dataclass(frozen=True)
class Band:
    """A cluster's name above its rows."""

    cluster: str
    top: int


@dataclass(frozen=True)
class Tick:
    """A mark of the time axis; ``is_day`` where a new day begins."""

    x: float
    text: str
    is_day: bool


@dataclass(frozen=True)
class Layout:
    """The whole picture, ``height`` in pixels."""

    bands: Sequence[Band]
    rows: Sequence[Row]
    ticks: Sequence[Tick]
    height: int

    @property
    def bottom(self) -> int:
        """Where the rows end and the axis begins."""
        return self.height - BELOW


def laid_out(handoff: Handoff) -> Layout:
    """Clusters in the order of their names, their cases by time."""
    bands, rows, top = [], [], TOP
    for cluster in sorted({bar.cluster for bar in handoff.bars}):
        bands.append(Band(cluster, top))
        top += CLUSTER
        ours = [bar for bar in handoff.bars if bar.cluster == cluster]
        for bar in sorted(ours, key=lambda bar: (bar.start, bar.case)):
            rows.append(_row(handoff, bar, top))
            top += ROW
    return Layout(bands, rows, list(_ticks(handoff)), top + 8 + BELOW)


def _row(handoff: Handoff, bar: Bar, top: int) -> Row:
    start = _x(handoff, max(bar.start, handoff.since))
    end = _x(handoff, min(bar.end or handoff.until, handoff.until))
    if end - start < THIN:
        start, end = (RIGHT - THIN, RIGHT) if start > RIGHT - THIN else (start, start + THIN)
    return Row(bar, top, start, end, bar.start < handoff.since)


def _x(handoff: Handoff, moment: datetime) -> float:
    share = (moment - handoff.since) / (handoff.until - handoff.since)
    return round(LEFT + share * (RIGHT - LEFT), 1)


def _ticks(handoff: Handoff) -> Iterator[Tick]:
    """At round clock times of the handoff's zone."""
    whole, zone = handoff.until - handoff.since, ZoneInfo(handoff.zone)
    step = next((step for step in _STEPS if whole / step <= MOST_TICKS), None)
    for local in _clock_times(handoff.since.astimezone(zone), handoff.until.astimezone(zone), step, whole):
        x = _x(handoff, local.astimezone(UTC))
        is_day = (local.hour, local.minute) == (0, 0)
        if LEFT <= x <= RIGHT:
            yield Tick(x, day(local) if is_day else f"{local:%H:%M}", is_day)


def _clock_times(start: datetime, end: datetime, step: timedelta | None, whole: timedelta) -> Iterator[datetime]:
    midnight = datetime(start.year, start.month, start.day, tzinfo=start.tzinfo)
    days = next((days for days in _DAYS if whole.days / days <= MOST_DAYS), _DAYS[-1])
    step = step or timedelta(days=days)
    moment = midnight
    while moment <= end:  # wall clock arithmetic: a zone's own hours, also where daylight saving begins
        if moment >= start and _exists(moment):
            yield moment
        moment += step


def _exists(local: datetime) -> bool:
    """Whether clocks ever showed it: where daylight saving begins an hour is skipped."""
    shown = local.astimezone(UTC).astimezone(local.tzinfo)
    return shown.replace(tzinfo=None) == local.replace(tzinfo=None)
