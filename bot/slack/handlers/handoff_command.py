"""``/netclinic handoff``: asks for a handoff, or shows one that was made."""

import re

from bot.slack.blocks.handoff import making_message
from bot.slack.handlers.command import SHARE, Command
from bot.slack.handlers.handoff import NAME, as_posted, span_is_meant, stored
from bot.slack.handlers.refusal import Refused
from bot.slack.queue.job import Json

_ID = re.compile(r"(?:show\s+)?(HO-[A-Z2-7]+)", re.IGNORECASE)


async def handoff(command: Command) -> None:
    """``handoff [12h | since 09:00 | last | HO-…]``."""
    await command.permitted()
    words = command.typed.text.strip()[len(command.typed.name) :].replace(f"--{SHARE}", " ").strip()
    if shown := _ID.fullmatch(words):
        await command.answer(as_posted(await stored(command.desk, shown[1])))
        return
    channel = (await command.deed.step("channel", lambda: _channel(command)))["id"]
    if not channel:
        name = command.desk.parts.settings.oncall_channel
        raise Refused(f"There is no channel {name} that I am in: correct NETCLINIC_ONCALL_CHANNEL, or invite me.")
    await span_is_meant(command.desk, words, channel, command.typed.user)
    place = "here" if channel == command.typed.channel else "in the on-call channel"
    await command.answer(making_message(words, place))
    typed = command.typed
    payload = {"words": words, "channel": channel, "user": typed.user, "asked_in": typed.channel}
    payload["response_url"] = typed.response_url

    async def accepted() -> Json:
        await command.desk.parts.work.accept(NAME, f"{command.deed.key}:{NAME}", payload)

    await command.deed.step("accept", accepted)


async def _channel(command: Command) -> Json:
    wanted = command.desk.parts.settings.oncall_channel
    found = await command.desk.parts.directory.channel_named(wanted) if wanted else command.typed.channel
    return {"id": found or ""}
