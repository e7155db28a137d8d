"""Taking a handoff over: who has it is recorded once, and where nobody has, the channel is reminded once."""

import contextlib
from dataclasses import asdict, dataclass
from typing import Any

from bot.audit import Trail
from bot.handoff.repository import Handoffs, Kept
from bot.slack.api.errors import SlackRefused
from bot.slack.blocks.action_ids import HANDOFF_TAKEN
from bot.slack.blocks.handoff import Taken, handoff_message, reminder_message, taken_message
from bot.slack.blocks.messages import Message
from bot.slack.handlers.context import Desk
from bot.slack.handlers.handoff import stored
from bot.slack.handlers.refusal import Refused, guarded
from bot.slack.queue.job import Deed, Json

TAKE, REMIND = "handoff.take", "handoff.remind"


@dataclass(frozen=True)
class Taking:
    """“I have it” as it was pressed."""

    handoff: str
    user: str
    channel: str
    response_url: str = ""

    def to_json(self) -> dict[str, Any]:
        """Every field."""
        return asdict(self)


async def take(desk: Desk, deed: Deed) -> None:
    """The handler of “I have it”: the first one has it, whoever was expected; then those who were are told."""
    taking = Taking(**deed.payload)
    trail = desk.trail(taking.user, taking.channel, deed.key)

    async def act() -> None:
        came_of_it = await deed.step("take", lambda: _taken(desk, deed.key, taking))
        if "refused" in came_of_it:
            raise Refused(str(came_of_it["refused"]))
        await deed.step("show", lambda: shown(desk, trail, taking.handoff))
        if came_of_it["instead"]:
            await deed.step("tell", lambda: _told_expected(desk, trail, taking))

    async def say(message: Message) -> None:
        url, alone = taking.response_url, desk.voice(trail).alone
        await deed.step("say", lambda: alone(taking.channel, taking.user, message, response_url=url))

    await guarded(act, say, trail)


async def remind(desk: Desk, deed: Deed) -> None:
    """The handler of a reminder that is due: nothing is said where somebody has it, or a newer one is there."""
    handoffs = Handoffs(desk.parts.store)
    trail = desk.own_trail(deed.key)

    async def reminded() -> Json:
        kept = await stored(desk, str(deed.payload["handoff"]))
        if kept.acknowledged_by or await _newer(desk, kept):
            return
        message = reminder_message(kept.handoff, desk.parts.settings.handoff_remind_minutes)
        post = desk.voice(trail).post_once
        await post(channel=kept.channel, thread_ts=kept.message_ts, key=deed.key, message=message)
        await desk.parts.store.run(handoffs.reminded, kept.id, desk.now())
        await trail.record("handoff.reminded", outcome=kept.id)

    async def say(_: Message) -> None:
        return  # nobody asked for it, and the log has the reason

    await guarded(lambda: deed.step("remind", reminded), say, trail)


async def shown(desk: Desk, trail: Trail, id_: str) -> Json:
    """Say in the posted message who has it; a message that is gone needs no saying."""
    kept = await stored(desk, id_)
    if kept.acknowledged_at is None or not kept.message_ts:
        return
    message = handoff_message(kept.handoff, taken=Taken(kept.acknowledged_by, kept.acknowledged_at))
    with contextlib.suppress(SlackRefused):
        await desk.voice(trail).update(kept.channel, kept.message_ts, message)


async def _told_expected(desk: Desk, trail: Trail, taking: Taking) -> Json:
    """Somebody must have it, so anybody may take it; but those who were expected must not wait for it, or think it
    theirs."""
    kept = await stored(desk, taking.handoff)
    message = taken_message(kept.handoff, await desk.person_name(taking.user))
    key = f"{trail.request_id}:{kept.id}:instead"
    await desk.voice(trail).post_once(channel=kept.channel, thread_ts=kept.message_ts, key=key, message=message)


async def _taken(desk: Desk, key: str, taking: Taking) -> Json:
    """``refused`` with the sentence, or whether it was taken ``instead`` of those who were expected: a result like any
    other, so that a replay does not decide anew."""
    trail, handoffs = desk.trail(taking.user, taking.channel, key), Handoffs(desk.parts.store)
    await trail.record("button.pressed", outcome=HANDOFF_TAKEN, detail={"value": taking.handoff[:80]})
    try:
        kept = await stored(desk, taking.handoff)
    except Refused as why:
        return {"refused": why.sentence}
    if taking.channel != kept.channel:
        return {"refused": "This button belongs to another channel: press the one below the handoff itself."}
    if newer := await _newer(desk, kept):
        return {"refused": f"Handoff {kept.id} is an old one; {newer.id} came after it: take that one."}
    first = await desk.parts.store.run(handoffs.acknowledge, kept.id, taking.user, desk.now())
    now = await stored(desk, kept.id)
    if not first and now.acknowledged_by != taking.user:
        return {"refused": f"{await desk.person_name(now.acknowledged_by)} has handoff {kept.id} already."}
    expected = kept.handoff.handed_to
    instead = bool(expected) and taking.user not in expected
    if first:
        detail = {"expected": list(expected)} if instead else {}
        await trail.record("handoff.acknowledged", outcome=kept.id, detail=detail)
    return {"instead": first and instead}


async def _newer(desk: Desk, kept: Kept) -> Kept | None:
    """The handoff that came after it in its channel."""
    last = await desk.parts.store.run(Handoffs(desk.parts.store).last, kept.channel)
    return last if last is not None and last.id != kept.id and last.made_at > kept.made_at else None
