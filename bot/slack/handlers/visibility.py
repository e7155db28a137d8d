"""Whose cases may be shown to whom: what was asked in a private channel is for its members, a direct message for one.

Everybody may know how many cases there are; titles and links are for those who could read the thread. So, where people
of another company take part (Slack Connect), they are told of the channels alone that they are in. What Slack does not
tell is taken for private.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass

from bot.slack.api.errors import SlackRefused
from bot.slack.handlers.context import HandlerContext
from bot.store.cases import DIRECT, Case


@dataclass(frozen=True)
class OpenCases:
    """The open cases that somebody may see, the newest activity first, and how many more there are."""

    shown: list[Case]
    hidden: int

    @property
    def total(self) -> int:
        """All open cases: the same number for everybody."""
        return len(self.shown) + self.hidden


async def find_open_cases(context: HandlerContext, user: str, in_channel: str = "") -> OpenCases:
    """All open cases, as this person sees them alone, or everybody in a channel.

    Raises:
        SlackUnavailable: who is in a private channel cannot be asked now.
    """
    team, store = context.services.bot.team, context.services.store
    total = await store.run(context.cases.count_open, team)
    found = await store.run(context.cases.list_open, team, user)
    if in_channel:
        closed = await closed_channels(context, {case.channel for case in found}, in_channel)
    else:
        closed = await channels_closed_to(context, {case.channel for case in found}, user)
    shown = [case for case in found if case.channel not in closed]
    return OpenCases(shown, max(0, total - len(shown)))


async def channels_closed_to(context: HandlerContext, channels: Iterable[str], user: str) -> set[str]:
    """Those of the channels whose cases this person may not see. Direct messages are asked for by their asker alone."""
    is_external = await context.services.external_access.unnamed_person_refusal(user, "") is not None

    async def is_closed(channel: str) -> bool:
        return (is_external or await _is_private(context, channel)) and not await _is_member(context, channel, user)

    return await _where({channel for channel in channels if not channel.startswith(DIRECT)}, is_closed)


async def closed_channels(context: HandlerContext, channels: Collection[str], place: str) -> set[str]:
    """Those of the channels whose cases may not be told in another one: private ones; direct messages, too.

    All of them where people of another company read.
    """
    elsewhere = set(channels) - {place}
    if elsewhere and await context.services.external_access.is_read_by_others(place):
        return elsewhere

    async def is_closed(channel: str) -> bool:
        return channel.startswith(DIRECT) or await _is_private(context, channel)

    return await _where(elsewhere, is_closed)


async def _where(channels: set[str], holds: Callable[[str], Awaitable[bool]]) -> set[str]:
    ordered = sorted(channels)
    found = await asyncio.gather(*map(holds, ordered))
    return {channel for channel, is_so in zip(ordered, found, strict=True) if is_so}


async def _is_private(context: HandlerContext, channel: str) -> bool:
    try:
        return await context.services.directory.is_private(channel)
    except SlackRefused:
        return True


async def _is_member(context: HandlerContext, channel: str, user: str) -> bool:
    try:
        return user in await context.services.directory.channel_members(channel)
    except SlackRefused:
        return False
