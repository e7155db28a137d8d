"""Blocks that not every Slack takes yet: tried once, and left out from then on where they are refused."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.slack.api.errors import SlackRefused
from bot.slack.blocks.elements import Block, Message

ABOUT_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format", "invalid_arguments", "msg_blocks_too_long"})
Sent = TypeVar("Sent")


class RichBlocks:
    """What this workspace's Slack takes, as far as this process knows."""

    def __init__(self) -> None:
        self._refused: set[str] = set()  # types of blocks

    async def send(self, message: Message, send: Callable[[list[Block]], Awaitable[Sent]]) -> Sent:
        """Send the message in its richer form, or in the plain one; a refused message was certainly not shown."""
        extra = {block["type"] for block in message.richer} - {block["type"] for block in message.blocks}
        if message.richer and not extra & self._refused:
            try:
                return await send(message.richer)
            except SlackRefused as no:
                if no.code not in ABOUT_BLOCKS:
                    raise
                self._refused |= extra
        return await send(message.blocks)
