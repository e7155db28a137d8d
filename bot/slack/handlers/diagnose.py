"""From a first message to the answer: look, keep what was seen, show it. Questions and re-checks both end like this.

Looking at a cluster for an answer: opened, read with the progress shown and every read on record, told.
"""

import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from bot.audit import AuditContext
from bot.cluster.connection import ConnectionSettingsError
from bot.cluster.reader import Cluster
from bot.cluster.requests import Observer, Request
from bot.diagnosis.answer import Answer, ClusterState
from bot.diagnosis.clinic import Clinic
from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import Report, ReportDiagnosis, make_report
from bot.slack.blocks.case import Stage, progress_message
from bot.slack.blocks.elements import Message
from bot.slack.handlers.context import RECHECK, HandlerContext, new_case, shown
from bot.slack.handlers.messenger import AnswerMessage
from bot.slack.logs import about
from bot.slack.queue.job import Job, Json
from bot.store.cases import StoredAnswer

Asked = Callable[[Clinic, Cluster | None], Awaitable[Answer]]


@dataclass
class Watching:
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


async def look(
    context: HandlerContext, cluster: str, trail: AuditContext, ask: Asked, observers: Sequence[Observer] = ()
) -> Report:
    """What ``ask`` finds on the cluster; on none where ``cluster`` is empty. Entries, reads and verdicts are recorded.

    A cluster that cannot be opened is told like one that cannot be reached: the knowledge is given all the same.

    Raises:
        AuditUnavailable: something could not be recorded, and was not done.
    """
    clinic = trail.clinic(await context.parts.clinic())
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
    async with context.parts.open_cluster(cluster, trail, observers) as opened:
        yield opened


_log = logging.getLogger("netclinic.deeds")


@dataclass(frozen=True, kw_only=True)
class DiagnoseJob:
    """What is looked at, for whom. ``kind`` is ask, recheck or check; the deed's key becomes the answer's id.

    ``entries`` are judged where ``judges`` (none: every fault), otherwise the words are matched. ``before`` is
    the answer that is checked again.
    """

    context: HandlerContext
    job: Job
    reply: AnswerMessage
    kind: str
    user: str
    words: str
    cluster: str
    namespace: str
    judges: bool = False
    entries: tuple[str, ...] = ()
    before: StoredAnswer | None = None

    async def run(self) -> None:
        """Answer. All of it is steps: a crash repeats none that is done.

        Raises:
            AuditUnavailable, DatabaseError, SlackAway, SlackRefused: it cannot go on.
        """
        if self.reply.may_be_one:
            self.reply.is_one = await self.job.step("one", self._crowded)
        if not self.reply.is_one:
            stage = Stage.RECHECKING if self.kind == RECHECK else Stage.MATCHING
            self.reply.ts = await self.job.step("first", lambda: self.reply.begin(self._so_far(stage)))
        case = await self.job.step("case", self._opened)
        self.reply.trail = self.context.trail(self.user, self.reply.channel, self.job.key, case)
        with about(case=case):
            await self._in_case(case)

    async def _in_case(self, case: str) -> None:
        told = Report.from_json(await self.job.step("look", self._looked))
        await self.job.step("keep", lambda: self._kept(told, case))
        self.reply.ts = await self.job.step("answer", self._answered)
        await self.job.step("attach", self._attached)
        await self.job.step("link", lambda: self._linked(case))
        _log.info("Answered: %s.", told.outcome, extra={"cluster": self.cluster, "reads": told.requests})

    def _so_far(self, stage: Stage, done: Sequence[str] = (), doing: str = "") -> Message:
        return progress_message(self.words or "every fault", stage, done=done, doing=doing, cluster=self.cluster)

    async def _crowded(self) -> Json:
        return self.reply.is_crowded

    async def _opened(self) -> Json:
        if self.before:
            return self.before.case_id
        is_private = bool(self.reply.response_url)
        thread = f"private:{self.job.key}" if is_private else self.reply.thread_ts or self.reply.ts or ""
        return (
            await self.context.parts.store.run(
                new_case,
                self.context,
                channel=self.reply.channel,
                thread_ts=thread,
                user=self.user,
                question=self.words,
                at=self.context.now(),
                is_private=is_private,
            )
        ).id

    async def _looked(self) -> Json:
        trail = self.reply.trail

        def show(done: Sequence[str], doing: str) -> None:
            self.reply.progress(self._so_far(Stage.READING, done, doing))

        async def looking() -> Json:
            return (await look(self.context, self.cluster, trail, self._asked, [Watching(show)])).to_json()

        if self.kind != "ask":
            return await self.context.parts.looks.alone(looking)
        same = [self.reply.channel, " ".join(self.words.lower().split()), self.cluster, self.namespace]
        seen, was_shared = await self.context.parts.looks.shared(same, self.job.key, looking)
        if was_shared:
            told = Report.from_json(seen)
            await trail.record("verdict.reached", cluster=self.cluster, outcome=told.outcome, detail={"shared": True})
        return seen

    async def _asked(self, clinic: Clinic, cluster: Cluster | None) -> Answer:
        namespace = self.namespace or None
        if self.judges:
            if cluster is None:
                return Answer(question="", in_scope=True, confidence=1.0, cluster=None)
            return await clinic.check(self.entries, cluster, namespace)
        return await clinic.ask(self.words, cluster, namespace)

    async def _kept(self, told: Report, case: str) -> Json:
        now = self.context.now()
        answer = StoredAnswer(
            id=self.job.key,
            case_id=case,
            kind=self.kind,
            asked_at=now,
            asked_by=self.user,
            question=self.words,
            told=replace(told, question=self.words, diagnoses=_as_before(told, self.before)),
            finished_at=now,
            cluster=self.cluster,
            namespace=self.namespace,
            channel=self.reply.channel,
            message_ts=self.reply.ts or "",
        )
        await self.context.parts.store.run(self.context.cases.save_answer, answer)

    async def _message(self) -> Message:
        answer = await self.context.parts.store.run(self.context.cases.answer, self.job.key)
        if answer is None:
            raise LookupError(f"the answer {self.job.key} was kept, and is gone")
        return await self.context.parts.store.run(shown, self.context, answer)

    async def _answered(self) -> Json:
        ts = await self.reply.end(await self._message())
        if ts != (self.reply.ts or ""):
            await self.context.parts.store.run(self.context.cases.set_message, self.job.key, self.reply.channel, ts)
        return ts

    async def _attached(self) -> Json:
        await self.reply.attach(await self._message())

    async def _linked(self, case: str) -> Json:
        if not self.reply.ts:
            return
        link = await self.context.parts.directory.link(self.reply.channel, self.reply.thread_ts or self.reply.ts)
        await self.context.parts.store.run(self.context.cases.set_link, case, link)


def _as_before(told: Report, before: StoredAnswer | None) -> tuple[ReportDiagnosis, ...]:
    """What was told first then comes first again, unless something is confirmed now: it is what people wait for."""
    found = told.diagnoses
    if before is None or not before.told.diagnoses or (found and found[0].verdict is Verdict.CONFIRMED):
        return found
    asked = before.told.diagnoses[0].entry
    return tuple(sorted(found, key=lambda item: item.entry != asked))
