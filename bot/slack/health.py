"""What a serving process says of itself over HTTP: to people, and to the probes of Kubernetes.

``/livez``: the process lives and its event loop turns; to start it anew would mend nothing else. ``/readyz``: it can do
work, which takes the database and the index. ``/healthz``: the same and the connection to Slack, with words. An outage
of Slack's fails neither of the first two, so that nobody restarts a pod that waits for Slack.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.metadata import version
from typing import Any

from aiohttp import web

PATIENCE = 0.8  # seconds for the database to answer: who asks for our health often waits no longer than one


class Phase(StrEnum):
    """How far a run is."""

    STARTING = "starting"
    SERVING = "serving"
    STOPPING = "stopping"


@dataclass
class Health:
    """What is known of this process. It is ready when it reaches its database and has its index; it serves when it
    hears Slack, too. ``trouble`` says why Slack did not answer at the start.
    """

    replica: str = ""
    version: str = field(default_factory=lambda: version("netclinic"))  # looked up once: it takes milliseconds
    link_status: Callable[[], dict[str, Any]] | None = None
    trouble: str = ""
    database: Callable[[], Awaitable[object]] | None = None
    running: Callable[[], Awaitable[dict[str, int]]] | None = None
    clusters: Callable[[], dict[str, Any]] | None = None
    index: str = "starting"
    phase: Phase = Phase.STARTING
    started: float = field(default_factory=time.monotonic)
    _asked: "asyncio.Task[object] | None" = None
    _asked_at: float = 0.0

    def endpoints(self) -> Mapping[str, Callable[[web.Request], Awaitable[web.Response]]]:
        """Who answers, by path."""
        return {"/livez": self.answer_livez, "/readyz": self.answer_readyz, "/healthz": self.answer_healthz}

    async def report(self) -> tuple[bool, dict[str, Any]]:
        """Whether it serves, and the details."""
        link_status = (
            self.link_status()
            if self.link_status
            else {"mode": "starting", "connected": False, "trouble": self.trouble}
        )
        database = await self._database()
        serves = bool(link_status["connected"]) and database == "ok" and self.index == "ready"
        return serves, {
            "status": "ok" if serves else "unavailable",
            "version": self.version,
            "replica": self.replica,
            "slack": link_status,
            "database": database,
            "index": self.index,
            "clusters": self.clusters() if self.clusters else {},
            "work": await self.running() if self.running else {},
            "uptime_seconds": round(time.monotonic() - self.started),
        }

    async def readiness(self) -> tuple[bool, dict[str, Any]]:
        """Whether it can do work, and the details. A start that only Slack holds up is as far as it can be."""
        database = await self._database()
        is_up = self.phase is Phase.SERVING or (self.phase is Phase.STARTING and bool(self.trouble))
        ready = is_up and database == "ok" and self.index == "ready"
        return ready, {
            "status": "ok" if ready else "unavailable",
            "phase": self.phase.value,
            "database": database,
            "index": self.index,
        }

    async def _database(self) -> str:
        """``ok`` or what is wrong. It is asked one thing at a time: where it does not answer, nothing piles up."""
        if self.database is None:
            return "starting"
        if self._asked is None:
            self._asked, self._asked_at = asyncio.ensure_future(self.database()), time.monotonic()
            self._asked.add_done_callback(
                lambda request_: request_.cancelled() or request_.exception()
            )  # told when next asked
        request_ = self._asked
        await asyncio.wait({request_}, timeout=max(0.0, self._asked_at + PATIENCE - time.monotonic()))
        if not request_.done():
            return f"no answer for {time.monotonic() - self._asked_at:.0f} s"
        self._asked = None
        try:
            await request_
        except Exception as error:  # whatever it is, it is told here and nowhere else
            return " ".join(str(error).split())[:300]
        return "ok"

    async def answer_livez(self, _: web.Request) -> web.Response:
        """200: whoever reads this was answered by the event loop."""
        return web.json_response({"status": "ok"})

    async def answer_readyz(self, _: web.Request) -> web.Response:
        """200 when it can do work, 503 when not."""
        ready, details = await self.readiness()
        return web.json_response(details, status=200 if ready else 503)

    async def answer_healthz(self, _: web.Request) -> web.Response:
        """200 when it serves, 503 when not."""
        serves, details = await self.report()
        return web.json_response(details, status=200 if serves else 503)
