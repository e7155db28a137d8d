"""Handoffs in Slack: made, posted once with page and picture, acknowledged by somebody, reminded of once."""

import contextlib
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from bot.audit import AuditContext
from bot.cluster.reader import Cluster
from bot.cluster.requests import Budget
from bot.diagnosis.clinic import Clinic
from bot.handoff.make import HandoffGenerator, HandoffRequest
from bot.handoff.markdown import page_name, picture_name
from bot.handoff.oncall import parse_on_call
from bot.handoff.queries import thread_link
from bot.handoff.recheck import Rechecker
from bot.handoff.repository import Handoffs, StoredHandoff
from bot.handoff.schedule import choose_zone, handoff_schedule
from bot.handoff.silences import make_alertmanager
from bot.handoff.time_range import SpanError
from bot.handoff.timeline import alt_text
from bot.slack.api.errors import SlackError, SlackRefused
from bot.slack.blocks.action_ids import HANDOFF_TAKEN
from bot.slack.blocks.elements import Message
from bot.slack.blocks.handoff import (
    Acknowledgement,
    folds,
    handoff_message,
    reminder_message,
    taken_by_other_message,
    unattached_message,
)
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.errors import UserError, run_reporting_errors
from bot.slack.handlers.messenger import AuditedMessenger
from bot.slack.handlers.visibility import closed_channels
from bot.slack.jobs import HandoffAck, HandoffOrder, HandoffReminder
from bot.slack.queue.job import Job, Json
from bot.store.cases import DIRECT

MAX_ON_CALL = 20


@dataclass(frozen=True)
class HandoffFiles:
    """What hangs below the handoff ``stored``, posted in ``channel`` at ``ts``."""

    job: Job
    messenger: AuditedMessenger
    stored: StoredHandoff
    channel: str
    ts: str

    async def attach(self) -> Message | None:
        """Each file for itself: one that cannot be attached keeps no other from it. What could not be, if anything."""
        failed: dict[str, str] = {}
        for name, attach in self._uploads().items():
            try:
                await self.job.step(name, attach)
            except SlackError as why:
                failed[name] = str(why)
        return unattached_message(self.stored.id, self.channel, failed) if failed else None

    async def post_missing(self, message: Message) -> Json:
        """Say it in the handoff's thread, where the files are looked for."""
        key = f"{self.job.key}:files"
        await self.messenger.post_once(channel=self.channel, thread_ts=self.ts, key=key, message=message)

    def _uploads(self) -> Mapping[str, Callable[[], Awaitable[Json]]]:
        return {**({"picture": self._upload_picture} if self.stored.picture else {}), "page": self.attach_page}

    async def _upload_picture(self) -> Json:
        name, alt = picture_name(self.stored.id), alt_text(self.stored.handoff)
        await self._upload(
            name, self.stored.picture, f"{self.stored.id} at a glance", alt, key=f"{self.job.key}:picture"
        )

    async def attach_page(self) -> Json:
        """The page as it is stored now."""
        title = f"{self.stored.id}, the whole page"
        await self._upload(page_name(self.stored.id), self.stored.text, title, key=f"{self.job.key}:page")

    async def _upload(self, name: str, content: str | bytes, title: str, alt: str = "", *, key: str) -> None:
        await self.messenger.upload(self.channel, self.ts, name, content, title, alt, key=key)


async def post_handoff(context: HandlerContext, job: Job, order: HandoffOrder) -> None:
    """The handler. ``words`` name the span, ``channel`` is where it goes, ``user`` asked for it, nobody by schedule."""
    channel, user = order.channel, order.user
    trail = _audit_context(context, job, order)
    messenger = context.messenger(trail)

    async def act() -> None:
        about = await job.step("who", lambda: _find_people(context, order))
        made = await job.step("make", lambda: _make_handoff(context, job, order, about))
        if "refused" in made:
            raise UserError(made["refused"], made.get("rule", ""))
        stored = await find_handoff(context, made["id"])
        message = handoff_message(stored.handoff)
        post = messenger.post_once
        ts = await job.step("post", lambda: post(channel=channel, thread_ts=None, key=job.key, message=message))
        await job.step("place", lambda: _store_place(context, stored, channel, ts, message))
        files = HandoffFiles(job, messenger, stored, channel, ts)
        if missing := await files.attach():
            await job.step("below", lambda: files.post_missing(missing))
            if user:
                await say(missing)
        if folds(stored.handoff):
            await job.step("linked", lambda: refresh_handoff(context, trail, stored.id))

    async def say(message: Message) -> None:
        key = f"{job.key}:why"
        if user:
            where, url = order.asked_in or channel, order.response_url
            await job.step("say", lambda: messenger.post_privately(where, user, message, response_url=url))
        else:
            await job.step(
                "say", lambda: messenger.post_once(channel=channel, thread_ts=None, key=key, message=message)
            )

    await run_reporting_errors(act, say, trail)


async def validate_time_range(context: HandlerContext, words: str, channel: str, reader: str) -> None:
    """Refuse words that name no span, before anything is promised.

    Raises:
        UserError: with the sentence.
    """
    zone = choose_zone(context.services.settings.time_zone, await find_zone_name(context, reader))
    try:
        await HandoffGenerator(context.services.store).span(
            HandoffRequest(key="", words=words, now=context.now(), zone=zone, channel=channel)
        )
    except SpanError as why:
        raise UserError(str(why)) from why


async def find_zone_name(context: HandlerContext, user: str) -> str:
    """The time zone that a person has set in Slack; empty where nobody is meant, or Slack does not say."""
    with contextlib.suppress(SlackError):
        return str((await context.services.directory.person(user)).get("tz") or "") if user else ""
    return ""


async def find_handoff(context: HandlerContext, id_: str) -> StoredHandoff:
    """The handoff.

    Raises:
        UserError: there is none.
    """
    found = await context.services.store.run(Handoffs(context.services.store).get, id_)
    if found is None:
        raise UserError(f"There is no handoff {id_[:40]}: `/netclinic handoff` makes one.")
    return found


def render_as_posted(stored: StoredHandoff) -> Message:
    """The very message that was posted, without its button; one that never was is shown as it would be."""
    if not stored.posted:
        return handoff_message(stored.handoff, button_shown=False)
    blocks = [block for block in stored.posted["blocks"] if block["type"] != "actions"]
    return Message(text=str(stored.posted["text"]), blocks=blocks)


async def _find_people(context: HandlerContext, order: HandoffOrder) -> Json:
    """From whom and to whom, as far as Slack, the settings or the last handoff tell; and whose clock times."""
    user, settings = order.user, context.services.settings
    last = await context.services.store.run(Handoffs(context.services.store).last, order.channel)
    had = tuple(filter(None, [last.acknowledged_by])) or last.handoff.handed_to if last else ()
    zone = choose_zone(settings.time_zone, await find_zone_name(context, user))
    if settings.oncall_group:
        to = await _find_members(context, settings.oncall_group)
        giver = [person for person in had if person not in to]
    else:
        turns = parse_on_call(settings.oncall, choose_zone(settings.time_zone)).handover_at(context.now())
        giver, to = list(turns[0] or had), list(turns[1])
    giver = giver or [person for person in [user] if person and person not in to]
    return {"from": giver, "to": to, "zone": zone.key}


async def _find_members(context: HandlerContext, group: str) -> list[str]:
    with contextlib.suppress(SlackError):
        if found := await context.services.directory.group(group):
            return sorted(await context.services.directory.members(str(found["id"])))[:MAX_ON_CALL]
    return []


async def _make_handoff(context: HandlerContext, job: Job, order: HandoffOrder, about: Mapping[str, Any]) -> Json:
    """Its id. Made before it is told, on record before it is posted."""
    channel, user = order.channel, order.user
    trail = _audit_context(context, job, order)
    if why := await context.services.external_access.posting_refusal(channel):
        return {"refused": why.sentence, "rule": why.rule}
    request = HandoffRequest(
        key=job.key,
        words=order.words,
        now=context.now(),
        zone=choose_zone(str(about["zone"])),
        made_by=user,
        is_due=not user,
        team=context.services.bot.team,
        channel=channel,
        handed_from=tuple(about["from"]),
        handed_to=tuple(about["to"]),
        people=await context.display_names([*about["from"], *about["to"]]),
        next_at=schedule.next(context.now()) if (schedule := handoff_schedule(context.services.settings)) else None,
    )
    generator = HandoffGenerator(
        context.services.store,
        _make_rechecker(context, trail),
        context.display_names,
        partial(_find_closed, context, channel),
        make_alertmanager(context.services.settings.alertmanager_url),
    )
    try:
        stored = await generator.make(request)
    except SpanError as why:  # a result like any other, so that a replay does not decide anew
        return {"refused": str(why)}
    await trail.record("handoff.made", outcome=stored.id, detail={"counts": vars(stored.handoff.counts)})
    return {"id": stored.id}


async def _find_closed(context: HandlerContext, place: str, channels: Collection[str]) -> set[str]:
    """Private channels, unless the handoff is posted there. Of direct messages nothing is told but the cause."""
    return await closed_channels(context, {each for each in channels if not each.startswith(DIRECT)}, place)


def _audit_context(context: HandlerContext, job: Job, order: HandoffOrder) -> AuditContext:
    if order.user:
        return context.audit_context(order.user, order.channel, job.key)
    return context.system_audit_context(job.key)


def _make_rechecker(context: HandlerContext, trail: AuditContext) -> Rechecker:
    def open_cluster(name: str) -> contextlib.AbstractAsyncContextManager[Cluster]:
        return context.services.open_cluster(name, trail)

    settings = context.services.settings
    clinic = Clinic(context.services.entries, None, Budget(seconds=settings.deadline))
    return Rechecker(clinic, open_cluster, settings.handoff_deadline)


async def _store_place(context: HandlerContext, stored: StoredHandoff, channel: str, ts: str, message: Message) -> Json:
    posted = {"text": message.text, "blocks": message.blocks}
    await context.services.store.run(Handoffs(context.services.store).note_posted, stored.id, channel, ts, posted)


def due_key(team: str, due: datetime) -> str:
    """The key of a scheduled handoff: the same on every replica."""
    return f"{team}:handoff:{due.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


async def acknowledge(context: HandlerContext, job: Job, ack: HandoffAck) -> None:
    """The handler of “I have it”: the first one has it, whoever was expected; then those who were are told."""
    trail = context.audit_context(ack.user, ack.channel, job.key)

    async def act() -> None:
        outcome = await job.step("take", lambda: _try_acknowledge(context, job.key, ack))
        if "refused" in outcome:
            raise UserError(str(outcome["refused"]))
        await job.step("show", lambda: refresh_handoff(context, trail, ack.handoff))
        if outcome["instead"]:
            await job.step("tell", lambda: _notify_expected(context, trail, ack))

    async def say(message: Message) -> None:
        url, post_privately = ack.response_url, context.messenger(trail).post_privately
        await job.step("say", lambda: post_privately(ack.channel, ack.user, message, response_url=url))

    await run_reporting_errors(act, say, trail)


async def remind(context: HandlerContext, job: Job, reminder: HandoffReminder) -> None:
    """The handler of a reminder that is due: nothing is said where somebody has it, or a newer one is there."""
    handoffs = Handoffs(context.services.store)
    trail = context.system_audit_context(job.key)

    async def post_reminder() -> Json:
        stored = await find_handoff(context, reminder.handoff)
        if stored.acknowledged_by or await _find_newer(context, stored):
            return
        message = reminder_message(stored.handoff, context.services.settings.handoff_remind_minutes)
        post = context.messenger(trail).post_once
        await post(channel=stored.channel, thread_ts=stored.message_ts, key=job.key, message=message)
        await context.services.store.run(handoffs.note_reminded, stored.id, context.now())
        await trail.record("handoff.reminded", outcome=stored.id)

    async def say(_: Message) -> None:
        return  # nobody asked for it, and the log has the reason

    await run_reporting_errors(lambda: job.step("remind", post_reminder), say, trail)


async def refresh_handoff(context: HandlerContext, trail: AuditContext, id_: str) -> Json:
    """Say in the posted message who has it, what was noted, and where its thread is; a message that is gone needs no
    saying."""
    stored = await find_handoff(context, id_)
    if not stored.message_ts:
        return
    taken = Acknowledgement(stored.acknowledged_by, stored.acknowledged_at) if stored.acknowledged_at else None
    thread = thread_link(context.services.bot.team, stored.channel, stored.message_ts)
    message = handoff_message(stored.handoff, acknowledged=taken, thread=thread)
    with contextlib.suppress(SlackRefused):
        await context.messenger(trail).update(stored.channel, stored.message_ts, message)


async def _notify_expected(context: HandlerContext, trail: AuditContext, ack: HandoffAck) -> Json:
    """Somebody must have it, so anybody may take it; but those who were expected must not wait for it, or think it
    theirs."""
    stored = await find_handoff(context, ack.handoff)
    message = taken_by_other_message(stored.handoff, await context.display_name(ack.user))
    key = f"{trail.request_id}:{stored.id}:instead"
    await context.messenger(trail).post_once(
        channel=stored.channel, thread_ts=stored.message_ts, key=key, message=message
    )


async def _try_acknowledge(context: HandlerContext, key: str, ack: HandoffAck) -> Json:
    """``refused`` with the sentence, or whether it was taken ``instead`` of those who were expected: a result like any
    other, so that a replay does not decide anew."""
    trail, handoffs = context.audit_context(ack.user, ack.channel, key), Handoffs(context.services.store)
    await trail.record("button.pressed", outcome=HANDOFF_TAKEN, detail={"value": ack.handoff[:80]})
    if no := await context.permissions.refusal("ask", ack.user):
        return {"refused": no.sentence}
    try:
        stored = await find_handoff(context, ack.handoff)
    except UserError as why:
        return {"refused": why.sentence}
    if ack.channel != stored.channel:
        return {"refused": "This button belongs to another channel: press the one below the handoff itself."}
    if newer := await _find_newer(context, stored):
        return {"refused": f"Handoff {stored.id} is an old one; {newer.id} came after it: take that one."}
    first = await context.services.store.run(handoffs.acknowledge, stored.id, ack.user, context.now())
    now = await find_handoff(context, stored.id)
    if not first and now.acknowledged_by != ack.user:
        return {"refused": f"{await context.display_name(now.acknowledged_by)} has handoff {stored.id} already."}
    expected = stored.handoff.handed_to
    instead = bool(expected) and ack.user not in expected
    if first:
        detail = {"expected": list(expected)} if instead else {}
        await trail.record("handoff.acknowledged", outcome=stored.id, detail=detail)
    return {"instead": first and instead}


async def _find_newer(context: HandlerContext, stored: StoredHandoff) -> StoredHandoff | None:
    """The handoff that came after it in its channel."""
    last = await context.services.store.run(Handoffs(context.services.store).last, stored.channel)
    return last if last is not None and last.id != stored.id and last.made_at > stored.made_at else None
