"""Telling people that what they asked for waits for the database: without the database, to them alone, and once."""

from bot.slack.blocks.refusals import refusal
from bot.slack.handlers.context import Desk
from bot.slack.queue.job import Deed

HELD_UP = (
    "Nothing is read or done for this just now, because netclinic's database cannot be used and nothing may be done "
    "unrecorded: it goes on by itself as soon as the database is back."
)


async def excuse(desk: Desk, deed: Deed) -> None:
    """Say so to whoever waits for this work; to nobody where it was asked by nobody.

    Raises:
        SlackAway, SlackRefused: it is not said.
    """
    user, channel, url = (str(deed.payload.get(name) or "") for name in ("user", "channel", "response_url"))
    is_asked = user and deed.payload.get("how") != "unasked"
    if not is_asked or not (channel or url) or not desk.warned(url or deed.key):
        return
    message = refusal(HELD_UP, request=deed.key)
    if url:  # good where netclinic is not in the channel, too
        await desk.parts.poster.warn_at(url, message)
    else:
        await desk.parts.poster.warn(channel, user, message, str(deed.payload.get("thread_ts") or "") or None)
