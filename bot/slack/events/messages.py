"""Mentions, direct messages, and what is said in incident channels.

A mention arrives twice, as ``app_mention`` and as ``message``, and each again when Slack is unsure: all bear the
message's own ts, under which the question is accepted once.
Most messages are people talking to each other: they are nothing to us.
"""

import asyncio
import contextlib
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from slack_bolt.app.async_app import AsyncApp

from bot.slack.api.errors import SlackError, SlackUnavailable
from bot.slack.blocks.case import refusal_message
from bot.slack.handlers.context import HandlerContext
from bot.slack.jobs import QUESTION, HowAsked, Question
from bot.slack.message_text import all_text
from bot.slack.parsing import ParsedQuestion, mentions_bot, parse_question
from bot.slack.slack_connect import foreign_team, is_externally_shared

MESSAGE_SUBTYPES = frozenset({"", "file_share", "thread_broadcast"})  # other subtypes tell of edits, joins, topics
SLACKBOT = "USLACKBOT"
STORE_TIMEOUT = 8.0  # seconds for a question to be stored
NOT_STORED = (
    "Nothing was read, because your question could not be recorded: netclinic's database cannot be used just now. "
    "It is tried again for some minutes; if no answer comes, ask again and tell whoever runs netclinic."
)
_log = logging.getLogger("netclinic.listeners")


@dataclass(frozen=True, kw_only=True)
class IncomingMessage:
    """A person's message. ``thread_ts`` is empty where it stands in the channel itself; ``team``, where it is ours."""

    channel: str
    ts: str
    user: str
    text: str
    thread_ts: str = ""
    is_mention: bool = False
    team: str = ""
    in_shared_channel: bool = False

    @property
    def is_direct(self) -> bool:
        """Whether it was said to the bot alone."""
        return self.channel.startswith("D")


def parse_message_event(event: Mapping[str, Any], bot_user: str) -> IncomingMessage | None:
    """The message of a ``message`` or ``app_mention`` event; ``None`` for edits, joins, bots and the like."""
    user, ts = str(event.get("user") or ""), str(event.get("ts") or "")
    is_persons = user not in ("", bot_user, SLACKBOT) and not event.get("bot_id") and not event.get("hidden")
    if not is_persons or not ts or str(event.get("subtype") or "") not in MESSAGE_SUBTYPES:
        return None
    typed, thread = str(event.get("text") or ""), str(event.get("thread_ts") or "")
    return IncomingMessage(
        channel=str(event["channel"]),
        ts=ts,
        user=user,
        text=all_text(event),
        thread_ts="" if thread == ts else thread,
        is_mention=event.get("type") == "app_mention" or mentions_bot(typed, bot_user),
    )


def register(app: AsyncApp, context: HandlerContext) -> None:
    """Listen to ``message`` and ``app_mention``, and take whatever else Slack sends: so this comes last."""

    async def handle_message(event: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        message = parse_message_event(event, context.services.bot.user)
        if message is not None:
            team = foreign_team(body, context.services.bot.own_teams)
            await _accept_message(context, replace(message, team=team, in_shared_channel=is_externally_shared(body)))

    app.event("app_mention")(handle_message)
    app.event("message")(handle_message)
    app.event(re.compile(""))(_ignore_event)


async def _accept_message(context: HandlerContext, message: IncomingMessage) -> None:
    """Accept the message where it is a question for us."""
    asked = parse_question(message.text, bot_user=context.services.bot.user)
    how = await _how_asked(context, message, asked)
    if how is None:
        return
    question = Question(
        channel=message.channel,
        user=message.user,
        how=how,
        words=asked.words,
        cluster=asked.cluster,
        namespace=asked.namespace,
        thread_ts=message.thread_ts or message.ts,
        trouble=asked.trouble,
        team=message.team,
        in_shared_channel=message.in_shared_channel,
        is_reply=bool(message.thread_ts),
    )
    key = f"{context.services.bot.team}:{message.channel}:{message.ts}"
    if not await _accept_question(context, question, key):
        _log.info("A message came again; it is being answered, or was.", extra={"request_id": key})


async def _accept_question(context: HandlerContext, question: Question, key: str) -> bool:
    """Whether it is new. What cannot be stored is not acknowledged: Slack brings it again, and the asker hears so.

    Raises:
        JobNotAccepted, and what the database raises: it is not stored.
    """
    try:
        return await context.accept(QUESTION, key, question, STORE_TIMEOUT)
    except Exception as error:
        _log.error("A question could not be stored: %s", error, extra={"request_id": key})
        if question.how != "unasked" and context.is_first_warning(key):
            with contextlib.suppress(SlackError):
                await context.services.poster.warn_person(
                    question.channel,
                    question.user,
                    refusal_message(NOT_STORED, request=key),
                    question.thread_ts or None,
                )
        raise


async def _how_asked(context: HandlerContext, message: IncomingMessage, asked: ParsedQuestion) -> HowAsked | None:
    """How it was asked; ``None`` where nobody asked us."""
    if message.is_direct:  # there nobody else can be meant
        return "direct"
    if message.is_mention:
        return "mention"
    settings = context.services.settings
    if not settings.incident_channels or not await _is_confident_match(
        context, asked.words, settings.unasked_confidence
    ):
        return None
    try:
        return "unasked" if await context.is_incident_channel(message.channel) else None
    except SlackUnavailable:
        return "unasked"  # stored first; whether it was said in such a channel is looked up again before the answer


async def _is_confident_match(context: HandlerContext, words: str, confidence: float) -> bool:
    """Whether the words are about the network: in scope, and with this confidence."""
    matcher = (await context.services.clinic()).matcher
    if matcher is None or not words:
        return False
    found = await asyncio.to_thread(matcher.match, words)
    is_sure = found.in_scope and found.confidence >= confidence
    _log.info(
        "Nobody asked; %s.", "it is answered" if is_sure else "nothing is said", extra={"confidence": found.confidence}
    )
    return is_sure


async def _ignore_event() -> None:
    """Events that we have no use for are acknowledged all the same: Slack would send them again and again."""
