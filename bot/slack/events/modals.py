"""Show evidence, All steps: modals made from what is stored, opened within the three seconds that Slack gives."""

import contextlib
import re
from collections.abc import Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.slack.api.errors import SlackFailure
from bot.slack.blocks.action_ids import EVIDENCE, EVIDENCE_PAGE, PAGES, STEPS, ButtonValue
from bot.slack.blocks.elements import View
from bot.slack.blocks.modals import evidence_modal, steps_modal
from bot.slack.events.accept import said_alone, said_not_stored, stored
from bot.slack.events.press import key_of, press_of
from bot.slack.handlers.buttons import ButtonPress, case_in, found
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.refusal import UserError, recorded
from bot.store import DatabaseError

Body = Mapping[str, Any]


def register(app: AsyncApp, context: HandlerContext) -> None:
    """Listen to the buttons of answers, and to those that turn pages."""

    async def opened(ack: AsyncAck, body: Body) -> None:
        press = press_of(body)
        key = key_of(context, body)
        trail = context.trail(press.user, press.channel, key, case_in(press.value))
        if not await stored(trail.record("button.pressed", outcome=press.action), key):
            await said_not_stored(context, body, key)
            await ack()
            return
        try:
            await context.parts.poster.open_view(str(body["trigger_id"]), await _modal(context, press))
        except UserError as why:
            await recorded(why, trail)
            await said_alone(context, trail, press.response_url, why.sentence)
        except (SlackFailure, DatabaseError) as error:
            await said_alone(context, trail, press.response_url, f"This could not be shown. {error}")
        await ack()

    async def turned(ack: AsyncAck, body: Body) -> None:
        view = body["view"]
        with contextlib.suppress(UserError, SlackFailure, DatabaseError):  # the page then stays as it is
            await context.parts.poster.update_view(str(view["id"]), await _modal(context, press_of(body)))
        await ack()

    for action in (EVIDENCE, STEPS):
        app.action(action)(opened)
    for action in PAGES:
        app.action(re.compile(rf"^{action}:"))(turned)


async def _modal(context: HandlerContext, press: ButtonPress) -> View:
    """Raises ``UserError`` where the button leads nowhere."""
    _, answer = await found(context, press)
    of_evidence = press.action == EVIDENCE or press.action.startswith(EVIDENCE_PAGE)
    make = evidence_modal if of_evidence else steps_modal
    return make(answer.told, ButtonValue.loads(press.value))
