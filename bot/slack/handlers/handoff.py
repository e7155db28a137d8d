"""Handoffs in Slack: made, posted once with page and picture, taken by somebody, and reminded of once.

The picture and the page in a posted handoff's thread. The handoff stands without them; who reads it is told why.

Taking a handoff over: who has it is recorded once, and where nobody has, the channel is reminded once.
"""

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from bot.audit import AuditContext
from bot.audit.records import SYSTEM
from bot.cluster.reader import Cluster
from bot.cluster.requests import Budget
from bot.diagnosis.clinic import Clinic
from bot.handoff.make import HandoffGenerator, HandoffRequest
from bot.handoff.markdown import page_name, picture_name
from bot.handoff.oncall import parse_on_call
from bot.handoff.recheck import Rechecker
from bot.handoff.repository import Handoffs, StoredHandoff
from bot.handoff.schedule import choose_zone
from bot.handoff.time_range import SpanError
from bot.handoff.timeline import alt_text
from bot.slack.api.errors import SlackFailure, SlackRefused
from bot.slack.blocks.action_ids import HANDOFF_TAKEN
from bot.slack.blocks.elements import Message
from bot.slack.blocks.handoff import (
    Acknowledgement,
    handoff_message,
    reminder_message,
    taken_by_other_message,
    unattached_message,
)
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.messenger import AuditedMessenger
from bot.slack.handlers.refusal import UserError, run_reporting_errors
from bot.slack.queue.job import Job, Json


@dataclass(frozen=True)
class Files:
    """What hangs below the handoff ``kept``, posted in ``channel`` at ``ts``."""

    job: Job
    voice: AuditedMessenger
    kept: StoredHandoff
    channel: str
    ts: str

    async def attach(self) -> Message | None:
        """Each file for itself: one that cannot be attached keeps no other from it. What could not be, if anything."""
        failed: dict[str, str] = {}
        for name, attach in self._wanted().items():
            try:
                await self.job.step(name, attach)
            except SlackFailure as why:
                failed[name] = str(why)
        return unattached_message(self.kept.id, self.channel, failed) if failed else None

    async def say_below(self, message: Message) -> Json:
        """Say it in the handoff's thread, where the files are looked for."""
        key = f"{self.job.key}:files"
        await self.voice.post_once(channel=self.channel, thread_ts=self.ts, key=key, message=message)

    def _wanted(self) -> Mapping[str, Callable[[], Awaitable[Json]]]:
        return {**({"picture": self._picture} if self.kept.picture else {}), "page": self._page}

    async def _picture(self) -> Json:
        name, alt = picture_name(self.kept.id), alt_text(self.kept.handoff)
        await self._upload(name, self.kept.picture, f"{self.kept.id} at a glance", alt, key=f"{self.job.key}:picture")

    async def _page(self) -> Json:
        title = f"{self.kept.id}, the whole page"
        await self._upload(page_name(self.kept.id), self.kept.text, title, key=f"{self.job.key}:page")

    async def _upload(self, name: str, content: str | bytes, title: str, alt: str = "", *, key: str) -> None:
        await self.voice.upload(self.channel, self.ts, name, content, title, alt, key=key)


NAME = "handoff"
MOST_ON_CALL = 20


async def hand_off(context: HandlerContext, job: Job) -> None:
    """The handler. ``words`` name the span, ``channel`` is where it goes, ``user`` asked for it, nobody by schedule."""
    channel, user = str(job.payload["channel"]), str(job.payload["user"])
    trail = _trail(context, job)
    voice = context.voice(trail)

    async def act() -> None:
        about = await job.step("who", lambda: _who(context, job.payload))
        made = await job.step("make", lambda: _made(context, job, about))
        if "refused" in made:
            raise UserError(made["refused"])
        kept = await stored(context, made["id"])
        message = handoff_message(kept.handoff)
        post = voice.post_once
        ts = await job.step("post", lambda: post(channel=channel, thread_ts=None, key=job.key, message=message))
        await job.step("place", lambda: _placed(context, kept, channel, ts, message))
        files = Files(job, voice, kept, channel, ts)
        if missing := await files.attach():
            await job.step("below", lambda: files.say_below(missing))
            if user:
                await say(missing)

    async def say(message: Message) -> None:
        key = f"{job.key}:why"
        if user:
            where, url = str(job.payload.get("asked_in") or channel), str(job.payload.get("response_url") or "")
            await job.step("say", lambda: voice.alone(where, user, message, response_url=url))
        else:
            await job.step("say", lambda: voice.post_once(channel=channel, thread_ts=None, key=key, message=message))

    await run_reporting_errors(act, say, trail)


async def span_is_meant(context: HandlerContext, words: str, channel: str, reader: str) -> None:
    """Refuse words that name no span, before anything is promised.

    Raises:
        Refused: with the sentence.
    """
    zone = choose_zone(context.parts.settings.time_zone, await zone_name(context, reader))
    try:
        await HandoffGenerator(context.parts.store).span(
            HandoffRequest(key="", words=words, now=context.now(), zone=zone, channel=channel)
        )
    except SpanError as why:
        raise UserError(str(why)) from why


async def zone_name(context: HandlerContext, user: str) -> str:
    """The time zone that a person has set in Slack; empty where nobody is meant, or Slack does not say."""
    with contextlib.suppress(SlackFailure):
        return str((await context.parts.directory.person(user)).get("tz") or "") if user else ""
    return ""


async def stored(context: HandlerContext, id_: str) -> StoredHandoff:
    """The handoff.

    Raises:
        Refused: there is none.
    """
    found = await context.parts.store.run(Handoffs(context.parts.store).get, id_)
    if found is None:
        raise UserError(f"There is no handoff {id_[:40]}: `/netclinic handoff` makes one.")
    return found


def as_posted(kept: StoredHandoff) -> Message:
    """The very message that was posted, without its button; one that never was is shown as it would be."""
    if not kept.posted:
        return handoff_message(kept.handoff, button_shown=False)
    blocks = [block for block in kept.posted["blocks"] if block["type"] != "actions"]
    return Message(text=str(kept.posted["text"]), blocks=blocks)


async def _who(context: HandlerContext, payload: Mapping[str, Any]) -> Json:
    """From whom and to whom, as far as Slack, the settings or the last handoff tell; and whose clock times."""
    user, settings = str(payload["user"]), context.parts.settings
    last = await context.parts.store.run(Handoffs(context.parts.store).last, str(payload["channel"]))
    had = tuple(filter(None, [last.acknowledged_by])) or last.handoff.handed_to if last else ()
    zone = choose_zone(settings.time_zone, await zone_name(context, user))
    if settings.oncall_group:
        to = await _members(context, settings.oncall_group)
        giver = [person for person in had if person not in to]
    else:
        turns = parse_on_call(settings.oncall, choose_zone(settings.time_zone)).handing(context.now())
        giver, to = list(turns[0] or had), list(turns[1])
    giver = giver or [person for person in [user] if person and person not in to]
    return {"from": giver, "to": to, "zone": zone.key}


async def _members(context: HandlerContext, group: str) -> list[str]:
    with contextlib.suppress(SlackFailure):
        if found := await context.parts.directory.group(group):
            return sorted(await context.parts.directory.members(str(found["id"])))[:MOST_ON_CALL]
    return []


async def _made(context: HandlerContext, job: Job, about: Mapping[str, Any]) -> Json:
    """Its id. Made before it is told, on record before it is posted."""
    channel, user = str(job.payload["channel"]), str(job.payload["user"])
    trail = _trail(context, job)
    wish = HandoffRequest(
        key=job.key,
        words=str(job.payload["words"]),
        now=context.now(),
        zone=choose_zone(str(about["zone"])),
        made_by=user,
        is_due=not user,
        team=context.parts.bot.team,
        channel=channel,
        handed_from=tuple(about["from"]),
        handed_to=tuple(about["to"]),
        people=await context.names_of([*about["from"], *about["to"]]),
    )
    maker = HandoffGenerator(context.parts.store, _looker(context, trail), context.names_of)
    try:
        kept = await maker.make(wish)
    except SpanError as why:  # a result like any other, so that a replay does not decide anew
        return {"refused": str(why)}
    await trail.record("handoff.made", outcome=kept.id, detail={"counts": vars(kept.handoff.counts)})
    return {"id": kept.id}


def _trail(context: HandlerContext, job: Job) -> AuditContext:
    user = str(job.payload["user"])
    if user:
        return context.trail(user, str(job.payload["channel"]), job.key)
    return AuditContext(context.parts.ledger, replace(SYSTEM, team=context.parts.bot.team), job.key)


def _looker(context: HandlerContext, trail: AuditContext) -> Rechecker:
    def open_cluster(name: str) -> contextlib.AbstractAsyncContextManager[Cluster]:
        return context.parts.open_cluster(name, trail)

    settings = context.parts.settings
    clinic = Clinic(context.parts.entries, None, Budget(seconds=settings.deadline))
    return Rechecker(clinic, open_cluster, settings.handoff_deadline)


async def _placed(context: HandlerContext, kept: StoredHandoff, channel: str, ts: str, message: Message) -> Json:
    posted = {"text": message.text, "blocks": message.blocks}
    await context.parts.store.run(Handoffs(context.parts.store).note_posted, kept.id, channel, ts, posted)


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


async def take(context: HandlerContext, job: Job) -> None:
    """The handler of “I have it”: the first one has it, whoever was expected; then those who were are told."""
    taking = Taking(**job.payload)
    trail = context.trail(taking.user, taking.channel, job.key)

    async def act() -> None:
        came_of_it = await job.step("take", lambda: _taken(context, job.key, taking))
        if "refused" in came_of_it:
            raise UserError(str(came_of_it["refused"]))
        await job.step("show", lambda: shown(context, trail, taking.handoff))
        if came_of_it["instead"]:
            await job.step("tell", lambda: _told_expected(context, trail, taking))

    async def say(message: Message) -> None:
        url, alone = taking.response_url, context.voice(trail).alone
        await job.step("say", lambda: alone(taking.channel, taking.user, message, response_url=url))

    await run_reporting_errors(act, say, trail)


async def remind(context: HandlerContext, job: Job) -> None:
    """The handler of a reminder that is due: nothing is said where somebody has it, or a newer one is there."""
    handoffs = Handoffs(context.parts.store)
    trail = context.own_trail(job.key)

    async def reminded() -> Json:
        kept = await stored(context, str(job.payload["handoff"]))
        if kept.acknowledged_by or await _newer(context, kept):
            return
        message = reminder_message(kept.handoff, context.parts.settings.handoff_remind_minutes)
        post = context.voice(trail).post_once
        await post(channel=kept.channel, thread_ts=kept.message_ts, key=job.key, message=message)
        await context.parts.store.run(handoffs.note_reminded, kept.id, context.now())
        await trail.record("handoff.reminded", outcome=kept.id)

    async def say(_: Message) -> None:
        return  # nobody asked for it, and the log has the reason

    await run_reporting_errors(lambda: job.step("remind", reminded), say, trail)


async def shown(context: HandlerContext, trail: AuditContext, id_: str) -> Json:
    """Say in the posted message who has it; a message that is gone needs no saying."""
    kept = await stored(context, id_)
    if kept.acknowledged_at is None or not kept.message_ts:
        return
    message = handoff_message(kept.handoff, acknowledged=Acknowledgement(kept.acknowledged_by, kept.acknowledged_at))
    with contextlib.suppress(SlackRefused):
        await context.voice(trail).update(kept.channel, kept.message_ts, message)


async def _told_expected(context: HandlerContext, trail: AuditContext, taking: Taking) -> Json:
    """Somebody must have it, so anybody may take it; but those who were expected must not wait for it, or think it
    theirs."""
    kept = await stored(context, taking.handoff)
    message = taken_by_other_message(kept.handoff, await context.person_name(taking.user))
    key = f"{trail.request_id}:{kept.id}:instead"
    await context.voice(trail).post_once(channel=kept.channel, thread_ts=kept.message_ts, key=key, message=message)


async def _taken(context: HandlerContext, key: str, taking: Taking) -> Json:
    """``refused`` with the sentence, or whether it was taken ``instead`` of those who were expected: a result like any
    other, so that a replay does not decide anew."""
    trail, handoffs = context.trail(taking.user, taking.channel, key), Handoffs(context.parts.store)
    await trail.record("button.pressed", outcome=HANDOFF_TAKEN, detail={"value": taking.handoff[:80]})
    try:
        kept = await stored(context, taking.handoff)
    except UserError as why:
        return {"refused": why.sentence}
    if taking.channel != kept.channel:
        return {"refused": "This button belongs to another channel: press the one below the handoff itself."}
    if newer := await _newer(context, kept):
        return {"refused": f"Handoff {kept.id} is an old one; {newer.id} came after it: take that one."}
    first = await context.parts.store.run(handoffs.acknowledge, kept.id, taking.user, context.now())
    now = await stored(context, kept.id)
    if not first and now.acknowledged_by != taking.user:
        return {"refused": f"{await context.person_name(now.acknowledged_by)} has handoff {kept.id} already."}
    expected = kept.handoff.handed_to
    instead = bool(expected) and taking.user not in expected
    if first:
        detail = {"expected": list(expected)} if instead else {}
        await trail.record("handoff.acknowledged", outcome=kept.id, detail=detail)
    return {"instead": first and instead}


async def _newer(context: HandlerContext, kept: StoredHandoff) -> StoredHandoff | None:
    """The handoff that came after it in its channel."""
    last = await context.parts.store.run(Handoffs(context.parts.store).last, kept.channel)
    return last if last is not None and last.id != kept.id and last.made_at > kept.made_at else None
