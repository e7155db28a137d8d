"""A press out of Slack's payload."""

from collections.abc import Mapping
from typing import Any

from bot.slack.blocks.action_ids import CHOOSE_CLUSTER
from bot.slack.events.accept import report_not_stored, store_in_time
from bot.slack.handlers.context import HandlerContext
from bot.slack.jobs import ButtonPress, JobKind, Payload


def parse_button_press(body: Mapping[str, Any]) -> ButtonPress:
    """What was pressed, by whom and where. A menu's value is the question's key and the option."""
    action, container, message = body["actions"][0], body.get("container") or {}, body.get("message") or {}
    value = str(action.get("value") or "")
    if action["action_id"] == CHOOSE_CLUSTER:
        key = str(action.get("block_id") or "").removeprefix(f"{CHOOSE_CLUSTER}:")
        value = f"{key} {(action.get('selected_option') or {}).get('value', '')}"
    return ButtonPress(
        action=str(action["action_id"]),
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
    if await store_in_time(context.accept(kind, key, payload), key) is not None:
        return True
    await report_not_stored(context, body, key)
    return False
