"""The handoff at a glance: a time line, cases as bars below their clusters. The only module that draws.

Verdicts differ in hatching and in a word of the legend too, so that nothing hangs on colour. The picture brings its own
light background: it reads alike in a dark and in a light Slack. It holds ids and cluster names alone, taken as text.

Where everything stands, in pixels, is plain arithmetic apart from the drawing, so that overlaps can be tested.
"""

import io
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.cells import cell_len, set_cell_size

from bot.handoff.records import Handoff, TimelineBar
from bot.handoff.text import VERDICTS, format_day, format_period, format_time, headline
from bot.text import counted, one_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 1440
LEFT, RIGHT = 440, 1395  # of the time axis
TOP = 128  # of the first row
ROW, CLUSTER = 30, 40  # heights
THIN = 7  # the narrowest bar that can be seen and distinguished
BELOW = 104  # for the time axis and the legend
MOST_TICKS, MOST_DAYS = 11, 8
_STEPS = (*(timedelta(minutes=m) for m in (5, 10, 15, 30)), *(timedelta(hours=h) for h in (1, 2, 3, 6, 12)))
_DAYS = (1, 2, 4, 7)
DPI = 120
PAPER, INK, FAINT, GRID = "#fbfaf7", "#1d1d1f", "#5c5c66", "#d9d7d0"
# Colours after Okabe and Ito, which colour-blind people can distinguish; each with a hatching of its own.
STYLES = {
    "confirmed": ("#d55e00", ""),
    "suspected": ("#f2c14e", "////"),
    "": ("#ffffff", ""),
    "ruled_out": ("#a8d8f0", "...."),
    "answered": ("#8fd0b5", "\\\\\\\\"),
    "unmatched": ("#bdbdbd", "xxxx"),
}
FAMILIES = (
    "DejaVu Sans",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "WenQuanYi Zen Hei",
    "PingFang SC",
    "Microsoft YaHei",
    "SimHei",
)
NO_CAUSE = {"ruled_out": "cause unknown", "unmatched": "no entry fits", "": "no answer yet"}
LONGEST_ALT = 900
_drawing = threading.Lock()  # matplotlib's fonts are not made for threads


@dataclass(frozen=True)
class Row:
    """One bar: ``top`` of its row, ``start`` and ``end`` on the axis; cut where it began before or goes on."""

    bar: TimelineBar
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


def make_layout(handoff: Handoff) -> Layout:
    """Clusters in the order of their names, their cases by time."""
    bands, rows, top = [], [], TOP
    for cluster in sorted({bar.cluster for bar in handoff.timeline}):
        bands.append(Band(cluster, top))
        top += CLUSTER
        ours = [bar for bar in handoff.timeline if bar.cluster == cluster]
        for bar in sorted(ours, key=lambda bar: (bar.start, bar.case)):
            rows.append(_place_row(handoff, bar, top))
            top += ROW
    return Layout(bands, rows, list(_ticks(handoff)), top + 8 + BELOW)


def _place_row(handoff: Handoff, bar: TimelineBar, top: int) -> Row:
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
            yield Tick(x, format_day(local) if is_day else f"{local:%H:%M}", is_day)


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


def can_draw() -> bool:
    """Whether what draws, netclinic's extra ``pictures``, is installed."""
    return find_spec("matplotlib") is not None


def draw_timeline(handoff: Handoff) -> bytes:
    """A PNG, the same bytes for the same handoff; empty where there is no case to draw, or pictures are off."""
    if not handoff.timeline or handoff.pictures_off:
        return b""
    layout = make_layout(handoff)
    with _drawing:
        return _Drawing(handoff, layout).png()


def alt_text(handoff: Handoff) -> str:
    """What the picture shows, in words; empty where there is no picture."""
    if not handoff.timeline or handoff.pictures_off:
        return ""
    clusters = {bar.cluster for bar in handoff.timeline if bar.cluster}
    where = f" on {counted(len(clusters), 'cluster')}" if clusters else ""
    start = f"Time line of {format_period(handoff)}: {counted(len(handoff.timeline), 'case')}{where}"
    cases = "; ".join(_describe_bar(handoff, bar) for bar in handoff.timeline)
    text = f"{start}: {cases}."
    if len(text) <= LONGEST_ALT:
        return text
    kept = text[:LONGEST_ALT].rpartition("; ")[0]
    return f"{kept}; and more."


def _describe_bar(handoff: Handoff, bar: TimelineBar) -> str:
    end = f"resolved {format_time(handoff, bar.end)}" if bar.end else "cleared by now" if bar.cleared else "open"
    unknown = "cause unknown, " if _is_unknown(bar) else ""
    return f"{bar.case} {unknown}{VERDICTS.get(bar.outcome, bar.outcome)}, {end}"


def _is_unknown(bar: TimelineBar) -> bool:
    return bar.outcome == "ruled_out" and not bar.entry


class _Drawing:
    """One picture being drawn, in pixels from the top left."""

    def __init__(self, handoff: Handoff, layout: Layout) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self._handoff, self._layout = handoff, layout
        self._figure = Figure(figsize=(WIDTH / DPI, layout.height / DPI), dpi=DPI, facecolor=PAPER)
        FigureCanvasAgg(self._figure)
        self._fonts = _Fonts()
        self._axes: Axes = self._figure.add_axes((0, 0, 1, 1))
        self._axes.set_axis_off()
        self._axes.set_xlim(0, WIDTH)
        self._axes.set_ylim(layout.height, 0)

    def png(self) -> bytes:
        self._title()
        self._grid()
        for band in self._layout.bands:
            self._text(24, band.top + 24, band.cluster or "no cluster was read", size=10.5, weight="bold", cells=40)
        for row in self._layout.rows:
            self._draw_row(row)
        self._legend()
        out = io.BytesIO()
        how: dict[str, Any] = {"metadata": {"Software": None}, "pil_kwargs": {"compress_level": 3}}
        self._figure.savefig(out, format="png", dpi=DPI, facecolor=PAPER, **how)
        return out.getvalue()

    def _title(self) -> None:
        handoff = self._handoff
        self._text(24, 42, headline(handoff), size=16, weight="bold", cells=90)
        more = handoff.counts.timeline - len(handoff.timeline)
        subtitle = f"{format_period(handoff)}, {handoff.zone}" + (
            f" · {counted(more, 'more case')} not drawn" if more else ""
        )
        self._text(24, 76, subtitle, size=10.5, colour=FAINT, cells=150)

    def _grid(self) -> None:
        top, bottom = self._layout.bands[0].top, self._layout.bottom
        for band in self._layout.bands:
            self._line(24, band.top, RIGHT, band.top, GRID, 0.8)
        for tick in self._layout.ticks:
            self._line(tick.x, top, tick.x, bottom, FAINT if tick.is_day else GRID, 0.9)
            weight = "bold" if tick.is_day else "normal"
            self._text(tick.x, bottom + 22, tick.text, size=9, weight=weight, colour=FAINT, align="center")
        self._line(RIGHT, top, RIGHT, bottom, INK, 1.6)
        self._text(RIGHT, top - 9, "now", size=9, weight="bold", align="center")

    def _draw_row(self, row: Row) -> None:
        from matplotlib.patches import Polygon

        middle = row.top + ROW / 2
        entry = row.bar.entry or NO_CAUSE.get(row.bar.outcome, "no entry")
        self._text(24, middle + 5, row.bar.case, size=9, weight="bold", cells=20)
        used = 24 + 11.2 * cell_len(row.bar.case) + 14
        self._text(used, middle + 5, entry, size=9, cells=int((LEFT - 18 - used) / 8.2))
        self._box(row.start, row.top + 6, row.end - row.start, ROW - 12, row.bar.outcome)
        if row.began_before:
            tip = [(LEFT - 12, middle), (LEFT - 2, middle - 8), (LEFT - 2, middle + 8)]
            self._axes.add_patch(Polygon(tip, closed=True, facecolor=INK))
        if row.bar.end is None:
            self._goes_on(RIGHT + 3, middle, hollow=row.bar.cleared)
        else:
            self._line(row.end, row.top + 3, row.end, row.top + ROW - 3, INK, 2.4)

    def _legend(self) -> None:
        y, x = self._layout.height - BELOW + 66, 24.0
        present = {bar.outcome for bar in self._handoff.timeline}
        for outcome in (outcome for outcome in STYLES if outcome in present):
            self._box(x, y - 14, 34, 18, outcome)
            x = self._label(x + 44, y, VERDICTS[outcome])
        self._line(x + 6, y - 16, x + 6, y + 6, INK, 2.4)
        x = self._label(x + 16, y, "resolved")
        self._goes_on(x, y - 5)
        x = self._label(x + 20, y, "still open")
        if any(bar.cleared for bar in self._handoff.timeline):
            self._goes_on(x, y - 5, hollow=True)
            self._label(x + 20, y, "open, but cleared by now")

    def _goes_on(self, x: float, y: float, *, hollow: bool = False) -> None:
        """The tip of what is not resolved."""
        from matplotlib.patches import Polygon

        tip = [(x + 12, y), (x, y - 8), (x, y + 8)]
        face = PAPER if hollow else INK
        self._axes.add_patch(Polygon(tip, closed=True, facecolor=face, edgecolor=INK, linewidth=1.2))

    def _label(self, x: float, y: float, text: str) -> float:
        """Where the next part of the legend may begin."""
        self._text(x, y, text, size=9.5)
        return x + 8.6 * len(text) + 26

    def _box(self, x: float, y: float, width: float, height: float, outcome: str) -> None:
        from matplotlib.patches import Rectangle

        colour, hatch = STYLES.get(outcome, STYLES[""])
        look: dict[str, Any] = {"facecolor": colour, "edgecolor": INK, "linewidth": 0.9, "hatch": hatch or None}
        self._axes.add_patch(Rectangle((x, y), width, height, **look))

    def _line(self, x: float, y: float, to_x: float, to_y: float, colour: str, width: float) -> None:
        self._axes.plot([x, to_x], [y, to_y], color=colour, linewidth=width, solid_capstyle="butt", zorder=0.5)

    def _text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float,
        weight: str = "normal",
        colour: str = INK,
        align: str = "left",
        cells: int = 60,
    ) -> None:
        shown = self._fonts.readable(_cut(one_line(text), cells))
        families = self._fonts.families[: 1 if shown.isascii() else None]  # looking in all of them takes its time
        font: dict[str, Any] = {"family": families, "size": size, "weight": weight}
        self._axes.text(x, y, shown, color=colour, ha=align, va="baseline", parse_math=False, fontdict=font)


class _Fonts:
    """The families of this machine, and what they can show: what none of them can becomes a question mark."""

    def __init__(self) -> None:
        from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font

        here = {font.name for font in fontManager.ttflist}
        self.families = [family for family in FAMILIES if family in here]
        self._faces = [get_font(findfont(FontProperties(family=family))) for family in self.families]

    def readable(self, text: str) -> str:
        return "".join(char if any(face.get_char_index(ord(char)) for face in self._faces) else "?" for char in text)


def _cut(text: str, cells: int) -> str:
    return text if cell_len(text) <= cells else set_cell_size(text, max(1, cells - 1)).rstrip() + "…"
