"""Notes to a handoff: left in a form, kept with it, and shown in its message and its page with the writer's name."""

import logging

from bot.audit import AuditContext
from bot.handoff.markdown import render_markdown
from bot.handoff.records import Handoff, ShiftNote
from bot.handoff.repository import Handoffs
from bot.handoff.timeline import alt_text
from bot.slack.api.errors import SlackRefused
from bot.slack.blocks.elements import Message
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.errors import UserError, run_reporting_errors
from bot.slack.handlers.handoff import HandoffFiles, find_handoff, refresh_handoff
from bot.slack.jobs import HandoffNoteLeft
from bot.slack.queue.job import Job, Json

_log = logging.getLogger("netclinic.handlers")


async def leave_note(context: HandlerContext, job: Job, left: HandoffNoteLeft) -> None:
    """The handler of a submitted note; a later one of the same person takes the place of theirs before."""
    trail = context.audit_context(left.user, left.channel, job.key)

    async def act() -> None:
        outcome = await job.step("note", lambda: _try_note(context, trail, left))
        if "refused" in outcome:
            raise UserError(str(outcome["refused"]))
        await job.step("show", lambda: refresh_handoff(context, trail, left.handoff))
        await job.step("page", lambda: _attach_page(context, job, trail, left.handoff))

    async def say(message: Message) -> None:
        await job.step("say", lambda: context.messenger(trail).post_privately(left.channel, left.user, message))

    await run_reporting_errors(act, say, trail)


async def _try_note(context: HandlerContext, trail: AuditContext, left: HandoffNoteLeft) -> Json:
    """``refused`` with the sentence, or nothing: a result like any other, so that a replay does not decide anew."""
    if no := await context.permissions.refusal("ask", left.user):
        return {"refused": no.sentence}
    try:
        stored = await find_handoff(context, left.handoff)
    except UserError as why:
        return {"refused": why.sentence}
    if left.channel != stored.channel:
        return {"refused": "That form belongs to another channel: press the button below the handoff itself."}
    note = ShiftNote(user=left.user, note=left.note, at=context.now())
    names = await context.display_names([left.user])
    await trail.record("handoff.noted", outcome=stored.id)
    await context.services.store.run(Handoffs(context.services.store).add_note, stored.id, note, names, _render)
    return {}


def _render(handoff: Handoff) -> str:
    return render_markdown(handoff, alt_text(handoff))


async def _attach_page(context: HandlerContext, job: Job, trail: AuditContext, id_: str) -> Json:
    """The page as it is now: a file that stands in Slack cannot be changed."""
    stored = await find_handoff(context, id_)
    if not stored.message_ts:
        return
    try:
        await HandoffFiles(job, context.messenger(trail), stored, stored.channel, stored.message_ts).attach_page()
    except SlackRefused as error:
        _log.warning("The page of %s with the new note could not be attached: %s", id_, error)
