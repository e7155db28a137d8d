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
from dataclasses import dataclass
from typing import Any

from slack_bolt.app.async_app import AsyncApp

from bot.slack.api.errors import SlackAway, SlackFailure
from bot.slack.blocks.case import refusal_message
from bot.slack.handlers import question as question_handler
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.question import How, Question
from bot.slack.parsing import Asked, mentions, read_question

SAID = frozenset({"", "file_share", "thread_broadcast"})  # other subtypes tell of edits, joins, topics
SLACKBOT = "USLACKBOT"


@dataclass(frozen=True, kw_only=True)
class IncomingMessage:
    """A person's message. ``thread_ts`` is empty where it stands in the channel itself."""

    channel: str
    ts: str
    user: str
    text: str
    thread_ts: str = ""
    is_mention: bool = False

    @property
    def is_direct(self) -> bool:
        """Whether it was said to the bot alone."""
        return self.channel.startswith("D")


def heard(event: Mapping[str, Any], bot_user: str) -> IncomingMessage | None:
    """The message of a ``message`` or ``app_mention`` event; ``None`` for edits, joins, bots and the like."""
    user, ts = str(event.get("user") or ""), str(event.get("ts") or "")
    is_persons = user not in ("", bot_user, SLACKBOT) and not event.get("bot_id") and not event.get("hidden")
    if not is_persons or not ts or str(event.get("subtype") or "") not in SAID:
        return None
    text, thread = str(event.get("text") or ""), str(event.get("thread_ts") or "")
    return IncomingMessage(
        channel=str(event["channel"]),
        ts=ts,
        user=user,
        text=text,
        thread_ts="" if thread == ts else thread,
        is_mention=event.get("type") == "app_mention" or mentions(text, bot_user),
    )


PATIENCE = 8.0  # seconds for a question to be stored
NOT_STORED = (
    "Nothing was read, because your question could not be recorded: netclinic's database cannot be used just now. "
    "It is tried again for some minutes; if no answer comes, ask again and tell whoever runs netclinic."
)
_log = logging.getLogger("netclinic.listeners")


def register(app: AsyncApp, context: HandlerContext) -> None:
    """Listen to ``message`` and ``app_mention``, and take whatever else Slack sends: so this comes last."""

    async def hear(event: Mapping[str, Any]) -> None:
        said = heard(event, context.parts.bot.user)
        if said is not None:
            await _taken(context, said)

    app.event("app_mention")(hear)
    app.event("message")(hear)
    app.event(re.compile(""))(_passed_over)


async def _taken(context: HandlerContext, said: IncomingMessage) -> None:
    """Accept the message where it is a question for us."""
    asked = read_question(said.text, bot_user=context.parts.bot.user)
    how = await _how(context, said, asked)
    if how is None:
        return
    question = Question(
        channel=said.channel,
        user=said.user,
        how=how,
        words=asked.words,
        cluster=asked.cluster,
        namespace=asked.namespace,
        thread_ts=said.thread_ts or said.ts,
        trouble=asked.trouble,
    )
    key = f"{context.parts.bot.team}:{said.channel}:{said.ts}"
    if not await _accepted(context, question, key):
        _log.info("A message came again; it is being answered, or was.", extra={"request_id": key})


async def _accepted(context: HandlerContext, question: Question, key: str) -> bool:
    """Whether it is new. What cannot be stored is not acknowledged: Slack brings it again, and the asker hears so.

    Raises:
        NotAccepting, and what the database raises: it is not stored.
    """
    try:
        return await context.parts.work.accept(question_handler.NAME, key, question.to_json(), PATIENCE)
    except Exception as error:
        _log.error("A question could not be stored: %s", error, extra={"request_id": key})
        if question.how != "unasked" and context.warned(key):
            with contextlib.suppress(SlackFailure):
                await context.parts.poster.warn(
                    question.channel,
                    question.user,
                    refusal_message(NOT_STORED, request=key),
                    question.thread_ts or None,
                )
        raise


async def _how(context: HandlerContext, said: IncomingMessage, asked: Asked) -> How | None:
    """How it was asked; ``None`` where nobody asked us."""
    if said.is_direct:  # there nobody else can be meant
        return "direct"
    if said.is_mention:
        return "mention"
    settings = context.parts.settings
    if not settings.incident_channels or not await _is_sure(context, asked.words, settings.unasked_confidence):
        return None
    try:
        return "unasked" if await context.is_incident_channel(said.channel) else None
    except SlackAway:
        return "unasked"  # stored first; whether it was said in such a channel is looked up again before the answer


async def _is_sure(context: HandlerContext, words: str, confidence: float) -> bool:
    """Whether the words are about the network: in scope, and with this confidence."""
    matcher = (await context.parts.clinic()).matcher
    if matcher is None or not words:
        return False
    found = await asyncio.to_thread(matcher.match, words)
    is_sure = found.in_scope and found.confidence >= confidence
    _log.info(
        "Nobody asked; %s.", "it is answered" if is_sure else "nothing is said", extra={"confidence": found.confidence}
    )
    return is_sure


async def _passed_over() -> None:
    """Events that we have no use for are acknowledged all the same: Slack would send them again and again."""
