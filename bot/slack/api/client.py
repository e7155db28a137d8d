"""One call to Slack's Web API: no retries behind our back, two kinds of failure, and pauses that Slack asks for."""

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.api.errors import SlackAway, SlackRefused, failure_of, refusal
from bot.slack.api.message_keys import proxy_for, resolver
from bot.slack.api.rate_limiter import Pace

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
    connector = aiohttp.TCPConnector(resolver=resolver())
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT), connector=connector)


class Caller:
    """Calls methods by Slack's names. ``denied`` hears of every no, with the method."""

    def __init__(
        self, client: AsyncWebClient, denied: Callable[[str, SlackRefused], None] = lambda method, error: None
    ) -> None:
        self.client = client
        self._denied = denied
        self._paces: dict[str, Pace] = {}

    async def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """The data of :meth:`asked`."""
        data = (await self.asked(method, **arguments)).data
        return data if isinstance(data, dict) else {}

    async def asked(self, method: str, **arguments: Any) -> AsyncSlackResponse:
        """The reply. After a "too many" other calls of the method wait as well.

        Raises:
            SlackAway: Slack cannot be reached, is not well, or asks for a pause.
            SlackRefused: it said no.
        """
        pace = self.pace(method)
        await pace.turn(method)
        try:
            async with asyncio.timeout(TIMEOUT + 1):
                reply: AsyncSlackResponse = await getattr(self.client, method.replace(".", "_"))(**arguments)
                return reply
        except Exception as error:
            failure = failure_of(method, error)
            if isinstance(failure, SlackAway) and failure.retry_after:
                pace.hold(method, failure.retry_after)
            if isinstance(failure, SlackRefused):
                self._denied(method, failure)
            raise failure from error

    def pace(self, method: str) -> Pace:
        """How fast this method may be called: at first some at once, then as Slack's tiers have it."""
        if method not in self._paces:
            a_minute = A_MINUTE.get(method, USUAL)
            self._paces[method] = Pace(60 / a_minute, burst=max(1, a_minute * 4 // 5))
        return self._paces[method]

    async def deliver(self, url: str, body: dict[str, Any] | bytes, what: str) -> None:
        """Post to an address that Slack gave us.

        Raises:
            SlackAway, SlackRefused: as :meth:`call`.
        """
        session = self.client.session or make_session()
        sent: dict[str, Any] = {"json": body} if isinstance(body, dict) else {"data": body}
        sent["proxy"] = proxy_for(url)
        try:
            async with asyncio.timeout(TIMEOUT + 1), session.post(url, **sent) as reply:
                said = (await reply.text())[:200]
        except Exception as error:
            raise failure_of(what, error) from error
        if reply.status == 429:
            raise SlackAway("Slack asked us to wait.", retry_after=float(reply.headers.get("Retry-After") or 1))
        if reply.status >= 500:
            raise SlackAway(f"Slack is not well: it answered {what} with status {reply.status}.")
        if reply.status >= 400:
            raise _no(what, said)


def _no(what: str, said: str) -> SlackRefused:
    for code in ("used_url", "expired_url"):
        if code in said:
            return refusal(what, code)
    return refusal(what, said.strip().split("\n")[0][:60] or "no reason given")
