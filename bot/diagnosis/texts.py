"""A diagnosis with its texts: cause, steps and cautions of the entry, rendered over the facts of this cluster."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.cluster.facts import Fact, FactValue, core_facts, declared_facts, facts_here, read_fact
from bot.cluster.named_objects import named_objects
from bot.cluster.session import ClusterSession, full_name, name_of
from bot.cluster.transport import ReadError
from bot.diagnosis.answer import Diagnosis
from bot.diagnosis.judge import UNDECIDED, Judgement, Verdict
from bot.probes.findings import Finding
from bot.probes.metrics import NOT_CONFIGURED
from bot.probes.nodes import machine_of
from bot.probes.registry import calls
from bot.probes.terway import terway_pods
from knowledge.call_validation import fact_to_probe
from knowledge.logic import Outcome
from knowledge.model import Condition, Entry, Kind, Sentence, Step
from knowledge.outcome_comparison import HINTED, Outcomes
from knowledge.placeholders import explained
from knowledge.rendering import render, render_text
from knowledge.sentences import Told, sentence_for

FactValues = Mapping[str, FactValue | None]
NOT_APPLICABLE = "not applicable"  # the value of the other network plugin's facts


async def render_diagnosis(
    session: ClusterSession, entry: Entry, score: float | None, judgement: Judgement
) -> Diagnosis:
    """The diagnosis of a judged entry. What is ruled out gets no steps: there is nothing to mend."""
    wanted = dict.fromkeys([*entry.facts, *core_facts(), *_facts_in_texts(entry, judgement.verdict)])
    names = facts_here(session, wanted)
    facts = {fact.name: fact for fact in await asyncio.gather(*(read_fact(session, name) for name in names))}
    templates = _templates(entry, judgement.verdict)
    objects = await _with_names_of_node(session, judgement.objects(), templates)
    named = await _with_names_of_question(session, objects, templates)
    return _render(entry, score, judgement, facts, objects, named)


async def _with_names_of_question(
    session: ClusterSession, objects: Mapping[str, Sequence[str]], templates: str
) -> Mapping[str, Sequence[str]]:
    """For steps alone: the Service, pod or node that was asked about, where no finding names one.

    What is asked about need not be what fails, so no sentence says it of them. Two of a kind are none.
    """
    wanted = [word for word in ("service", "pod", "node") if word not in objects and f"{{{{ {word} " in templates]
    if not wanted or not session.scope.text:
        return objects
    try:
        asked = await named_objects(session)
    except ReadError:
        return objects
    found = {
        "service": [full_name(each) for each in asked.services],
        "pod": [full_name(each) for each in asked.pods],
        "node": [name_of(each) for each in asked.nodes],
    }
    place = next((objects[word][0].rpartition("/")[0] for word in ("service", "pod") if objects.get(word)), "")
    return {
        **{word: found[word] for word in wanted if len(found[word]) == 1 and _is_in(found[word][0], place)},
        **objects,
    }


def _is_in(name: str, namespace: str) -> bool:
    """Whether it is in the namespace that steps are about already; a node is in none."""
    return not namespace or "/" not in name or name.startswith(f"{namespace}/")


async def _with_names_of_node(
    session: ClusterSession, objects: Mapping[str, Sequence[str]], templates: str
) -> Mapping[str, Sequence[str]]:
    """What texts say of the first node beyond what was found: its Terway pod and its machine."""
    node = next(iter(objects.get("node", ())), "")
    if not node:
        return objects
    if "terway_pod" in templates and "terway_pod" not in objects:
        objects = {**objects, "terway_pod": await terway_pods(session, node)}
    if any(f" {word} " in templates for word in ("instance", "instance_type", "zone")):
        objects = {**await machine_of(session, node), **objects}
    return objects


def diagnosis_from_words(entry: Entry, score: float, why: str) -> Diagnosis:
    """What can be said without a cluster: the knowledge, and that nothing was confirmed because of ``why``."""
    if entry.kind is Kind.GUIDE:
        judgement = Judgement(verdict=Verdict.ANSWERED, reason=f"{why} This is general advice.")
    else:
        judgement = Judgement(verdict=Verdict.SUSPECTED, reason=f"{why} Only the words point to it.")
    return _render(entry, score, judgement, {}, {}, {})


def _facts_in_texts(entry: Entry, verdict: Verdict) -> list[str]:
    """Facts that the texts or their variants ask for, beyond those that are shown."""
    templates = _templates(entry, verdict)
    conditions = [step.when for step in _steps(entry)] + [said.when for said in _sentences(entry, verdict)]
    compared = {call.probe for condition in conditions for call in calls(condition)}
    return [name for name in declared_facts() if name in templates or fact_to_probe(name) in compared]


def _templates(entry: Entry, verdict: Verdict) -> str:
    texts = [entry.cause, *entry.caution, *(sentence.text for sentence in _sentences(entry, verdict))]
    for step in _steps(entry):
        texts += [step.text, step.command or "", step.caution]
    return " ".join(texts)


def _steps(entry: Entry) -> tuple[Step, ...]:
    return (*entry.settle, *entry.steps, *entry.prevent, *entry.verify)


def _sentences(entry: Entry, verdict: Verdict) -> tuple[Sentence, ...]:
    """What the entry itself says for a verdict; a guide says nothing."""
    said: tuple[Sentence, ...] = getattr(entry.says, verdict, ())
    return said


def _said(entry: Entry, judgement: Judgement, facts: FactValues, objects: Mapping[str, Sequence[str]]) -> Judgement:
    """With the entry's own sentence as the reason, where one fits what was found, and who answered what."""
    sentences = _sentences(entry, judgement.verdict) if judgement.found else ()
    sentences = tuple(each for each in sentences if not _asks_what_was_not(entry, each.when, judgement))
    said = sentence_for(sentences, _outcomes(judgement), facts, {**objects, **judgement.told_objects()})
    if said is None:
        return replace(judgement, reason=" ".join(filter(None, (judgement.reason, judgement.given, judgement.aside))))
    telling = _telling(said, judgement)
    telling += tuple(finding for finding in judgement.telling if finding not in telling)
    text = said.text
    if judgement.reason.startswith(UNDECIDED) and said.sentence.when is None and not said.words():
        # What nobody could foresee (a namespace that does not exist) is in no entry's sentence.
        text = _with_why(text, judgement.reason.removeprefix(UNDECIDED))
    parts = (judgement.preface, text, judgement.given, judgement.aside)
    return replace(judgement, reason=" ".join(filter(None, parts)), telling=telling)


def _with_why(text: str, why: str) -> str:
    """The sentence and what is behind it; a sentence of its own where there is a colon already."""
    return f"{text.rstrip('.')}: {why}" if ": " not in text else f"{text} {why[:1].upper()}{why[1:]}"


def _asks_what_was_not(entry: Entry, when: Condition | None, judgement: Judgement) -> bool:
    """Whether a sentence or a step is about what only the cloud tells, which was not asked here."""
    of_cloud = {call.probe for call in calls(entry.confirmed_with_cloud)} - {
        call.probe for part in (entry.applies, entry.confirmed_by) for call in calls(part)
    }
    asked = {call.probe for call in judgement.found}
    return any(call.probe in of_cloud - asked for call in calls(when))


def _outcomes(judgement: Judgement) -> Outcomes:
    return {call: HINTED if found.is_hint else str(found.outcome) for call, found in judgement.found.items()}


def _telling(said: Told, judgement: Judgement) -> tuple[Finding, ...]:
    """What the sentence is made of: the findings that it was chosen by, then those that name its objects."""
    excludes = judgement.verdict is Verdict.RULED_OUT
    shown = (Outcome.PRESENT, Outcome.ABSENT) if excludes else (Outcome.PRESENT,)
    seen = {call: found for call, found in judgement.found.items() if found.outcome in shown or found.is_hint}
    suppliers = {word: [found for found in seen.values() if word in found.objects] for word in said.words()}
    named = [_most_exact(word, found) for word, found in _rarest(suppliers)]
    telling: list[Finding] = []
    for finding in (*(found for call, found in seen.items() if said.rests_on(call)), *named):
        telling += [] if finding in telling else [finding]
    return tuple(telling)


def _most_exact(word: str, suppliers: Sequence[Finding]) -> Finding:
    return min(suppliers, key=lambda found: len(found.objects[word]))


def _rarest(suppliers: Mapping[str, Sequence[Finding]]) -> list[tuple[str, Sequence[Finding]]]:
    """The words that findings name, first those that the fewest do."""
    named = [(word, found) for word, found in sorted(suppliers.items()) if found]
    return sorted(named, key=lambda pair: len(pair[1]))


def _render(
    entry: Entry,
    score: float | None,
    judgement: Judgement,
    facts: Mapping[str, Fact],
    objects: Mapping[str, Sequence[str]],
    named: Mapping[str, Sequence[str]],
) -> Diagnosis:
    """``objects``: what was found; ``named``: with what the question names."""
    values = {name: _value_here(fact, facts) for name, fact in facts.items()}
    has_steps = judgement.verdict is not Verdict.RULED_OUT and not judgement.is_riddle
    to_settle = entry.settle if judgement.verdict is Verdict.SUSPECTED else ()
    to_do = (entry.steps, entry.prevent, entry.verify) if has_steps else ((), (), ())
    settle, steps, prevent, verify = explained(
        render(_here(entry, part, judgement), values, named, _outcomes(judgement)) for part in (to_settle, *to_do)
    )
    shown = [name for name in entry.facts if name in facts and values[name] != NOT_APPLICABLE]
    shown = [name for name in shown if facts[name].reason != NOT_CONFIGURED]
    return Diagnosis(
        entry=entry,
        score=score,
        judgement=_said(entry, judgement, values, objects),
        facts={name: _fact_text(facts[name]) for name in shown},
        cause="" if judgement.is_riddle else render_text(entry.cause, values, objects),
        settle=settle,
        steps=steps,
        prevent=prevent,
        verify=verify,
        caution=tuple(render_text(text, values, named) for text in entry.caution) if has_steps else (),
    )


def _here(entry: Entry, steps: Sequence[Step], judgement: Judgement) -> list[Step]:
    return [step for step in steps if not _asks_what_was_not(entry, step.when, judgement)]


def _value_here(fact: Fact, facts: Mapping[str, Fact]) -> FactValue | None:
    """The value; of a network plugin that does not run here it is known that there are none."""
    plugin = facts["network_plugin"].value if "network_plugin" in facts else None
    of = fact.name.partition(".")[0]
    is_elsewhere = plugin is not None and of in ("terway", "flannel") and of != plugin
    return NOT_APPLICABLE if fact.value is None and is_elsewhere else fact.value


def _fact_text(fact: Fact) -> str:
    return f"unknown ({fact.reason})" if fact.value is None else str(fact.value)
