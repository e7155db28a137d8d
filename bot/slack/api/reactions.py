"""One emoji of ours on the message that asked: its state, seen in the channel without opening the thread.

An ornament: it holds nobody up, and where Slack does not take it (scope ``reactions:write``) nothing is said.
``reactions.add`` may be called 50 times a minute, ``reactions.remove`` 20 times (docs.slack.dev, tiers 3 and 2).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine
from typing import Any
from weakref import WeakValueDictionary

from bot.slack.api.client import SlackClient
from bot.slack.api.errors import SlackError, SlackRefused, SlackUnavailable
from bot.slack.api.message_lookup import reaction_names
from bot.slack.api.refusals import RefusalMemory
from bot.slack.blocks.question_state import QuestionState
from bot.slack.timing import PRODUCTION, Timing

ADD, REMOVE = "reactions.add", "reactions.remove"
MOST_LOOKING = 8  # messages that are looked at and show it: each of them has another call coming
ATTEMPTS = 3
MessageId = tuple[str, str]  # channel and ts
_log = logging.getLogger("netclinic.posting")


class Reactions:
    """Shows states with ``slack``. ``check_channel`` raises where nothing of ours may be shown.

    ``may_work``: whether nobody has taken this process over.
    """

    def __init__(
        self,
        slack: SlackClient,
        may_work: Callable[[], bool],
        check_channel: Callable[[str], Awaitable[None]],
        timing: Timing = PRODUCTION,
    ) -> None:
        self._pause = timing.first_retry
        self._slack = slack
        self._may_work = may_work
        self._check_channel = check_channel
        self._refusals = RefusalMemory()
        self._turns: WeakValueDictionary[MessageId, asyncio.Lock] = WeakValueDictionary()
        self._shown: dict[MessageId, frozenset[str]] = {}  # of messages that are looked at for the first time
        self._tasks: set[asyncio.Task[None]] = set()

    def look(self, message: MessageId, *, is_first: bool) -> None:
        """Show that it is looked at, if there is room; returns at once. ``is_first``: nothing of ours is there yet."""
        has_room = sum(map(bool, self._shown.values())) < MOST_LOOKING and not self._must_wait(ADD)
        if is_first:
            self._shown[message] = frozenset({QuestionState.LOOKING} if has_room else ())
        if not has_room:
            return
        if is_first:
            self._run_beside(self._add_first(message))
        else:
            self._run_beside(self.show(message, _always(QuestionState.LOOKING)))

    def forget(self, message: MessageId) -> None:
        """Take away what is there of ours, in the background: the look came to nothing."""
        self._run_beside(self.show(message, _always(None)))

    async def show(self, message: MessageId, choose: Callable[[], Awaitable[QuestionState | None]]) -> None:
        """This state in place of any other; none where there is ``None``. Asked when it is this message's turn.

        Never fails. It may take as long as Slack asks us to wait, and is dropped where nothing has to be replaced.
        """
        async with self._turn(message):
            known = self._shown.pop(message, None)
            if known is not None and not known and self._must_wait(ADD):
                return
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    await self._replace(message, await choose(), known)
                    break
                except SlackUnavailable as error:
                    _log.info("A reaction was not shown: %s", error)
                    await asyncio.sleep(self._pause * 4**attempt if attempt < ATTEMPTS else 0.0)
                    known = None
                except SlackRefused as no:
                    _log.info("A reaction was not shown: %s", no)
                    break

    async def _add_first(self, message: MessageId) -> None:
        async with self._turn(message):
            if not self._shown.get(message):
                return
            try:
                if await self._may_show(message[0]):
                    await self._call(ADD, message, QuestionState.LOOKING)
                    return
            except SlackError as error:
                _log.info("A reaction was not shown: %s", error)
                if not getattr(error, "certainly_not_executed", isinstance(error, SlackRefused)):
                    return
            if message in self._shown:
                self._shown[message] = frozenset()

    async def _replace(self, message: MessageId, state: QuestionState | None, known: Collection[str] | None) -> None:
        """``known``: what we have shown there; nothing, where there was no room; ``None``, where Slack has to tell."""
        if not await self._may_show(message[0]):
            return
        if known is not None and not known:
            if not self._must_wait(REMOVE):  # a process that was killed may have shown it
                await self._call(REMOVE, message, QuestionState.LOOKING)
        elif known is None or not all([await self._call(REMOVE, message, name) for name in known]):
            for name in await self._ours(message):
                if name != state:
                    await self._call(REMOVE, message, name)
        if state is not None:
            await self._call(ADD, message, state)

    async def _ours(self, message: MessageId) -> Collection[str]:
        """Names of ours that stand there. Somebody else's of the same name are left by Slack itself."""
        try:
            names = await reaction_names(self._slack, *message)
        except SlackRefused:
            names = None
        return [state for state in QuestionState if names is None or state in names]

    async def _call(self, method: str, message: MessageId, name: str) -> bool:
        """Whether it changed anything."""
        channel, ts = message
        try:
            await self._slack.call(method, channel=channel, timestamp=ts, name=name)
        except SlackRefused as no:
            self._refusals.note(channel, no.code)
            if no.code in ("already_reacted", "no_reaction"):
                return False
            raise
        return True

    async def _may_show(self, channel: str) -> bool:
        if not self._may_work() or self._refusals.is_refused(channel):
            return False
        await self._check_channel(channel)
        return True

    def _turn(self, message: MessageId) -> asyncio.Lock:
        return self._turns.setdefault(message, asyncio.Lock())

    def _must_wait(self, method: str) -> bool:
        return self._slack.rate_limiter(method).spare_share(method) == 0.0

    def _run_beside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _always(state: QuestionState | None) -> Callable[[], Awaitable[QuestionState | None]]:
    async def choose() -> QuestionState | None:
        return state

    return choose
