"""Slack's rate limits: one message a second in a channel, and so many calls of a method in a minute.

A bucket for each limit: a short burst passes, then calls are answered 429 until it has filled again.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

PER_CHANNEL = 0
"""In place of a tier: the limit of chat.postMessage, one a second in each channel."""

_PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100, 5: 600}
_BURST_IN_CHANNEL = 3


@dataclass
class _Bucket:
    capacity: float
    per_second: float
    level: float
    at: float

    def take(self, now: float) -> float:
        """0 when there was room, otherwise the seconds until there is."""
        self.level = min(self.capacity, self.level + (now - self.at) * self.per_second)
        self.at = now
        if self.level >= 1:
            self.level -= 1
            return 0
        return (1 - self.level) / self.per_second


class Limits:
    """``how``: ``usual`` tolerates short bursts, ``strict`` hardly any, ``off`` everything."""

    def __init__(self, how: str = "usual", clock: Callable[[], float] = time.monotonic) -> None:
        if how not in ("usual", "strict", "off"):
            raise ValueError(f"rate limits are usual, strict or off, not {how!r}")
        self.how = how
        self._clock = clock
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def wait(self, method: str, tier: int | None, channel: str) -> int:
        """Seconds that this call has to wait by ``Retry-After``; 0 when it may pass. Tier None: never limited."""
        if self.how == "off" or tier is None:
            return 0
        key = (method, channel) if tier == PER_CHANNEL else (method, "")
        bucket = self._buckets.get(key) or self._buckets.setdefault(key, self._new(tier))
        return math.ceil(bucket.take(self._clock()))

    def _new(self, tier: int) -> _Bucket:
        strict = self.how == "strict"
        if tier == PER_CHANNEL:
            burst = 1 if strict else _BURST_IN_CHANNEL
            return _Bucket(burst, 1.0, burst, self._clock())
        burst = max(1, _PER_MINUTE[tier] // (10 if strict else 1))
        return _Bucket(burst, _PER_MINUTE[tier] / 60, burst, self._clock())
