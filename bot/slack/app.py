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
from bot.slack.handlers.refusal import excuse
from bot.slack.identity import secret
from bot.slack.queue.job import Job
from bot.slack.services import Services

_log = logging.getLogger("netclinic.work")
JOBS: tuple[tuple[str, Callable[[HandlerContext, Job], Awaitable[None]]], ...] = (
    (question.NAME, question.ask),
    (buttons.NAME, buttons.press),
    (recheck.NAME, recheck.recheck),
    (escalation.NAME, escalation.hand_over),
    (home.NAME, home.home),
    (audit.NAME, audit.anchor),
    (handoff.NAME, handoff.hand_off),
    (handoff.TAKE, handoff.take),
    (handoff.REMIND, handoff.remind),
    (events.commands.NAME, subcommands.perform),
)


def join(parts: Services, client: AsyncWebClient) -> AsyncApp:
    """The bolt app over these parts; the deeds are registered with ``parts.work``.

    Listeners run before the acknowledgement (``process_before_response``): bolt by itself acknowledges events first,
    and what is acknowledged and not yet stored would be lost in a crash. One that fails is not acknowledged, and Slack
    sends it again.
    """
    context = HandlerContext.of(parts, subcommands.help_of(), subcommands.names())
    for name, job in JOBS:
        parts.work.register(name, partial(_logged, context, job))
    parts.work.when_held_up(partial(excuse, context))
    signing, token = secret(parts.settings.slack_signing_secret), secret(parts.settings.slack_bot_token)
    app = AsyncApp(
        client=client,
        authorize=_as(parts, token),
        signing_secret=signing or None,
        request_verification_enabled=bool(signing),
        process_before_response=True,
    )
    events.register(app, context)
    return app


async def _logged(context: HandlerContext, act: Callable[[HandlerContext, Job], Awaitable[None]], job: Job) -> None:
    """So that every request id of the audit log is in the log too."""
    _log.info("Work on %s begins.", job.name)
    await act(context, job)


def _as(parts: Services, token: str) -> Callable[..., Awaitable[AuthorizeResult]]:
    """Who we are is known since the start: asking Slack at each event would lose events while Slack is away."""

    async def authorize() -> AuthorizeResult:
        bot = parts.bot
        return AuthorizeResult(
            enterprise_id=None, team_id=bot.team, bot_token=token, bot_id=bot.bot, bot_user_id=bot.user
        )

    return authorize
