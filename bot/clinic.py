"""The flow: symptom -> entries -> probes -> verdicts -> answer. Every door and every test goes through here."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from bot.answer import Answer, ClusterState, Diagnosis
from bot.cluster.facts import Fact, core_facts, declared_facts, fact_of
from bot.cluster.reader import Reader
from bot.cluster.requests import Budget, Observer, Witness
from bot.cluster.transport import ReadError, Transport
from bot.cluster.view import Focus, View
from bot.judge import Judge, Judgement, Verdict
from bot.probes.registry import calls
from bot.probes.terway import terway_pods
from knowledge.model import Entry, Kind
from knowledge.rendering import render, render_text

MOST_MATCHES = 5  # entries shown for one question: more are noise at 3 a.m.
SHARE_OF_BEST = 0.12  # an entry whose score is a smaller share of the best one's was not meant
CLEAR = 0.5  # from this score on the words plainly describe the entry


class Matched(Protocol):
    """One entry that the words point to."""

    @property
    def entry_id(self) -> str: ...

    @property
    def score(self) -> float: ...


class Matches(Protocol):
    """What the index says of a text."""

    @property
    def in_scope(self) -> bool: ...

    @property
    def confidence(self) -> float: ...

    @property
    def matches(self) -> Sequence[Matched]: ...


class Matcher(Protocol):
    """The index, as far as the flow needs it."""

    def match(self, text: str) -> Matches: ...


@dataclass(frozen=True)
class Clinic:
    """Answers questions with the entries it knows. ``matcher`` may be absent where nothing is asked in words."""

    entries: Mapping[str, Entry]
    matcher: Matcher | None = None
    budget: Budget = field(default_factory=Budget)

    async def ask(self, question: str, cluster: "Cluster | None" = None, namespace: str | None = None) -> Answer:
        """Answer a question, on a cluster where there is one."""
        started = time.monotonic()
        if self.matcher is None:
            raise ValueError("a clinic without an index cannot match words")
        found = await asyncio.to_thread(self.matcher.match, question)
        if not found.in_scope:
            return Answer(question=question, in_scope=False, confidence=found.confidence, cluster=None)
        scores = meant(found.matches)
        answer = Answer(question=question, in_scope=True, confidence=found.confidence, cluster=None)
        return await self._examined(answer, scores, cluster, Focus.of(question, namespace), started)

    async def check(
        self, ids: Iterable[str], cluster: "Cluster", namespace: str | None = None, *, words_are_clear: bool = False
    ) -> Answer:
        """Judge entries without a question: the named ones, dear reads too, or every fault.

        ``words_are_clear`` judges as if the words had plainly described each: how entries are proved on recordings.
        """
        chosen = list(ids) or [entry.id for entry in self.entries.values() if entry.kind is Kind.FAULT]
        answer = Answer(question="", in_scope=True, confidence=1.0, cluster=None)
        scores = dict.fromkeys(chosen, 1.0 if words_are_clear else 0.0)
        return await self._examined(answer, scores, cluster, Focus.of("", namespace), time.monotonic())

    async def _examined(
        self, answer: Answer, scores: Mapping[str, float], cluster: "Cluster | None", focus: Focus, started: float
    ) -> Answer:
        if cluster is None:
            diagnoses = [_unread(self.entries[id_], score, "No cluster was read.") for id_, score in scores.items()]
            return _timed(answer, started, diagnoses=tuple(diagnoses))
        async with cluster.reader(self.budget) as reader:
            asked = {call.probe for id_ in scores for call in calls(self.entries[id_].confirmed_by)}
            view = View(reader, focus, about_nodes=bool(asked & {"node_condition", "node_taint"}))
            try:
                state = await observe(view, cluster.context)
                diagnoses = await self._judged(view, scores) if state.reachable else self._out_of_reach(scores, state)
                return _timed(
                    answer,
                    started,
                    cluster=state,
                    asked_at=view.now(),
                    diagnoses=tuple(diagnoses),
                    unread=reader.unread(),
                    requests=reader.spent.requests,
                    bytes=reader.spent.bytes,
                )
            finally:
                await view.close()

    def _out_of_reach(self, scores: Mapping[str, float], state: ClusterState) -> list[Diagnosis]:
        return [_unread(self.entries[id_], score, state.trouble) for id_, score in scores.items()]

    async def _judged(self, view: View, scores: Mapping[str, float]) -> list[Diagnosis]:
        judge = Judge(view, declared_facts())
        entries = [entry for entry in self.entries.values() if entry.id in scores or _is_cheap_fault(judge, entry)]
        judgements = await asyncio.gather(
            *(judge.judge(entry, words_are_clear=scores.get(entry.id, 0.0) >= CLEAR) for entry in entries)
        )
        diagnoses = [
            await _written(view, entry, scores.get(entry.id), judgement)
            for entry, judgement in zip(entries, judgements, strict=True)
            if entry.id in scores or (judgement.verdict is Verdict.CONFIRMED and judgement.rests_on_sign)
        ]
        return sorted(diagnoses, key=_order)


@dataclass(frozen=True)
class Cluster:
    """An opened cluster: how to read it, and what people call it."""

    transport: Transport
    context: str
    observers: Sequence[Observer] = ()
    witness: Witness | None = None

    def reader(self, budget: Budget) -> Reader:
        """A reader for one question."""
        return Reader(self.transport, budget, self.observers, self.witness)


def meant(matches: Sequence[Matched]) -> dict[str, float]:
    """The entries that the words point to, best first, with their scores."""
    best = matches[0].score if matches else 0.0
    return {item.entry_id: item.score for item in matches[:MOST_MATCHES] if item.score >= best * SHARE_OF_BEST}


async def observe(view: View, context: str) -> ClusterState:
    """The core facts, or why the cluster is out of reach: then nothing else is tried."""
    try:
        await view.reader.version()
    except ReadError as error:
        if error.cluster_is_out_of_reach or error.kind in ("timeout", "deadline"):
            return ClusterState(context=context, reachable=False, problem=str(error))
        if error.kind in ("not_found", "invalid"):
            why = "what answered is no Kubernetes API: check the server address in the kubeconfig"
            return ClusterState(context=context, reachable=False, problem=why)
    facts = await asyncio.gather(*(fact_of(view, name) for name in core_facts()))
    return ClusterState(context=context, reachable=True, facts=tuple(facts))


def _is_cheap_fault(judge: Judge, entry: Entry) -> bool:
    return entry.kind is Kind.FAULT and entry.confirmed_by is not None and not judge.is_wide(entry)


async def _written(view: View, entry: Entry, score: float | None, judgement: Judgement) -> Diagnosis:
    """The diagnosis with its texts for this cluster. What is ruled out gets no steps: there is nothing to mend."""
    names = list(dict.fromkeys([*entry.facts, *core_facts(), *_asked_facts(entry)]))
    found = {fact.name: fact for fact in await asyncio.gather(*(fact_of(view, name) for name in names))}
    objects = dict(judgement.objects())
    if "terway_pod" in _texts(entry) and "terway_pod" not in objects and objects.get("node"):
        objects["terway_pod"] = await terway_pods(view, objects["node"][0])
    return _diagnosis(entry, score, judgement, found, objects)


def _texts(entry: Entry) -> str:
    texts = [entry.cause, *entry.caution]
    for step in (*entry.settle, *entry.steps, *entry.verify):
        texts += [step.text, step.command or "", str(step.when or "")]
    return " ".join(texts)


def _asked_facts(entry: Entry) -> list[str]:
    """Facts that the texts or the variants of the steps ask for, beyond those that are shown."""
    whole = _texts(entry)
    return [name for name in declared_facts() if name in whole or name.replace(".", "_", 1) + "()" in whole]


def _diagnosis(
    entry: Entry,
    score: float | None,
    judgement: Judgement,
    found: Mapping[str, Fact],
    objects: Mapping[str, Sequence[str]],
) -> Diagnosis:
    values = {name: fact.value for name, fact in found.items()}
    mend = judgement.verdict is not Verdict.RULED_OUT
    return Diagnosis(
        entry=entry,
        score=score,
        judgement=judgement,
        facts={name: _shown(found[name]) for name in entry.facts if name in found},
        cause=render_text(entry.cause, values, objects),
        settle=tuple(render(entry.settle, values, objects)) if judgement.verdict is Verdict.SUSPECTED else (),
        steps=tuple(render(entry.steps, values, objects)) if mend else (),
        verify=tuple(render(entry.verify, values, objects)) if mend else (),
        caution=tuple(render_text(text, values, objects) for text in entry.caution) if mend else (),
    )


def _shown(fact: Fact) -> str:
    return f"unknown ({fact.reason})" if fact.value is None else str(fact.value)


def _unread(entry: Entry, score: float, why: str) -> Diagnosis:
    """What can be said without a cluster: the knowledge, and that nothing was confirmed."""
    if entry.kind is Kind.GUIDE:
        judgement = Judgement(verdict=Verdict.ANSWERED, reason=f"{why} This is general advice.")
    else:
        judgement = Judgement(verdict=Verdict.SUSPECTED, reason=f"{why} Only the words point to it.")
    return _diagnosis(entry, score, judgement, {}, {})


def _order(diagnosis: Diagnosis) -> tuple[bool, bool, float]:
    """Confirmed first, of these the ones that the words point to; then by score."""
    return diagnosis.verdict is not Verdict.CONFIRMED, diagnosis.score is None, -(diagnosis.score or 0.0)


def _timed(answer: Answer, started: float, **changes: Any) -> Answer:
    return replace(answer, elapsed_ms=round((time.monotonic() - started) * 1000), **changes)
