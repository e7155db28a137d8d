"""The HTTP endpoints of a serving process: ``/healthz``, in HTTP mode the one that Slack posts events to, and that of
Alertmanager's webhook where it has a token."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot.settings import Settings
from bot.slack.setting_rules import (
    HEALTH_SETTING,
    Address,
    alerts_address,
    health_address,
    listening_addresses,
    slack_address,
)
from bot.slack.signed_requests import LARGEST
from bot.slack.start_checks import address_in_use, check_listening

PATIENCE = 0.8  # seconds for the database to answer: who asks for our health often waits no longer than one
HEALTH, EVENTS, ALERTS = "/healthz", "/slack/events", "/alerts"
_server_log = logging.getLogger("netclinic.http")
HttpHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Health:
    """What is known of this process. It serves when it hears Slack, reaches its database and has its index."""

    replica: str = ""
    link_status: Callable[[], dict[str, Any]] | None = None
    trouble: str = ""
    database: Callable[[], Awaitable[object]] | None = None
    running: Callable[[], Awaitable[dict[str, int]]] | None = None
    clusters: Callable[[], dict[str, Any]] | None = None
    index: str = "starting"
    started: float = field(default_factory=time.monotonic)
    _asked: "asyncio.Task[object] | None" = None
    _asked_at: float = 0.0

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
            "replica": self.replica,
            "slack": link_status,
            "database": database,
            "index": self.index,
            "clusters": self.clusters() if self.clusters else {},
            "work": await self.running() if self.running else {},
            "uptime_seconds": round(time.monotonic() - self.started),
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

    async def handle(self, _: web.Request) -> web.Response:
        """200 when it serves, 503 when not."""
        serves, details = await self.report()
        return web.json_response(details, status=200 if serves else 503)


def _tell_no_traceback(record: logging.LogRecord) -> bool:
    """What is no HTTP is a stranger's fault, which the server answers with 400: a line tells enough."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError | web.RequestPayloadError):
        record.exc_info, record.levelno, record.levelname = None, logging.INFO, "INFO"
        record.msg, record.args = "What somebody sent is no HTTP: %s", (" ".join(str(error).split())[:200],)
    return True


@dataclass
class DeferredHandler:
    """A door that is opened later: until then Slack is told to come again, which it does."""

    handle: HttpHandler | None = None

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        """503 as long as it is closed."""
        if self.handle is None:
            return web.Response(status=503, text="starting")
        return await self.handle(request)


async def start_http(
    stack: contextlib.AsyncExitStack, settings: Settings, health: Health, slack: HttpHandler, alerts: HttpHandler
) -> None:
    """Open what the settings name until the stack is unwound. Slack's own door is there in HTTP mode only, that of
    alerts where they have a token.

    Raises:
        SettingsError: an address is none.
        AddressInUse: one cannot be listened at.
    """
    doors: dict[tuple[Address, str], dict[tuple[str, str], HttpHandler]] = {
        listened: {} for listened in listening_addresses(settings)
    }
    if (own := health_address(settings)) is not None:
        doors[own, HEALTH_SETTING]["GET", HEALTH] = health.handle
    if (where := slack_address(settings)) is not None:
        doors[where]["POST", EVENTS] = slack
    if (where := alerts_address(settings)) is not None:
        doors[_listened(where, doors)]["POST", ALERTS] = alerts
    for (address, setting), answers in doors.items():
        await _listen(stack, address, answers, setting)


def _listened(where: tuple[Address, str], doors: Mapping[tuple[Address, str], object]) -> tuple[Address, str]:
    """The same address, by the setting under which it is listened at."""
    return next(listened for listened in doors if listened[0] == where[0])


async def _listen(
    stack: contextlib.AsyncExitStack, address: Address, answers: Mapping[tuple[str, str], HttpHandler], setting: str
) -> None:
    _server_log.addFilter(_tell_no_traceback)  # once: the same filter is not added again
    server = web.Application(client_max_size=LARGEST)
    for (method, path), handle in answers.items():
        server.router.add_route(method, path, handle)
    runner = web.AppRunner(server, access_log=None, logger=_server_log, shutdown_timeout=5.0)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    host, port = address
    check_listening(address, setting)
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise address_in_use(address, setting, error) from error
