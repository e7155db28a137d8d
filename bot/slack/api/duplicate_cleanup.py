"""What Slack carries out long after it was given up: a message that came twice is taken away, progress that overwrote
an answer is written over again. Beside all else, and not remembered by a process that is killed meanwhile.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime

from bot.slack.api.client import Caller
from bot.slack.api.errors import SlackFailure, SlackRefused
from bot.slack.api.message_lookup import messages_with, text_of

TWICE = "Slack showed this message twice: the other one is the one that counts."
PAUSES = (5.0, 20.0, 60.0, 180.0, 600.0)  # seconds before each look; Slack's own time-outs are shorter

_log = logging.getLogger("netclinic.posting")


class Tidier:
    """Looks again at what was doubtful, some time after it was settled."""

    def __init__(self, caller: Caller, pauses: Sequence[float] = PAUSES) -> None:
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
