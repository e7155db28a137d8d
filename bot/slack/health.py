"""``/healthz``: whether this process serves, and if not, what is missing."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

PATIENCE = 0.8  # seconds for the database to answer: who asks for our health often waits no longer than one


@dataclass
class Health:
    """What is known of this process. It serves when it hears Slack, reaches its database and has its index."""

    replica: str = ""
    link: Callable[[], dict[str, Any]] | None = None
    trouble: str = ""
    database: Callable[[], Awaitable[object]] | None = None
    running: Callable[[], Awaitable[dict[str, int]]] | None = None
    index: str = "starting"
    started: float = field(default_factory=time.monotonic)
    _asked: "asyncio.Task[object] | None" = None
    _asked_at: float = 0.0

    async def told(self) -> tuple[bool, dict[str, Any]]:
        """Whether it serves, and the details."""
        link = self.link() if self.link else {"mode": "starting", "connected": False, "trouble": self.trouble}
        database = await self._database()
        serves = bool(link["connected"]) and database == "ok" and self.index == "ready"
        return serves, {
            "status": "ok" if serves else "unavailable",
            "replica": self.replica,
            "slack": link,
            "database": database,
            "index": self.index,
            "work": await self.running() if self.running else {},
            "uptime_seconds": round(time.monotonic() - self.started),
        }

    async def _database(self) -> str:
        """``ok`` or what is wrong. It is asked one thing at a time: where it does not answer, nothing piles up."""
        if self.database is None:
            return "starting"
        if self._asked is None:
            self._asked, self._asked_at = asyncio.ensure_future(self.database()), time.monotonic()
            self._asked.add_done_callback(lambda asked: asked.cancelled() or asked.exception())  # told when next asked
        asked = self._asked
        await asyncio.wait({asked}, timeout=max(0.0, self._asked_at + PATIENCE - time.monotonic()))
        if not asked.done():
            return f"no answer for {time.monotonic() - self._asked_at:.0f} s"
        self._asked = None
        try:
            await asked
        except Exception as error:  # whatever it is, it is told here and nowhere else
            return " ".join(str(error).split())[:300]
        return "ok"

    async def answer(self, _: web.Request) -> web.Response:
        """200 when it serves, 503 when not."""
        serves, details = await self.told()
        return web.json_response(details, status=200 if serves else 503)
