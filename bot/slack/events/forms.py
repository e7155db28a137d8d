"""The form in which a question is asked, opened and submitted, and the one for a note to an answer."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.cluster.connection import ConnectionSettingsError
from bot.cluster.resources import namespace_trouble
from bot.slack.api.errors import SlackError
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
from bot.slack.cluster_choice import UnknownCluster
from bot.slack.events.accept import NOT_STORED, store_in_time
from bot.slack.handlers.context import HandlerContext
from bot.slack.jobs import QUESTION, Question
from bot.slack.parsing import ParsedQuestion, parse_question

View = Mapping[str, Any]
_log = logging.getLogger("netclinic.listeners")


def register(app: AsyncApp, context: HandlerContext) -> None:
    """Listen to both forms."""

    @app.view(ASK_FORM)
    async def submit_question(ack: AsyncAck, body: View, view: View) -> None:
        question, errors = await _parse_question_form(context, view, str(body["user"]["id"]))
        if errors:
            await ack(response_action="errors", errors=errors)
            return
        key = f"{context.services.bot.team}:form:{view['id']}"
        if await store_in_time(context, context.accept(QUESTION, key, question), key) is None:
            await ack(response_action="errors", errors={SYMPTOM: NOT_STORED})
            return
        await ack()

    @app.view(NOTE_FORM)
    async def note(ack: AsyncAck, body: View, view: View) -> None:
        value, helped, text = parse_note_form(view)
        trail = context.audit_context(
            str(body["user"]["id"]), "", f"{context.services.bot.team}:note:{view['id']}", value.case
        )

        async def store_note() -> bool:
            await trail.record("button.pressed", outcome="noted", detail={"note": text, "helped": helped})
            await context.services.store.run(context.feedback.add_note, value.answer, trail.actor.id, text)
            return True

        if text and not await store_in_time(context, store_note(), trail.request_id):
            await ack(response_action="errors", errors={NOTE: NOT_STORED})
            return
        await ack()


async def _parse_question_form(context: HandlerContext, view: View, user: str) -> tuple[Question, dict[str, str]]:
    """The question in the form, and what is wrong with it by block."""
    form = parse_ask_form(view)
    words = parse_question(form.symptom, bot_user=context.services.bot.user)
    cluster, trouble = await _parse_cluster(context, form.cluster, words)
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


async def _parse_cluster(context: HandlerContext, value: str, asked: ParsedQuestion) -> tuple[str, str]:
    """The name, or what is wrong with it. An option in the words wins, as everywhere; where they name another cluster
    than the menu, the person decides: it may only stand there because it is the default."""
    in_words, clusters = asked.cluster, context.services.clusters
    try:
        if in_words or not value:
            choice = await asyncio.to_thread(clusters.choose, given=in_words)
            return in_words, choice.sentence if isinstance(choice, UnknownCluster) else ""
        name = cluster_for_option(value, await asyncio.to_thread(clusters.list_names))
        named = await asyncio.to_thread(clusters.find_known, asked.words)
    except ConnectionSettingsError as error:
        return "", str(error)
    if name and named and name not in named:
        also = f"{' and '.join(named)}: choose it here, or write cluster={name} in your words if {name} is meant."
        return "", f"Your words name {also}"
    return name or "", "" if name else "That cluster is gone: choose another."


async def open_form(context: HandlerContext, trigger_id: str) -> None:
    """Open it; a trigger that Slack no longer takes is logged, for the person sees Slack's own word."""
    try:
        names = await asyncio.to_thread(context.services.clusters.list_names)
    except ConnectionSettingsError as error:
        _log.warning("%s", error)
        names = ()
    default = context.services.clusters.default or (names[0] if len(names) == 1 else "")
    try:
        await context.services.poster.open_view(trigger_id, ask_form(names, default))
    except SlackError as error:
        _log.warning("%s", error)
