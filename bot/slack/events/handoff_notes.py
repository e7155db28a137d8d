"""The form for a note to a handoff: opened by the button below it, and stored as a job once it is submitted."""

import logging
from collections.abc import Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.handoff.repository import Handoffs
from bot.slack.api.errors import SlackError
from bot.slack.blocks.action_ids import HANDOFF_NOTE, HANDOFF_NOTE_FORM
from bot.slack.blocks.modals import NOTE, handoff_note_form, parse_handoff_note_form
from bot.slack.events.accept import NOT_STORED, report_not_stored, store_in_time
from bot.slack.handlers.context import HandlerContext
from bot.slack.jobs import HANDOFF_NOTE as HANDOFF_NOTE_JOB
from bot.slack.jobs import HandoffNoteLeft
from bot.store import DatabaseError

View = Mapping[str, Any]
_log = logging.getLogger("netclinic.listeners")


def register(app: AsyncApp, context: HandlerContext) -> None:
    """Listen to the button and to the form."""

    @app.action(HANDOFF_NOTE)
    async def open_note_form(ack: AsyncAck, body: View) -> None:
        user, id_ = str(body["user"]["id"]), str(body["actions"][0].get("value") or "")
        channel = str((body.get("channel") or {}).get("id") or "")
        key = f"{context.services.bot.team}:handoff_note:{body.get('trigger_id')}"
        trail = context.audit_context(user, channel, key)
        if await store_in_time(
            context, trail.record("button.pressed", outcome=HANDOFF_NOTE, detail={"value": id_[:80]}), key
        ):
            try:
                kept = await context.services.store.run(Handoffs(context.services.store).get, id_)
                notes = kept.handoff.shift_notes if kept else ()
                mine = next((each.note for each in notes if each.user == user), "")
                view = handoff_note_form(id_, channel, mine)
                await context.services.poster.open_view(str(body["trigger_id"]), view)
            except (SlackError, DatabaseError) as error:
                _log.warning("%s", error)
        else:
            await report_not_stored(context, body, key)
        await ack()

    @app.view(HANDOFF_NOTE_FORM)
    async def submit_note(ack: AsyncAck, body: View, view: View) -> None:
        handoff, channel, text = parse_handoff_note_form(view)
        left = HandoffNoteLeft(handoff=handoff, channel=channel, user=str(body["user"]["id"]), note=text)
        key = f"{context.services.bot.team}:handoff_note:{view['id']}"
        if await store_in_time(context, context.accept(HANDOFF_NOTE_JOB, key, left), key) is None:
            await ack(response_action="errors", errors={NOTE: NOT_STORED})
            return
        await ack()
