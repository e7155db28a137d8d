"""node_exporter's gauges of connection tracking in Prometheus' words, and a server that replies at will."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from bot.cluster.requests import Budget, Observer
from bot.prometheus.config import Endpoint
from bot.prometheus.reader import BUDGET, PrometheusReader
from bot.prometheus.transport import DirectTransport

ENTRIES, LIMIT = "node_nf_conntrack_entries", "node_nf_conntrack_entries_limit"
NOW = 1_795_000_000.0
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def vector(*series: tuple[Mapping[str, str], float | str]) -> dict[str, Any]:
    """The reply to an instant query."""
    result = [{"metric": dict(labels), "value": [NOW, str(value)]} for labels, value in series]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


@contextlib.asynccontextmanager
async def answering(handler: Handler) -> AsyncIterator[str]:
    """The address of a server that answers everything by ``handler``."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def asking(
    handler: Handler, budget: Budget = BUDGET, observers: tuple[Observer, ...] = (), **endpoint: Any
) -> AsyncIterator[PrometheusReader]:
    """A reader of such a server."""
    async with answering(handler) as url:
        asked = Endpoint(url, **endpoint)
        reader = PrometheusReader(
            DirectTransport(asked), asked, "prod-hz", lambda: datetime.now(UTC), budget, observers=observers
        )
        try:
            yield reader
        finally:
            await reader.close()
