"""What is typed in a thread instead of pressing a button, and which of the thread's cases it is about."""

from collections.abc import Sequence

from bot.slack.blocks.action_ids import EVIDENCE, SHOW_WHOLE, STEPS, ButtonValue
from bot.slack.handlers.context import HandlerContext
from bot.slack.jobs import Question
from bot.slack.named_clusters import without_cluster
from bot.slack.queue.job import Json
from bot.slack.replies import typed_action
from bot.store.cases import BESIDE, JOINED, OPEN, Case, StoredAnswer, leading

SHOWING = (EVIDENCE, STEPS, SHOW_WHOLE)  # what changes no case
SEEN = ("confirmed", "suspected")


async def typed_press(context: HandlerContext, question: Question, there: Sequence[Case]) -> Json:
    """Which button below which answer in the thread the words stand for, as ``pressed`` and ``value``; or why nothing
    is done, as ``refused``. Empty where they stand for none.

    A cluster may be named beside them. ``there`` are the thread's cases.
    """
    if question.how not in ("mention", "direct") or question.cluster or question.namespace:
        return {}
    action, meant = typed_action(question.words), [case for case in there if case.state in (OPEN, JOINED, BESIDE)]
    if not action:
        named = [
            (case, typed_action(rest)) for case in meant if (rest := without_cluster(question.words, case.cluster))
        ]
        action, meant = next(((said, [case]) for case, said in named if said), ("", []))
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
