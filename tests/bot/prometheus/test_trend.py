"""Rising is told from flat, from falling and from what too few samples show."""

from itertools import pairwise

import pytest

from bot.prometheus.trend import Samples, trend

LIMIT, HIGH = 262_144.0, 0.9 * 262_144
END = 1_795_000_000.0


def line(minutes: float, first: float, last: float, step: float = 30.0) -> Samples:
    """Samples up to ``END``; values in shares of the limit."""
    count = int(minutes * 60 / step)
    return [(END - minutes * 60 + at * step, LIMIT * (first + (last - first) * at / count)) for at in range(count + 1)]


def noisy(samples: Samples) -> Samples:
    return [(at, value + LIMIT * 0.004 * (-1) ** number) for number, (at, value) in enumerate(samples)]


def joined(first: Samples, second: Samples) -> Samples:
    """The one before the other."""
    moved = second[-1][0] - second[0][0]
    return [*((at - moved, value) for at, value in first[:-1]), *second]


def rises(recent: Samples, history: Samples = ()) -> bool | None:
    return trend(recent, history, HIGH, LIMIT, 120.0).rises


FLAT, LONG_FLAT = line(10, 0.92, 0.92), line(180, 0.92, 0.92, 120)


@pytest.mark.parametrize(
    ("recent", "history", "expected"),
    [
        (line(10, 0.85, 0.93), LONG_FLAT, True),
        (noisy(line(10, 0.88, 0.93)), (), True),
        (line(0.5, 0.9, 0.95, 5), (), True),  # a Prometheus that has just started
        (FLAT, line(180, 0.3, 0.92, 120), True),  # it filled up in the last hours, and is full
        (FLAT, joined(line(150, 0.3, 0.3, 120), line(30, 0.3, 0.92, 120)), True),  # in the last half hour
        (FLAT, joined(line(60, 0.3, 0.92, 120), line(120, 0.92, 0.92, 120)), False),  # two hours ago, and flat since
        (FLAT, LONG_FLAT, False),
        (noisy(FLAT), noisy(LONG_FLAT), False),
        (line(10, 0.99, 0.91), line(180, 0.5, 0.91, 120), False),  # it falls
        ([*FLAT[:-1], (END, LIMIT * 0.99)], LONG_FLAT, False),  # one outlier
        (FLAT[:2], LONG_FLAT, None),
        ([FLAT[0], FLAT[1], FLAT[-1]], LONG_FLAT, None),  # a gap of nine minutes
        ((), LONG_FLAT, None),
    ],
)
def test_rising(recent: Samples, history: Samples, expected: bool | None) -> None:
    assert rises(recent, history) is expected


def test_hours_with_gaps_tell_nothing() -> None:
    gappy = [*line(180, 0.3, 0.92, 120)[:5], *line(180, 0.3, 0.92, 120)[-5:]]
    assert max(later[0] - earlier[0] for earlier, later in pairwise(gappy)) > 3600
    assert rises(FLAT, gappy) is False
    assert trend(FLAT, gappy, HIGH, LIMIT, 120.0).steady_for == 0.0


def test_how_long_it_has_been_high() -> None:
    half = [*line(180, 0.5, 0.5, 120)[:45], *line(180, 0.92, 0.92, 120)[45:]]
    assert trend(FLAT, LONG_FLAT, HIGH, LIMIT, 120.0).steady_for == 180 * 60
    assert trend(line(10, 0.97, 0.92), half, HIGH, LIMIT, 120.0).steady_for == 90 * 60
