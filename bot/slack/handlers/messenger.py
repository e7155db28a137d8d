"""Messages on record: the one that becomes the answer, and all that is said beside it."""

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field
from typing import Any

from bot.audit import AuditContext, AuditUnavailable
from bot.slack.api.errors import SlackError, SlackRefused
from bot.slack.api.poster import Poster
from bot.slack.api.thread_status import ThreadStatus
from bot.slack.blocks.elements import Message

_log = logging.getLogger("netclinic.handlers")
UNCHANGEABLE = frozenset(
    {"message_not_found", "cant_update_message", "edit_window_closed"}
)  # it cannot be changed any more


@dataclass(frozen=True)
class AuditedMessenger:
    """Says it with ``poster`` and records it with ``trail``; all methods raise what the poster's do.

    Raises:
        AuditUnavailable: it could not be recorded, and is not posted. Words to one person alone are said all the same:
            that something failed must not be kept from them because the audit log is what fails.
    """

    poster: Poster
    trail: AuditContext

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

    async def post_ephemeral(self, channel: str, user: str, message: Message, thread_ts: str | None = None) -> None:
        """A message that one person sees."""
        where = {"to": channel, "person": user, "thread": thread_ts or "", "alone": True}
        await self._try_record("message.posting", where)
        await self.poster.post_ephemeral(channel, user, message, thread_ts)
        await self._try_record("message.posted", where)

    async def post_privately(
        self, channel: str, user: str, message: Message, *, thread_ts: str | None = None, response_url: str = ""
    ) -> None:
        """The same, at the address that came with what they did where Slack shows them nothing in the channel."""
        try:
            await self.post_ephemeral(channel, user, message, thread_ts)
        except SlackRefused:
            if not response_url:
                raise
            await self.respond(response_url, message)

    async def respond(self, response_url: str, message: Message, *, replace: bool = False) -> None:
        """The same, at the address that came with a command or a button."""
        await self._try_record("message.posting", {"alone": True})
        await self.poster.respond(response_url, message, replace=replace)
        await self._try_record("message.posted", {"alone": True})

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

    async def _try_record(self, action: str, detail: dict[str, Any]) -> None:
        try:
            await self.trail.record(action, detail=detail)
        except AuditUnavailable as error:
            _log.error("%s", error)


@dataclass(kw_only=True)
class AnswerMessage:
    """``ts`` is that of the first message once it is there: empty where only one person sees it.

    ``thread_ts`` empty: the message opens a thread. ``message_ts``: a message of ours that becomes the answer.
    ``response_url``: only one person sees it; Slack takes five messages there within half an hour. ``is_in_place``:
    each replaces the one before, since the address came with a button; at a command's Slack adds each to the others.
    ``is_beside``: so it does at this button's, and the message that bears the button stays.
    ``is_single_message``: the answer is said without a first message, because a status under the thread tells of it, or
    the channel is crowded.

    What is posted is recorded with ``trail``; a status is no message (``api/thread_status`` says why).
    """

    poster: Poster
    trail: AuditContext
    channel: str
    key: str
    thread_ts: str = ""
    message_ts: str = ""
    response_url: str = ""
    is_in_place: bool = False
    is_beside: bool = False
    is_single_message: bool = False
    ts: str | None = None
    is_interrupted: bool = False
    _status: ThreadStatus | None = field(default=None, init=False, repr=False)
    _later: asyncio.Task[None] | None = field(default=None, init=False, repr=False)

    @property
    def may_be_single_message(self) -> bool:
        """Whether the answer could be said without a first message: it has a thread to stand in, and all see it."""
        return bool(self.thread_ts) and not self.message_ts and not self.response_url

    @property
    def would_pile_up(self) -> bool:
        """Whether a first message would stay beside the answer: one to one person can be changed no more.

        Source: https://github.com/slackapi/bolt-js/issues/2287 (``replace_original`` at a command's address).
        """
        return bool(self.response_url) and not self.is_in_place

    @property
    def is_channel_busy(self) -> bool:
        """Whether two messages would only make everybody in the channel wait longer."""
        return self.poster.is_busy(self.channel)

    async def begin_with_status(self, words: str) -> bool:
        """Show these words as the thread's status, in place of a first message: whether Slack does. It raises nothing,
        and takes little time.
        """
        return await self._thread_status.show(words)

    @property
    def _thread_status(self) -> ThreadStatus:
        if self._status is None:
            self._status = self.poster.thread_status(self.channel, self.thread_ts)
        return self._status

    def drop_status(self) -> None:
        """Take the status away, also one that a process before this one has left: perhaps nothing is said."""
        if self.is_single_message:
            self._thread_status.end(is_replaced=False)

    async def begin(self, message: Message) -> str:
        """Show the first message; the caller remembers its ts, for it may be shown in a step.

        Raises:
            SlackUnavailable, SlackRefused: it is not shown.
            AuditUnavailable: it could not be recorded, and is not shown.
        """
        self._stop_waiting()
        return await self._show_first(message)

    def begin_if_slow(self, message: Message, patience: float) -> None:
        """Show this unless the answer is there within ``patience`` seconds; returns at once, and raises nothing."""

        async def show() -> None:
            await asyncio.sleep(patience)
            with contextlib.suppress(SlackError, AuditUnavailable):
                await self._show_first(message)

        self._stop_waiting()
        self._later = asyncio.create_task(show())

    async def _show_first(self, message: Message, *, is_last_word: bool = False) -> str:
        if self.message_ts:
            await self._update(self.message_ts, message)
            return self.message_ts
        where = {"thread": self.thread_ts, "alone": bool(self.response_url)}
        await self.trail.record("message.posting", detail=where)
        ts = await self._post(message, is_last_word)
        await self.trail.record("message.posted", detail={**where, "ts": ts})
        return ts

    def progress(self, message: Message, status: str) -> None:
        """Show how far it is, where there is room for it: in the first message, or as the status."""
        if self.is_interrupted:
            return
        if self.ts:
            self.poster.progress(self.channel, self.ts, message)
        elif self.is_single_message:
            self._thread_status.progress(status)

    async def interrupt(self, message: Message, status: str) -> None:
        """Say in place of the first message, as the status, or as the first message that the work is interrupted; no
        progress follows it.

        Raises:
            SlackUnavailable, SlackRefused: it is not shown.
            AuditUnavailable: it could not be recorded, and is not shown.
        """
        self.is_interrupted = True
        self._stop_waiting()
        if self.ts:
            await self._update(self.ts, message)
        elif not self.is_single_message or not await self._thread_status.show(status):
            await self._show_first(message)

    async def end(self, message: Message) -> str:
        """Turn the first message into this one; it is the first where there is none yet, or no more. Its ts.

        Raises:
            SlackUnavailable, SlackRefused: it is not shown.
        """
        self._stop_waiting()
        if self._status is not None:
            self._status.stop()
        ts = await self._end(message)
        if self._status is not None:
            self._status.end(is_replaced=True)
        return ts

    def _stop_waiting(self) -> None:
        if self._later is not None:
            self._later.cancel()

    async def _end(self, message: Message) -> str:
        if not self.ts:
            return await self._show_first(message, is_last_word=not message.shows_nothing)
        try:
            await self._update(self.ts, message)
        except SlackRefused as no:
            if no.code not in UNCHANGEABLE:
                raise
            return await self._post_again(message)
        return self.ts

    async def _post_again(self, message: Message) -> str:
        """The first message was taken away, or can be changed no more: what it was to become stands by itself, under a
        key of its own, and it goes."""
        messenger, key = AuditedMessenger(self.poster, self.trail), f"{self.key}:anew"
        ts = await messenger.post_once(channel=self.channel, thread_ts=self.thread_ts or None, key=key, message=message)
        if self.ts:
            with contextlib.suppress(SlackRefused):  # gone, or Slack lets nobody take it away
                await self.poster.delete(self.channel, self.ts)
        return ts

    async def end_with_error(self, message: Message) -> None:
        """The same for what ends the work. People hear that something failed even where the audit log is what fails.

        Raises:
            SlackUnavailable, SlackRefused: it is not shown.
        """
        try:
            await self.end(message)
        except AuditUnavailable:
            if self.ts:
                await self.poster.update(self.channel, self.ts, message)
            else:
                await self._post(message, is_last_word=True)

    async def _post(self, message: Message, is_last_word: bool) -> str:
        if self.response_url:
            await self.poster.respond(self.response_url, message, replace=not self.is_beside)
            return ""
        thread = self.thread_ts or None
        return await self.poster.post_once(
            channel=self.channel, thread_ts=thread, key=self.key, message=message, is_last_word=is_last_word
        )

    async def _update(self, ts: str, message: Message) -> None:
        await self.trail.record("message.updating", detail={"ts": ts})
        await self.poster.update(self.channel, ts, message)
        await self.trail.record("message.updated", detail={"ts": ts})

    async def attach_file(self, message: Message) -> None:
        """Put the message's file into the thread; nothing where it has none, or where only one person would see it."""
        file = message.file
        if file is None or not self.ts:
            return
        name, key = f"{self.ts}-{file.filename}", f"{self.key}:file"
        messenger = AuditedMessenger(self.poster, self.trail)
        await messenger.upload(self.channel, self.thread_ts or self.ts, name, file.content, file.title, key=key)
