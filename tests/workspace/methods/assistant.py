"""The status under a thread: who is doing what there, until the app says something."""

from typing import Any

from tests.workspace.calls import Call, Refused
from tests.workspace.records import Json, Message

_MOST_LOADING_MESSAGES = 10


def set_status(call: Call) -> Json:
    """docs.slack.dev/reference/methods/assistant.threads.setStatus; an empty status takes it away."""
    channel = call.channel("channel_id")
    if call.team.bot.id not in channel.members:
        raise Refused("channel_not_found")
    message: Message | None = call.team.find(channel.id, call.needed("thread_ts"))
    if message is None or message.ephemeral_to:
        raise Refused("invalid_thread_ts")
    if "status" not in call.args:
        call.needed("status")
    loading = _loading_messages(call.args.get("loading_messages"))
    call.team.set_status(channel.id, message.thread_ts or message.ts, call.text("status"), loading)
    return {}


def _loading_messages(given: Any) -> tuple[str, ...]:
    if given in (None, ""):
        return ()
    if not isinstance(given, list) or len(given) > _MOST_LOADING_MESSAGES or not all(isinstance(m, str) for m in given):
        raise Refused("invalid_arguments")
    return tuple(given)
