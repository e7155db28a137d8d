"""Handoffs in Slack: made, posted once with page and picture, taken by somebody, and reminded of once.

The picture and the page in a posted handoff's thread. The handoff stands without them; who reads it is told why.

Taking a handoff over: who has it is recorded once, and where nobody has, the channel is reminded once.
"""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from bot.audit import Trail
from bot.audit.records import SYSTEM
from bot.cluster.requests import Budget
from bot.diagnosis.clinic import Clinic, Cluster
from bot.handoff.make import Maker, Wish
from bot.handoff.markdown import page_name, picture_name
from bot.handoff.oncall import on_call
from bot.handoff.recheck import Looker
from bot.handoff.repository import Handoffs, Kept
from bot.handoff.schedule import zone_of
from bot.handoff.time_range import SpanError
from bot.handoff.timeline import alt_text
from bot.slack.api.errors import SlackFailure, SlackRefused
from bot.slack.blocks.action_ids import HANDOFF_TAKEN
from bot.slack.blocks.elements import Message
from bot.slack.blocks.handoff import Taken, handoff_message, reminder_message, taken_message, unattached_message
from bot.slack.handlers.context import Desk
from bot.slack.handlers.messenger import Voice
from bot.slack.handlers.refusal import Refused, guarded
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


NAME = "handoff"
MOST_ON_CALL = 20


async def hand_off(desk: Desk, deed: Deed) -> None:
    """The handler. ``words`` name the span, ``channel`` is where it goes, ``user`` asked for it, nobody by schedule."""
    channel, user = str(deed.payload["channel"]), str(deed.payload["user"])
    trail = _trail(desk, deed)
    voice = desk.voice(trail)

    async def act() -> None:
        about = await deed.step("who", lambda: _who(desk, deed.payload))
        made = await deed.step("make", lambda: _made(desk, deed, about))
        if "refused" in made:
            raise Refused(made["refused"])
        kept = await stored(desk, made["id"])
        message = handoff_message(kept.handoff)
        post = voice.post_once
        ts = await deed.step("post", lambda: post(channel=channel, thread_ts=None, key=deed.key, message=message))
        await deed.step("place", lambda: _placed(desk, kept, channel, ts, message))
        files = Files(deed, voice, kept, channel, ts)
        if missing := await files.attach():
            await deed.step("below", lambda: files.say_below(missing))
            if user:
                await say(missing)

    async def say(message: Message) -> None:
        key = f"{deed.key}:why"
        if user:
            where, url = str(deed.payload.get("asked_in") or channel), str(deed.payload.get("response_url") or "")
            await deed.step("say", lambda: voice.alone(where, user, message, response_url=url))
        else:
            await deed.step("say", lambda: voice.post_once(channel=channel, thread_ts=None, key=key, message=message))

    await guarded(act, say, trail)


async def span_is_meant(desk: Desk, words: str, channel: str, reader: str) -> None:
    """Refuse words that name no span, before anything is promised.

    Raises:
        Refused: with the sentence.
    """
    zone = zone_of(desk.parts.settings.time_zone, await zone_name(desk, reader))
    try:
        await Maker(desk.parts.store).span(Wish(key="", words=words, now=desk.now(), zone=zone, channel=channel))
    except SpanError as why:
        raise Refused(str(why)) from why


async def zone_name(desk: Desk, user: str) -> str:
    """The time zone that a person has set in Slack; empty where nobody is meant, or Slack does not say."""
    with contextlib.suppress(SlackFailure):
        return str((await desk.parts.directory.person(user)).get("tz") or "") if user else ""
    return ""


async def stored(desk: Desk, id_: str) -> Kept:
    """The handoff.

    Raises:
        Refused: there is none.
    """
    found = await desk.parts.store.run(Handoffs(desk.parts.store).get, id_)
    if found is None:
        raise Refused(f"There is no handoff {id_[:40]}: `/netclinic handoff` makes one.")
    return found


def as_posted(kept: Kept) -> Message:
    """The very message that was posted, without its button; one that never was is shown as it would be."""
    if not kept.posted:
        return handoff_message(kept.handoff, button_shown=False)
    blocks = [block for block in kept.posted["blocks"] if block["type"] != "actions"]
    return Message(text=str(kept.posted["text"]), blocks=blocks)


async def _who(desk: Desk, payload: Mapping[str, Any]) -> Json:
    """From whom and to whom, as far as Slack, the settings or the last handoff tell; and whose clock times."""
    user, settings = str(payload["user"]), desk.parts.settings
    last = await desk.parts.store.run(Handoffs(desk.parts.store).last, str(payload["channel"]))
    had = tuple(filter(None, [last.acknowledged_by])) or last.handoff.handed_to if last else ()
    zone = zone_of(settings.time_zone, await zone_name(desk, user))
    if settings.oncall_group:
        to = await _members(desk, settings.oncall_group)
        giver = [person for person in had if person not in to]
    else:
        turns = on_call(settings.oncall, zone_of(settings.time_zone)).handing(desk.now())
        giver, to = list(turns[0] or had), list(turns[1])
    giver = giver or [person for person in [user] if person and person not in to]
    return {"from": giver, "to": to, "zone": zone.key}


async def _members(desk: Desk, group: str) -> list[str]:
    with contextlib.suppress(SlackFailure):
        if found := await desk.parts.directory.group(group):
            return sorted(await desk.parts.directory.members(str(found["id"])))[:MOST_ON_CALL]
    return []


async def _made(desk: Desk, deed: Deed, about: Mapping[str, Any]) -> Json:
    """Its id. Made before it is told, on record before it is posted."""
    channel, user = str(deed.payload["channel"]), str(deed.payload["user"])
    trail = _trail(desk, deed)
    wish = Wish(
        key=deed.key,
        words=str(deed.payload["words"]),
        now=desk.now(),
        zone=zone_of(str(about["zone"])),
        made_by=user,
        is_due=not user,
        team=desk.parts.bot.team,
        channel=channel,
        handed_from=tuple(about["from"]),
        handed_to=tuple(about["to"]),
        people=await desk.names_of([*about["from"], *about["to"]]),
    )
    maker = Maker(desk.parts.store, _looker(desk, trail), desk.names_of)
    try:
        kept = await maker.make(wish)
    except SpanError as why:  # a result like any other, so that a replay does not decide anew
        return {"refused": str(why)}
    await trail.record("handoff.made", outcome=kept.id, detail={"counts": vars(kept.handoff.counts)})
    return {"id": kept.id}


def _trail(desk: Desk, deed: Deed) -> Trail:
    user = str(deed.payload["user"])
    if user:
        return desk.trail(user, str(deed.payload["channel"]), deed.key)
    return Trail(desk.parts.ledger, replace(SYSTEM, team=desk.parts.bot.team), deed.key)


def _looker(desk: Desk, trail: Trail) -> Looker:
    @contextlib.asynccontextmanager
    async def opened(name: str) -> AsyncIterator[Cluster]:
        async with desk.parts.open_cluster(name) as cluster:
            yield trail.cluster(cluster)

    settings = desk.parts.settings
    clinic = Clinic(desk.parts.entries, None, Budget(seconds=settings.deadline))
    return Looker(clinic, opened, settings.handoff_deadline)


async def _placed(desk: Desk, kept: Kept, channel: str, ts: str, message: Message) -> Json:
    posted = {"text": message.text, "blocks": message.blocks}
    await desk.parts.store.run(Handoffs(desk.parts.store).place, kept.id, channel, ts, posted)


def due_key(team: str, due: datetime) -> str:
    """The key of a scheduled handoff: the same on every replica."""
    return f"{team}:handoff:{due.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


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
