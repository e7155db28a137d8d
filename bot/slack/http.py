"""The HTTP endpoints of a serving process: those of its health, in HTTP mode the one that Slack posts events to, and
that of Alertmanager's webhook where it has a token."""

import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

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

EVENTS, ALERTS = "/slack/events", "/alerts"
_server_log = logging.getLogger("netclinic.http")
HttpHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


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
    stack: contextlib.AsyncExitStack,
    settings: Settings,
    own: Mapping[str, HttpHandler],
    slack: HttpHandler,
    alerts: HttpHandler,
) -> None:
    """Open what the settings name until the stack is unwound. ``own`` is what is told of this process, by path, on the
    health address. Slack's own door is there in HTTP mode only, that of
    alerts where they have a token.

    Raises:
        SettingsError: an address is none.
        AddressInUse: one cannot be listened at.
    """
    doors: dict[tuple[Address, str], dict[tuple[str, str], HttpHandler]] = {
        listened: {} for listened in listening_addresses(settings)
    }
    if (where_told := health_address(settings)) is not None:
        doors[where_told, HEALTH_SETTING] |= {("GET", path): handle for path, handle in own.items()}
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
