"""What is said in Slack beside an answer, each message on record: before it is posted, and once it is there."""

import logging
from dataclasses import dataclass
from typing import Any

from bot.audit import AuditUnavailable, Trail
from bot.slack.api.errors import SlackRefused
from bot.slack.api.poster import Poster
from bot.slack.blocks.messages import Message

_log = logging.getLogger("netclinic.deeds")


@dataclass(frozen=True)
class Voice:
    """Says it with ``poster`` and records it with ``trail``; all methods raise what the poster's do.

    Raises:
        AuditUnavailable: it could not be recorded, and is not posted. Words to one person alone are said all the same:
            that something failed must not be kept from them because the audit log is what fails.
    """

    poster: Poster
    trail: Trail

    async def post_once(self, *, channel: str, thread_ts: str | None, key: str, message: Message) -> str:
        """A message in a channel or thread; its ts."""
        where = {"to": channel, "thread": thread_ts or ""}
        await self.trail.record("message.posting", detail=where)
        ts = await self.poster.post_once(channel=channel, thread_ts=thread_ts, key=key, message=message)
        await self.trail.record("message.posted", detail={**where, "ts": ts})
        return ts

    async def update(self, channel: str, ts: str, message: Message) -> None:
        """Another message in the place of one that is there."""
        await self.trail.record("message.updating", detail={"to": channel, "ts": ts})
        await self.poster.update(channel, ts, message)
        await self.trail.record("message.updated", detail={"to": channel, "ts": ts})

    async def ephemeral(self, channel: str, user: str, message: Message, thread_ts: str | None = None) -> None:
        """A message that one person sees."""
        where = {"to": channel, "person": user, "thread": thread_ts or "", "alone": True}
        await self._noted("message.posting", where)
        await self.poster.ephemeral(channel, user, message, thread_ts)
        await self._noted("message.posted", where)

    async def alone(
        self, channel: str, user: str, message: Message, *, thread_ts: str | None = None, response_url: str = ""
    ) -> None:
        """The same, at the address that came with what they did where Slack shows them nothing in the channel."""
        try:
            await self.ephemeral(channel, user, message, thread_ts)
        except SlackRefused:
            if not response_url:
                raise
            await self.respond(response_url, message)

    async def respond(self, response_url: str, message: Message, *, replace: bool = False) -> None:
        """The same, at the address that came with a command or a button."""
        await self._noted("message.posting", {"alone": True})
        await self.poster.respond(response_url, message, replace=replace)
        await self._noted("message.posted", {"alone": True})

    async def upload(
        self,
        channel: str,
        thread_ts: str | None,
        filename: str,
        content: str | bytes,
        title: str,
        alt_text: str = "",
        *,
        key: str,
    ) -> str:
        """A file in a thread; its id."""
        where = {"to": channel, "thread": thread_ts or "", "file": filename}
        await self.trail.record("message.posting", detail=where)
        id_ = await self.poster.upload(channel, thread_ts, filename, content, title, alt_text, key=key)
        await self.trail.record("message.posted", detail={**where, "id": id_})
        return id_

    async def _noted(self, action: str, detail: dict[str, Any]) -> None:
        try:
            await self.trail.record(action, detail=detail)
        except AuditUnavailable as error:
            _log.error("%s", error)
