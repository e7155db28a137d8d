"""The Slack app: handlers registered with the queue, listeners with bolt; what is acknowledged is stored."""

import logging
from collections.abc import Awaitable, Callable
from functools import partial

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import events, jobs
from bot.slack.handlers import (
    alerts,
    audit,
    buttons,
    edits,
    escalation,
    fleet,
    handoff,
    handoff_notes,
    home,
    question,
    recheck,
    set_aside,
    share,
    standing,
    subcommands,
    watch,
)
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.errors import notify_outage
from bot.slack.jobs import JobKind, Payload
from bot.slack.queue.job import Job
from bot.slack.services import Services
from bot.slack.setting_rules import secret_value

_log = logging.getLogger("netclinic.work")
Run = Callable[[HandlerContext, Job], Awaitable[None]]


def _handled(
    kind: JobKind[Payload], handler: Callable[[HandlerContext, Job, Payload], Awaitable[None]]
) -> tuple[str, Run]:
    """The kind's name, and what loads the payload and calls its handler. Each request id is thus in the log, too."""

    async def run(context: HandlerContext, job: Job) -> None:
        _log.info("Work on %s begins.", job.name)
        await handler(context, job, kind.load(job.payload))

    return kind.name, run


HANDLERS: tuple[tuple[str, Run], ...] = (
    _handled(jobs.QUESTION, question.answer_question),
    _handled(jobs.EDIT, edits.look_at_edit),
    _handled(jobs.COMMAND, subcommands.run_subcommand),
    _handled(jobs.PRESS, buttons.handle_press),
    _handled(jobs.RECHECK, recheck.recheck),
    _handled(jobs.SETTLE, recheck.settle),
    _handled(jobs.ESCALATE, escalation.escalate),
    _handled(jobs.SHARE_ANSWER, share.share),
    _handled(jobs.WATCH, watch.look),
    _handled(jobs.HOME, home.publish_home),
    _handled(jobs.ANCHOR, audit.post_anchor),
    _handled(jobs.HANDOFF, handoff.post_handoff),
    _handled(jobs.FLEET_DIGEST, fleet.post_digest),
    _handled(jobs.HANDOFF_ACK, handoff.acknowledge),
    _handled(jobs.HANDOFF_NOTE, handoff_notes.leave_note),
    _handled(jobs.HANDOFF_REMINDER, handoff.remind),
    _handled(jobs.ALERT, alerts.answer_alert),
    _handled(jobs.ALERT_COUNT, alerts.count_alerts),
    _handled(jobs.ASKERS, standing.count_askers),
    _handled(jobs.SET_ASIDE, set_aside.tell_set_aside),
)


def make_app(services: Services, client: AsyncWebClient) -> AsyncApp:
    """The bolt app over these services; the handlers are registered with ``services.queue``.

    Listeners run before the acknowledgement (``process_before_response``): bolt by itself acknowledges events first,
    and what is acknowledged and not yet stored would be lost in a crash. One that fails is not acknowledged, and Slack
    sends it again.
    """
    context = HandlerContext.from_services(services, subcommands.render_help(), subcommands.subcommand_names())
    for name, run in HANDLERS:
        services.queue.register(name, partial(run, context))
    services.queue.on_waiting(partial(notify_outage, context))
    services.queue.on_set_aside(partial(set_aside.accept_set_aside, context))
    signing, token = (
        secret_value(services.settings.slack_signing_secret),
        secret_value(services.settings.slack_bot_token),
    )
    app = AsyncApp(
        name="netclinic",  # by itself bolt would read the source of everything on the stack for one
        client=client,
        authorize=_authorize_as(services, token),
        signing_secret=signing or None,
        request_verification_enabled=bool(signing),
        process_before_response=True,
    )
    events.register(app, context)
    return app


def _authorize_as(services: Services, token: str) -> Callable[..., Awaitable[AuthorizeResult]]:
    """Who we are is known since the start: asking Slack at each event would lose events while Slack is away."""

    async def authorize() -> AuthorizeResult:
        bot = services.bot
        return AuthorizeResult(
            enterprise_id=None, team_id=bot.team, bot_token=token, bot_id=bot.bot, bot_user_id=bot.user
        )

    return authorize
