"""All steps, Evidence, Other cluster: modals rendered from what is stored, opened within Slack's three seconds."""

import asyncio
import contextlib
import re
from collections.abc import Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.cluster.connection import ConnectionSettingsError
from bot.diagnosis.language import labels_for
from bot.slack.api.errors import SlackError
from bot.slack.blocks.action_ids import EVIDENCE, EVIDENCE_PAGE, OTHER_CLUSTER, PAGES, STEPS, ButtonValue
from bot.slack.blocks.case import refusal_message
from bot.slack.blocks.elements import View
from bot.slack.blocks.modals import AnswerTarget, ask_form, evidence_modal, steps_modal
from bot.slack.events.accept import report_not_stored, respond_privately, store_in_time
from bot.slack.events.buttons import parse_button_press, press_key
from bot.slack.handlers.buttons import find_case, parse_case_id
from bot.slack.handlers.case_service import parse_check
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.errors import UserError, record_refusal, render_refusal
from bot.slack.jobs import ButtonPress
from bot.store import DatabaseError
from bot.store.cases import Case, StoredAnswer

Body = Mapping[str, Any]


def register(app: AsyncApp, context: HandlerContext) -> None:
    """Listen to the buttons of answers, and to those that turn pages."""

    async def press_button(ack: AsyncAck, body: Body) -> None:
        await open_modal(context, body)
        await ack()

    async def turn_page(ack: AsyncAck, body: Body) -> None:
        view = body["view"]
        with contextlib.suppress(UserError, SlackError, DatabaseError):  # the page then stays as it is
            await context.services.poster.update_view(
                str(view["id"]), await _make_modal(context, parse_button_press(body))
            )
        await ack()

    for action in (EVIDENCE, STEPS, OTHER_CLUSTER):
        app.action(action)(press_button)
    for action in PAGES:
        app.action(re.compile(rf"^{action}:"))(turn_page)


async def open_modal(context: HandlerContext, body: Body) -> None:
    """Open what a button or an option asks for, or say in one sentence why it cannot be shown."""
    press = parse_button_press(body)
    key = press_key(context, body)
    trail = context.audit_context(press.user, press.channel, key, parse_case_id(press.value))
    if not await store_in_time(context, trail.record("button.pressed", outcome=press.action), key):
        await report_not_stored(context, body, key)
        return
    try:
        await context.services.poster.open_view(str(body["trigger_id"]), await _make_modal(context, press))
    except UserError as why:
        await record_refusal(why, trail)
        await respond_privately(context, trail, press.response_url, render_refusal(why, key))
    except (SlackError, DatabaseError) as error:
        told = refusal_message(f"This could not be shown. {error}", request=key)
        await respond_privately(context, trail, press.response_url, told)


async def _make_modal(context: HandlerContext, press: ButtonPress) -> View:
    """Raises ``UserError`` where the button leads nowhere."""
    case, answer = await find_case(context, press)
    if press.action == OTHER_CLUSTER:
        return await _ask_again_form(context, case, answer)
    of_evidence = press.action == EVIDENCE or press.action.startswith(EVIDENCE_PAGE)
    make = evidence_modal if of_evidence else steps_modal
    return make(answer.report, ButtonValue.loads(press.value))


async def _ask_again_form(context: HandlerContext, case: Case, answer: StoredAnswer) -> View:
    """The same question in the same thread, with the cluster to be chosen."""
    try:
        names = await asyncio.to_thread(context.services.clusters.list_names)
    except ConnectionSettingsError as error:
        raise UserError(str(error)) from error
    others = [name for name in names if name != answer.cluster]
    if not others:
        raise UserError(f"There is no other cluster here: {answer.cluster} is the only one that I can read.")
    symptom = "" if parse_check(context, answer.question) is not None else answer.question
    place = AnswerTarget(case.channel, case.thread_ts)
    return ask_form(
        others,
        others[0] if len(others) == 1 else "",
        symptom=symptom,
        namespace=answer.namespace,
        place=place,
        labels=labels_for(answer.report),
    )
