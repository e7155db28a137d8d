"""The message that asked, and its reaction: 👀 while it is looked at, then what was found; ✅ once its case is over.

Where it stands is known by the key of the question that it was accepted as. Nothing here fails: without the database it
is left.
"""

import logging
import re
from collections.abc import Sequence

from bot.diagnosis.report import Report
from bot.slack.api.reactions import MessageId
from bot.slack.blocks.question_state import QuestionState, question_state
from bot.slack.handlers.context import HandlerContext
from bot.store import DatabaseError
from bot.store.alerts import Alerts
from bot.store.cases import RESOLVED, StoredAnswer

MOST_MESSAGES = 10  # of one case that are marked as resolved, the newest ones
_KEY = re.compile(
    r"[^:]+:(?P<channel>[CDG][A-Z0-9]+):(?P<ts>\d+\.\d+)"  # bot/slack/events/messages.py
    r"(?P<again>(?::edited)?"  # as it was changed: bot/slack/handlers/edits.py
    r"(?::diagnose:[^:]+(?::\d+)?)?)"  # the shortcut on a message: bot/slack/events/commands.py
    r"(?::chosen)?"  # the same question with a cluster from the menu: bot/slack/handlers/buttons.py
)
_log = logging.getLogger("netclinic.handlers")


def is_posted_alert(key: str) -> bool:
    """Whether the key is of an alert that came by the webhook: the message that opens its thread is ours."""
    return ":alert:" in key


def asked_in(key: str, channel: str, thread_ts: str) -> MessageId | None:
    """The same, or the message that opens the thread where an alert was posted."""
    posted = (channel, thread_ts) if is_posted_alert(key) and channel and thread_ts else None
    return asked_message(key) or posted


def asked_message(key: str) -> MessageId | None:
    """The message that was accepted under this key; ``None`` where a form, a command or a button asked."""
    found = _KEY.fullmatch(key)
    return (found["channel"], found["ts"]) if found else None


def is_first_look(key: str) -> bool:
    """Whether the message that was accepted under this key shows nothing of ours yet."""
    found = _KEY.fullmatch(key)
    return found is None or not found["again"]


async def asked_before(context: HandlerContext, answer: StoredAnswer) -> MessageId | None:
    """The message that asked what this answer, perhaps one of a re-check, is about."""
    try:
        asked = [one for one in await _answers(context, answer.case_id) if one.question == answer.question]
        thread = await _thread(context, answer.case_id)
    except DatabaseError as error:
        _log.info("No reaction is shown: %s", error)
        return None
    return next((found for one in reversed(asked) if (found := asked_in(one.id, one.channel, thread))), None)


async def show_outcome(context: HandlerContext, message: MessageId, case: str, report: Report) -> None:
    """What was found; that the case is resolved, where it has been meanwhile."""

    async def choose() -> QuestionState:
        now = await context.services.store.run(context.cases.get, case)
        is_resolved = now is not None and now.state == RESOLVED
        return QuestionState.RESOLVED if is_resolved else question_state(report)

    try:
        await context.services.poster.reactions.show(message, choose)
    except DatabaseError as error:
        _log.info("A reaction was not shown: %s", error)


async def show_joined(context: HandlerContext, case: str, keys: Sequence[str]) -> None:
    """What was found in a case, on the messages of alerts that are counted in its thread and have none of their own.

    In a storm those for which there is no room show nothing.
    """
    messages = [found for key in keys if (found := asked_message(key))][-MOST_MESSAGES:]
    try:
        answers = await _answers(context, case) if messages else []
    except DatabaseError as error:
        _log.info("No reaction is shown: %s", error)
        return
    for message in messages if answers else ():
        context.services.poster.reactions.look(message, is_first=True)
        await show_outcome(context, message, case, answers[-1].report)


async def show_resolved(context: HandlerContext, case: str) -> None:
    """That the case is resolved, on each message that asked about it; nothing where it is open."""
    try:
        now, asked = await context.services.store.run(context.cases.get, case), await _asked_about(context, case)
    except DatabaseError as error:
        _log.info("No reaction is shown: %s", error)
        return
    if now is None or now.state != RESOLVED:
        return
    for message in asked:
        await context.services.poster.reactions.show(message, _resolved)


async def show_reopened(context: HandlerContext, case: str) -> None:
    """On each message that asked about a case that is open again, what was found then: ✅ would deny it."""
    try:
        asked = await _asked_about(context, case)
    except DatabaseError as error:
        _log.info("No reaction is shown: %s", error)
        return
    for message, report in asked.items():
        await show_outcome(context, message, case, report)


async def _asked_about(context: HandlerContext, case: str) -> dict[MessageId, Report]:
    """The newest messages that asked about a case or were counted in it, with what each was answered last."""
    found: dict[MessageId, Report] = {}
    for each in (*await _joined(context, case), case):
        answers, thread = await _answers(context, each), await _thread(context, each)
        alerts = await joined_alerts(context, each) if answers else []
        found |= {message: answers[-1].report for key in alerts if (message := asked_message(key))}
        found |= {asked: one.report for one in answers if (asked := asked_in(one.id, one.channel, thread))}
    return dict(list(found.items())[-MOST_MESSAGES:])


async def joined_alerts(context: HandlerContext, case: str) -> list[str]:
    """The keys of the newest alerts that are counted in the case's thread."""
    store = context.services.store
    return await store.run(Alerts(store).joined_to, case, MOST_MESSAGES)


async def _joined(context: HandlerContext, case: str) -> list[str]:
    """Cases in other threads that stand with this one, the newest ones."""
    return (await context.services.store.run(context.standing.joined, case))[-MOST_MESSAGES:]


async def _answers(context: HandlerContext, case: str) -> list[StoredAnswer]:
    return await context.services.store.run(context.cases.answers, case)


async def _thread(context: HandlerContext, case: str) -> str:
    found = await context.services.store.run(context.cases.get, case)
    return found.thread_ts if found else ""


async def _resolved() -> QuestionState:
    return QuestionState.RESOLVED
