"""Errors of a job, told to the person in one sentence with an id that leads to the details; the outage notice."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.audit import AuditContext, AuditUnavailable
from bot.slack.api.errors import EXTERNALLY_SHARED, SlackRefused, SlackUnavailable
from bot.slack.blocks.case import refusal_message
from bot.slack.blocks.elements import Message
from bot.slack.handlers.context import HandlerContext
from bot.slack.jobs import KINDS, PersonPayload
from bot.slack.logs import log_context
from bot.slack.queue.job import Job
from bot.slack.slack_connect import RULE
from bot.store import DatabaseError
from knowledge.errors import UserFacingError

UNEXPECTED = (
    "This could not be answered: something unexpected went wrong here, and the log has the details. "
    "Ask again, and tell whoever runs netclinic should it happen again."
)
FAILED = "failed"  # the outcome of what nobody refused
_log = logging.getLogger("netclinic.handlers")
OUTAGE_NOTICE = (
    "Nothing is read or done for this just now, because netclinic's database cannot be used and nothing may be done "
    "unrecorded: it goes on by itself as soon as the database is back."
)


class UserError(UserFacingError):
    """What was asked is not done; ``sentence`` says why and the way out, ``rule`` names the setting, if one says so."""

    def __init__(self, sentence: str, rule: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.rule = rule


def render_refusal(why: UserError, request: str) -> Message:
    """The refusal as a message; to other companies nothing but the sentence."""
    if why.rule == RULE:
        return replace(refusal_message(why.sentence), shows_nothing=True)
    return refusal_message(why.sentence, request=request)


async def run_reporting_errors(
    act: Callable[[], Awaitable[None]], say: Callable[[Message], Awaitable[None]], trail: AuditContext
) -> None:
    """Do it; whatever goes wrong is recorded, said through ``say`` and logged, and the work is over.

    Raises:
        SlackUnavailable, SlackRefused: not even that could be said.
    """
    request = trail.request_id
    with log_context(request_id=request):
        try:
            await act()
        except UserError as why:
            _log.info("Refused: %s", why.sentence)
            await record_refusal(why, trail)
            await say(render_refusal(why, request))
        except SlackUnavailable as error:
            _log.error("%s", error)
            await record_refusal(UserError(str(error), FAILED), trail)
            raise
        except SlackRefused as error:
            if error.code == EXTERNALLY_SHARED:
                closed = UserError(error.sentence, RULE)
                await record_refusal(closed, trail)
                await say(render_refusal(closed, request))
                return
            _log.error("%s", error)
            await record_refusal(UserError(error.sentence, FAILED), trail)
            await say(refusal_message(f"This could not be shown. {error.sentence}", request=request))
        except (AuditUnavailable, DatabaseError) as error:
            _log.error("%s", error)
            await say(refusal_message(f"This could not be answered. {error}", request=request))
        except Exception as error:
            _log.exception("A piece of work failed.")
            await record_refusal(UserError(f"{type(error).__name__}, which the log tells more of", FAILED), trail)
            await say(refusal_message(UNEXPECTED, request=request))


async def record_refusal(why: UserError, trail: AuditContext) -> None:
    """Put it on record that something was not done. People are told so even where that fails."""
    try:
        await trail.record("refused", outcome=why.rule or "refused", detail={"text": why.sentence})
    except AuditUnavailable as error:
        _log.error("%s", error)


async def notify_outage(context: HandlerContext, job: Job) -> None:
    """Say so to whoever waits for this work; to nobody where it was asked by nobody.

    Raises:
        SlackUnavailable, SlackRefused: it is not said.
    """
    payload = KINDS[job.name].load(job.payload)
    if not isinstance(payload, PersonPayload) or not payload.is_awaited:
        return
    url = payload.response_url
    if not context.is_first_warning(url or job.key):
        return
    message = refusal_message(OUTAGE_NOTICE, request=job.key)
    if url:  # good where netclinic is not in the channel, too
        await context.services.poster.warn_at_url(url, message)
    else:
        await context.services.poster.warn_person(payload.channel, payload.user, message, payload.thread_ts or None)
