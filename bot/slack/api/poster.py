"""The only place that sends to Slack: what it posts it posts once, in each channel no faster than Slack takes it."""

import asyncio
import contextlib
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from bot.slack.api.client import SlackClient
from bot.slack.api.errors import SlackUnavailable
from bot.slack.api.message_lookup import find_file, find_message, message_metadata
from bot.slack.api.rate_limit import RateLimiter
from bot.slack.api.reactions import Reactions
from bot.slack.api.rich_blocks import RichBlocks
from bot.slack.api.thread_status import StatusSender, ThreadStatus
from bot.slack.api.updates import DuplicateCleanup, MessageUpdates
from bot.slack.blocks.elements import Block, Message
from bot.slack.timing import PRODUCTION, Timing
from bot.store import DatabaseError, Store, doubtful_posts, idempotency_keys
from bot.store.doubtful_posts import DoubtfulPost

COMING = 2  # messages' time within which who was told that a channel is not busy posts there
LOOK_AFTER = 60.0  # seconds between two looks for what others left unsettled
UNSURE = timedelta(hours=1)  # within which an earlier attempt is looked for where the database does not tell
_log = logging.getLogger("netclinic.posting")


class Lease(Protocol):
    """Whether this process may still do work."""

    async def wait_for_lease(self) -> None:
        """Return when it may; never once the process was taken over."""

    def holds_lease(self) -> bool:
        """Whether it may, as far as is known at this moment."""
        ...


async def _anywhere(channel: str) -> None:
    """No channel is closed."""


class Poster:
    """Sends with ``slack``. All methods raise ``SlackUnavailable`` (worth another attempt) or ``SlackRefused`` (not).

    ``check_channel`` raises where nothing that was read may be shown, and is asked before anything that all see.
    ``reactions`` are on messages that asked.

    Messages, ephemeral ones and files count as one message each for the pace of their channel.
    """

    def __init__(
        self,
        slack: SlackClient,
        store: Store,
        lease: Lease,
        timing: Timing = PRODUCTION,
        check_channel: Callable[[str], Awaitable[None]] = _anywhere,
    ) -> None:
        self._check_channel = check_channel
        self._slack = slack
        self._store = store
        self._lease = lease
        self._channel_limiter = RateLimiter(timing.message_spacing)
        self._cleanup = DuplicateCleanup(slack, timing.cleanup_pauses)
        self._rich_blocks = RichBlocks()
        self._updates = MessageUpdates(
            slack, self._cleanup, lease.holds_lease, timing.update_spacing, self._rich_blocks
        )
        self._statuses = StatusSender(slack, lease.holds_lease, check_channel, timing)
        self.reactions = Reactions(slack, lease.holds_lease, check_channel, timing)
        self._watched: dict[str, str] = {}  # by the row of a doubtful post: the ts of the message that counts
        self._keys: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._expected: dict[str, list[float]] = defaultdict(list)

    async def post_once(
        self, *, channel: str, thread_ts: str | None, key: str, message: Message, is_last_word: bool = False
    ) -> str:
        """The ts of the message with this key: posted now, or found where an earlier attempt put it.

        That may have been another one ("Looking at …"): where this is the last word, it becomes this one.
        """
        await self._check_place(channel, message)
        async with self._keys[key]:
            since = await self._first_attempt_at(f"post:{key}")
            found = await find_message(self._slack, channel, thread_ts, key, since) if since else None
            ts = found or await self._post(key, channel, thread_ts, message)
            if since:
                await self._watch(DoubtfulPost(channel, thread_ts or "", key, ts, since))
            self._keys.pop(key, None)
        if found and is_last_word:
            await self.update(channel, found, message)
        return ts

    async def find(self, *, channel: str, thread_ts: str | None, key: str) -> str | None:
        """The ts of the message that was posted under this key; ``None`` where none was."""
        since = await self._store.run(idempotency_keys.claimed_at, self._store, f"post:{key}")
        return await find_message(self._slack, channel, thread_ts, key, since) if since else None

    async def watch_doubtful(self) -> None:
        """Look after what earlier processes, and others that are gone, could not settle; until it is cancelled."""
        while True:
            try:
                for post in await self._store.run(doubtful_posts.list_doubtful, self._store):
                    if post.row_key not in self._watched:
                        self._start_watching(post)
            except DatabaseError as error:
                _log.error("%s", error)
            await asyncio.sleep(LOOK_AFTER)

    async def _watch(self, post: DoubtfulPost) -> None:
        """Stored first, so that it is settled though this process ends."""
        with contextlib.suppress(DatabaseError):
            await self._store.run(doubtful_posts.note, self._store, post)
        self._start_watching(post)

    def _start_watching(self, post: DoubtfulPost) -> None:
        async def settle() -> None:
            with contextlib.suppress(DatabaseError):
                await self._store.run(doubtful_posts.settle, self._store, post)
            self._watched.pop(post.row_key, None)

        is_watched, self._watched[post.row_key] = post.row_key in self._watched, post.kept
        if not is_watched:
            self._cleanup.watch_post(post, lambda: self._watched[post.row_key], settle)

    async def _post(self, key: str, channel: str, thread_ts: str | None, message: Message) -> str:
        arguments = {"thread_ts": thread_ts} if thread_ts else {}

        async def send(blocks: list[Block]) -> dict[str, Any]:
            return await self._send(
                channel,
                "chat.postMessage",
                text=message.text,
                blocks=blocks,
                metadata=message_metadata(key),
                unfurl_links=False,
                unfurl_media=False,
                **arguments,
            )

        return str((await self._rich_blocks.send(message, send))["ts"])

    def is_busy(self, channel: str) -> bool:
        """Whether a message in this channel would have to wait for others: then better say one thing, not two.

        Who hears no is about to post: they count as well, for all may ask before any of them does.
        """
        now = time.monotonic()
        expected = [at for at in self._expected[channel] if now - at < COMING * self._channel_limiter.spacing]
        waiting = max(self._channel_limiter.queue_length(channel), len(expected))
        is_busy = waiting >= 2 or self._slack.rate_limiter("chat.update").spare_share("chat.update") == 0.0
        self._expected[channel] = expected if is_busy else [*expected, now]
        return is_busy

    def thread_status(self, channel: str, thread_ts: str) -> ThreadStatus:
        """What Slack shows under this thread while an answer is made."""
        return ThreadStatus(self._statuses, channel, thread_ts)

    def progress(self, channel: str, ts: str, message: Message) -> None:
        """Change a message of ours if there is room for it; returns at once, and nothing tells of a failure."""
        self._updates.progress(channel, ts, message)

    async def update(self, channel: str, ts: str, message: Message) -> None:
        """Change a message of ours. It replaces all progress told before."""
        await self._check_place(channel, message)
        await self._lease.wait_for_lease()
        await self._updates.final(channel, ts, message)

    async def delete(self, channel: str, ts: str) -> None:
        """Take a message of ours away."""
        await self._lease.wait_for_lease()
        await self._slack.call("chat.delete", channel=channel, ts=ts)

    async def post_ephemeral(self, channel: str, user: str, message: Message, thread_ts: str | None = None) -> None:
        """A message that one person sees. Nobody can look it up: after a lost reply it may be shown twice."""
        arguments = {"thread_ts": thread_ts} if thread_ts else {}
        await self._send(
            channel, "chat.postEphemeral", user=user, text=message.text, blocks=message.blocks, **arguments
        )

    async def warn_person(self, channel: str, user: str, message: Message, thread_ts: str | None = None) -> None:
        """The same even from a process that may do no work, its database being gone: said twice it does no harm."""
        arguments = {"thread_ts": thread_ts} if thread_ts else {}
        told = {"channel": channel, "user": user, "text": message.text, "blocks": message.blocks, **arguments}
        await self._slack.call("chat.postEphemeral", **told)

    async def warn_at_url(self, response_url: str, message: Message) -> None:
        """The same at the address that came with a command or a button."""
        await self._slack.post_to_url(response_url, _response_body(message, replace=False), "the reply")

    async def respond(
        self, response_url: str, message: Message, *, replace: bool = False, ephemeral: bool = True
    ) -> None:
        """Answer a command or a button at the address that came with it (good for half an hour, five times)."""
        body = _response_body(message, replace=replace) | ({} if ephemeral else {"response_type": "in_channel"})
        await self._lease.wait_for_lease()
        await self._slack.post_to_url(response_url, body, "the reply")

    async def open_view(self, trigger_id: str, view: Mapping[str, Any]) -> str:
        """Open a modal within three seconds of the click; its id."""
        opened = await self._slack.call("views.open", trigger_id=trigger_id, view=view)
        return str((opened.get("view") or {}).get("id") or "")

    async def update_view(self, view_id: str, view: Mapping[str, Any]) -> None:
        """Change an open modal."""
        await self._slack.call("views.update", view_id=view_id, view=view)

    async def publish_home(self, user: str, view: Mapping[str, Any]) -> None:
        """Show a person's App Home."""
        await self._slack.call("views.publish", user_id=user, view=view)

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
        """Put a file into a thread, once: its id. Files carry no key, so the name must be this one's alone there."""
        await self._check_place(channel)
        async with self._keys[key]:
            since = await self._first_attempt_at(f"upload:{key}")
            if since and (found := await find_file(self._slack, channel, thread_ts, filename, since)):
                return found
            data = content.encode() if isinstance(content, str) else content
            about = {"alt_txt": alt_text} if alt_text else {}
            place = await self._slack.call("files.getUploadURLExternal", filename=filename, length=len(data), **about)
            await self._slack.post_to_url(str(place["upload_url"]), data, "the upload")
            arguments = {"thread_ts": thread_ts} if thread_ts else {}
            await self._send(
                channel,
                "files.completeUploadExternal",
                "channel_id",
                files=[{"id": place["file_id"], "title": title}],
                **arguments,
            )
            self._keys.pop(key, None)
            return str(place["file_id"])

    async def _check_place(self, channel: str, message: Message | None = None) -> None:
        if message is None or not message.shows_nothing:
            await self._check_channel(channel)

    async def _send(self, channel: str, method: str, names: str = "channel", **arguments: Any) -> dict[str, Any]:
        begun = time.monotonic()
        async with self._channel_limiter.exclusive(channel):
            self._slack.observer.waited(method, time.monotonic() - begun)
            await self._lease.wait_for_lease()
            try:
                return await self._slack.call(method, **{names: channel}, **arguments)
            except SlackUnavailable as error:
                self._channel_limiter.pause(channel, error.retry_after or 0.0)
                raise

    async def _first_attempt_at(self, key: str) -> datetime | None:
        """Since when somebody may have tried, this process or another; ``None`` at the first attempt, stored before it.

        Where the database fails nobody can tell, and what is to be said may be just that: then Slack is asked.
        """
        try:
            if await self._store.run(idempotency_keys.claim, self._store, key):
                return None
            return await self._store.run(idempotency_keys.claimed_at, self._store, key) or datetime.fromtimestamp(
                0, UTC
            )
        except DatabaseError as error:
            _log.error("%s", error)
            return datetime.now(UTC) - UNSURE


def _response_body(message: Message, *, replace: bool) -> dict[str, Any]:
    return {
        "text": message.text,
        "blocks": message.blocks,
        "replace_original": replace,
        "response_type": "ephemeral",
    }
