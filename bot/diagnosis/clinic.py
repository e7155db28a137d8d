"""The flow: symptom -> entries -> probes -> verdicts -> answer. Every door and every test goes through here."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from bot.cluster.facts import Fact, FactValue, core_facts, declared_facts, read_fact
from bot.cluster.reader import Reader
from bot.cluster.requests import Budget, Observer, Recorder
from bot.cluster.session import ClusterSession, QuestionScope
from bot.cluster.transport import ReadError, Transport
from bot.diagnosis.answer import Answer, ClusterState, Diagnosis
from bot.diagnosis.judge import Judge, Judgement, Verdict
from bot.probes.registry import calls
from bot.probes.terway import terway_pods
from knowledge.model import Entry, Kind
from knowledge.rendering import render, render_text

NOT_HERE = "not applicable"
MOST_MATCHES = 5  # entries shown for one question: more are noise at 3 a.m.
SHARE_OF_BEST = 0.12  # an entry whose score is a smaller share of the best one's was not meant
IMPOSSIBLE = 0.03  # what is left of an entry's score where it cannot apply: clear words still come first
DOUBTFUL = 0.15  # from this confidence on the cluster is asked whether unclear words are about its network
VAGUE = 8  # entries that vague words may have meant
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
        nothing = Answer(question=question, in_scope=False, confidence=found.confidence, cluster=None)
        if not found.in_scope and (cluster is None or found.confidence < DOUBTFUL):
            return nothing
        words = MatchScores({item.entry_id: item.score for item in found.matches})
        answer = replace(nothing, in_scope=True)
        seen = await self._examined(answer, words, cluster, QuestionScope.of(question, namespace), started)
        return seen if found.in_scope else _only_what_fails(seen, nothing)

    async def check(
        self, ids: Iterable[str], cluster: "Cluster", namespace: str | None = None, *, words_are_clear: bool = False
    ) -> Answer:
        """Judge entries without a question: the named ones, dear reads too, or every fault.

        ``words_are_clear`` judges as if the words had plainly described each: how entries are proved on recordings.
        """
        chosen = list(ids) or [entry.id for entry in self.entries.values() if entry.kind is Kind.FAULT]
        answer = Answer(question="", in_scope=True, confidence=1.0, cluster=None)
        words = MatchScores(dict.fromkeys(chosen, 1.0 if words_are_clear else 0.0), all_meant=True)
        return await self._examined(answer, words, cluster, QuestionScope.of("", namespace), time.monotonic())

    async def _examined(
        self, answer: Answer, words: "MatchScores", cluster: "Cluster | None", focus: QuestionScope, started: float
    ) -> Answer:
        if cluster is None:
            return _timed(answer, started, diagnoses=tuple(self._by_words_alone(words, "No cluster was read.")))
        async with cluster.reader(self.budget) as reader:
            view = ClusterSession(reader, focus)
            try:
                state = await read_cluster_state(view, cluster.context)
                diagnoses = (
                    await self._judged(view, words) if state.reachable else self._by_words_alone(words, state.trouble)
                )
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

    def _by_words_alone(self, words: "MatchScores", why: str) -> list[Diagnosis]:
        return [_unread(self.entries[id_], score, why) for id_, score in words.meant().items()]

    async def _judged(self, view: ClusterSession, words: "MatchScores") -> list[Diagnosis]:
        judge = Judge(view, declared_facts())
        here = await self._on_this_cluster(judge, words)
        scores = here.meant()
        view.about_nodes = any(_asks_about_nodes(self.entries[id_]) for id_ in scores)
        entries = [entry for entry in self.entries.values() if entry.id in scores or _is_cheap_fault(judge, entry)]
        judgements = await asyncio.gather(
            *(judge.judge(entry, words_are_clear=words.describe(entry.id)) for entry in entries)
        )
        diagnoses = [
            await _written(view, entry, scores.get(entry.id, here.hint(entry.id)), judgement)
            for entry, judgement in zip(entries, judgements, strict=True)
            if entry.id in scores or (judgement.verdict is Verdict.CONFIRMED and judgement.rests_on_sign)
        ]
        return sorted(diagnoses, key=_order)

    async def _on_this_cluster(self, judge: Judge, words: "MatchScores") -> "MatchScores":
        """The words again, knowing what the cluster is: vague ones were hardly about what cannot happen here."""
        if words.all_meant:
            return words
        possible = [id_ for id_ in words.scores if await judge.applies(self.entries[id_])]
        return words.given(possible)


@dataclass(frozen=True)
class MatchScores:
    """What the words of a question point to: scores by entry. ``all_meant`` where entries were named outright."""

    scores: Mapping[str, float]
    all_meant: bool = False

    def meant(self) -> dict[str, float]:
        """The entries that are worth showing, best first."""
        ranked = dict(sorted(self.scores.items(), key=lambda item: -item[1]))
        if self.all_meant:
            return ranked
        best = max(ranked.values(), default=0.0)
        return {id_: score for id_, score in list(ranked.items())[:MOST_MATCHES] if score >= best * SHARE_OF_BEST}

    def given(self, possible: Sequence[str]) -> "MatchScores":
        """The scores on a cluster where only these entries can apply; the others keep a small share of theirs."""
        weighed = {id_: score * (1.0 if id_ in possible else IMPOSSIBLE) for id_, score in self.scores.items()}
        whole = sum(weighed.values()) or 1.0
        return MatchScores({id_: score / whole for id_, score in weighed.items()})

    def hint(self, id_: str) -> float | None:
        """The score of an entry that the cluster brought up, where the words are vague enough to have meant it."""
        ranked = sorted(self.scores, key=lambda other: -self.scores[other])
        is_vague = not ranked or self.scores[ranked[0]] < CLEAR
        return self.scores[id_] if is_vague and id_ in ranked[:VAGUE] else None

    def describe(self, id_: str) -> bool:
        """Whether they plainly describe this entry's symptom."""
        return self.scores.get(id_, 0.0) >= CLEAR


@dataclass(frozen=True)
class Cluster:
    """An opened cluster: how to read it, and what people call it."""

    transport: Transport
    context: str
    observers: Sequence[Observer] = ()
    recorder: Recorder | None = None

    def reader(self, budget: Budget) -> Reader:
        """A reader for one question."""
        return Reader(self.transport, budget, self.observers, self.recorder)


async def read_cluster_state(view: ClusterSession, context: str) -> ClusterState:
    """The core facts, or why the cluster is out of reach: then nothing else is tried."""
    try:
        await view.reader.version()
    except ReadError as error:
        if error.cluster_is_out_of_reach or error.kind in ("timeout", "deadline"):
            return ClusterState(context=context, reachable=False, problem=str(error))
        if error.kind in ("not_found", "invalid"):
            why = "what answered is no Kubernetes API: check the server address in the kubeconfig"
            return ClusterState(context=context, reachable=False, problem=why)
    facts = await asyncio.gather(*(read_fact(view, name) for name in core_facts()))
    return ClusterState(context=context, reachable=True, facts=tuple(facts))


def _asks_about_nodes(entry: Entry) -> bool:
    return any(call.probe in ("node_condition", "node_taint") for call in calls(entry.confirmed_by))


def _is_cheap_fault(judge: Judge, entry: Entry) -> bool:
    return entry.kind is Kind.FAULT and entry.confirmed_by is not None and not judge.is_wide(entry)


async def _written(view: ClusterSession, entry: Entry, score: float | None, judgement: Judgement) -> Diagnosis:
    """The diagnosis with its texts for this cluster. What is ruled out gets no steps: there is nothing to mend."""
    names = list(dict.fromkeys([*entry.facts, *core_facts(), *_asked_facts(entry)]))
    found = {fact.name: fact for fact in await asyncio.gather(*(read_fact(view, name) for name in names))}
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
    values = {name: _here(fact, found) for name, fact in found.items()}
    mend = judgement.verdict is not Verdict.RULED_OUT
    return Diagnosis(
        entry=entry,
        score=score,
        judgement=judgement,
        facts={name: _shown(found[name]) for name in entry.facts if name in found and values[name] != NOT_HERE},
        cause=render_text(entry.cause, values, objects),
        settle=tuple(render(entry.settle, values, objects)) if judgement.verdict is Verdict.SUSPECTED else (),
        steps=tuple(render(entry.steps, values, objects)) if mend else (),
        verify=tuple(render(entry.verify, values, objects)) if mend else (),
        caution=tuple(render_text(text, values, objects) for text in entry.caution) if mend else (),
    )


def _here(fact: Fact, found: Mapping[str, Fact]) -> FactValue | None:
    """The value; of the other network plugin's facts it is known that there are none."""
    plugin = found["network_plugin"].value if "network_plugin" in found else None
    elsewhere = {"terway": "flannel.", "flannel": "terway."}.get(str(plugin))
    return NOT_HERE if fact.value is None and elsewhere and fact.name.startswith(elsewhere) else fact.value


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


def _only_what_fails(seen: Answer, nothing: Answer) -> Answer:
    """Of words that may be about something else, only what the cluster shows failing now is told, if anything is."""
    failing = [item for item in seen.diagnoses if item.verdict is Verdict.CONFIRMED and item.judgement.rests_on_sign]
    if failing or seen.cluster is None:
        return replace(seen, diagnoses=tuple(failing))
    return replace(seen, in_scope=nothing.in_scope, diagnoses=())


def _timed(answer: Answer, started: float, **changes: Any) -> Answer:
    return replace(answer, elapsed_ms=round((time.monotonic() - started) * 1000), **changes)
