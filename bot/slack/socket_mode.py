"""The connection on which Slack reaches us in Socket Mode; it may break, go stale or go deaf, and is then replaced.

A deaf connection is open and answers pings, and nothing comes through it any more. Nobody can tell it from a quiet
night, so after some silence a fresh one is opened beside it and the old one closed. Slack sends again what was not
acknowledged, and jobs are accepted once by their key, so changing connections loses and doubles nothing.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMessage
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp

from bot.slack.api.client import SlackClient
from bot.slack.api.errors import SlackError, SlackRefused, to_slack_error
from bot.slack.timing import PRODUCTION, Timing

PING = 5.0  # seconds
OPENING = 15.0  # seconds for a line to open and say hello
FAREWELL = 2.0  # seconds for a line to be closed in good order

UNSIGNED = 401
NOT_SIGNED = (
    "it does not bear the signature of SLACK_SIGNING_SECRET, or is too old; where no request of Slack's is heard, take "
    "the signing secret anew from the app's Basic Information page, and set the clock."
)

_log = logging.getLogger("netclinic.slack")
_sdk = logging.getLogger("netclinic.slack.sdk")  # what the SDK says of a line in trouble is said here in a sentence
_sdk.setLevel(logging.CRITICAL)


@dataclass
class Connection:
    """One WebSocket.

    ``last_message_at``: when Slack last sent anything but hello. ``hello`` is set once Slack said hello, or anything.
    """

    handler: AsyncSocketModeHandler
    opened: float = field(default_factory=time.monotonic)
    last_message_at: float = field(default_factory=time.monotonic)
    hello: asyncio.Event = field(default_factory=asyncio.Event)
    events: int = 0

    async def on_message(self, message: WSMessage) -> None:
        """Note that something came."""
        kind = _message_type(message)
        if kind != "disconnect":
            self.hello.set()
        if kind not in ("hello", "disconnect"):
            self.last_message_at = time.monotonic()
            self.events += 1

    async def is_open(self) -> bool:
        """Whether it is connected and pings are answered."""
        return bool(await self.handler.client.is_connected())

    async def close(self) -> None:
        """Whatever it takes. Who reads from it is stopped first, or would keep the farewell from us."""
        client = self.handler.client
        client.closed = True
        for task in (client.message_receiver, client.current_session_monitor, client.message_processor):
            if task is not None:
                task.cancel()
        with contextlib.suppress(Exception):
            async with asyncio.timeout(FAREWELL):
                await client.disconnect()  # type: ignore[no-untyped-call]
        with contextlib.suppress(Exception):
            await client.aiohttp_client_session.close()


def _message_type(message: WSMessage) -> str:
    try:
        return str(json.loads(message.data).get("type"))
    except (ValueError, AttributeError, TypeError):
        return ""


class SocketModeLink:
    """Keeps a line open. ``silence``: seconds after which a line on which nothing came is changed for a fresh one.

    ``slack`` asks for the address of a line.
    """

    def __init__(
        self,
        bolt: AsyncApp,
        app_token: str,
        *,
        silence: float,
        slack: SlackClient | None = None,
        timing: Timing = PRODUCTION,
    ) -> None:
        self._bolt = bolt
        self._token = app_token
        self._silence = silence
        self._timing = timing
        self._slack = slack or SlackClient(bolt.client)
        self._connection: Connection | None = None
        self._problem = ""
        self._changes = 0
        self._last_event: float | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Open the first line; keep one open from now on.

        Raises:
            SlackRefused: the app token is not accepted.
        """
        try:
            self._connection = await self._connect()
        except SlackRefused:
            raise
        except SlackError as error:
            self._report(error)
        self._keeper = asyncio.create_task(self._keep_open())

    def status(self) -> dict[str, Any]:
        """For ``/healthz``."""
        connection, now = self._connection, time.monotonic()
        last = self._last_event if connection is None or not connection.events else connection.last_message_at
        return {
            "mode": "socket",
            "connected": connection is not None,
            "since_seconds": None if connection is None else round(now - connection.opened),
            "last_event_seconds": None if last is None else round(now - last),
            "lines_changed": self._changes,
            "trouble": self._problem,
        }

    async def close(self) -> None:
        """Hear nothing more."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _keep_open(self) -> None:
        usual = wait = self._timing.first_reconnect
        while True:
            await asyncio.sleep(wait if self._connection is None else usual)
            try:
                await self._check()
                wait = usual
            except SlackError as error:
                self._report(error)
                wait = min(wait * 2, self._timing.longest_retry)
            except Exception:
                _log.exception("Looking after the line to Slack failed; it is tried again.")
                wait = self._timing.longest_retry

    async def _check(self) -> None:
        connection = self._connection
        if connection is not None and not await connection.is_open():
            await self._close(connection, "is broken")
            connection = None
        if connection is None:
            self._connection = await self._connect()
            self._problem = ""
            _log.info("The line to Slack is open again.")
        elif time.monotonic() - max(connection.last_message_at, connection.opened) > self._silence:
            fresh = await self._connect()
            _log.info("Nothing came from Slack for %.0f s: the line was changed for a fresh one.", self._silence)
            self._connection = fresh
            await self._close(connection, "")

    async def _close(self, connection: Connection, why: str) -> None:
        self._changes += 1
        if connection.events:
            self._last_event = connection.last_message_at
        if why:
            self._connection = None
            _log.warning("The line to Slack %s: a new one is opened.", why)
        await connection.close()

    async def _connect(self) -> Connection:
        """A line on which Slack has said hello."""
        client = self._bolt.client
        handler = AsyncSocketModeHandler(self._bolt, self._token, logger=_sdk, web_client=client, ping_interval=PING)
        handler.client.default_auto_reconnect_enabled = handler.client.auto_reconnect_enabled = False
        connection = Connection(handler)
        handler.client.on_message_listeners.append(connection.on_message)
        try:
            async with asyncio.timeout(OPENING):
                opened = await self._slack.call("apps.connections.open", app_token=self._token)
                handler.client.wss_uri = str(opened["url"])
                await handler.connect_async()  # type: ignore[no-untyped-call]
                await connection.hello.wait()
        except BaseException as error:
            await connection.close()
            if isinstance(error, SlackError) or not isinstance(error, Exception):
                raise
            raise to_slack_error("the opening of a line", error) from error
        return connection

    def _report(self, error: SlackError) -> None:
        if str(error) != self._problem:
            self._problem = str(error)
            _log.error("There is no line to Slack: %s It is tried again.", error)


class HttpModeLink:
    """Slack comes to us: all there is to tell is when it did last."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._problem = ""

    def track(self, answer: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Awaitable[Any]]:
        """The same, noting the time of what was not turned away."""

        async def tracked(request: Any) -> Any:
            reply = await answer(request)
            if reply.status < 400:
                self._last, self._problem = time.monotonic(), ""
            elif reply.status == UNSIGNED and not self._problem:
                self._problem = NOT_SIGNED
                _log.warning("A request was turned away: %s", NOT_SIGNED)
            return reply

        return tracked

    def status(self) -> dict[str, Any]:
        """For ``/healthz``."""
        last = None if self._last is None else round(time.monotonic() - self._last)
        trouble = {"trouble": self._problem} if self._problem else {}
        return {"mode": "http", "connected": True, "last_event_seconds": last, **trouble}
