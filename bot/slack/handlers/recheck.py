"""Checking an answer again: the same question on the same cluster, and what changed since."""

from bot.slack.blocks.elements import Message
from bot.slack.handlers.buttons import Press
from bot.slack.handlers.context import RECHECK, Desk, checked
from bot.slack.handlers.diagnose import Inquiry
from bot.slack.handlers.messenger import Reply
from bot.slack.handlers.refusal import Refused, guarded
from bot.slack.queue.job import Deed
from bot.store.cases import Case, KeptAnswer

NAME = RECHECK


async def recheck(desk: Desk, deed: Deed) -> None:
    """The handler: a new answer below the old one in the thread; in its place where only one person sees it."""
    pressed = Press.of(deed.payload)
    trail = desk.trail(pressed.user, pressed.channel, deed.key, str(deed.payload["case"]))
    reply = Reply(poster=desk.parts.poster, trail=trail, channel=pressed.channel, key=deed.key)

    async def again() -> None:
        case, before = await deed.waited("stored", lambda: _stored(desk, deed))
        if case is None or before is None:
            raise Refused("The answer is not stored here any more: ask again.")
        if pressed.is_private:
            reply.response_url = pressed.response_url
        else:
            reply.thread_ts = case.thread_ts
        await _inquiry(desk, deed, reply, before, pressed.user).run()

    async def say(message: Message) -> None:
        await deed.step("say", lambda: reply.last_word(message))

    await guarded(again, say, trail)


async def _stored(desk: Desk, deed: Deed) -> tuple[Case | None, KeptAnswer | None]:
    store, payload = desk.parts.store, deed.payload
    return (
        await store.run(desk.cases.get, str(payload["case"])),
        await store.run(desk.cases.answer, str(payload["answer"])),
    )


def _inquiry(desk: Desk, deed: Deed, reply: Reply, before: KeptAnswer, user: str) -> Inquiry:
    entries = checked(desk, before.question)
    return Inquiry(
        desk=desk,
        deed=deed,
        reply=reply,
        kind=RECHECK,
        user=user,
        words=before.question,
        cluster=before.cluster,
        namespace=before.namespace,
        judges=entries is not None,
        entries=entries or (),
        before=before,
    )
