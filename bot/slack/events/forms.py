"""Submitted forms: a question, and a note to an answer.

Opening the form in which a question is asked.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.cluster.connection import ConnectionSettingsError
from bot.cluster.resources import namespace_trouble
from bot.slack.api.errors import SlackFailure
from bot.slack.blocks.action_ids import ASK_FORM, NOTE_FORM
from bot.slack.blocks.modals import (
    CHANNEL,
    CLUSTER,
    NAMESPACE,
    NOTE,
    SYMPTOM,
    ask_form,
    cluster_for_option,
    parse_ask_form,
    parse_note_form,
)
from bot.slack.cluster_choice import Unknown
from bot.slack.events.accept import NOT_STORED, stored
from bot.slack.handlers import question as question_handler
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.question import Question
from bot.slack.parsing import read_question

View = Mapping[str, Any]


def register(app: AsyncApp, context: HandlerContext) -> None:
    """Listen to both forms."""

    @app.view(ASK_FORM)
    async def submitted(ack: AsyncAck, body: View, view: View) -> None:
        question, errors = await _question(context, view, str(body["user"]["id"]))
        if errors:
            await ack(response_action="errors", errors=errors)
            return
        key = f"{context.parts.bot.team}:form:{view['id']}"
        if await stored(context.parts.work.accept(question_handler.NAME, key, question.to_json()), key) is None:
            await ack(response_action="errors", errors={SYMPTOM: NOT_STORED})
            return
        await ack()

    @app.view(NOTE_FORM)
    async def note(ack: AsyncAck, body: View, view: View) -> None:
        value, helped, text = parse_note_form(view)
        trail = context.trail(str(body["user"]["id"]), "", f"{context.parts.bot.team}:note:{view['id']}", value.case)

        async def kept() -> bool:
            await trail.record("button.pressed", outcome="noted", detail={"note": text, "helped": helped})
            await context.parts.store.run(context.feedback.add_note, value.diagnosis, trail.actor.id, text)
            return True

        if text and not await stored(kept(), trail.request_id):
            await ack(response_action="errors", errors={NOTE: NOT_STORED})
            return
        await ack()


async def _question(context: HandlerContext, view: View, user: str) -> tuple[Question, dict[str, str]]:
    """The question in the form, and what is wrong with it by block."""
    form = parse_ask_form(view)
    words = read_question(form.symptom, bot_user=context.parts.bot.user)
    cluster, trouble = await _cluster(context, form.cluster, words.cluster)
    question = Question(
        channel=form.place.channel,
        user=user,
        how="form",
        words=words.words,
        cluster=cluster,
        namespace=form.namespace or words.namespace,
        thread_ts=form.place.thread,
    )
    return question, {
        **({} if words.words else {SYMPTOM: "Say what you see, for example: pods stuck in ContainerCreating."}),
        **({SYMPTOM: words.trouble} if words.trouble else {}),
        **({CLUSTER: trouble} if trouble else {}),
        **({NAMESPACE: problem} if (problem := namespace_trouble(form.namespace)) else {}),
        **({} if form.place.channel else {CHANNEL: "Choose where the answer is to be posted."}),
    }


async def _cluster(context: HandlerContext, value: str, in_words: str) -> tuple[str, str]:
    """The name, or what is wrong with it. One in the words wins, as everywhere."""
    try:
        if in_words or not value:
            choice = await asyncio.to_thread(context.parts.clusters.choose, given=in_words)
            return in_words, choice.sentence if isinstance(choice, Unknown) else ""
        name = cluster_for_option(value, await asyncio.to_thread(context.parts.clusters.known))
    except ConnectionSettingsError as error:
        return "", str(error)
    return name or "", "" if name else "That cluster is gone: choose another."


_log = logging.getLogger("netclinic.listeners")


async def opened_form(context: HandlerContext, trigger_id: str) -> None:
    """Open it; a trigger that Slack no longer takes is logged, for the person sees Slack's own word."""
    try:
        names = await asyncio.to_thread(context.parts.clusters.known)
    except ConnectionSettingsError as error:
        _log.warning("%s", error)
        names = ()
    default = context.parts.clusters.default or (names[0] if len(names) == 1 else "")
    try:
        await context.parts.poster.open_view(trigger_id, ask_form(names, default))
    except SlackFailure as error:
        _log.warning("%s", error)
