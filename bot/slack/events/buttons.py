"""Pressed buttons and menus, and App Home being opened: each is stored as a job before it is acknowledged."""

import logging
import re
from collections.abc import Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.diagnosis.language import labels_for
from bot.slack.api.errors import SlackError
from bot.slack.blocks.action_ids import (
    CASE_MENU,
    CHECK_ALL,
    CHECK_CLUSTER,
    CHOOSE_CLUSTER,
    HAND_OVER,
    HANDOFF_TAKEN,
    HELPED,
    HOME_RECHECK,
    NOT_HELPED,
    OPEN_FORM,
    RECHECK,
    RESOLVE,
    SETTLE_NO,
    SETTLE_YES,
    SHARE_ANSWER,
    SHOW_WHOLE,
    TAKE,
    TAKE_CASE,
    UNWATCH,
    WATCH,
    ButtonValue,
    parse_menu_value,
)
from bot.slack.blocks.modals import note_form
from bot.slack.events.accept import report_not_stored, store_in_time
from bot.slack.events.forms import open_form
from bot.slack.handlers.buttons import find_case
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.errors import UserError
from bot.slack.jobs import HANDOFF_ACK, HOME, PRESS, ButtonPress, HandoffAck, HomeView, JobKind, Payload
from bot.slack.slack_connect import foreign_team

_log = logging.getLogger("netclinic.listeners")


def register(app: AsyncApp, context: HandlerContext) -> None:
    """Everything that can be pressed; what opens a modal is in :mod:`bot.slack.events.modals`."""
    _listen_to_feedback(app, context)
    _listen_to_handoff_taken(app, context)
    _listen_to_home_buttons(app, context)
    _listen_to_home_opened(app, context)
    _listen_to_case_buttons(app, context)


async def accept_feedback(context: HandlerContext, body: Mapping[str, Any]) -> None:
    """It helped, it did not: stored by the job, and a note can be left at once."""
    press = parse_button_press(body)
    if not await accept_press(context, body, PRESS, press):
        return
    try:
        _, answer = await find_case(context, press)
        value, helped = ButtonValue.loads(press.value), press.action == HELPED
        form = note_form(value, helped=helped, cluster=answer.cluster, labels=labels_for(answer.report))
        await context.services.poster.open_view(str(body["trigger_id"]), form)
    except UserError:
        return  # the work says so
    except SlackError as error:
        _log.info("No note can be left: %s", error)


def _listen_to_feedback(app: AsyncApp, context: HandlerContext) -> None:
    """Buttons of answers of earlier versions; now it stands in the menu."""

    async def feedback(ack: AsyncAck, body: Mapping[str, Any]) -> None:
        await accept_feedback(context, body)
        await ack()

    for action in (HELPED, NOT_HELPED):
        app.action(action)(feedback)


def _listen_to_handoff_taken(app: AsyncApp, context: HandlerContext) -> None:
    """“I have it” below a handoff."""

    @app.action(HANDOFF_TAKEN)
    async def press_button(ack: AsyncAck, body: Mapping[str, Any]) -> None:
        press = parse_button_press(body)
        ack_ = HandoffAck(handoff=press.value, user=press.user, channel=press.channel, response_url=press.response_url)
        await accept_press(context, body, HANDOFF_ACK, ack_)
        await ack()


def _listen_to_home_buttons(app: AsyncApp, context: HandlerContext) -> None:
    """The buttons of App Home."""

    @app.action(OPEN_FORM)
    async def form(ack: AsyncAck, body: Mapping[str, Any]) -> None:
        key = press_key(context, body)
        trail = context.audit_context(str(body["user"]["id"]), "", key)
        if await store_in_time(context, trail.record("button.pressed", outcome=OPEN_FORM), key):
            await open_form(context, str(body["trigger_id"]))
        else:
            await report_not_stored(context, body, key)
        await ack()

    @app.action(HOME_RECHECK)
    async def recheck_home(ack: AsyncAck, body: Mapping[str, Any]) -> None:
        await accept_press(context, body, HOME, HomeView(user=str(body["user"]["id"]), anew=True))
        await ack()


def _listen_to_home_opened(app: AsyncApp, context: HandlerContext) -> None:
    """Listen to ``app_home_opened``."""

    @app.event("app_home_opened")
    async def open_home(event: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        if event.get("tab", "home") == "home":
            key = f"home:{body.get('event_id') or event.get('event_ts')}"
            team = foreign_team(body, context.services.bot.own_teams)
            await context.accept(HOME, key, HomeView(user=str(event["user"]), team=team))


def _listen_to_case_buttons(app: AsyncApp, context: HandlerContext) -> None:
    """What acts on a case, and the menu of clusters. Last, since it takes what nobody else listens for."""

    async def press_button(ack: AsyncAck, body: Mapping[str, Any]) -> None:
        await accept_press(context, body, PRESS, parse_button_press(body))
        await ack()

    working = (RECHECK, SETTLE_YES, SETTLE_NO, RESOLVE, HAND_OVER, TAKE_CASE, TAKE, WATCH, UNWATCH)
    for action in (*working, SHARE_ANSWER, CHECK_ALL, CHECK_CLUSTER, SHOW_WHOLE, CHOOSE_CLUSTER):
        app.action(action)(press_button)
    # What nobody else listens for, such as a button of an older version: the work says that it leads nowhere.
    app.action(re.compile(""))(press_button)


def parse_button_press(body: Mapping[str, Any]) -> ButtonPress:
    """What was pressed, by whom and where. A menu's value is the question's key and the option."""
    action, container, message = body["actions"][0], body.get("container") or {}, body.get("message") or {}
    name, value = str(action["action_id"]), str(action.get("value") or "")
    if name == CASE_MENU:
        name, value = parse_menu_value(str((action.get("selected_option") or {}).get("value") or ""))
    if action["action_id"] == CHOOSE_CLUSTER:
        key = str(action.get("block_id") or "").removeprefix(f"{CHOOSE_CLUSTER}:")
        value = f"{key} {(action.get('selected_option') or {}).get('value', '')}"
    return ButtonPress(
        action=name or CASE_MENU,
        value=value,
        user=str(body["user"]["id"]),
        channel=str((body.get("channel") or {}).get("id") or container.get("channel_id") or ""),
        message_ts=str(container.get("message_ts") or message.get("ts") or ""),
        thread_ts=str(container.get("thread_ts") or message.get("thread_ts") or ""),
        response_url=str(body.get("response_url") or ""),
        is_private=bool(container.get("is_ephemeral")),
    )


def press_key(context: HandlerContext, body: Mapping[str, Any]) -> str:
    """One press: Slack stamps each."""
    action = body["actions"][0]
    at = action.get("action_ts") or body.get("trigger_id")
    return f"{context.services.bot.team}:press:{body['user']['id']}:{action['action_id']}:{at}"


async def accept_press(
    context: HandlerContext, body: Mapping[str, Any], kind: JobKind[Payload], payload: Payload
) -> bool:
    """Accept the press as work; False where it could not be stored, which has then been said."""
    key = press_key(context, body)
    if await store_in_time(context, context.accept(kind, key, payload), key) is not None:
        return True
    await report_not_stored(context, body, key)
    return False
