"""The Slack app: deeds registered with the work, listeners with bolt; stored is what is acknowledged."""

import logging
from collections.abc import Awaitable, Callable
from functools import partial

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import events
from bot.slack.handlers import audit, buttons, escalation, handoff, home, question, recheck, subcommands
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.refusal import notify_outage
from bot.slack.identity import secret_value
from bot.slack.queue.job import Job
from bot.slack.services import Services

_log = logging.getLogger("netclinic.work")
JOBS: tuple[tuple[str, Callable[[HandlerContext, Job], Awaitable[None]]], ...] = (
    (question.NAME, question.answer_question),
    (buttons.NAME, buttons.handle_press),
    (recheck.NAME, recheck.recheck),
    (escalation.NAME, escalation.escalate),
    (home.NAME, home.publish_home),
    (audit.NAME, audit.post_anchor),
    (handoff.NAME, handoff.post_handoff),
    (handoff.TAKE, handoff.acknowledge),
    (handoff.REMIND, handoff.remind),
    (events.commands.NAME, subcommands.run_subcommand),
)


def make_app(services: Services, client: AsyncWebClient) -> AsyncApp:
    """The bolt app over these parts; the deeds are registered with ``services.work``.

    Listeners run before the acknowledgement (``process_before_response``): bolt by itself acknowledges events first,
    and what is acknowledged and not yet stored would be lost in a crash. One that fails is not acknowledged, and Slack
    sends it again.
    """
    context = HandlerContext.from_services(services, subcommands.render_help(), subcommands.subcommand_names())
    for name, job in JOBS:
        services.work.register(name, partial(_log_and_run, context, job))
    services.work.on_waiting(partial(notify_outage, context))
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


async def _log_and_run(
    context: HandlerContext, act: Callable[[HandlerContext, Job], Awaitable[None]], job: Job
) -> None:
    """So that every request id of the audit log is in the log too."""
    _log.info("Work on %s begins.", job.name)
    await act(context, job)


def _authorize_as(services: Services, token: str) -> Callable[..., Awaitable[AuthorizeResult]]:
    """Who we are is known since the start: asking Slack at each event would lose events while Slack is away."""

    async def authorize() -> AuthorizeResult:
        bot = services.bot
        return AuthorizeResult(
            enterprise_id=None, team_id=bot.team, bot_token=token, bot_id=bot.bot, bot_user_id=bot.user
        )

    return authorize
