"""Socket Mode: WebSockets opened with a ticket, envelopes, acknowledgements - and how such sockets misbehave."""

import asyncio
import contextlib
import json
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import WSMsgType, web

from tests.workspace.delivery import NotAcknowledged, Sent
from tests.workspace.records import Json

HOWS = ("close", "cut", "deaf", "refuse", "warning", "refresh", "ok")
_PING_SECONDS = 10


@dataclass(eq=False)
class _Link:
    socket: web.WebSocketResponse
    request: web.Request
    deaf: bool = False


class SocketMode:
    """The open sockets of the app. Each envelope goes to one of them, in turn."""

    def __init__(self, app_id: str, ack_seconds: float, changed: Callable[[], None]) -> None:
        self.url = ""
        self._app_id = app_id
        self._ack_seconds = ack_seconds
        self._changed = changed
        self._tickets: set[str] = set()
        self._links: list[_Link] = []
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._refusing = False
        self._deafening = False
        self._turn = 0
        self.opened = 0

    @property
    def connected(self) -> int:
        """How many sockets are open, deaf ones too."""
        return len(self._links)

    def ticket(self) -> str:
        """An address for one socket."""
        ticket = str(uuid.uuid4())
        self._tickets.add(ticket)
        return f"{self.url}/link/?ticket={ticket}&app_id={self._app_id}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if self._refusing or ticket not in self._tickets:
            return web.Response(status=503 if self._refusing else 408, text="no")
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(timeout=1.0)
        await socket.prepare(request)
        link = _Link(socket, request, self._deafening)
        self._links.append(link)
        self.opened += 1
        self._changed()
        pinging = asyncio.create_task(_ping(socket))
        try:
            await socket.send_json(self._hello())
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    self._acknowledged(message.data)
        except ConnectionError:
            pass
        finally:
            pinging.cancel()
            if link in self._links:
                self._links.remove(link)
            self._changed()
        return socket

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": self.connected,
            "debug_info": {"host": "applink-local", "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": self._app_id},
        }

    def _acknowledged(self, data: str) -> None:
        try:
            reply = json.loads(data)
        except json.JSONDecodeError:
            return
        waiting = self._waiting.get(reply.get("envelope_id", "")) if isinstance(reply, dict) else None
        if waiting is not None and not waiting.done():
            waiting.set_result(reply.get("payload"))

    async def carry(self, sent: Sent, attempt: int, reason: str | None) -> Any:
        if not self._links:
            raise NotAcknowledged("connection_failed")
        self._turn += 1
        link = self._links[self._turn % len(self._links)]
        envelope: Json = {
            "envelope_id": str(uuid.uuid4()),
            "type": sent.kind,
            "payload": sent.payload,
            "accepts_response_payload": sent.accepts_reply,
        }
        if sent.kind == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": reason or ""}
        waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = waiting
        try:
            if not link.deaf:
                await link.socket.send_json(envelope)
            reply = await asyncio.wait_for(waiting, self._ack_seconds)
        except TimeoutError as late:
            raise NotAcknowledged("timeout") from late
        except ConnectionError as broken:
            raise NotAcknowledged("connection_failed") from broken
        finally:
            del self._waiting[envelope["envelope_id"]]
        return reply if sent.accepts_reply else None

    async def disturb(self, how: str, lasting: bool = False) -> None:
        """``close`` and ``cut`` (without a word) end all sockets.

        ``deaf`` ones stay open and answer pings but deliver nothing more; ``lasting``: those opened later neither.
        ``refuse`` takes no new sockets. ``warning`` and ``refresh`` are what Slack sends before it closes; ``refresh``
        then closes. ``ok``: sockets opened from now on work.
        """
        if how not in HOWS:
            raise ValueError(f"a socket can {', '.join(HOWS)}, not {how!r}")
        if how == "ok":
            self._refusing = self._deafening = False
        self._refusing = self._refusing or how == "refuse"
        self._deafening = self._deafening or (how == "deaf" and lasting)
        await asyncio.gather(*(self._disturb(link, how) for link in list(self._links)))

    async def _disturb(self, link: _Link, how: str) -> None:
        if how == "deaf":
            link.deaf = True
        if how in ("warning", "refresh"):
            reason = "warning" if how == "warning" else "refresh_requested"
            with contextlib.suppress(ConnectionError):
                await link.socket.send_json(
                    {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-local"}}
                )
        if how == "cut" and link.request.transport is not None:
            link.request.transport.abort()
        if how in ("close", "refresh"):
            if link in self._links:
                self._links.remove(link)
            await link.socket.close()

    async def close(self) -> None:
        await self.disturb("close")


async def _ping(socket: web.WebSocketResponse) -> None:
    with contextlib.suppress(ConnectionError):
        while True:
            await asyncio.sleep(_PING_SECONDS)
            await socket.ping(f"Ping from applink-local {secrets.token_hex(4)}".encode())
