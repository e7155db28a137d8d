"""Handoffs in Slack: made, posted once with page and picture, taken by somebody, and reminded of once."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.audit import Trail
from bot.audit.records import SYSTEM
from bot.cluster.requests import Budget
from bot.diagnosis.clinic import Clinic, Cluster
from bot.handoff.make import Maker, Wish
from bot.handoff.oncall import on_call
from bot.handoff.recheck import Looker
from bot.handoff.repository import Handoffs, Kept
from bot.handoff.schedule import zone_of
from bot.handoff.time_range import SpanError
from bot.slack.api.errors import SlackFailure
from bot.slack.blocks.handoff import handoff_message
from bot.slack.blocks.messages import Message
from bot.slack.handlers.context import Desk
from bot.slack.handlers.handoff_files import Files
from bot.slack.handlers.refusal import Refused, guarded
from bot.slack.queue.job import Deed, Json

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
