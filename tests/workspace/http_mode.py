"""HTTP mode: signed requests to the app's request URL, as Slack sends them."""

import asyncio
import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlencode

import aiohttp

from tests.workspace.delivery import NotAcknowledged, Sent
from tests.workspace.records import Json
from tests.workspace.team import mint

_REASONS = {"timeout": "http_timeout", "connection_failed": "connection_failed", "http_error": "http_error"}


def sign(secret: str, body: bytes, timestamp: int) -> str:
    """Slack's signature of a request body at this time."""
    base = b"v0:" + str(timestamp).encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class HttpMode:
    """Carries to one URL for events, commands and interactions alike; the URL proves itself before the first event."""

    def __init__(self, url: str, secret: str, ack_seconds: float) -> None:
        self._url = url
        self._secret = secret
        self._seconds = ack_seconds
        self._session: aiohttp.ClientSession | None = None
        self._verified = False
        self._verifying = asyncio.Lock()

    async def verify(self) -> None:
        """Send the challenge of url_verification; NotAcknowledged unless it comes back."""
        async with self._verifying:
            if self._verified:
                return
            challenge = mint("", 40)
            body = {"type": "url_verification", "token": "verification", "challenge": challenge}
            reply = await self._post(json.dumps(body).encode(), "application/json", {})
            back = reply.get("challenge") if isinstance(reply, dict) else reply
            if back != challenge:
                raise NotAcknowledged("url_not_verified")
            self._verified = True

    async def carry(self, sent: Sent, attempt: int, reason: str | None) -> Any:
        await self.verify()
        headers = {}
        if attempt:
            headers = {
                "X-Slack-Retry-Num": str(attempt),
                "X-Slack-Retry-Reason": _REASONS.get(reason or "", "http_error"),
            }
        if sent.kind == "events_api":
            await self._post(json.dumps(sent.payload).encode(), "application/json", headers)
            return None
        form = sent.payload if sent.kind == "slash_commands" else {"payload": json.dumps(sent.payload)}
        reply = await self._post(urlencode(form).encode(), "application/x-www-form-urlencoded", headers)
        return reply if sent.accepts_reply else None

    async def _post(self, body: bytes, content_type: str, headers: dict[str, str]) -> Any:
        now = int(time.time())
        signed = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": str(now),
            "X-Slack-Signature": sign(self._secret, body, now),
            **headers,
        }
        if self._session is None:
            fresh = aiohttp.TCPConnector(force_close=True)  # a kept connection may be closed just as it is used
            self._session = aiohttp.ClientSession(connector=fresh, timeout=aiohttp.ClientTimeout(total=self._seconds))
        try:
            async with self._session.post(self._url, data=body, headers=signed, allow_redirects=False) as response:
                if response.status != 200:
                    raise NotAcknowledged("http_error", give_up=response.headers.get("X-Slack-No-Retry") == "1")
                return _read(await response.text())
        except TimeoutError as late:
            raise NotAcknowledged("timeout") from late
        except aiohttp.ClientError as broken:
            raise NotAcknowledged("connection_failed") from broken

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


def _read(text: str) -> Json | str | None:
    """A reply's body: JSON where it is some, otherwise its text."""
    if not text.strip():
        return None
    try:
        read = json.loads(text)
    except json.JSONDecodeError:
        return text
    return read if isinstance(read, dict) else text
