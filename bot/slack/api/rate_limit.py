"""Slack's rate limits: one message a second in a channel, calls of a method a minute, and pauses it asks for."""

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

# Calls a minute that Slack takes of a method, by its tiers. Posting has a limit of its own, a second in each channel.
CALLS_PER_MINUTE = {
    "assistant.threads.setStatus": 600,
    "chat.postMessage": 600,
    "chat.postEphemeral": 100,
    "chat.getPermalink": 600,
    "conversations.list": 20,
    "files.completeUploadExternal": 100,
    "reactions.remove": 20,
    "usergroups.list": 20,
    "usergroups.users.list": 20,
    "users.info": 100,
    "views.open": 100,
    "views.update": 100,
    "views.publish": 100,
}
DEFAULT_CALLS_PER_MINUTE = 50


@dataclass
class _Lane:
    """``full_at`` is when all that was granted is paid off, ``free_at`` when the next turn may come at the earliest."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)  # first come, first served
    waiting: int = 0
    full_at: float = 0.0
    free_at: float = 0.0


class RateLimiter:
    """Turns in lanes: ``burst`` at once, then one every ``spacing`` seconds."""

    def __init__(self, spacing: float, burst: int = 1) -> None:
        self.spacing = spacing
        self.burst = burst
        self._lanes: dict[str, _Lane] = defaultdict(_Lane)

    async def acquire(self, name: str) -> None:
        """Return when it is the caller's turn."""
        lane = self._lanes[name]
        lane.waiting += 1
        try:
            async with lane.lock:
                await self._wait(lane)
        finally:
            lane.waiting -= 1

    @contextlib.asynccontextmanager
    async def exclusive(self, name: str) -> AsyncIterator[None]:
        """A turn that lasts as long as the block: the next one begins ``spacing`` after its end."""
        lane = self._lanes[name]
        lane.waiting += 1
        try:
            async with lane.lock:
                await self._wait(lane)
                try:
                    yield
                finally:
                    lane.free_at = max(lane.free_at, time.monotonic() + self.spacing)
        finally:
            lane.waiting -= 1

    def pause(self, name: str, seconds: float) -> None:
        """Nobody's turn comes before that time has passed."""
        lane = self._lanes[name]
        lane.free_at = max(lane.free_at, time.monotonic() + seconds)

    def queue_length(self, name: str) -> int:
        """How many wait for their turn, or have it."""
        return self._lanes[name].waiting

    def spare_share(self, name: str) -> float:
        """The share of a burst that could pass now: 1 when nothing was said lately, 0 when the next one has to wait."""
        lane, now = self._lanes[name], time.monotonic()
        if lane.free_at > now or lane.waiting:
            return 0.0
        return max(0.0, 1 - max(0.0, lane.full_at - now) / (self.burst * self.spacing))

    async def _wait(self, lane: _Lane) -> None:
        credit = (self.burst - 1) * self.spacing
        while (wait := max(lane.free_at, lane.full_at - credit) - time.monotonic()) > 0:  # noqa: ASYNC110 - it may be put off meanwhile
            await asyncio.sleep(wait)
        lane.full_at = max(lane.full_at, time.monotonic()) + self.spacing
