"""Bots made with Slack's own SDKs: what they accept as Slack is the proof that the workspace plays it well."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from tests.workspace import Workspace


def client_of(slack: Workspace) -> AsyncWebClient:
    """A Web API client that repeats nothing by itself."""
    return AsyncWebClient(token=slack.bot_token, base_url=slack.environment["SLACK_API_URL"], retry_handlers=[])


def bolt(slack: Workspace, **more: Any) -> AsyncApp:
    return AsyncApp(client=client_of(slack), signing_secret=slack.signing_secret, **more)


@asynccontextmanager
async def connected(slack: Workspace, app: AsyncApp) -> AsyncIterator[AsyncSocketModeHandler]:
    """The app, connected by Socket Mode."""
    handler = AsyncSocketModeHandler(app, slack.app_token, web_client=client_of(slack), ping_interval=1)
    before = slack.sockets.connected
    await handler.connect_async()
    await slack.until(lambda: slack.sockets.connected > before)
    try:
        yield handler
    finally:
        await handler.close_async()


@asynccontextmanager
async def raw_socket(
    slack: Workspace, hear: Callable[[SocketModeClient, Any], Awaitable[None]], ping_interval: float = 1
) -> AsyncIterator[SocketModeClient]:
    """A bare Socket Mode client, that acknowledges only if ``hear`` does."""
    app_client = AsyncWebClient(base_url=slack.environment["SLACK_API_URL"])
    client = SocketModeClient(slack.app_token, web_client=app_client, ping_interval=ping_interval)
    client.socket_mode_request_listeners.append(hear)
    before = slack.sockets.connected
    await client.connect()
    await slack.until(lambda: slack.sockets.connected > before)
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def serving(app: AsyncApp, port: int) -> AsyncIterator[None]:
    """The app behind a request URL on this port."""

    async def handle(request: web.Request) -> web.Response:
        asked = AsyncBoltRequest(body=await request.text(), headers=dict(request.headers))
        answer = await app.async_dispatch(asked)
        headers = {name: value for name, values in answer.headers.items() for value in values}
        kind = headers.pop("content-type", "text/plain").split(";")[0]
        return web.Response(status=answer.status, text=answer.body, headers=headers, content_type=kind)

    async with listening(handle, port):
        yield


@asynccontextmanager
async def listening(handle: Callable[[web.Request], Awaitable[web.Response]], port: int) -> AsyncIterator[None]:
    server = web.Application()
    server.router.add_post("/slack/events", handle)
    runner = web.AppRunner(server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield
    finally:
        await runner.cleanup()


async def settled(slack: Workspace) -> None:
    """Once everything sent has been acknowledged or given up."""
    await slack.until(lambda: all(s.acknowledged or s.failures for s in slack.delivery.sent) or None)
    await asyncio.sleep(0)
