"""Slack's signed HTTP requests: size, signature and form are looked at before anything else sees a request.

Whatever else somebody sends to the door is one status: 413 too large, 401 not signed (or too old), 400 no request of
Slack's. https://docs.slack.dev/authentication/verifying-requests-from-slack/
"""

import asyncio
import hashlib
import hmac
import json
import re
import time
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

LARGEST = 2 * 1024 * 1024  # bytes of a request; Slack's own are far smaller
OLDEST = 300.0  # seconds by which a request's time may differ from ours
READING = 10.0  # seconds that a request may take to arrive
SIGNATURE, TIMESTAMP = "X-Slack-Signature", "X-Slack-Request-Timestamp"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
MOST_FIELDS = 1000  # of a form
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


class TurnedAway(Exception):
    """A request that nobody else sees; ``status`` and the reason, in a few words."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def make_slack_handler(bolt: AsyncApp, secret: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """What answers requests that bear the signature of ``secret``, and turns away all others."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            body = await read_body(request)
            check_signature(secret, request.headers.get(TIMESTAMP, ""), request.headers.get(SIGNATURE, ""), body)
            text = check_form(request.content_type, body)
        except TurnedAway as why:
            return web.Response(status=why.status, text=why.reason)
        headers = {name: request.headers[name] for name in request.headers}
        bolt_request = AsyncBoltRequest(body=text, query=request.query_string, headers=dict(headers))
        return await to_aiohttp_response(await bolt.async_dispatch(bolt_request))

    return handle


async def read_body(request: web.Request) -> bytes:
    """The whole body.

    Raises:
        TurnedAway: it is too large, or cannot be read.
    """
    try:
        async with asyncio.timeout(READING):
            return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise TurnedAway(413, "this is larger than any request of Slack's") from error
    except (web.RequestPayloadError, ValueError, OSError, EOFError, TimeoutError) as error:
        raise TurnedAway(400, "the body of this request cannot be read") from error


def check_signature(secret: str, timestamp: str, signature: str, body: bytes) -> None:
    """Raises ``TurnedAway`` unless the body was signed with the secret within the last minutes."""
    if not _SECONDS.fullmatch(timestamp) or abs(time.time() - int(timestamp)) > OLDEST:
        raise TurnedAway(401, "this bears no signature of Slack's, or is too old")
    signed = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(f"v0={signed}".encode(), signature.encode("utf-8", "surrogateescape")):
        raise TurnedAway(401, "this bears no signature of Slack's, or is too old")


def check_form(content_type: str, body: bytes) -> str:
    """The body as text, where it is an event, a command or an interaction.

    Raises:
        TurnedAway: it has another form.
    """
    try:
        text = body.decode("utf-8")
        is_slacks = (content_type == JSON and _is_object(text)) or (content_type == FORM and _is_form(text))
    except (ValueError, RecursionError):
        is_slacks = False
    if not is_slacks:
        raise TurnedAway(400, "this is no request of Slack's")
    return text


def _is_object(text: str) -> bool:
    """Whether it is a JSON object whose event, if there is one, is one too."""
    value = json.loads(text)
    return isinstance(value, dict) and isinstance(value.get("event", {}), dict)


def _is_form(text: str) -> bool:
    fields = parse_qs(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    if "payload" in fields:
        return _is_object(fields["payload"][0])
    return "command" in fields or "ssl_check" in fields
