"""The HTTP doors of a serving process: ``/healthz``, and in HTTP mode the one through which Slack comes in."""

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.app.async_app import AsyncApp

from bot.settings import Settings, SettingsError
from bot.slack.health import Health

OFF = "off"
HEALTH, EVENTS = "/healthz", "/slack/events"
HEALTH_SETTING, HTTP_SETTING = "NETCLINIC_HEALTH_ADDRESS", "NETCLINIC_HTTP_ADDRESS"
LARGEST = 2 * 1024 * 1024  # bytes of a request; Slack's own are far smaller

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
Address = tuple[str, int]


class AddressTaken(Exception):
    """The address cannot be listened at; the message names it and the way out."""


@dataclass
class LateDoor:
    """A door that is opened later: until then Slack is told to come again, which it does."""

    answer: Answer | None = None

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        """503 as long as it is closed."""
        if self.answer is None:
            return web.Response(status=503, text="starting")
        return await self.answer(request)


def address_of(text: str, setting: str) -> Address | None:
    """Host and port; ``None`` for ``off``.

    Raises:
        SettingsError: it is no address.
    """
    if text == OFF:
        return None
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise SettingsError(f"{setting} is {text!r}, which is no address: write HOST:PORT, or {OFF}.")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 - that is what :8080 means


def slack_door(bolt: AsyncApp) -> Answer:
    """What answers Slack's signed requests; bolt checks signature and age before anything else sees them."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            asked = await to_bolt_request(request)
        except ValueError:  # bolt reads the body before it checks the signature
            return web.Response(status=400, text="this is no request of Slack's")
        return await to_aiohttp_response(await bolt.async_dispatch(asked))

    return answer


async def open_doors(stack: contextlib.AsyncExitStack, settings: Settings, health: Health, slack: Answer) -> None:
    """Open what the settings name until the stack is unwound. Slack's own door is there in HTTP mode only.

    Raises:
        SettingsError: an address is none.
        AddressTaken: one cannot be listened at.
    """
    own = address_of(settings.health_address, HEALTH_SETTING)
    doors: dict[tuple[Address | None, str], dict[tuple[str, str], Answer]] = {
        (own, HEALTH_SETTING): {("GET", HEALTH): health.answer}
    }
    if settings.slack_app_token is None:
        extra = address_of(settings.http_address, HTTP_SETTING) if settings.http_address else None
        if own is None and extra is None:
            raise SettingsError(f"{HTTP_SETTING} is not set: without an app token Slack has to reach netclinic there.")
        where = (extra, HTTP_SETTING) if extra and extra != own else (own, HEALTH_SETTING)
        doors.setdefault(where, {})["POST", EVENTS] = slack
    for (address, setting), answers in doors.items():
        if address is not None:
            await _listen(stack, address, answers, setting)


async def _listen(
    stack: contextlib.AsyncExitStack, address: Address, answers: Mapping[tuple[str, str], Answer], setting: str
) -> None:
    server = web.Application(client_max_size=LARGEST)
    for (method, path), answer in answers.items():
        server.router.add_route(method, path, answer)
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=5.0)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    host, port = address
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise AddressTaken(
            f"{setting} is {host}:{port}, where nothing can listen ({error.strerror or error}): choose another."
        ) from error
