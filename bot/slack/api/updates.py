"""Changing a message that stands: progress may be dropped, what it becomes in the end may not.

What Slack carries out long after it was given up: a message that came twice is taken away, progress that overwrote
an answer is written over again. Beside all else, and not remembered by a process that is killed meanwhile.
"""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.slack.api.client import SlackClient
from bot.slack.api.errors import SlackAway, SlackFailure, SlackRefused
from bot.slack.api.message_lookup import messages_with, text_of
from bot.slack.blocks.elements import Block, Message

TWICE = "Slack showed this message twice: the other one is the one that counts."
PAUSES = (5.0, 20.0, 60.0, 180.0, 600.0)  # seconds before each look; Slack's own time-outs are shorter


class Tidier:
    """Looks again at what was doubtful, some time after it was settled."""

    def __init__(self, caller: SlackClient, pauses: Sequence[float] = PAUSES) -> None:
        self._caller = caller
        self._pauses = pauses
        self._tasks: set[asyncio.Task[None]] = set()

    def posted(self, channel: str, thread_ts: str | None, key: str, kept: str, since: datetime) -> None:
        """An attempt to post was given up before ``kept`` was: other messages with its key are deleted.

        Where Slack does not let us, the second one says that it is one.
        """
        seen = {kept}

        async def look() -> None:
            async for message in messages_with(self._caller, channel, thread_ts, key, since):
                ts = str(message["ts"])
                if ts in seen:
                    continue
                _log.warning("Slack posted a message twice, long after we gave it up: the second one is taken away.")
                try:
                    await self._caller.call("chat.delete", channel=channel, ts=ts)
                except SlackRefused:
                    await self._caller.call("chat.update", channel=channel, ts=ts, text=TWICE, blocks=[])
                seen.add(ts)

        self._later(look)

    def changed(self, channel: str, ts: str, doubtful: Collection[str], again: Callable[[], Awaitable[None]]) -> None:
        """Changes to these texts were given up before the last one: ``again`` makes that one when they won."""
        overtaking = {_letters(text) for text in doubtful}

        async def look() -> None:
            now = await text_of(self._caller, channel, ts)
            if now is not None and _letters(now) in overtaking:
                _log.warning("Slack changed a message long after we gave that up: it is written again.")
                await again()

        self._later(look)

    def _later(self, look: Callable[[], Awaitable[None]]) -> None:
        async def looking() -> None:
            for pause in self._pauses:
                await asyncio.sleep(pause)
                try:
                    await look()
                except SlackFailure as error:
                    _log.info("Nobody knows whether a message stands twice: %s", error)

        task = asyncio.create_task(looking())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _letters(text: str) -> str:
    """Slack gives a text back with marks of its own."""
    return re.sub(r"&\w+;|\W", "", text)


METHOD = "chat.update"
SPACING = 1.2  # seconds between two changes of one message
ROOM = 0.6  # the share of what Slack takes at once that is left to answers

_log = logging.getLogger("netclinic.posting")


@dataclass
class _Line:
    """The changes of one message, in order. Slack may carry out the ``doubtful`` ones yet: nobody knows."""

    sending: asyncio.Lock = field(default_factory=asyncio.Lock)
    newest: Message | None = None
    drain: asyncio.Task[None] | None = None
    sent_at: float = 0.0
    final: Message | None = None
    doubtful: set[str] = field(default_factory=set)


class Updates:
    """Sends changes; at most one every SPACING seconds a message, only the newest of several.

    ``may_work``: whether nobody has taken over; progress of a process that slept would overwrite another's answer.
    """

    def __init__(self, caller: SlackClient, tidier: Tidier, may_work: Callable[[], bool]) -> None:
        self._may_work = may_work
        self._caller = caller
        self._tidier = tidier
        self._lines: dict[tuple[str, str], _Line] = {}
        self._takes_richer = True  # until Slack refuses it once

    def progress(self, channel: str, ts: str, message: Message) -> None:
        """Show it if there is room; returns at once, fails in silence."""
        line = self._lines.setdefault((channel, ts), _Line())
        line.newest = message
        if line.drain is None or line.drain.done():
            line.drain = asyncio.create_task(self._drained(channel, ts, line))

    async def final(self, channel: str, ts: str, message: Message) -> None:
        """Show it; no progress told before overtakes it.

        Raises:
            SlackAway, SlackRefused: it is not shown.
        """
        line = self._lines.setdefault((channel, ts), _Line())
        line.final = message
        try:
            await self._finish(channel, ts, line)
        except SlackRefused:
            self._lines.pop((channel, ts), None)
            raise
        if overtaking := line.doubtful - {message.text}:
            self._tidier.changed(channel, ts, overtaking, lambda: self._finish(channel, ts, line))
        else:
            self._lines.pop((channel, ts), None)

    async def _finish(self, channel: str, ts: str, line: _Line) -> None:
        async with line.sending:
            if line.final is not None:
                await self._send(channel, ts, line.final.text, line.final.blocks, line)

    async def _drained(self, channel: str, ts: str, line: _Line) -> None:
        while line.newest is not None and line.final is None:
            async with line.sending:
                await asyncio.sleep(max(0.0, line.sent_at + SPACING - time.monotonic()))
                message, line.newest = line.newest, None
                has_room = self._caller.pace(METHOD).room(METHOD) >= ROOM
                if line.final is not None or message is None or not has_room or not self._may_work():
                    continue
                try:
                    await self._show(channel, ts, message, line)
                except SlackFailure as error:
                    _log.info("Progress was not shown: %s", error)

    async def _show(self, channel: str, ts: str, message: Message, line: _Line) -> None:
        """The richer form where Slack takes it; plans of tasks are not everywhere."""
        if self._takes_richer and message.richer:
            try:
                await self._send(channel, ts, message.text, message.richer, line)
                return
            except SlackRefused:
                self._takes_richer = False
        await self._send(channel, ts, message.text, message.blocks, line)

    async def _send(self, channel: str, ts: str, text: str, blocks: list[Block], line: _Line) -> None:
        await asyncio.sleep(max(0.0, line.sent_at + SPACING - time.monotonic()))
        try:
            await self._caller.call(METHOD, channel=channel, ts=ts, text=text, blocks=blocks)
        except SlackAway as error:
            line.doubtful |= set() if error.surely_not_done else {text}
            raise
        finally:
            line.sent_at = time.monotonic()
