"""From findings to verdicts: three values joined, conditions weighed against words, and the reasons that are told."""

import itertools
from dataclasses import replace
from typing import Any

import pytest

from bot.cluster.facts import declared_facts
from bot.diagnosis.judge import Judge, Judgement, deciding_findings, outcome_of
from bot.probes import vocabulary
from bot.probes.findings import Finding
from knowledge.expressions import parse_condition
from knowledge.logic import Outcome
from knowledge.model import Call, Condition, Entry, Group

P, A, U = Outcome.PRESENT, Outcome.ABSENT, Outcome.UNKNOWN
CALLS = [Call(probe=name) for name in ("one", "two", "three")]


def findings(*outcomes: Outcome) -> dict[Call, Finding]:
    return {
        call: Finding(probe=call.probe, outcome=outcome, summary=f"{call.probe} {outcome}")
        for call, outcome in zip(CALLS, outcomes, strict=False)
    }


@pytest.mark.parametrize(
    ("quantifier", "outcomes", "expected"),
    [
        ("all", (P, P), P),
        ("all", (P, U), U),
        ("all", (P, A), A),
        ("all", (U, A), A),
        ("any", (A, A), A),
        ("any", (A, U), U),
        ("any", (P, U), P),
        ("any", (P, A), P),
        ("none", (A, A), P),
        ("none", (A, U), U),
        ("none", (P, U), A),
        ("none", (P, A), A),
    ],
)
def test_joins(quantifier: Any, outcomes: tuple[Outcome, Outcome], expected: Outcome) -> None:
    group = Group(quantifier, tuple(CALLS[:2]))
    assert outcome_of(group, findings(*outcomes)) is expected
    assert outcome_of(group, findings(*reversed(outcomes))) is expected


def test_deciders_always_bring_the_outcome_about() -> None:
    """Whatever is not among the deciders may change without changing the outcome."""
    shapes: list[Condition] = [
        Group(outer, (CALLS[0], Group(inner, tuple(CALLS[1:]))))
        for outer in ("all", "any", "none")
        for inner in ("all", "any", "none")
    ]
    for condition, outcomes in itertools.product(shapes, itertools.product((P, A, U), repeat=3)):
        found = findings(*outcomes)
        outcome = outcome_of(condition, found)
        decided_by = list(deciding_findings(condition, found))
        assert decided_by
        if outcome is U:
            assert any(finding.outcome is U for finding in decided_by)
            continue
        free = [call for call in CALLS if found[call] not in decided_by]
        for others in itertools.product((P, A, U), repeat=len(free)):
            changed = found | {
                call: replace(found[call], outcome=other) for call, other in zip(free, others, strict=True)
            }
            assert outcome_of(condition, changed) is outcome


Judged = Any
CONDITION = 'config_value(configmap="c", key="k", equals="v")'
SIGN = 'node_taint(key="bad")'


@pytest.fixture
def judged(make: Any, session_on: Any, entries: dict[str, Entry]) -> Any:
    async def judge(
        confirmed_by: Any,
        objects: list[Any],
        *,
        applies: Any = None,
        clear: bool = True,
        absence: Any = None,
        **how: Any,
    ) -> Judgement:
        known = vocabulary()
        entry = replace(
            entries["flannel-hairpin-off"],
            applies=None if applies is None else parse_condition(applies, known),
            confirmed_by=None if confirmed_by is None else parse_condition(confirmed_by, known),
            absence=absence or "ruled_out",
        )
        async with session_on(objects, **how) as session:
            return await Judge(session, declared_facts()).judge(entry, words_are_clear=clear)

    return judge


async def test_a_sign_confirms_whatever_the_words(make: Any, judged: Judged) -> None:
    node = make.node("n1", spec={"taints": [{"key": "bad", "effect": "NoSchedule"}]})
    for clear in (True, False):
        judgement = await judged(SIGN, [node], clear=clear)
        assert (judgement.verdict, judgement.rests_on_sign) == ("confirmed", True)
        assert judgement.objects() == {"node": ["n1"]}


async def test_a_condition_alone_confirms_only_what_the_words_describe(make: Any, judged: Judged) -> None:
    config = make.config("c", {"k": "v"})
    clear = await judged(CONDITION, [config])
    assert (clear.verdict, clear.rests_on_sign) == ("confirmed", False)
    vague = await judged(CONDITION, [config], clear=False)
    assert vague.verdict == "suspected"
    assert "nothing is seen failing" in vague.reason


async def test_an_absent_sign_does_not_make_a_condition_a_sign(make: Any, judged: Judged) -> None:
    either = {"any": [CONDITION, SIGN]}
    assert (await judged(either, [make.config("c", {"k": "v"}), make.node()], clear=False)).verdict == "suspected"
    excluded = {"all": [CONDITION, {"none": [SIGN]}]}
    assert (await judged(excluded, [make.config("c", {"k": "v"}), make.node()], clear=False)).verdict == "suspected"


async def test_absence_rules_out_unless_the_entry_says_that_it_cannot(make: Any, judged: Judged) -> None:
    ruled_out = await judged(SIGN, [make.node()])
    assert ruled_out.verdict == "ruled_out"
    assert "no node carries the taint bad" in ruled_out.reason.lower()
    opened = await judged(SIGN, [make.node()], absence="suspected")
    assert opened.verdict == "suspected"
    assert "nothing excludes it" in opened.reason


async def test_what_could_not_be_read_leaves_it_open_with_the_reason(make: Any, judged: Judged) -> None:
    judgement = await judged(SIGN, [make.node()], forbid=["nodes"])
    assert judgement.verdict == "suspected"
    assert judgement.reason == "Undecided: netclinic may not read nodes here."
    both = {"all": [SIGN, CONDITION]}
    assert (await judged(both, [make.config("c", {"k": "other"})], forbid=["nodes"])).verdict == "ruled_out", (
        "one absent decides"
    )
    assert (
        await judged({"any": [SIGN, CONDITION]}, [make.config("c", {"k": "v"})], forbid=["nodes"])
    ).verdict == "confirmed"


async def test_an_entry_that_does_not_apply_is_ruled_out_with_that_reason(make: Any, judged: Judged) -> None:
    applies = {"all": ['network_plugin() == "flannel"']}
    judgement = await judged(SIGN, [*make.terway(), make.node()], applies=applies)
    assert judgement.verdict == "ruled_out"
    assert "does not apply" in judgement.reason
    assert "terway" in judgement.reason


async def test_not_knowing_whether_it_applies_never_confirms(make: Any, judged: Judged) -> None:
    applies = {"all": ['network_plugin() == "flannel"']}
    node = make.node(spec={"taints": [{"key": "bad", "effect": "NoSchedule"}]})
    judgement = await judged(SIGN, [*make.flannel(), node], applies=applies, forbid=["daemonsets", "configmaps"])
    assert judgement.verdict == "suspected"
    assert (await judged(SIGN, [*make.flannel(), node], applies=applies)).verdict == "confirmed"


async def test_without_any_read_it_stays_suspected(make: Any, judged: Judged) -> None:
    judgement = await judged(None, [make.node()])
    assert judgement.verdict == "suspected"
    assert judgement.reason


async def test_versions_that_cannot_be_compared_are_unknown(make: Any, judged: Judged) -> None:
    condition = 'flannel_version() < "v0.15.1.4-e02c8f12-aliyun"'
    daemon_set = make.daemon_set("kube-flannel-ds", image="registry/flannel:nightly", container="kube-flannel")
    judgement = await judged(condition, [daemon_set])
    assert judgement.verdict == "suspected"
    assert "cannot be compared" in judgement.reason


async def test_a_guide_is_answered_with_the_facts_it_has(make: Any, session_on: Any, entries: dict[str, Entry]) -> None:
    guide = entries["terway-network-modes"]
    async with session_on([*make.terway(), make.node()]) as session:
        answered = await Judge(session, declared_facts()).judge(guide, words_are_clear=False)
    assert answered.verdict == "answered"
    assert answered.reason.startswith("On this cluster: Terway DaemonSet: terway-eniip; ")
    async with session_on([], forbid=["*"]) as session:
        general = await Judge(session, declared_facts()).judge(guide, words_are_clear=False)
    assert general.verdict == "answered"


async def test_the_same_probe_is_asked_once_for_all_entries(
    make: Any, session_on: Any, entries: dict[str, Entry]
) -> None:
    async with session_on([*make.flannel(), make.node()]) as session:
        judge = Judge(session, declared_facts())
        await judge.judge(entries["flannel-node-network-unavailable"], words_are_clear=True)
        first = session.reader.spent.requests
        await judge.judge(entries["flannel-node-network-unavailable"], words_are_clear=True)
        assert session.reader.spent.requests == first
