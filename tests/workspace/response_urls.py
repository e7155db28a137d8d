"""Response URLs: five messages within thirty minutes, for whoever holds the address."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.workspace.calls import Refused
from tests.workspace.methods.chat import checked_blocks
from tests.workspace.records import Json, Message
from tests.workspace.team import mint

if TYPE_CHECKING:
    from tests.workspace.workspace import Workspace

_MOST_USES = 5
_SECONDS = 30 * 60


@dataclass
class _Address:
    channel: str
    user: str
    message: Message | None
    at: float
    uses: int = 0


class ResponseUrls:
    """Gives them out and answers them; ``received`` is every body that came in."""

    def __init__(self, workspace: "Workspace") -> None:
        self._workspace = workspace
        self._addresses: dict[str, _Address] = {}
        self.received: list[Json] = []

    def issue(self, channel: str, user: str, message: Message | None = None) -> str:
        """An address for answers in this channel; ``message`` is the one that may be replaced or deleted."""
        key = mint("", 24)
        self._addresses[key] = _Address(channel, user, message, time.monotonic())
        return f"{self._workspace.url}/response/{self._workspace.team.id}/{key}"

    def restore(self, key: str, channel: str, user: str) -> None:
        """Let an address hold that an earlier workspace gave out."""
        self._addresses[key] = _Address(channel, user, None, time.monotonic())

    def expire(self) -> None:
        """Let the thirty minutes of all be over."""
        for address in self._addresses.values():
            address.at -= _SECONDS

    async def handle(self, request: web.Request) -> web.Response:
        address = self._addresses.get(request.match_info["key"])
        try:
            body = await request.json()
        except ValueError:
            return _no("invalid_payload", 400)
        if address is None or time.monotonic() - address.at >= _SECONDS:
            return _no("expired_url", 404)
        if address.uses >= _MOST_USES:
            return _no("used_url", 404)
        if not isinstance(body, dict):
            return _no("invalid_payload", 400)
        self.received.append(body)
        fault = self._workspace.faults.take("response_url")
        if fault is not None and not fault.accepted:
            return web.Response(status=fault.status)
        try:
            self._answer(address, body)
        except Refused as no:
            return _no(no.error, 400)
        address.uses += 1
        if fault is not None and request.transport is not None:
            request.transport.abort()
        return web.Response(text="ok")

    def _answer(self, address: _Address, body: Json) -> None:
        team, events = self._workspace.team, self._workspace.events
        if body.get("delete_original") and address.message is not None:
            team.remove(address.message)
            if address.message.ephemeral_to is None:
                events.deleted(address.message)
            return
        text = str(body.get("text") or "")
        blocks = checked_blocks(body["blocks"]) if body.get("blocks") else []
        if not text.strip() and not blocks:
            raise Refused("no_text")
        if body.get("replace_original") and address.message is not None:
            self._workspace.rewrite(address.message, text, blocks)
        else:
            self.post(address.channel, address.user, body, text, blocks)

    def post(self, channel: str, user: str, body: Json, text: str, blocks: list[Any]) -> None:
        """A message of the bot in answer to a command or action: for this person alone unless ``in_channel``."""
        team = self._workspace.team
        public = body.get("response_type") == "in_channel"
        bot = team.bot
        message = Message(channel, team.new_ts(), bot.id, text, blocks, body.get("thread_ts"), bot_id=bot.bot_id)
        message.app_id = bot.app_id
        message.ephemeral_to = None if public else user
        team.post(message)
        if public:
            self._workspace.events.message(message)


def _no(error: str, status: int) -> web.Response:
    return web.json_response({"ok": False, "error": error}, status=status)
