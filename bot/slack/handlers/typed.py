"""What is typed in a thread instead of pressing a button, and which of the thread's cases it is about."""

from collections.abc import Sequence

from bot.slack.blocks.action_ids import (
    EVIDENCE,
    HAND_OVER,
    HELPED,
    NOT_HELPED,
    RESOLVE,
    SHOW_WHOLE,
    STEPS,
    TAKE,
    UNWATCH,
    WATCH,
    ButtonValue,
)
from bot.slack.handlers.context import HandlerContext
from bot.slack.jobs import Question
from bot.slack.named_clusters import without_cluster
from bot.slack.queue.job import Json
from bot.slack.replies import asks_who_works, typed_action
from bot.store.cases import BESIDE, JOINED, OPEN, RESOLVED, Case, StoredAnswer, leading

SHOWING = (EVIDENCE, STEPS, SHOW_WHOLE)  # what changes no case
SAYING = (*SHOWING, HELPED, NOT_HELPED)  # what may be said of one that is over
WORKING = (RESOLVE, TAKE, WATCH, UNWATCH, HAND_OVER)  # what is done to an open one alone
SEEN = ("confirmed", "suspected")


async def typed_press(context: HandlerContext, question: Question, there: Sequence[Case]) -> Json:
    """Which button below which answer in the thread the words stand for, as ``pressed`` and ``value``; or why nothing
    is done, as ``refused``. Empty where they stand for none.

    A cluster may be named beside them. ``there`` are the thread's cases.
    """
    if question.how not in ("mention", "direct", "unasked") or question.cluster or question.namespace:
        return {}
    action, meant = typed_action(question.words), list(there)
    if not action:
        named = [
            (case, typed_action(rest)) for case in meant if (rest := without_cluster(question.words, case.cluster))
        ]
        action, meant = next(((said, [case]) for case, said in named if said), ("", []))
    is_over = any(case.state == RESOLVED for case in meant)
    meant = [case for case in meant if case.state in _states(action)]
    if action in WORKING and not meant and is_over:
        return {"refused": ["This is resolved already: a new question in this thread opens it again.", ""]}
    if not action or not meant:
        return {}
    if action not in SHOWING and len(several := [case for case in meant if _is_wrong(case)]) > 1:
        return {"refused": [_which(question.words, several), ""]}
    case = leading(meant)
    if action == SHOW_WHOLE and case.state == OPEN:
        return {}  # it stands there
    if case.state == JOINED and action not in SHOWING:
        return {"refused": [f"This stands in the thread of {case.same_as}: say that there.", ""]}
    answer = await _newest_told(context, question, case, is_shown=action in SHOWING)
    if answer is None:
        return {}
    return {"pressed": action, "value": ButtonValue(case.id, answer.id, context.now()).dumps()}


async def who_is_on_it(context: HandlerContext, question: Question, there: Sequence[Case]) -> str | None:
    """Who works on the thread's case, by name; empty where nobody has said so, ``None`` where nobody asks."""
    is_open = any(case.state in (OPEN, JOINED) for case in there)
    if not is_open or not asks_who_works(question.words):
        return None
    case = leading([case for case in there if case.state in (OPEN, JOINED)])
    names = await context.display_names({case.assignee} - {""})
    return names.get(case.assignee, case.assignee)


def _states(action: str) -> Sequence[str]:
    """Those of the cases that it may be about."""
    if action in WORKING:
        return (OPEN, JOINED)
    return (OPEN, JOINED, BESIDE, RESOLVED) if action in SAYING else (OPEN, JOINED, BESIDE)


async def _newest_told(
    context: HandlerContext, question: Question, case: Case, *, is_shown: bool
) -> StoredAnswer | None:
    """Of earlier versions, a case has answers of other clusters too: those are shown, but nothing is done by them."""
    answers = await context.services.store.run(context.cases.answers, case.id)
    told = [each for each in answers if each.channel == question.channel]
    about = [] if is_shown else [each for each in told if each.cluster == case.cluster]
    return next(iter((about or told)[::-1]), None)


def _is_wrong(case: Case) -> bool:
    return case.state == OPEN and case.outcome in SEEN


def _which(words: str, several: Sequence[Case]) -> str:
    named = ", ".join(f"{case.cluster} ({case.id})" for case in several)
    example = f"“{words.strip()} on {several[0].cluster}”"
    return f"This thread has a case on each of {named}: say which, as {example}, or press the button below its answer."
