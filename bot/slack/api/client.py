"""One call to Slack's Web API: no retries behind our back, two kinds of failure, and pauses that Slack asks for.

Looking up where Slack is, in threads of our own: while the database is gone all others may be waiting for it, and
people can be told so only where Slack is found.

How fast we speak: Slack takes one message a second in a channel and so many calls a minute, and asks for pauses.
"""

import asyncio
import contextlib
import socket
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from aiohttp import ThreadedResolver
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.api.errors import SlackRefused, SlackUnavailable, slack_refused, to_slack_error


@dataclass
class _Lane:
    """``full_at`` is when all that was granted is paid off, ``free_at`` when the next turn may come at the earliest."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)  # first come, first served
    waiting: int = 0
    full_at: float = 0.0
    free_at: float = 0.0


class RateLimiter:
    """Turns in lanes: ``burst`` at once, then one every ``spacing`` seconds."""

    def __init__(self, spacing: float, burst: int = 1) -> None:
        self.spacing = spacing
        self.burst = burst
        self._lanes: dict[str, _Lane] = defaultdict(_Lane)

    async def acquire(self, name: str) -> None:
        """Return when it is the caller's turn."""
        lane = self._lanes[name]
        lane.waiting += 1
        try:
            async with lane.lock:
                await self._wait(lane)
        finally:
            lane.waiting -= 1

    @contextlib.asynccontextmanager
    async def exclusive(self, name: str) -> AsyncIterator[None]:
        """A turn that lasts as long as the block: the next one begins ``spacing`` after its end."""
        lane = self._lanes[name]
        lane.waiting += 1
        try:
            async with lane.lock:
                await self._wait(lane)
                try:
                    yield
                finally:
                    lane.free_at = max(lane.free_at, time.monotonic() + self.spacing)
        finally:
            lane.waiting -= 1

    def pause(self, name: str, seconds: float) -> None:
        """Nobody's turn comes before that time has passed."""
        lane = self._lanes[name]
        lane.free_at = max(lane.free_at, time.monotonic() + seconds)

    def queue_length(self, name: str) -> int:
        """How many wait for their turn, or have it."""
        return self._lanes[name].waiting

    def spare_share(self, name: str) -> float:
        """The share of a burst that could pass now: 1 when nothing was said lately, 0 when the next one has to wait."""
        lane, now = self._lanes[name], time.monotonic()
        if lane.free_at > now or lane.waiting:
            return 0.0
        return max(0.0, 1 - max(0.0, lane.full_at - now) / (self.burst * self.spacing))

    async def _wait(self, lane: _Lane) -> None:
        credit = (self.burst - 1) * self.spacing
        while (wait := max(lane.free_at, lane.full_at - credit) - time.monotonic()) > 0:  # noqa: ASYNC110 - it may be put off meanwhile
            await asyncio.sleep(wait)
        lane.full_at = max(lane.full_at, time.monotonic()) + self.spacing


THREADS = 4


class NameResolver:
    """What aiohttp's resolver wants of an event loop."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, "names")

    async def getaddrinfo(self, *arguments: Any, **named: Any) -> Any:
        """As :func:`socket.getaddrinfo`."""
        return await self._run_in_thread(partial(socket.getaddrinfo, *arguments, **named))

    async def getnameinfo(self, *arguments: Any) -> Any:
        """As :func:`socket.getnameinfo`."""
        return await self._run_in_thread(partial(socket.getnameinfo, *arguments))

    async def _run_in_thread(self, look: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, look)


def make_resolver() -> ThreadedResolver:
    """For one pool of connections."""
    return ThreadedResolver(NameResolver())  # type: ignore[arg-type]


def find_proxy(url: str) -> str | None:
    """The proxy that the environment names for this address."""
    where = urlsplit(url)
    return None if proxy_bypass(where.hostname or "") else getproxies().get(where.scheme)


# Calls a minute that Slack takes of a method, by its tiers. Posting has a limit of its own, a second in each channel.
A_MINUTE = {
    "chat.postMessage": 600,
    "chat.postEphemeral": 100,
    "chat.getPermalink": 600,
    "conversations.list": 20,
    "files.completeUploadExternal": 100,
    "usergroups.list": 20,
    "usergroups.users.list": 20,
    "users.info": 100,
    "views.open": 100,
    "views.update": 100,
    "views.publish": 100,
}
USUAL = 50
TIMEOUT = 9.0  # seconds; a replica's lease outlasts it


def make_client(token: str, session: aiohttp.ClientSession, base_url: str = "") -> AsyncWebClient:
    """A client without the SDK's own retries, which post twice when the reply to an accepted message is lost."""
    where = {"base_url": base_url.rstrip("/") + "/"} if base_url else {}
    return AsyncWebClient(token=token, session=session, timeout=int(TIMEOUT), retry_handlers=[], **where)  # type: ignore[arg-type]


def make_session() -> aiohttp.ClientSession:
    """One pool of connections for everything that goes to Slack.

    Without ``trust_env``, which reads .netrc in one of the threads that a database may hold up; the SDK knows proxies.
    """
    connector = aiohttp.TCPConnector(resolver=make_resolver())
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT), connector=connector)


class SlackClient:
    """Calls methods by Slack's names. ``on_refusal`` hears of every no, with the method."""

    def __init__(
        self, client: AsyncWebClient, on_refusal: Callable[[str, SlackRefused], None] = lambda method, error: None
    ) -> None:
        self.client = client
        self._on_refusal = on_refusal
        self._limiters: dict[str, RateLimiter] = {}

    async def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """The data of :meth:`request`."""
        data = (await self.request(method, **arguments)).data
        return data if isinstance(data, dict) else {}

    async def request(self, method: str, **arguments: Any) -> AsyncSlackResponse:
        """The reply. After a "too many" other calls of the method wait as well.

        Raises:
            SlackUnavailable: Slack cannot be reached, is not well, or asks for a pause.
            SlackRefused: it said no.
        """
        rate_limiter = self.rate_limiter(method)
        await rate_limiter.acquire(method)
        try:
            async with asyncio.timeout(TIMEOUT + 1):
                reply: AsyncSlackResponse = await getattr(self.client, method.replace(".", "_"))(**arguments)
                return reply
        except Exception as error:
            failure = to_slack_error(method, error)
            if isinstance(failure, SlackUnavailable) and failure.retry_after:
                rate_limiter.pause(method, failure.retry_after)
            if isinstance(failure, SlackRefused):
                self._on_refusal(method, failure)
            raise failure from error

    def rate_limiter(self, method: str) -> RateLimiter:
        """How fast this method may be called: at first some at once, then as Slack's tiers have it."""
        if method not in self._limiters:
            a_minute = A_MINUTE.get(method, USUAL)
            self._limiters[method] = RateLimiter(60 / a_minute, burst=max(1, a_minute * 4 // 5))
        return self._limiters[method]

    async def post_to_url(self, url: str, body: dict[str, Any] | bytes, what: str) -> None:
        """Post to an address that Slack gave us.

        Raises:
            SlackUnavailable, SlackRefused: as :meth:`call`.
        """
        session = self.client.session or make_session()
        sent: dict[str, Any] = {"json": body} if isinstance(body, dict) else {"data": body}
        sent["proxy"] = find_proxy(url)
        try:
            async with asyncio.timeout(TIMEOUT + 1), session.post(url, **sent) as reply:
                said = (await reply.text())[:200]
        except Exception as error:
            raise to_slack_error(what, error) from error
        if reply.status == 429:
            raise SlackUnavailable("Slack asked us to wait.", retry_after=float(reply.headers.get("Retry-After") or 1))
        if reply.status >= 500:
            raise SlackUnavailable(f"Slack is not well: it answered {what} with status {reply.status}.")
        if reply.status >= 400:
            raise _refused_by_address(what, said)


def _refused_by_address(what: str, said: str) -> SlackRefused:
    for code in ("used_url", "expired_url"):
        if code in said:
            return slack_refused(what, code)
    return slack_refused(what, said.strip().split("\n")[0][:60] or "no reason given")
