"""A server on loopback that answers as a test says, a reader of it, and an observer that writes down what it hears."""

import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.cluster.connection import connect_to
from bot.cluster.reader import Reader
from bot.cluster.requests import Budget, Observer, Request
from bot.cluster.transport import Transport

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def status(code: int, message: str, reason: str = "") -> web.Response:
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }
    return web.json_response(body, status=code)


def pods(*names: str, following: str = "") -> web.Response:
    items = [{"metadata": {"name": name, "namespace": "prod"}} for name in names]
    return web.json_response({"kind": "PodList", "metadata": {"continue": following}, "items": items})


def kubeconfig(url: str) -> dict[str, Any]:
    return {
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "c",
    }


@contextlib.asynccontextmanager
async def reading(
    handler: Handler,
    budget: Budget | None = None,
    observers: tuple[Observer, ...] = (),
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Reader]:
    """A reader of a server that answers everything by ``handler``."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    url = f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with (
            connect_to(kubeconfig(url), "c") as link,
            Reader(Transport(link.client), budget or Budget(), observers) as reader,
        ):
            yield reader
    finally:
        await runner.cleanup()


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def always(response: Callable[[], web.StreamResponse]) -> Handler:
    async def handler(_: web.Request) -> web.StreamResponse:
        return response()

    return handler


class Diary:
    """An observer that writes down what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, ...]] = []

    async def before(self, request: Request) -> None:
        self.heard.append(("before", request.verb, request.path))

    async def after(self, request: Request, outcome: str, size: int, seconds: float) -> None:
        assert size >= 0
        assert seconds >= 0
        self.heard.append(("after", outcome, request.path))
