"""The status under a thread ("netclinic is looking at prod: events …") while its answer is made; nobody is notified.

``assistant.threads.setStatus`` takes the scope ``chat:write`` and works in channels since March 2026 (docs.slack.dev,
changelog 2026-03-05). Slack takes it away when the app posts into the thread, or after two minutes. It is progress: it
may be dropped, and holds nobody up. What it shows (a cluster's name, and the kinds of objects that are read) is no
message: it is in no history, and each read is on record by itself, so a status is not.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from bot.slack.api.client import SlackClient
from bot.slack.api.errors import SlackError, SlackRefused, SlackUnavailable
from bot.slack.api.refusals import RefusalMemory
from bot.slack.timing import Timing

METHOD = "assistant.threads.setStatus"
ROOM = 0.5  # the share of what Slack takes at once that is left to first statuses
_log = logging.getLogger("netclinic.posting")


class StatusSender:
    """Sets statuses with ``slack``, where it takes them. ``may_work``: whether nobody has taken this process over.

    ``check_channel`` raises where nothing of ours may be shown. ``timing``: see there.
    """

    def __init__(
        self,
        slack: SlackClient,
        may_work: Callable[[], bool],
        check_channel: Callable[[str], Awaitable[None]],
        timing: Timing,
    ) -> None:
        self.spacing = timing.update_spacing
        self.patience = timing.status_patience
        self._slack = slack
        self._may_work = may_work
        self._check_channel = check_channel
        self._refusals = RefusalMemory()
        self._tasks: set[asyncio.Task[None]] = set()

    def has_room(self, channel: str, share: float = 0.0) -> bool:
        """Whether a status there would be taken at once, as far as is known, with more than that share to spare."""
        spare = self._slack.rate_limiter(METHOD).spare_share(METHOD)
        return spare > share and self._may_work() and not self._refusals.is_refused(channel)

    async def may_show(self, channel: str) -> bool:
        """Whether that, and it may be shown there."""
        try:
            if self.has_room(channel):
                await self._check_channel(channel)
                return True
        except SlackError as error:
            _log.info("No status is shown: %s", error)
        return False

    async def set(self, channel: str, thread_ts: str, words: str) -> None:
        """Show it; nothing where it is empty.

        Raises:
            SlackUnavailable, SlackRefused: it is not shown; refusals are remembered.
        """
        loading = {"loading_messages": [loading_message(words)]} if words else {}
        try:
            await self._slack.call(METHOD, channel_id=channel, thread_ts=thread_ts, status=words, **loading)
        except SlackRefused as no:
            self._refusals.note(channel, no.code)
            raise

    def run_beside(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do it in the background."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def loading_message(words: str) -> str:
    """The same without Slack's "netclinic" before it: in place of Slack's own phrases."""
    said = words.removeprefix("is ")
    return said[:1].upper() + said[1:]


class ThreadStatus:
    """The status of one thread for one answer."""

    def __init__(self, sender: StatusSender, channel: str, thread_ts: str) -> None:
        self._sender = sender
        self._place = channel, thread_ts
        self._sending = asyncio.Lock()
        self._newest = ""
        self._shown = ""
        self._sent_at = 0.0
        self._unconfirmed = 0  # calls that Slack may carry out yet, as far as is known
        self._is_over = False
        self._is_late = False
        self._drain: asyncio.Task[None] | None = None

    async def show(self, words: str) -> bool:
        """Whether Slack shows it. A Slack that is slow or away counts as one that does not."""
        if not await self._sender.may_show(self._place[0]):
            return False
        self._newest = ""
        try:
            async with asyncio.timeout(self._sender.patience), self._sending:
                await self._send(words)
        except (SlackError, TimeoutError) as error:
            _log.info("The status was not shown: %s", str(error) or "Slack took too long")
            return False
        return True

    def progress(self, words: str) -> None:
        """Show it if there is room; returns at once, fails in silence."""
        if self._is_over or not self._sender.has_room(self._place[0], ROOM):
            return
        self._newest = words
        if self._drain is None or self._drain.done():
            self._drain = self._sender.run_beside(self._send_newest())

    def stop(self) -> None:
        """Show no more progress: something is about to be posted. What is on its way may come after that."""
        self._is_over = True
        self._is_late = self._is_late or self._unconfirmed > 0

    def end(self, *, is_replaced: bool) -> None:
        """The work is over. Where no message of ours took the status away, or it may have come later, it is cleared."""
        self.stop()
        if self._is_late or not is_replaced:
            self._sender.run_beside(self._clear())

    async def _send_newest(self) -> None:
        while self._newest and not self._is_over:
            await asyncio.sleep(max(0.0, self._sent_at + self._sender.spacing - time.monotonic()))
            async with self._sending:
                words, self._newest = self._newest, ""
                if words in ("", self._shown) or self._is_over or not self._sender.has_room(self._place[0], ROOM):
                    continue
                try:
                    await self._send(words)
                except SlackError as error:
                    _log.info("Progress was not shown: %s", error)

    async def _send(self, words: str) -> None:
        """One at a time: callers hold ``_sending``."""
        self._unconfirmed += 1
        try:
            await self._sender.set(*self._place, words)
        except SlackRefused:
            self._unconfirmed -= 1
            raise
        except SlackUnavailable as error:
            self._unconfirmed -= error.certainly_not_executed
            raise
        finally:
            self._sent_at = time.monotonic()
        self._unconfirmed -= 1
        self._shown = words

    async def _clear(self) -> None:
        if self._drain is not None:
            await asyncio.wait({self._drain})
        if self._sender.has_room(self._place[0]):
            with contextlib.suppress(SlackError):
                async with self._sending:
                    await self._send("")
