"""The slash command, and the shortcuts: one on a message, one from anywhere."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.slack.alert_scope import scope_of_text
from bot.slack.blocks import overviews
from bot.slack.blocks.action_ids import ASK, DIAGNOSE_MESSAGE
from bot.slack.blocks.case import refusal_message
from bot.slack.events.accept import NOT_STORED, report_not_stored, respond_privately, store_in_time
from bot.slack.events.forms import open_form
from bot.slack.handlers import question as question_handler
from bot.slack.handlers.case_service import is_answered
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.errors import UserError, record_refusal
from bot.slack.jobs import COMMAND, QUESTION, Question, SlashCommand
from bot.slack.message_text import all_text
from bot.slack.parsing import parse_question
from bot.slack.slack_connect import foreign_team


def register(app: AsyncApp, context: HandlerContext) -> None:
    """Listen to ``/netclinic`` and to both shortcuts."""
    _listen_to_slash_command(app, context)
    _listen_to_shortcuts(app, context)


def _listen_to_slash_command(app: AsyncApp, context: HandlerContext) -> None:

    @app.command(overviews.COMMAND)
    async def run_slash_command(ack: AsyncAck, command: Mapping[str, Any]) -> None:
        """Acknowledged without a word: it would stand beside the answer, which nobody can put in its place."""
        slash = SlashCommand(
            text=str(command.get("text") or ""),
            user=str(command["user_id"]),
            channel=str(command["channel_id"]),
            response_url=str(command["response_url"]),
            team=foreign_team(command, context.services.bot.own_teams),
        )
        key = f"{context.services.bot.team}:{slash.channel}:command:{command['trigger_id']}"
        if await store_in_time(context, context.accept(COMMAND, key, slash), key) is None:
            refusal_ = refusal_message(NOT_STORED, request=key)
            await ack(text=refusal_.text, blocks=refusal_.blocks)
            return
        await ack()


def _listen_to_shortcuts(app: AsyncApp, context: HandlerContext) -> None:

    @app.shortcut({"callback_id": DIAGNOSE_MESSAGE, "type": "message_action"})
    async def diagnose(ack: AsyncAck, shortcut: Mapping[str, Any]) -> None:
        question = question_about(shortcut, context.services.bot.user)
        question = replace(question, team=foreign_team(shortcut, context.services.bot.own_teams))
        key = f"{context.services.bot.team}:{question.channel}:{shortcut['message_ts']}:diagnose:{question.user}"

        async def is_answered_anywhere(earlier: str) -> bool:
            return await is_answered(context, earlier) or await is_answered(
                context, question_handler.direct_message_key(earlier)
            )

        accepting = context.accept_unless_succeeded(QUESTION, key, question, is_answered_anywhere)
        is_new = await store_in_time(context, accepting, key)
        await ack()
        if is_new is None:
            await report_not_stored(context, shortcut, key)
        elif not is_new:
            sentence = "You have had this message diagnosed already: look into its thread, and re-check there."
            trail = context.audit_context(question.user, question.channel, key)
            await record_refusal(UserError(sentence), trail)
            told = refusal_message(sentence, request=key)
            await respond_privately(context, trail, str(shortcut["response_url"]), told)

    @app.shortcut({"callback_id": ASK, "type": "shortcut"})
    async def form(ack: AsyncAck, shortcut: Mapping[str, Any]) -> None:
        await open_form(context, str(shortcut["trigger_id"]))
        await ack()


def question_about(shortcut: Mapping[str, Any], bot_user: str) -> Question:
    """A message as a question, with all that it shows; the labels of an alert set the scope."""
    message: Mapping[str, Any] = shortcut["message"]
    asked = parse_question(all_text(message), bot_user=bot_user)
    scope = scope_of_text(asked.words)
    return Question(
        channel=str(shortcut["channel"]["id"]),
        user=str(shortcut["user"]["id"]),
        how="shortcut",
        words=asked.words,
        cluster=asked.cluster,
        namespace=asked.namespace or scope.namespace,
        thread_ts=str(message.get("thread_ts") or shortcut["message_ts"]),
        trouble=asked.trouble or ("" if asked.words else "This message holds no text that I can read."),
    )
