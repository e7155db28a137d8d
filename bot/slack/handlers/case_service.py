"""Cases and answers as handlers use them: opened for a thread, found, shown as they stand now, and as rows of lists."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.audit import AuditContext
from bot.diagnosis.judge import Verdict
from bot.diagnosis.language import labels_among
from bot.diagnosis.report import Changes, Report, compare
from bot.diagnosis.same_fault import tells_the_same
from bot.slack.api.errors import SlackError
from bot.slack.blocks.answer import answer_message
from bot.slack.blocks.case import CaseLine, handover_summary, refusal_message
from bot.slack.blocks.changes import recheck_message, settled_message
from bot.slack.blocks.elements import Message
from bot.slack.blocks.overviews import (
    CaseRow,
)
from bot.slack.blocks.verdicts import verdicts_message
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.messenger import UNCHANGEABLE
from bot.slack.jobs import CasePress
from bot.store.cases import BESIDE, GROUP, JOINED, OPEN, PRIVATE, RESOLVED, TALK, Case, StoredAnswer
from bot.store.handovers import Handover

RECHECK = "recheck"
SETTLE = "settle"
REPEATED = "repeated"
LOOKS = (RECHECK, REPEATED)  # those that tell what changed since
AGAIN = (*LOOKS, SETTLE)  # kinds of answers that bring an earlier one up to date


def open_case(
    context: HandlerContext,
    *,
    channel: str,
    thread_ts: str,
    cluster: str,
    user: str,
    question: str,
    at: datetime,
    is_private: bool,
) -> Case:
    """The case of this thread and cluster, made now unless it is there."""
    case = Case(
        id="",
        team=context.services.bot.team,
        channel=channel,
        thread_ts=thread_ts,
        opened_at=at,
        opened_by=user,
        question=question,
        updated_at=at,
        cluster=cluster,
        state=PRIVATE if is_private else OPEN,
    )
    return context.cases.open(case)


async def find_case_and_answer(context: HandlerContext, press: CasePress) -> tuple[Case | None, StoredAnswer | None]:
    """What a press is about, as it is stored now."""
    store = context.services.store
    return await store.run(context.cases.get, press.case), await store.run(context.cases.answer, press.answer)


def render_answer(context: HandlerContext, answer: StoredAnswer) -> Message:
    """The whole answer, with what was done with it and its case until now."""
    case, entries = context.cases.get(answer.case_id), parse_check(context, answer.question)
    if entries is not None and not answer.report.was_read:
        trouble = answer.report.cluster.trouble if answer.report.cluster else "No cluster was read."
        return refusal_message(f"Nothing was judged. {trouble}", request=answer.id)
    if case is None:
        return verdicts_message(answer.report)
    chain = same_question(context.cases.answers(case.id), answer)
    line = case_line(context, case, answer, chain)
    if entries is not None and len(entries) != 1:
        return verdicts_message(answer.report, line, chain[0].asked_by)
    return answer_message(
        answer.report,
        case=line,
        asker=chain[0].asked_by,
        changes=find_changes(chain, answer),
    )


def render_again(context: HandlerContext, answer: StoredAnswer) -> Message | None:
    """The one line that tells of another look; ``None`` where the whole answer is to be said instead."""
    chain = same_question(context.cases.answers(answer.case_id), answer)
    if answer.kind not in AGAIN or not chain[0].message_ts or chain[0].id == answer.id:
        return None
    labels = labels_among(each.report for each in chain)
    if answer.kind == SETTLE:
        given = context.settling.known(answer.case_id, answer.question)
        newest = max(given.values(), key=lambda each: each.at, default=None)
        return settled_message(answer.report, by=newest.user, yes=newest.yes, labels=labels) if newest else None
    changes = find_changes(chain, answer)
    if changes is None:
        return None
    since = chain[0].report.told_at
    return recheck_message(answer.report, changes, since=since, by=answer.asked_by, labels=labels)


def same_question(answers: Sequence[StoredAnswer], answer: StoredAnswer) -> list[StoredAnswer]:
    """The answer to a question and all later looks at it that ``answer`` belongs to, oldest first."""
    alike = [each for each in answers if each.question == answer.question] or [answer]
    at = next((number for number, each in enumerate(alike) if each.id == answer.id), len(alike) - 1)
    asked = [number for number, each in enumerate(alike) if each.kind not in AGAIN]
    first = max((number for number in asked if number <= at), default=0)
    following = min((number for number in asked if number > at), default=len(alike))
    return alike[first:following]


def parse_check(context: HandlerContext, question: str) -> tuple[str, ...] | None:
    """The entries that ``check`` was to judge, none for every fault; ``None`` where the question is another."""
    first, *entries = question.split() or [""]
    return tuple(entries) if first == "check" and all(id_ in context.services.entries for id_ in entries) else None


def case_line(
    context: HandlerContext, case: Case, answer: StoredAnswer, chain: Sequence[StoredAnswer] = ()
) -> CaseLine:
    """The case as this answer of it shows it; ``chain``: the looks at the same question."""
    handover, settings = context.handovers.of_case(case.id), context.services.settings
    to_group = case.assignee if case.assignee.startswith(GROUP) else ""
    ids = {each.id for each in (*chain, answer)}
    said = [word for word in context.feedback.for_case(case.id) if word.diagnosis_id in ids]
    settled = {entry: given for id_ in ids for entry, given in context.settling.given_below(id_).items()}
    same_as = context.cases.get(case.same_as) if case.state == JOINED else None
    root = same_as.id if same_as else case.id
    line = CaseLine(
        id=case.id,
        answer=answer.id,
        at=answer.finished_at,
        opened_at=case.opened_at,
        handed_to=next(iter(handover.handed_to), "") if handover else to_group,
        taken_by="" if to_group else case.assignee,
        watched_until=case.watched_until,
        is_private=case.state == PRIVATE,
        is_shareable=case.state == PRIVATE and not case.is_direct,
        has_oncall=bool(settings.oncall_group or settings.oncall),
        namespace=answer.namespace,
        question=answer.question if case.state == PRIVATE or answer.message_ts == case.thread_ts else "",
        askers=len(context.standing.askers([root]).get(root, ())),
        alerts=context.standing.count_alerts(root),
        same_as=same_as.id if same_as else "",
        same_as_link=same_as.link if same_as else "",
        cluster=case.cluster,
        has_others=case.state != PRIVATE and has_others(context, case),
        is_talk=case.state in (TALK, BESIDE) or _is_private_talk(case, answer),
        settled={entry: (given.user, given.yes) for entry, given in settled.items()},
        labels=labels_among(each.report for each in (chain or same_question(context.cases.answers(case.id), answer))),
        helped_by=next((word.user for word in reversed(said) if word.helped), ""),
        not_helped_by=next((word.user for word in reversed(said) if not word.helped), ""),
    )
    over = same_as or case
    if over.state == RESOLVED:
        line = replace(line, resolved_by=over.resolved_by, resolved_at=over.resolved_at, watched_until=None)
    return line


def _is_private_talk(case: Case, answer: StoredAnswer) -> bool:
    """Whether one person's words fit nothing, so that no cluster was asked."""
    return case.state == PRIVATE and not answer.report.diagnoses and answer.report.cluster is None


def has_others(context: HandlerContext, case: Case) -> bool:
    """Whether its thread has cases on other clusters too."""
    there = context.cases.of_thread(case.team, case.channel, case.thread_ts)
    return any(each.id != case.id and each.state not in (TALK, BESIDE) for each in there)


def find_changes(chain: Sequence[StoredAnswer], answer: StoredAnswer) -> Changes | None:
    """What a re-check found to be different from the look before it; ``None`` for other answers."""
    before = [each for each in chain if each.finished_at < answer.finished_at]
    return compare(before[-1].report, answer.report) if before and answer.kind in LOOKS else None


def as_repeated(context: HandlerContext, answer: StoredAnswer) -> StoredAnswer | None:
    """A question whose answer stands in its own thread already, as another look at that one; ``None`` for all others.

    That is so where the words mean what is confirmed there, and everything else that is wrong was told there, too.
    """
    case = context.cases.get(answer.case_id)
    kept = [each for each in context.cases.answers(answer.case_id) if each.cluster == answer.cluster]
    if case is None or case.state != OPEN or not kept or not is_worth_telling(answer.report):
        return None
    newest, is_asked = kept[-1], answer.kind == "ask" and not answer.report.notes
    is_there = newest.kind != "check" and bool(same_question(kept, newest)[0].message_ts)
    is_about = answer.namespace in ("", newest.namespace)
    if not (is_asked and is_there and is_about and tells_the_same(answer.report, newest.report)):
        return None
    report = _in_words_of(answer.report, newest.report)
    return replace(answer, kind=REPEATED, question=newest.question, namespace=newest.namespace, report=report)


def _in_words_of(now: Report, then: Report) -> Report:
    """What was found now, as the answer to the question of then and in its language."""
    titles = {item.entry: item.title_zh for item in then.diagnoses}
    told = tuple(replace(item, title_zh=titles.get(item.entry, "")) for item in now.diagnoses)
    return replace(now, question=then.question, notes=then.notes, diagnoses=told)


def is_worth_telling(report: Report) -> bool:
    """Whether what the words mean is confirmed."""
    first = report.diagnoses[0] if report.diagnoses else None
    return first is not None and first.verdict is Verdict.CONFIRMED and first.score is not None


async def is_answered(context: HandlerContext, key: str) -> bool:
    """Whether this piece of work came to an answer."""
    return await context.services.store.run(context.cases.answer, key) is not None


async def take_case(context: HandlerContext, trail: AuditContext, case: Case, user: str) -> str:
    """Put a person on an open case, on record. Who is on it now: somebody else where they were first."""
    is_new = await context.services.store.run(context.cases.take, case.id, user, context.now())
    if is_new:
        await trail.record("case.taken", cluster=case.cluster, detail={"before": case.assignee})
    now = await context.services.store.run(context.cases.get, case.id)
    return now.assignee if now else ""


def render_handover(context: HandlerContext, handover: Handover) -> Message | None:
    """The message by which a case was handed to on-call, as things stand now; nothing where its answer is gone."""
    case, answer = context.cases.get(handover.case_id), context.cases.answer(handover.diagnosis_id)
    if case is None or answer is None:
        return None
    return handover_summary(
        answer.report,
        case_line(context, case, answer),
        to=handover.handed_to,
        by=handover.handed_by,
        permalink=case.link,
        now=handover.at,
    )


async def refresh_handover(context: HandlerContext, trail: AuditContext, case: str) -> None:
    """Say in the hand-over message, where there is one, who has the case and whether it is over.

    Raises:
        SlackUnavailable: Slack cannot be reached.
    """
    handover = await context.services.store.run(context.handovers.of_case, case)
    message = await context.services.store.run(render_handover, context, handover) if handover else None
    if handover and message:
        await update_unless_gone(context, trail, handover.channel, handover.message_ts, message)


async def refresh_answers(
    context: HandlerContext, trail: AuditContext, case: str, answer: str, *, with_handover: bool = True
) -> bool:
    """Show how things stand now where a question was answered first: there alone are buttons.

    That is so for the answer that was pressed and for the case's newest on each cluster, and where it was handed over
    unless that is left out.
    False: the first message of ``answer``'s question is no more, or can be changed no more.

    Raises:
        SlackUnavailable: Slack cannot be reached.
    """
    kept = await context.services.store.run(context.cases.answers, case)
    newest = {each.cluster: each.id for each in kept}
    wanted = [each for each in kept if each.id == answer or each.id in newest.values()]
    is_shown = True
    for chain in {each[0].id: each for each in (same_question(kept, one) for one in wanted)}.values():
        shown_in = next((each for each in chain if each.message_ts), None)
        if shown_in is None:
            continue
        message = await context.services.store.run(render_answer, context, chain[-1])
        if not await update_unless_gone(context, trail, shown_in.channel, shown_in.message_ts, message):
            is_shown = is_shown and answer not in {each.id for each in chain}
    if with_handover:
        await refresh_handover(context, trail, case)
    return is_shown


async def update_unless_gone(
    context: HandlerContext, trail: AuditContext, channel: str, ts: str, message: Message
) -> bool:
    """Change a message; false where it is gone, or can be changed no more."""
    try:
        await context.messenger(trail).update(channel, ts, message)
    except SlackError as error:
        if getattr(error, "code", "") not in UNCHANGEABLE:
            raise
        return False
    return True


def case_row(case: Case) -> CaseRow:
    """A case by its newest answer."""
    return CaseRow(
        id=case.id,
        title=case.title or case.question,
        outcome=case.outcome,
        at=case.updated_at,
        cluster=case.cluster,
        by=case.opened_by,
        link=case.link,
        state=case.state,
        assignee=case.assignee,
    )


def answer_row(case: Case, answer: StoredAnswer) -> CaseRow:
    """One answer of a case."""
    first = answer.report.diagnoses[0] if answer.report.diagnoses else None
    return CaseRow(
        id=case.id,
        title=first.title if first else "",
        outcome=answer.report.outcome,
        at=answer.finished_at,
        cluster=answer.cluster,
        by=answer.asked_by,
        link=case.link,
        state=case.state,
    )
