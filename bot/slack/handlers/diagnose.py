"""Diagnosing for an answer: the cluster is read with progress shown and on record, the answer stored, then posted.

Questions, checks and re-checks all end like this.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from bot.audit import AuditContext
from bot.cloud.requests import CloudCall
from bot.cluster.connection import ConnectionSettingsError
from bot.cluster.reader import Cluster
from bot.cluster.requests import Observer, Request
from bot.diagnosis.answer import Answer, ClusterState
from bot.diagnosis.clinic import Clinic
from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import Report, ReportDiagnosis, make_report
from bot.diagnosis.settling import GivenAnswer
from bot.slack.api.reactions import MessageId
from bot.slack.blocks.case import Stage, progress_message
from bot.slack.blocks.elements import Message
from bot.slack.blocks.question_state import RESTARTING, looking_status
from bot.slack.handlers.asked_message import (
    asked_before,
    asked_in,
    asked_message,
    is_first_look,
    show_outcome,
    show_reopened,
)
from bot.slack.handlers.case_service import as_repeated, open_case, refresh_answers, render_again, render_answer
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.messenger import AnswerMessage
from bot.slack.handlers.standing import accept_count, keep_or_join, render_same_as
from bot.slack.logs import log_context
from bot.slack.queue.job import Job, Json
from bot.store.cases import RESOLVED, StoredAnswer

AskClinic = Callable[[Clinic, Cluster | None], Awaitable[Answer]]
_log = logging.getLogger("netclinic.handlers")


@dataclass
class ReadProgress:
    """Hears of the reads (an observer of the reader) and shows them: what was read, and what is being read."""

    show: Callable[[Sequence[str], str], None]
    _done: dict[str, None] = field(default_factory=dict)

    async def before(self, request: Request) -> None:
        """Named by kind: paths are too long for a line."""
        self.show(list(self._done), request.resource)

    async def after(self, request: Request, outcome: str, size: int, seconds: float) -> None:
        """A read that failed is named in the answer, not here."""
        self._done[request.resource] = None
        self.show(list(self._done), "")

    async def before_call(self, call: CloudCall) -> None:
        """The cloud is named as one: its actions are no words for a thread."""
        self.show(list(self._done), "the cloud")

    async def after_call(self, call: CloudCall, outcome: str, code: str, request_id: str, seconds: float) -> None:
        """As with a read."""
        self._done["the cloud"] = None
        self.show(list(self._done), "")


async def diagnose_cluster(
    context: HandlerContext, cluster: str, trail: AuditContext, ask: AskClinic, observers: Sequence[Observer] = ()
) -> Report:
    """What ``ask`` finds on the cluster; on none where ``cluster`` is empty. Entries, reads and verdicts are recorded.

    A cluster that cannot be opened is told like one that cannot be reached: the knowledge is given all the same.

    Raises:
        AuditUnavailable: something could not be recorded, and was not done.
    """
    clinic = trail.clinic(await context.services.clinic())
    try:
        async with _opened(context, cluster, trail, observers) as opened:
            answer = await ask(clinic, opened)
    except ConnectionSettingsError as error:
        problem = str(error).rstrip(".")
        answer = replace(
            await ask(clinic, None), cluster=ClusterState(context=cluster, reachable=False, problem=problem)
        )
    await trail.record_verdicts(answer)
    return make_report(answer)


@contextlib.asynccontextmanager
async def _opened(
    context: HandlerContext, cluster: str, trail: AuditContext, observers: Sequence[Observer]
) -> AsyncIterator[Cluster | None]:
    if not cluster:
        yield None
        return
    async with context.services.open_cluster(cluster, trail, observers) as opened:
        yield opened


@dataclass(frozen=True, kw_only=True)
class DiagnoseJob:
    """What is looked at, for whom. ``kind`` is ask, recheck, settle or check; the job's key becomes the answer's id.

    ``entries`` are judged where ``is_check`` (none: every fault), otherwise the words are matched. ``before`` is
    the answer that is checked again. ``may_join``: where the question stands in another thread already, it is joined to
    that one; ``is_alert``: no person asks. ``seen`` is the report where the cluster was looked at before anything is
    said; ``notes`` say what of the question was not read.
    """

    context: HandlerContext
    job: Job
    reply: AnswerMessage
    kind: str
    user: str
    words: str
    cluster: str
    namespace: str
    is_check: bool = False
    entries: tuple[str, ...] = ()
    before: StoredAnswer | None = None
    seen: Json | None = None
    may_join: bool = False
    is_alert: bool = False
    notes: tuple[str, ...] = ()

    async def run(self) -> None:
        """Answer. All of it is steps: a crash repeats none that is done.

        Raises:
            AuditUnavailable, DatabaseError, SlackUnavailable, SlackRefused: it cannot go on.
        """
        asked = await self._find_asked_message()
        if asked:
            is_first = self.before is None and is_first_look(self.job.key)
            self.context.services.poster.reactions.look(asked, is_first=is_first)
        begun, arrived = time.monotonic(), self._arrived()
        try:
            told, case = await self._answer()
        except Exception:
            self.reply.drop_status()
            if asked:
                self.context.services.poster.reactions.forget(asked)
            raise
        seconds = time.time() - arrived if arrived else time.monotonic() - begun
        self._tell_answered(told, case, seconds)
        if asked:
            await self.job.retry("state", lambda: show_outcome(self.context, asked, case, told))

    async def _find_asked_message(self) -> MessageId | None:
        """The message that asked, where all can see it."""
        if self.reply.response_url:
            return None
        if self.before:
            return await asked_before(self.context, self.before)
        return asked_in(self.job.key, self.reply.channel, self.reply.thread_ts or "")

    async def _answer(self) -> tuple[Report, str]:
        if self.seen is not None:
            self.reply.is_single_message = True
        elif self.reply.may_be_single_message:
            self.reply.is_single_message = await self.job.step("one", self._begin_without_message)
        if not self.reply.is_single_message:
            stage = Stage.RECHECKING if self.before else Stage.MATCHING
            self.reply.ts = await self.job.step("first", lambda: self._begin(stage))
        self.job.interruption.tell = self._tell_restart
        case = await self.job.step("case", self._opened)
        self.reply.trail = self.context.audit_context(self.user, self.reply.channel, self.job.key, case)
        with log_context(case=case):
            return await self._answer_in_case(case), case

    async def _answer_in_case(self, case: str) -> Report:
        told = Report.from_json(self.seen or await self.job.step("look", self.diagnose))
        kept = await self.job.step("keep", lambda: self._store_answer(told, case))
        self.reply.ts = await self.job.step("answer", self._show_answer)
        await self.job.step("attach", self._attach_file)
        await self.job.step("link", lambda: self._store_permalink(case))
        if (self.before and not self.reply.response_url) or (
            kept and "repeated" in kept
        ):  # last: jobs of earlier versions end with the step before
            await self.job.step("refresh", lambda: self._refresh_first(case))
        if kept and "reopened" in kept:
            await self.job.step("reopened", lambda: show_reopened(self.context, case))
        if kept and "same_as" in kept:
            await self.job.step("count", lambda: accept_count(self.context, kept["same_as"]))
        return told

    async def _begin(self, stage: Stage) -> Json:
        """The first message; to one person who would be left with it beside the answer, only if that takes long."""
        if not self.reply.would_pile_up:
            return await self.reply.begin(self._first_message(stage))
        self.reply.begin_if_slow(self._first_message(Stage.READING), self.context.services.timing.private_patience)
        return ""

    def _arrived(self) -> float:
        """When the message was written that asked, by Slack's clock; 0 where none did, or it is looked at again."""
        message = None if self.before or self.reply.response_url else asked_message(self.job.key)
        return float(message[1]) if message else 0.0

    def _tell_answered(self, told: Report, case: str, seconds: float) -> None:
        """In the metrics and in the log."""
        self.context.services.metrics.count_answer(self.job.name, told, seconds)
        first = {"entry": told.diagnoses[0].entry} if told.diagnoses else {}
        spent = {"reads": told.requests, "bytes": told.bytes, "reading_ms": told.elapsed_ms}
        about = {"cluster": self.cluster, **first, **spent, "duration_seconds": round(max(0.0, seconds), 3)}
        with log_context(case=case):
            _log.info("Answered: %s.", told.outcome, extra=about)

    def _first_message(self, stage: Stage) -> Message:
        """In words alone: a plan of tasks would name those that have not begun."""
        return replace(self._progress_message(stage), richer=[])

    def _progress_message(self, stage: Stage, done: Sequence[str] = (), doing: str = "") -> Message:
        return progress_message(self.words or "every fault", stage, done=done, doing=doing, cluster=self.cluster)

    async def _tell_restart(self) -> None:
        """The message that the answer takes the place of, or its remembered step posts, says so until then."""
        await self.reply.interrupt(self._progress_message(Stage.RESTARTING), RESTARTING)

    async def _begin_without_message(self) -> Json:
        """Whether there is no need of a first message: a fresh answer notifies people, an edited one nobody."""
        return await self.reply.begin_with_status(self._status_words()) or self.reply.is_channel_busy

    def _status_words(self, kinds: Sequence[str] = ()) -> str:
        return looking_status(self.cluster, kinds, is_again=self.before is not None)

    async def _opened(self) -> Json:
        if self.before:
            return self.before.case_id
        is_private = bool(self.reply.response_url)
        thread = f"private:{self.job.key}" if is_private else self.reply.thread_ts or self.reply.ts or ""
        return (
            await self.context.services.store.run(
                open_case,
                self.context,
                channel=self.reply.channel,
                thread_ts=thread,
                cluster=self.cluster,
                user=self.user,
                question=self.words,
                at=self.context.now(),
                is_private=is_private,
            )
        ).id

    async def diagnose(self) -> Json:
        """The report, as JSON. The look is on record, and shown while it lasts where a message shows it."""
        trail = self.reply.trail

        def show(done: Sequence[str], doing: str) -> None:
            status = self._status_words([*done, doing] if doing else done)
            self.reply.progress(self._progress_message(Stage.READING, done, doing), status)

        async def diagnose() -> Json:
            return (
                await diagnose_cluster(self.context, self.cluster, trail, self._ask, [ReadProgress(show)])
            ).to_json()

        if self.kind != "ask":
            return await self.context.services.shared_reads.read_alone(diagnose)
        same = [self.reply.channel, " ".join(self.words.lower().split()), self.cluster, self.namespace]
        report_json, was_shared = await self.context.services.shared_reads.read_shared(same, self.job.key, diagnose)
        if was_shared:
            told = Report.from_json(report_json)
            await trail.record("verdict.reached", cluster=self.cluster, outcome=told.outcome, detail={"shared": True})
        return report_json

    async def _ask(self, clinic: Clinic, cluster: Cluster | None) -> Answer:
        namespace = self.namespace or None
        clinic = replace(clinic, given=await self._given_answers())
        if self.is_check:
            if cluster is None:
                return Answer(question="", in_scope=True, confidence=1.0, cluster=None)
            return await clinic.check(self.entries, cluster, namespace)
        is_named = cluster is not None and self.cluster in await asyncio.to_thread(self._named_clusters)
        return await clinic.ask(self.words, cluster, namespace, names_cluster=is_named)

    def _named_clusters(self) -> Sequence[str]:
        return self.context.services.clusters.find_known(self.words)

    async def _given_answers(self) -> dict[str, GivenAnswer]:
        """What people answered in this case about this question, by entry."""
        if self.before is None:
            return {}
        settling = self.context.settling
        kept = await self.context.services.store.run(settling.known, self.before.case_id, self.words)
        names = await self.context.display_names({answer.user for answer in kept.values()})
        return {
            entry: GivenAnswer(yes=answer.yes, by=names.get(answer.user, answer.user)) for entry, answer in kept.items()
        }

    def stored_answer(self, told: Report, case: str) -> StoredAnswer:
        """The answer as it is kept with its case."""
        now = self.context.now()
        return StoredAnswer(
            id=self.job.key,
            case_id=case,
            kind=self.kind,
            asked_at=now,
            asked_by=self.user,
            question=self.words,
            report=replace(
                told, question=self.words, diagnoses=_keep_first_diagnosis(told, self.before), notes=self.notes
            ),
            finished_at=now,
            cluster=self.cluster,
            namespace=self.namespace,
            channel=self.reply.channel,
            message_ts=self.reply.ts or "",
        )

    async def _store_answer(self, told: Report, case: str) -> Json:
        was_resolved = self.kind == "ask" and await self._is_resolved(case)
        kept = await self._store(self.stored_answer(told, case))
        return {**(kept or {}), "reopened": True} if was_resolved and not await self._is_resolved(case) else kept

    async def _is_resolved(self, case: str) -> bool:
        found = await self.context.services.store.run(self.context.cases.get, case)
        return found is not None and found.state == RESOLVED

    async def _store(self, answer: StoredAnswer) -> dict[str, str | bool] | None:
        store = self.context.services.store
        is_persons = self.kind == "ask" and not (self.reply.response_url or self.is_alert)
        if is_persons and (again := await store.run(as_repeated, self.context, answer)):
            await store.run(self.context.cases.save_answer, again)
            return {"repeated": True}
        if not self.may_join:
            await self.context.services.store.run(self.context.cases.save_answer, answer)
            return None
        same_as = await keep_or_join(self.context, self.reply.trail, answer, is_alert=self.is_alert)
        return {"same_as": same_as} if same_as else None

    async def _message(self) -> Message:
        answer = await self.context.services.store.run(self.context.cases.answer, self.job.key)
        if answer is None:
            raise LookupError(f"the answer {self.job.key} was kept, and is gone")
        for render in () if self.reply.response_url else (render_again, render_same_as):
            if line := await self.context.services.store.run(render, self.context, answer):
                return line
        return await self.context.services.store.run(render_answer, self.context, answer)

    async def _show_answer(self) -> Json:
        self.job.interruption.tell = None  # from here on it would take the answer's place
        ts = await self.reply.end(await self._message())
        if ts != (self.reply.ts or ""):
            await self.context.services.store.run(self.context.cases.set_message, self.job.key, self.reply.channel, ts)
        return ts

    async def _attach_file(self) -> Json:
        await self.reply.attach_file(await self._message())

    async def _refresh_first(self, case: str) -> Json:
        """The first answer shows what was found now; where it can be changed no more, the whole is said anew."""
        if await refresh_answers(self.context, self.reply.trail, case, self.job.key):
            return
        answer = await self.context.services.store.run(self.context.cases.answer, self.job.key)
        if answer is not None:
            whole = await self.context.services.store.run(render_answer, self.context, answer)
            await self.context.messenger(self.reply.trail).post_once(
                channel=self.reply.channel,
                thread_ts=self.reply.thread_ts or None,
                key=f"{self.job.key}:whole",
                message=whole,
            )

    async def _store_permalink(self, case: str) -> Json:
        if not self.reply.ts:
            return
        link = await self.context.services.directory.permalink(
            self.reply.channel, self.reply.thread_ts or self.reply.ts
        )
        await self.context.services.store.run(self.context.cases.set_link, case, link)


def _keep_first_diagnosis(told: Report, before: StoredAnswer | None) -> tuple[ReportDiagnosis, ...]:
    """What was told first then comes first again, unless something is confirmed now: it is what people wait for."""
    found = told.diagnoses
    if before is None or not before.report.diagnoses or (found and found[0].verdict is Verdict.CONFIRMED):
        return found
    asked = before.report.diagnoses[0].entry
    return tuple(sorted(found, key=lambda item: item.entry != asked))
