"""Before any listener hears what a person pressed, typed, submitted or chose: may they? So no listener can forget it.

Events (messages, App Home) are stored first; the jobs that they become ask the same. Jobs of presses and commands ask
again: settings may have changed since they were stored.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt import BoltResponse
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.audit import AuditContext
from bot.slack.api.errors import SlackError, SlackUnavailable
from bot.slack.blocks.case import refusal_message, refusal_modal
from bot.slack.events.accept import respond_privately, store_in_time
from bot.slack.handlers import subcommands
from bot.slack.handlers.buttons import parse_case_id
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.errors import UserError, record_refusal
from bot.slack.jobs import SlashCommand
from bot.slack.permissions import Refusal, Right, right_to_press
from bot.slack.slack_connect import RULE, foreign_team

LOOKUP_TIMEOUT = 1.5  # seconds of Slack's three in which it must tell who is in a group
UNKNOWN = "I cannot tell whether you may just now, because Slack does not say who you are: do it again in a minute."
STORED_FIRST = frozenset({"command", "message_action"})  # their jobs ask until Slack tells
Body = Mapping[str, Any]
_log = logging.getLogger("netclinic.listeners")


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """What a person did, as far as permissions go. ``kind`` is Slack's ``type``, or ``command``.

    ``action`` is the id of the button, view or shortcut, or the words of the command; ``value`` a button's; ``team``
    one that is not ours.
    """

    kind: str
    user: str
    channel: str
    action: str
    at: str
    value: str = ""
    response_url: str = ""
    team: str = ""


def parse_interaction(body: Body, own_teams: frozenset[str]) -> Interaction | None:
    """The interaction in a payload; ``None`` for events, which no person's id stands above of."""
    if "command" in body:
        return Interaction(
            kind="command",
            user=str(body.get("user_id") or ""),
            channel=str(body.get("channel_id") or ""),
            action=str(body.get("text") or ""),
            at=str(body.get("trigger_id") or ""),
            response_url=str(body.get("response_url") or ""),
            team=foreign_team(body, own_teams),
        )
    user = str(_part(body, "user").get("id") or "")
    if not user or "event" in body:
        return None
    action, view = (body.get("actions") or [{}])[0], _part(body, "view")
    return Interaction(
        kind=str(body.get("type") or ""),
        user=user,
        channel=str(_part(body, "channel").get("id") or _part(body, "container").get("channel_id") or ""),
        action=str(action.get("action_id") or body.get("callback_id") or view.get("callback_id") or ""),
        at=str(action.get("action_ts") or body.get("action_ts") or body.get("trigger_id") or view.get("id") or ""),
        value=str(action.get("value") or ""),
        response_url=str(body.get("response_url") or ""),
        team=foreign_team(body, own_teams),
    )


def _part(body: Body, name: str) -> Body:
    part = body.get(name)
    return part if isinstance(part, Mapping) else {}


def required_right(done: Interaction) -> Right | None:
    """What it takes; ``None`` for a command that shows nothing."""
    if done.kind == "command":
        slash = SlashCommand(text=done.action, user=done.user, channel=done.channel)
        row = subcommands.find_subcommand(slash.name)
        return row.right if row else None
    return right_to_press(done.action) if done.kind == "block_actions" else "ask"


def register(app: AsyncApp, context: HandlerContext) -> None:
    """Ask before every listener."""

    @app.middleware
    async def check_access(body: Body, ack: AsyncAck, next_: Callable[[], Awaitable[Any]]) -> BoltResponse | None:
        done = parse_interaction(body, context.services.bot.own_teams)
        why = await _find_refusal(context, done) if done else None
        if done is None or why is None:
            await next_()
            return None
        return await _refuse(context, body, done, why, ack)


async def _find_refusal(context: HandlerContext, done: Interaction) -> Refusal | None:
    """Why not. What Slack does not tell in time is a no, unless a job asks it again."""
    right, access = required_right(done), context.services.external_access
    try:
        async with asyncio.timeout(LOOKUP_TIMEOUT):
            try:
                why = await access.refusal(done.user, done.channel, done.team)
            except (
                SlackUnavailable
            ):  # of the channel: what is shown to one person is theirs, and posts are checked again
                why = await access.person_refusal(done.user, done.team)
            return why or (await context.permissions.refusal(right, done.user) if right else None)
    except (SlackError, TimeoutError) as error:
        _log.warning("Slack does not say whether somebody may: %s", error)
        return None if done.kind in STORED_FIRST else Refusal(UNKNOWN, "")


async def _refuse(context: HandlerContext, body: Body, done: Interaction, why: Refusal, ack: AsyncAck) -> BoltResponse:
    """Put it on record and say it to the person alone; nothing else is done."""
    key = f"{context.services.bot.team}:{done.kind}:{done.user}:{done.action[:80]}:{done.at}"
    trail = context.audit_context(done.user, done.channel, key, parse_case_id(done.value))
    await store_in_time(context, _record(trail, done, why), key)
    request = "" if why.rule == RULE else key
    message, modal = refusal_message(why.sentence, request=request), refusal_modal(why.sentence, request=request)
    if done.kind == "command":
        return await ack(text=message.text, blocks=message.blocks)
    if done.kind == "view_submission":
        return await ack(response_action="update", view=modal)
    if done.response_url:
        await respond_privately(context, trail, done.response_url, message)
    else:
        await _show_modal(context, body, modal)
    return await ack()


async def _record(trail: AuditContext, done: Interaction, why: Refusal) -> None:
    if done.kind == "command":
        await trail.record("command.received", detail={"text": done.action})
    elif done.kind == "block_actions":
        await trail.record("button.pressed", outcome=done.action, detail={"value": done.value[:500]})
    await record_refusal(UserError(why.sentence, why.rule), trail)


async def _show_modal(context: HandlerContext, body: Body, modal: dict[str, Any]) -> None:
    """In place of the modal that was used; on App Home and from a shortcut as a new one."""
    view, poster = _part(body, "view"), context.services.poster
    try:
        if view.get("type") == "modal":
            await poster.update_view(str(view["id"]), modal)
        elif body.get("trigger_id"):
            await poster.open_view(str(body["trigger_id"]), modal)
    except SlackError as error:
        _log.warning("A refusal could not be shown: %s", error)
