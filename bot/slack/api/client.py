"""One call to Slack's Web API: no hidden retries, two kinds of failure, never faster than Slack takes it.

Slack's name is resolved in threads of our own: while the database is gone all others may be waiting for it, and people
can be told so only where Slack is found.
"""

import asyncio
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from aiohttp import ThreadedResolver
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.api.errors import SlackRefused, SlackUnavailable, slack_refused, to_slack_error
from bot.slack.api.rate_limit import CALLS_PER_MINUTE, DEFAULT_CALLS_PER_MINUTE, RateLimiter

RESOLVER_THREADS = 4
TIMEOUT = 9.0  # seconds; a replica's lease outlasts it


class NameResolver:
    """What aiohttp's resolver wants of an event loop."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(RESOLVER_THREADS, "names")

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


class CallObserver(Protocol):
    """Hears how long calls waited for their turn, and what came of them: ok, refused, unavailable, rate_limited."""

    def waited(self, method: str, seconds: float) -> None: ...

    def answered(self, method: str, result: str, seconds: float) -> None: ...


@dataclass(frozen=True)
class CallObservers:
    """Several of them."""

    observers: Sequence[CallObserver]

    def waited(self, method: str, seconds: float) -> None:
        """Told to each."""
        for each in self.observers:
            each.waited(method, seconds)

    def answered(self, method: str, result: str, seconds: float) -> None:
        """Told to each."""
        for each in self.observers:
            each.answered(method, result, seconds)


class SlackClient:
    """Calls methods by Slack's names. ``on_refusal`` hears of every no, with the method, ``observer`` of every call."""

    def __init__(
        self,
        client: AsyncWebClient,
        on_refusal: Callable[[str, SlackRefused], None] = lambda method, error: None,
        observer: CallObserver | None = None,
    ) -> None:
        self.client = client
        self.observer: CallObserver = observer or CallObservers(())
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
        rate_limiter, begun = self.rate_limiter(method), time.monotonic()
        await rate_limiter.acquire(method)
        called = time.monotonic()
        self.observer.waited(method, called - begun)
        try:
            async with asyncio.timeout(TIMEOUT + 1):
                reply: AsyncSlackResponse = await getattr(self.client, method.replace(".", "_"))(**arguments)
                self.observer.answered(method, "ok", time.monotonic() - called)
                return reply
        except Exception as error:
            failure = to_slack_error(method, error)
            self.observer.answered(method, _result(failure), time.monotonic() - called)
            if isinstance(failure, SlackUnavailable) and failure.retry_after:
                rate_limiter.pause(method, failure.retry_after)
            if isinstance(failure, SlackRefused):
                self._on_refusal(method, failure)
            raise failure from error

    def rate_limiter(self, method: str) -> RateLimiter:
        """How fast this method may be called: at first some at once, then as Slack's tiers have it."""
        if method not in self._limiters:
            a_minute = CALLS_PER_MINUTE.get(method, DEFAULT_CALLS_PER_MINUTE)
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


def _result(failure: Exception) -> str:
    """The word for a failure, as observers hear it."""
    if isinstance(failure, SlackRefused):
        return "refused"
    return "rate_limited" if getattr(failure, "retry_after", None) else "unavailable"


def _refused_by_address(what: str, said: str) -> SlackRefused:
    for code in ("used_url", "expired_url"):
        if code in said:
            return slack_refused(what, code)
    return slack_refused(what, said.strip().split("\n")[0][:60] or "no reason given")
