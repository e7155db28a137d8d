"""Whether a gauge rises: by medians (Theil and Sen's slope for the last minutes), so that no outlier decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from statistics import median

Samples = Sequence[tuple[float, float]]
RISES = 0.01  # of the limit, over the last minutes
RISES_LONG = 0.05  # of the limit, over hours
FEWEST = 3  # samples
LONGEST_GAP = 180.0  # seconds without a sample in the last minutes
SHARE_THERE = 0.7  # of the steps of hours that must have a sample
LONG = 3600.0  # seconds: what was before them is what a gauge came from
MOST = 60  # samples whose slopes are compared, each with each


@dataclass(frozen=True)
class Trend:
    """``rises`` is ``None`` where samples are missing; ``steady_for`` seconds it has been high without rising."""

    rises: bool | None
    steady_for: float = 0.0


def trend(recent: Samples, history: Samples, high: float, limit: float, step: float) -> Trend:
    """Of a gauge that is high now: ``recent`` are its samples of the last minutes, ``history`` one each ``step`` s.

    ``high`` is the value from which on it is high, out of ``limit``.
    """
    short, long = _rise(recent) if _is_dense(recent) else None, _long_rise(history, step)
    if short is None:
        return Trend(None)
    if short >= RISES * limit:
        return Trend(True)
    if short > -RISES * limit and long is not None and long >= RISES_LONG * limit:
        return Trend(True)
    steady = _high_since(history, high) if long is not None else 0.0
    return Trend(False, steady_for=steady)


def _is_dense(samples: Samples) -> bool:
    gaps = (later[0] - earlier[0] for earlier, later in pairwise(samples))
    return len(samples) >= FEWEST and max(gaps) <= LONGEST_GAP


def _long_rise(samples: Samples, step: float) -> float | None:
    """From where it was more than an hour ago, or in the first half; ``None`` where too many samples are missing."""
    if len(samples) < FEWEST or (span := samples[-1][0] - samples[0][0]) < LONG / 2:
        return None
    if len(samples) < SHARE_THERE * (span / step + 1):
        return None
    before = samples[-1][0] - min(LONG, span / 2)
    return samples[-1][1] - median(value for at, value in samples if at <= before)


def _rise(samples: Samples) -> float:
    """How far the line through the samples goes up (or down) from the first to the last one."""
    thinned = samples[:: -(-len(samples) // MOST)]
    pairs = [pair for pair in combinations(thinned, 2) if pair[1][0] > pair[0][0]]
    slopes = [(later[1] - earlier[1]) / (later[0] - earlier[0]) for earlier, later in pairs]
    return median(slopes or [0.0]) * (samples[-1][0] - samples[0][0])


def _high_since(samples: Samples, high: float) -> float:
    """For how many seconds up to the last sample all were high."""
    first = samples[-1][0]
    for at, value in reversed(samples):
        if value < high:
            break
        first = at
    return samples[-1][0] - first
