"""Handing a case to on-call: their user group is mentioned with a summary, and the case notes who is on it."""

from functools import partial

from bot.slack.blocks.action_ids import HAND_OVER
from bot.slack.blocks.case import handover_summary
from bot.slack.blocks.elements import Message
from bot.slack.handlers.buttons import Press, refreshed
from bot.slack.handlers.context import Desk, case_line
from bot.slack.handlers.messenger import Reply
from bot.slack.handlers.refusal import Refused, guarded
from bot.slack.queue.job import Deed, Json
from bot.store.cases import Case, KeptAnswer

NAME = HAND_OVER


async def hand_over(desk: Desk, deed: Deed) -> None:
    """The handler: posts in the case's thread, or in the channel that the settings name."""
    pressed = Press.of(deed.payload)
    trail = desk.trail(pressed.user, pressed.channel, deed.key, str(deed.payload["case"]))

    async def act() -> None:
        case, answer = await deed.waited("stored", lambda: _stored(desk, deed))
        if case is None or answer is None:
            raise Refused("The case is not stored here any more: ask again.")
        group = (await deed.step("group", lambda: _group(desk)))["id"]
        if not group:
            name = desk.parts.settings.oncall_group
            raise Refused(f"Slack knows no user group {name}: correct NETCLINIC_ONCALL_GROUP.")
        await deed.step("post", lambda: _posted(desk, deed.key, case, answer, pressed.user, group))
        await deed.step("assign", lambda: _assigned(desk, case, group))
        await deed.step("refresh", lambda: refreshed(desk, trail, case.id, answer.id))

    async def say(message: Message) -> None:
        thread, url, alone = pressed.thread_ts or None, pressed.response_url, desk.voice(trail).alone
        tell = partial(alone, pressed.channel, pressed.user, message, thread_ts=thread, response_url=url)
        await deed.step("say", tell)

    await guarded(act, say, trail)


async def _stored(desk: Desk, deed: Deed) -> tuple[Case | None, KeptAnswer | None]:
    store, payload = desk.parts.store, deed.payload
    return (
        await store.run(desk.cases.get, str(payload["case"])),
        await store.run(desk.cases.answer, str(payload["answer"])),
    )


async def _group(desk: Desk) -> Json:
    found = await desk.parts.directory.group(desk.parts.settings.oncall_group)
    return {"id": str(found["id"]) if found else ""}


async def _posted(desk: Desk, key: str, case: Case, answer: KeptAnswer, by: str, group: str) -> Json:
    line = await desk.parts.store.run(case_line, desk, case, answer)
    message = handover_summary(answer.told, line, to=group, by=by, permalink=case.link, now=desk.now())
    wanted = desk.parts.settings.oncall_channel
    elsewhere = await desk.parts.directory.channel_named(wanted) if wanted else None
    reply = Reply(
        poster=desk.parts.poster,
        trail=desk.trail(by, case.channel, key, case.id),
        channel=elsewhere or case.channel,
        key=key,
        thread_ts="" if elsewhere else case.thread_ts,
    )
    return await reply.begin(message)


async def _assigned(desk: Desk, case: Case, group: str) -> Json:
    return await desk.parts.store.run(desk.cases.assign, case.id, group, desk.now())
