"""The picture and the page in a posted handoff's thread. The handoff stands without them; who reads it is told why."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.handoff.markdown import page_name, picture_name
from bot.handoff.repository import Kept
from bot.handoff.timeline import alt_text
from bot.slack.api.errors import SlackFailure
from bot.slack.blocks.handoff import unattached_message
from bot.slack.blocks.messages import Message
from bot.slack.handlers.speaking import Voice
from bot.slack.queue.job import Deed, Json


@dataclass(frozen=True)
class Files:
    """What hangs below the handoff ``kept``, posted in ``channel`` at ``ts``."""

    deed: Deed
    voice: Voice
    kept: Kept
    channel: str
    ts: str

    async def attach(self) -> Message | None:
        """Each file for itself: one that cannot be attached keeps no other from it. What could not be, if anything."""
        failed: dict[str, str] = {}
        for name, attach in self._wanted().items():
            try:
                await self.deed.step(name, attach)
            except SlackFailure as why:
                failed[name] = str(why)
        return unattached_message(self.kept.id, self.channel, failed) if failed else None

    async def say_below(self, message: Message) -> Json:
        """Say it in the handoff's thread, where the files are looked for."""
        key = f"{self.deed.key}:files"
        await self.voice.post_once(channel=self.channel, thread_ts=self.ts, key=key, message=message)

    def _wanted(self) -> Mapping[str, Callable[[], Awaitable[Json]]]:
        return {**({"picture": self._picture} if self.kept.picture else {}), "page": self._page}

    async def _picture(self) -> Json:
        name, alt = picture_name(self.kept.id), alt_text(self.kept.handoff)
        await self._upload(name, self.kept.picture, f"{self.kept.id} at a glance", alt, key=f"{self.deed.key}:picture")

    async def _page(self) -> Json:
        title = f"{self.kept.id}, the whole page"
        await self._upload(page_name(self.kept.id), self.kept.text, title, key=f"{self.deed.key}:page")

    async def _upload(self, name: str, content: str | bytes, title: str, alt: str = "", *, key: str) -> None:
        await self.voice.upload(self.channel, self.ts, name, content, title, alt, key=key)
