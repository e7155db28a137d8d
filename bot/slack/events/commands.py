"""The slash command, and the shortcuts: one on a message, one from anywhere."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.slack.blocks.action_ids import ASK, DIAGNOSE_MESSAGE
from bot.slack.blocks.case import Stage, progress_message, refusal_message
from bot.slack.blocks.overviews import COMMAND
from bot.slack.events.accept import NOT_STORED, said_alone, said_not_stored, stored
from bot.slack.events.forms import opened_form
from bot.slack.handlers import question as question_handler
from bot.slack.handlers import subcommands
from bot.slack.handlers.buttons import is_answered
from bot.slack.handlers.command import SHARE, Typed
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.question import Question
from bot.slack.handlers.refusal import UserError, recorded
from bot.slack.parsing import read_question

NAME = "command"
SLOW = {"ask": "your question", "check": "every fault", "facts": "the cluster's facts", "cluster": "the clusters"}


def register(app: AsyncApp, context: HandlerContext) -> None:
    """Listen to ``/netclinic`` and to both shortcuts."""
    _listen_to_slash_command(app, context)
    _listen_to_shortcuts(app, context)


def _listen_to_slash_command(app: AsyncApp, context: HandlerContext) -> None:

    @app.command(COMMAND)
    async def typed(ack: AsyncAck, command: Mapping[str, Any]) -> None:
        """What takes long is acknowledged with a word that only the asker sees; its answer comes when it is there."""
        said = Typed(
            text=str(command.get("text") or ""),
            user=str(command["user_id"]),
            channel=str(command["channel_id"]),
            response_url=str(command["response_url"]),
        )
        key = f"{context.parts.bot.team}:{said.channel}:command:{command['trigger_id']}"
        if await stored(context.parts.work.accept(NAME, key, said.to_json()), key) is None:
            told = refusal_message(NOT_STORED, request=key)
            await ack(text=told.text, blocks=told.blocks)
            return
        row = subcommands.row_of(said.name)
        if row is None or row.shown.name not in SLOW or SHARE in said.rest.flags:
            await ack()
            return
        looking = progress_message(said.rest.words or SLOW[row.shown.name], Stage.WAITING)
        await ack(text=looking.text, blocks=looking.blocks)


def _listen_to_shortcuts(app: AsyncApp, context: HandlerContext) -> None:

    @app.shortcut({"callback_id": DIAGNOSE_MESSAGE, "type": "message_action"})
    async def diagnose(ack: AsyncAck, shortcut: Mapping[str, Any]) -> None:
        question = question_about(shortcut, context.parts.bot.user)
        key = f"{context.parts.bot.team}:{question.channel}:{shortcut['message_ts']}:diagnose:{question.user}"

        async def answered(earlier: str) -> bool:
            return await is_answered(context, earlier) or await is_answered(context, question_handler.direct(earlier))

        accepting = context.parts.work.accept_anew(question_handler.NAME, key, question.to_json(), answered)
        is_new = await stored(accepting, key)
        await ack()
        if is_new is None:
            await said_not_stored(context, shortcut, key)
        elif not is_new:
            sentence = "You have had this message diagnosed already: look into its thread, and re-check there."
            trail = context.trail(question.user, question.channel, key)
            await recorded(UserError(sentence), trail)
            await said_alone(context, trail, str(shortcut["response_url"]), sentence)

    @app.shortcut({"callback_id": ASK, "type": "shortcut"})
    async def form(ack: AsyncAck, shortcut: Mapping[str, Any]) -> None:
        await opened_form(context, str(shortcut["trigger_id"]))
        await ack()


def question_about(shortcut: Mapping[str, Any], bot_user: str) -> Question:
    """A message as a question; of one without words the attachments speak, as alerts have them."""
    message: Mapping[str, Any] = shortcut["message"]
    texts = [str(message.get("text") or "")]
    if not texts[0].strip():
        parts = message.get("attachments") or []
        texts = [str(part.get(name) or "") for part in parts for name in ("title", "text", "fallback")]
    asked = read_question("\n".join(dict.fromkeys(text for text in texts if text)), bot_user=bot_user)
    return Question(
        channel=str(shortcut["channel"]["id"]),
        user=str(shortcut["user"]["id"]),
        how="shortcut",
        words=asked.words,
        cluster=asked.cluster,
        namespace=asked.namespace,
        thread_ts=str(message.get("thread_ts") or shortcut["message_ts"]),
        trouble=asked.trouble or ("" if asked.words else "This message holds no text that I can read."),
    )
