"""``/metrics``: asked by Prometheus every few seconds, and answered whatever the database does."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import hdrs, web

from bot.slack.metrics import Metrics
from bot.store.figures import Figures

PATH = "/metrics"
PATIENCE = 2.0  # seconds for the database: scrapes are given up after ten


@dataclass
class MetricsPage:
    """``figures`` reads those of the database; there are none before it is opened."""

    metrics: Metrics
    figures: Callable[[], Awaitable[Figures]] | None = None
    _reading: "asyncio.Task[Figures] | None" = None

    async def answer(self, request: web.Request) -> web.Response:
        """The page, as the scraper wants it."""
        body, content_type = self.metrics.render(await self._read(), request.headers.get(hdrs.ACCEPT, ""))
        return web.Response(body=body, headers={hdrs.CONTENT_TYPE: content_type})

    async def _read(self) -> Figures | None:
        """``None`` where the database fails or is slow. It is asked one thing at a time, so that nothing piles up."""
        if self.figures is None:
            return None
        if self._reading is None:
            self._reading = asyncio.ensure_future(self.figures())
        reading = self._reading
        await asyncio.wait({reading}, timeout=PATIENCE)
        if not reading.done():
            return None
        self._reading = None
        return None if reading.cancelled() or reading.exception() else reading.result()
