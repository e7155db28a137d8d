"""The flow: symptom -> entries -> probes -> verdicts -> answer. Every door and every test goes through here."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.cluster.facts import core_facts, declared_facts, read_fact
from bot.cluster.reader import Cluster
from bot.cluster.requests import Budget
from bot.cluster.session import ClusterSession, QuestionScope
from bot.cluster.transport import ReadError
from bot.diagnosis.answer import Answer, ClusterState, Diagnosis, is_elsewhere
from bot.diagnosis.failing import FailingHere, hints_at, reopen, what_fails
from bot.diagnosis.judge import PLUGIN, Judge, Judgement, Verdict
from bot.diagnosis.matching import CLEAR, Matcher, Matches, MatchScores
from bot.diagnosis.relevance import PLUGINS, SURE, is_named, speaks_of_trouble, worth_telling
from bot.diagnosis.settling import GivenAnswer, spoken
from bot.diagnosis.texts import diagnosis_from_words, render_diagnosis
from bot.diagnosis.traces import has_trace_of_cluster
from bot.probes.registry import METRICS, calls
from bot.tracing import NO_TRACING, Span, Tracing
from knowledge.logic import Outcome
from knowledge.model import Entry, Kind

Look = Callable[[ClusterSession, Sequence[Diagnosis]], Awaitable[None]]
DOUBTFUL = 0.15  # from this confidence on the cluster is asked whether unclear words are about its network


@dataclass(frozen=True)
class Clinic:
    """Answers questions with the entries it knows. ``matcher`` may be absent where nothing is asked in words.

    ``given``: what people answered to the questions that settle entries, by entry.
    """

    entries: Mapping[str, Entry]
    matcher: Matcher | None = None
    budget: Budget = field(default_factory=Budget)
    given: Mapping[str, GivenAnswer] = field(default_factory=dict)
    tracing: Tracing = NO_TRACING

    async def ask(
        self,
        question: str,
        cluster: Cluster | None = None,
        namespace: str | None = None,
        *,
        names_cluster: bool = False,
    ) -> Answer:
        """Answer a question, on a cluster where there is one.

        Words that name it (``names_cluster``) want it looked at, whatever they fit.
        """
        with self.tracing.span("diagnose") as span:
            answer = await self._ask(question, cluster, namespace, names_cluster)
            _tell(span, answer, cluster)
        return answer

    async def _ask(self, question: str, cluster: Cluster | None, namespace: str | None, names_cluster: bool) -> Answer:
        started = time.monotonic()
        if self.matcher is None:
            raise ValueError("a clinic without an index cannot match words")
        with self.tracing.span("match"):
            found = await asyncio.to_thread(self.matcher.match, question)
        unmatched = Answer(question=question, in_scope=False, confidence=found.confidence, cluster=None)
        if not found.in_scope and (cluster is None or not (names_cluster or _is_worth_reading(question, found))):
            return unmatched
        scores = MatchScores(
            {item.entry_id: item.score for item in found.matches},
            in_doubt=not found.in_scope,
            likeness=found.likeness,
        )
        scope = QuestionScope.of(question, namespace)
        answer = await self._diagnose(replace(unmatched, in_scope=True), scores, cluster, scope, started, self.budget)
        return answer if found.in_scope else _only_what_is_sure(answer, unmatched, self.given)

    async def is_worth_reading(self, question: str) -> bool:
        """Whether a cluster is looked at for these words: they fit an entry, or carry a trace of a cluster."""
        if self.matcher is None:
            raise ValueError("a clinic without an index cannot match words")
        found = await asyncio.to_thread(self.matcher.match, question)
        return found.in_scope or _is_worth_reading(question, found)

    async def check(
        self,
        ids: Iterable[str],
        cluster: Cluster,
        namespace: str | None = None,
        *,
        words_are_clear: bool = False,
        words: str = "",
        look: Look | None = None,
    ) -> Answer:
        """Judge entries without a question: the named ones, dear reads too, or every fault.

        ``words_are_clear`` judges as if the words had plainly described each: how entries are proved on recordings.
        ``words`` are then those in which it was described.
        ``look`` sees more of the cluster once all is judged, from the same cache and within the same budget.
        """
        chosen = list(ids) or [entry.id for entry in self.entries.values() if entry.kind is Kind.FAULT]
        scores = MatchScores(dict.fromkeys(chosen, 1.0 if words_are_clear else 0.0), named=True)
        answer = Answer(question="", in_scope=True, confidence=1.0, cluster=None)
        scope, budget = QuestionScope.of(words, namespace), self.budget.for_everything()
        with self.tracing.span("check") as span:
            answer = await self._diagnose(answer, scores, cluster, scope, time.monotonic(), budget, look)
            _tell(span, answer, cluster)
        return answer

    async def _diagnose(
        self,
        answer: Answer,
        scores: MatchScores,
        cluster: Cluster | None,
        scope: QuestionScope,
        started: float,
        budget: Budget,
        look: Look | None = None,
    ) -> Answer:
        """The answer with its diagnoses, what could not be read, and what the reads took."""
        if cluster is None:
            return _with_duration(
                answer, started, diagnoses=tuple(self._by_words_alone(scores, "No cluster was read."))
            )
        async with cluster.reader(budget) as reader, ClusterSession(reader, scope) as session:
            state = await read_cluster_state(session, cluster.context)
            if state.reachable:
                diagnoses, failing = await self._by_cluster(session, scores)
                if not scores.named:
                    plugin = next((str(fact.value) for fact in state.facts if fact.name == PLUGIN and fact.value), None)
                    diagnoses = worth_telling(diagnoses, answer.question, answer.confidence, plugin, failing)
                if look is not None:
                    await look(session, diagnoses)
            else:
                diagnoses, failing = self._by_words_alone(scores, state.trouble), FailingHere()
            return _with_duration(
                answer,
                started,
                cluster=state,
                asked_at=session.now(),
                diagnoses=tuple(diagnoses),
                failing=failing.items,
                more_failing=failing.more,
                looked_at=failing.looked_at,
                not_looked_at=failing.not_looked_at,
                unread=reader.unread(),
                cloud_calls=reader.cloud.spent.calls if reader.cloud else 0,
                requests=reader.spent_in_all().requests,
                bytes=reader.spent_in_all().bytes,
            )

    def _by_words_alone(self, scores: MatchScores, why: str) -> list[Diagnosis]:
        return [diagnosis_from_words(self.entries[id_], score, why) for id_, score in scores.best().items()]

    async def _by_cluster(self, session: ClusterSession, scores: MatchScores) -> tuple[list[Diagnosis], FailingHere]:
        """What the words point to, whatever its verdict, and what the cluster shows failing; all looked at at once."""
        judge = Judge(session, declared_facts(), self.given, scores.likeness)
        here = await self._weigh_by_cluster(judge, scores, session.scope.text)
        meant = here.best()
        session.about_nodes = any(_asks_about_nodes(self.entries[id_], session) for id_ in meant)
        spoken_of = await self._spoken_of(judge) if scores.in_doubt else []
        wanted = {*meant, *spoken_of}
        entries = [entry for entry in self.entries.values() if entry.id in wanted or _is_cheap_fault(judge, entry)]
        judging = (_judged(judge, entry, scores, is_wanted=entry.id in wanted) for entry in entries)
        # What is named and what fails is read first: where the budget ends, it is settings that stay unknown.
        failing = await what_fails(session)
        judgements = await asyncio.gather(*judging)
        judged = reopen(list(zip(entries, judgements, strict=True)), failing.items)
        diagnoses = [
            await render_diagnosis(session, entry, meant.get(entry.id, here.vague_score(entry.id)), judgement)
            for entry, judgement in judged
            if entry.id in wanted or _is_seen_failing(judgement) or hints_at(judgement, failing.items)
        ]
        return sorted(diagnoses, key=_rank), failing

    async def _spoken_of(self, judge: Judge) -> list[str]:
        """The entries that the words speak of by the entries' own wordings, whatever the index makes of them."""
        return [entry.id for entry in self.entries.values() if entry.asks and await judge.words_speak_of(entry)]

    async def _weigh_by_cluster(self, judge: Judge, scores: MatchScores, text: str) -> MatchScores:
        """The scores, knowing what the cluster is: vague words were hardly about what cannot happen here.

        What the words name keeps its score: whoever writes "IPv6" means it on a cluster without it, too.
        """
        if scores.named:
            return scores
        entries = [self.entries[id_] for id_ in scores.scores]
        return scores.weighted([each.id for each in entries if is_named(each, text) or await judge.applies(each)])


async def read_cluster_state(session: ClusterSession, context: str) -> ClusterState:
    """The core facts, or why the cluster is out of reach: then nothing else is tried."""
    try:
        await session.reader.version()
    except ReadError as error:
        if error.cluster_is_out_of_reach or error.kind in ("timeout", "deadline"):
            return ClusterState(context=context, reachable=False, problem=str(error))
        if error.kind in ("not_found", "invalid"):
            why = "what answered is no Kubernetes API: check the server address in the kubeconfig"
            return ClusterState(context=context, reachable=False, problem=why)
    facts = await asyncio.gather(*(read_fact(session, name) for name in core_facts()))
    return ClusterState(context=context, reachable=True, facts=tuple(facts))


async def _judged(judge: Judge, entry: Entry, scores: MatchScores, *, is_wanted: bool) -> Judgement:
    """The verdict. About what nobody asked for, the cloud is asked only where the cluster itself brings it up."""

    async def judged(*, with_cloud: bool) -> Judgement:
        clear = scores.plainly_describe(entry.id)
        return await judge.judge(entry, words_are_clear=clear, in_doubt=scores.in_doubt, with_cloud=with_cloud)

    found = await judged(with_cloud=is_wanted)
    return await judged(with_cloud=True) if not is_wanted and _is_seen_failing(found) else found


def _is_worth_reading(question: str, found: Matches) -> bool:
    """Somebody asked: any trace of a cluster in the words is enough for what fails to decide."""
    return found.confidence >= DOUBTFUL or has_trace_of_cluster(question)


def _asks_about_nodes(entry: Entry, session: ClusterSession) -> bool:
    """Of all nodes: those of waiting pods are read one by one."""
    probes = ("node_condition", "node_taint", *(["metric"] if session.reader.other(METRICS) is not None else []))
    asked = [call for call in calls(entry.confirmed_by) if call.probe in probes]
    return any(("on", "affected") not in call.arguments for call in asked)


def _is_cheap_fault(judge: Judge, entry: Entry) -> bool:
    return entry.kind is Kind.FAULT and entry.confirmed_by is not None and not judge.is_wide(entry)


def _rank(diagnosis: Diagnosis) -> tuple[bool, bool, float]:
    """Confirmed first, of these the ones that the words point to; then by score."""
    return diagnosis.verdict is not Verdict.CONFIRMED, diagnosis.score is None, -(diagnosis.score or 0.0)


def _only_what_is_sure(answer: Answer, unmatched: Answer, given: Mapping[str, GivenAnswer]) -> Answer:
    """Of words that may be about something else: what the cluster shows failing now, or what a person has answered.

    Where there is neither, the setting that the words speak of, with the question that settles it; else what they name
    that this cluster does not have; else nothing.
    """
    kept = [item for item in answer.diagnoses if _is_sure(item.judgement) or item.entry.id in given]
    kept = kept or [item for item in answer.diagnoses if _is_spoken_of(item.judgement)][:1]
    kept = kept or [item for item in answer.diagnoses if _is_half_spoken_of(item)][:1]
    if unmatched.confidence >= SURE:
        kept = kept or [item for item in answer.diagnoses[:1] if _is_named_elsewhere(item, answer.question)]
    if kept or answer.cluster is None:
        return replace(answer, diagnoses=tuple(kept))
    return replace(answer, in_scope=unmatched.in_scope, diagnoses=())


def _is_seen_failing(judgement: Judgement) -> bool:
    return judgement.verdict is Verdict.CONFIRMED and judgement.rests_on_sign


def _is_sure(judgement: Judgement) -> bool:
    """Whether it is seen failing, or confirmed by words that have look-alikes and are not one."""
    return judgement.verdict is Verdict.CONFIRMED and (judgement.rests_on_sign or bool(spoken(judgement.found)))


def _is_spoken_of(judgement: Judgement) -> bool:
    """Whether its question would settle it, and the words carry all that it wants of them."""
    said = spoken(judgement.found)
    return bool(judgement.asks and said) and all(found.outcome is Outcome.PRESENT or found.is_hint for found in said)


def _is_half_spoken_of(diagnosis: Diagnosis) -> bool:
    """Whether it is by far the nearest entry, and the words carry some of what it wants, and nothing against it."""
    said = spoken(diagnosis.judgement.found)
    is_said = any(found.outcome is Outcome.PRESENT for found in said) and not any(found.is_contrary for found in said)
    return bool(diagnosis.judgement.asks) and is_said and (diagnosis.score or 0.0) >= CLEAR


def _is_named_elsewhere(diagnosis: Diagnosis, question: str) -> bool:
    """Whether the words tell of trouble with what only other clusters have: "does not apply" is the answer."""
    is_meant = is_named(diagnosis.entry, question) and diagnosis.entry.section not in PLUGINS
    return is_meant and is_elsewhere(diagnosis) and speaks_of_trouble(question)


def _tell(span: Span, answer: Answer, cluster: Cluster | None) -> None:
    """In a trace: what came of it, and what it cost."""
    first = {"entry": answer.diagnoses[0].entry.id} if answer.diagnoses else {}
    read = {"cluster": cluster.context} if cluster is not None else {}
    span.set(verdict=answer.outcome, reads=answer.requests, bytes=answer.bytes, **first, **read)


def _with_duration(answer: Answer, started: float, **changes: Any) -> Answer:
    return replace(answer, elapsed_ms=round((time.monotonic() - started) * 1000), **changes)
