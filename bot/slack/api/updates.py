"""Changes of posted messages: progress may be dropped, what it becomes in the end may not; late effects are undone.

Slack may carry out a call long after it was given up: a message posted twice is deleted, progress that overwrote an
answer is written over again. Both are watched for a while; what may stand twice also by who comes after this process.
"""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field

from bot.slack.api.client import SlackClient
from bot.slack.api.errors import SlackError, SlackRefused, SlackUnavailable
from bot.slack.api.message_lookup import current_text, find_messages
from bot.slack.api.rich_blocks import RichBlocks
from bot.slack.blocks.elements import Block, Message
from bot.store.doubtful_posts import DoubtfulPost

DUPLICATE_NOTICE = "Slack showed this message twice: the other one is the one that counts."
METHOD = "chat.update"
ROOM = 0.6  # the share of what Slack takes at once that is left to answers
_log = logging.getLogger("netclinic.posting")


class DuplicateCleanup:
    """Looks again at what was doubtful, some time after it was settled: ``pauses`` are the seconds before each look."""

    def __init__(self, slack: SlackClient, pauses: Sequence[float]) -> None:
        self._slack = slack
        self._pauses = pauses
        self._tasks: set[asyncio.Task[None]] = set()

    def watch_post(self, post: DoubtfulPost, kept: Callable[[], str], settle: Callable[[], Awaitable[None]]) -> None:
        """An attempt to post was given up before another: all messages with its key but the ``kept`` one are deleted.

        Where Slack does not let us, the second one says that it is one. ``settle`` is called after the last look.
        """
        channel, thread_ts = post.channel, post.thread_ts or None
        seen: set[str] = set()

        async def check() -> None:
            async for message in find_messages(self._slack, channel, thread_ts, post.key, post.since):
                ts = str(message["ts"])
                if ts in seen or ts == kept():
                    continue
                _log.warning("Slack posted a message twice, long after we gave it up: the second one is taken away.")
                try:
                    await self._slack.call("chat.delete", channel=channel, ts=ts)
                except SlackRefused:
                    await self._slack.call("chat.update", channel=channel, ts=ts, text=DUPLICATE_NOTICE, blocks=[])
                seen.add(ts)

        self._schedule(check, settle)

    def watch_update(
        self, channel: str, ts: str, unconfirmed: Collection[str], again: Callable[[], Awaitable[None]]
    ) -> None:
        """Changes to these texts were given up before the last one: ``again`` makes that one when they won."""
        overtaking = {_normalize(text) for text in unconfirmed}

        async def check() -> None:
            now = await current_text(self._slack, channel, ts)
            if now is not None and _normalize(now) in overtaking:
                _log.warning("Slack changed a message long after we gave that up: it is written again.")
                await again()

        self._schedule(check)

    def _schedule(
        self, check: Callable[[], Awaitable[None]], settle: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        async def run_checks() -> None:
            for pause in self._pauses:
                await asyncio.sleep(pause)
                try:
                    await check()
                except SlackError as error:
                    _log.info("Nobody knows whether a message stands twice: %s", error)
            if settle is not None:
                await settle()

        task = asyncio.create_task(run_checks())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _normalize(text: str) -> str:
    """Slack gives a text back with marks of its own."""
    return re.sub(r"&\w+;|\W", "", text)


@dataclass
class _Pending:
    """The changes of one message, in order. Slack may carry out the ``unconfirmed`` ones yet: nobody knows."""

    sending: asyncio.Lock = field(default_factory=asyncio.Lock)
    newest: Message | None = None
    drain: asyncio.Task[None] | None = None
    sent_at: float = 0.0
    final: Message | None = None
    unconfirmed: set[str] = field(default_factory=set)


class MessageUpdates:
    """Sends changes; at most one every ``spacing`` seconds a message, only the newest of several.

    ``may_work``: whether nobody has taken over; progress of a process that slept would overwrite another's answer.
    """

    def __init__(
        self,
        slack: SlackClient,
        cleanup: DuplicateCleanup,
        may_work: Callable[[], bool],
        spacing: float,
        rich_blocks: RichBlocks,
    ) -> None:
        self._may_work = may_work
        self._spacing = spacing
        self._slack = slack
        self._cleanup = cleanup
        self._pending: dict[tuple[str, str], _Pending] = {}
        self._rich_blocks = rich_blocks

    def progress(self, channel: str, ts: str, message: Message) -> None:
        """Show it if there is room; returns at once, fails in silence."""
        pending = self._pending.setdefault((channel, ts), _Pending())
        pending.newest = message
        if pending.drain is None or pending.drain.done():
            pending.drain = asyncio.create_task(self._drain(channel, ts, pending))

    async def final(self, channel: str, ts: str, message: Message) -> None:
        """Show it; no progress told before overtakes it.

        Raises:
            SlackUnavailable, SlackRefused: it is not shown.
        """
        pending = self._pending.setdefault((channel, ts), _Pending())
        pending.final = message
        try:
            await self._finish(channel, ts, pending)
        except SlackRefused:
            self._pending.pop((channel, ts), None)
            raise
        if overtaking := pending.unconfirmed - {message.text}:
            self._cleanup.watch_update(channel, ts, overtaking, lambda: self._finish(channel, ts, pending))
        else:
            self._pending.pop((channel, ts), None)

    async def _finish(self, channel: str, ts: str, pending: _Pending) -> None:
        async with pending.sending:
            if pending.final is not None:
                await self._show(channel, ts, pending.final, pending)

    async def _drain(self, channel: str, ts: str, pending: _Pending) -> None:
        while pending.newest is not None and pending.final is None:
            async with pending.sending:
                await asyncio.sleep(max(0.0, pending.sent_at + self._spacing - time.monotonic()))
                message, pending.newest = pending.newest, None
                has_room = self._slack.rate_limiter(METHOD).spare_share(METHOD) >= ROOM
                if pending.final is not None or message is None or not has_room or not self._may_work():
                    continue
                try:
                    await self._show(channel, ts, message, pending)
                except SlackError as error:
                    _log.info("Progress was not shown: %s", error)

    async def _show(self, channel: str, ts: str, message: Message, pending: _Pending) -> None:
        await self._rich_blocks.send(message, lambda blocks: self._send(channel, ts, message.text, blocks, pending))

    async def _send(self, channel: str, ts: str, text: str, blocks: list[Block], pending: _Pending) -> None:
        await asyncio.sleep(max(0.0, pending.sent_at + self._spacing - time.monotonic()))
        try:
            await self._slack.call(METHOD, channel=channel, ts=ts, text=text, blocks=blocks)
        except SlackUnavailable as error:
            pending.unconfirmed |= set() if error.certainly_not_executed else {text}
            raise
        finally:
            pending.sent_at = time.monotonic()
