"""Watching a case: looked at by the clock, and told once, when it has changed or the watch is over.

The clock (:mod:`bot.slack.scheduler`) accepts each look under a key of its own, so a restart loses none and replicas
make none twice. A look that finds nothing new leaves nothing in the thread.
"""

import hashlib
import math
from dataclasses import replace
from datetime import datetime, timedelta

from bot.audit import AuditContext
from bot.diagnosis.language import labels_among
from bot.diagnosis.report import Changes, Report, compare
from bot.slack.blocks.changes import recheck_message
from bot.slack.blocks.elements import Message
from bot.slack.handlers.asked_message import asked_before, show_outcome
from bot.slack.handlers.case_service import RECHECK, parse_check, refresh_answers, same_question
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.diagnose import DiagnoseJob
from bot.slack.handlers.messenger import AnswerMessage
from bot.slack.jobs import WatchLook
from bot.slack.queue.job import Job, Json
from bot.slack.timing import Timing
from bot.store.cases import OPEN, Case, StoredAnswer


def due_look(case: Case, now: datetime, timing: Timing) -> tuple[str, WatchLook] | None:
    """The key and the job of the look that is due; none before the first."""
    if case.watched_until is None:
        return None
    begun = case.watched_until - timedelta(seconds=timing.watch_for)
    number = math.floor((min(now, case.watched_until) - begun).total_seconds() / timing.watch_every)
    if number < 1:
        return None
    until = hashlib.sha256(f"{case.id} {case.watched_until.isoformat()}".encode()).hexdigest()[:16]
    is_last = now >= case.watched_until
    return f"{case.team}:watch:{until}:{'last' if is_last else number}", WatchLook(case=case.id, is_last=is_last)


async def look(context: HandlerContext, job: Job, due: WatchLook) -> None:
    """The handler of one look. What it starts from is remembered, so that a crash tells no other story."""
    begun = await job.step("begin", lambda: _begin(context, due.case))
    if not begun:
        return
    case, before = await job.retry("stored", lambda: _stored(context, due.case, begun["answer"]))
    if case is None or before is None:
        return
    report = Report.from_json(await job.step("look", lambda: _look(context, job, case, before)))
    changes = compare(before.report, report)
    if not (due.is_last or has_changed(report, changes)):
        return
    trail = replace(context.system_audit_context(job.key), case=case.id)
    key = watch_key(job.key)
    await job.step("keep", lambda: _keep(context, key, before, report))
    labels, since = labels_among([before.report, report]), datetime.fromisoformat(begun["since"])
    message = recheck_message(report, changes, since=since, watched=True, labels=labels)
    await job.step("tell", lambda: _tell(context, trail, key, case, message))
    await job.step("end", lambda: _end_watch(context, trail, case, begun["until"]))
    await job.step("refresh", lambda: refresh_answers(context, trail, case.id, key))
    if asked := await asked_before(context, before):
        await job.retry("state", lambda: show_outcome(context, asked, case.id, report))


def watch_key(look_key: str) -> str:
    """The key of what one watch tells: of several looks that overlap, or are made again, one answer and one line."""
    return look_key.rpartition(":")[0]


def has_changed(report: Report, changes: Changes) -> bool:
    """Whether there is something to say; a cluster that cannot be read now says nothing new."""
    return report.was_read and bool(changes.cleared or changes.worse or changes.new)


async def _begin(context: HandlerContext, id_: str) -> Json:
    """The answer to compare with, and until when it is watched; empty where it is not watched any more."""
    store = context.services.store
    case = await store.run(context.cases.get, id_)
    answers = await store.run(context.cases.answers, id_)
    read = [each for each in answers if each.cluster and each.question]
    if case is None or case.state != OPEN or case.watched_until is None or not read:
        return {}
    newest = next((each for each in reversed(read) if each.cluster == case.cluster), read[-1])
    chain = same_question(answers, newest)
    since, until = chain[0].report.told_at.isoformat(), case.watched_until.isoformat()
    return {"answer": chain[-1].id, "since": since, "until": until}


async def _stored(context: HandlerContext, case: str, answer: str) -> tuple[Case | None, StoredAnswer | None]:
    store = context.services.store
    return await store.run(context.cases.get, case), await store.run(context.cases.answer, answer)


async def _look(context: HandlerContext, job: Job, case: Case, before: StoredAnswer) -> Json:
    entries = parse_check(context, before.question)
    trail = replace(context.system_audit_context(job.key), case=case.id)
    looking = DiagnoseJob(
        context=context,
        job=job,
        reply=AnswerMessage(poster=context.services.poster, trail=trail, channel=case.channel, key=job.key),
        kind=RECHECK,
        user=case.assignee,
        words=before.question,
        cluster=before.cluster,
        namespace=before.namespace,
        is_check=entries is not None,
        entries=entries or (),
        before=before,
    )
    return await looking.diagnose()


async def _end_watch(context: HandlerContext, trail: AuditContext, case: Case, until: str) -> Json:
    """Once it was told, so that a crash before that makes no watch end in silence."""
    if await context.services.store.run(context.cases.end_watch, case.id, datetime.fromisoformat(until)):
        await trail.record("case.watched", cluster=case.cluster, outcome="off")


async def _keep(context: HandlerContext, key: str, before: StoredAnswer, report: Report) -> Json:
    now = context.now()
    kept = replace(before, id=key, kind=RECHECK, asked_at=now, asked_by="", report=report, finished_at=now)
    await context.services.store.run(context.cases.save_answer, replace(kept, message_ts=""))


async def _tell(context: HandlerContext, trail: AuditContext, key: str, case: Case, message: Message) -> Json:
    return await context.messenger(trail).post_once(
        channel=case.channel, thread_ts=case.thread_ts, key=key, message=message
    )
