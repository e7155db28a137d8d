"""Kleene's laws: what could not be read is never taken for something that is not there."""

from collections.abc import Callable, Iterable, Mapping
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.fact_comparison import compare, evaluate
from knowledge.logic import Outcome, all_of, any_of, negate, none_of
from knowledge.model import Call, Condition, Group, Value

PRESENT, ABSENT, UNKNOWN = Outcome.PRESENT, Outcome.ABSENT, Outcome.UNKNOWN
Combine = Callable[[Iterable[Outcome]], Outcome]
some = st.lists(st.sampled_from(Outcome), max_size=6)
combine = pytest.mark.parametrize("combined", [all_of, any_of, none_of])


@pytest.mark.parametrize(
    ("one", "other", "both", "either"),
    [
        (PRESENT, PRESENT, PRESENT, PRESENT),
        (PRESENT, ABSENT, ABSENT, PRESENT),
        (PRESENT, UNKNOWN, UNKNOWN, PRESENT),
        (ABSENT, ABSENT, ABSENT, ABSENT),
        (ABSENT, UNKNOWN, ABSENT, UNKNOWN),
        (UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
    ],
)
def test_truth_table(one: Outcome, other: Outcome, both: Outcome, either: Outcome) -> None:
    assert all_of([one, other]) is all_of([other, one]) is both
    assert any_of([one, other]) is any_of([other, one]) is either
    assert none_of([one, other]) is negate(either)


def test_empty_groups() -> None:
    assert (all_of([]), any_of([]), none_of([])) == (PRESENT, ABSENT, PRESENT)


@given(some)
def test_de_morgan(outcomes: list[Outcome]) -> None:
    assert negate(all_of(outcomes)) is any_of(map(negate, outcomes))
    assert negate(any_of(outcomes)) is all_of(map(negate, outcomes))
    assert none_of(outcomes) is all_of(map(negate, outcomes))


@given(st.sampled_from(Outcome))
def test_negating_twice_changes_nothing(outcome: Outcome) -> None:
    assert negate(negate(outcome)) is outcome


@combine
@given(outcomes=some, more=some)
def test_order_and_repetition_do_not_count(combined: Combine, outcomes: list[Outcome], more: list[Outcome]) -> None:
    assert combined(outcomes + more) is combined(more + outcomes + more)


@given(some, some)
def test_groups_can_be_split(outcomes: list[Outcome], more: list[Outcome]) -> None:
    assert all_of(outcomes + more) is all_of([all_of(outcomes), all_of(more)])
    assert any_of(outcomes + more) is any_of([any_of(outcomes), any_of(more)])


@combine
@given(outcomes=some, data=st.data())
def test_learning_more_never_flips_what_was_known(
    combined: Combine, outcomes: list[Outcome], data: st.DataObject
) -> None:
    learnt = [data.draw(st.sampled_from(Outcome)) if one is UNKNOWN else one for one in outcomes]
    before, after = combined(outcomes), combined(learnt)
    assert before in (UNKNOWN, after)


@combine
@given(outcomes=some)
def test_unknown_only_where_learning_more_could_go_either_way(combined: Combine, outcomes: list[Outcome]) -> None:
    choices = [(PRESENT, ABSENT) if one is UNKNOWN else (one,) for one in outcomes]
    possible = {combined(world) for world in product(*choices)}
    assert combined(outcomes) is (possible.pop() if len(possible) == 1 else UNKNOWN)


FACTS = ("a.x", "b.y", "c")
texts = st.sampled_from(["1.20", "1.32.1-aliyun.1", "on", "off", "10", "none"])
comparisons: st.SearchStrategy[Condition] = st.builds(
    lambda fact, operator, operand: Call(probe=fact.replace(".", "_"), operator=operator, operand=operand),
    st.sampled_from(FACTS),
    st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
    texts,
)
conditions = st.recursive(
    comparisons,
    lambda inner: st.builds(
        lambda quantifier, members: Group(quantifier, tuple(members)),
        st.sampled_from(["all", "any", "none"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=8,
)
known = st.fixed_dictionaries(dict.fromkeys(FACTS, texts))


@given(conditions, known, st.sets(st.sampled_from(FACTS)))
def test_a_condition_never_turns_round_when_a_fact_becomes_known(
    condition: Condition, facts: Mapping[str, Value], hidden: set[str]
) -> None:
    partly: dict[str, Value | None] = {name: None if name in hidden else value for name, value in facts.items()}
    left_out = {name: value for name, value in facts.items() if name not in hidden}
    before = evaluate(condition, partly)
    assert evaluate(condition, left_out) is before
    assert before in (UNKNOWN, evaluate(condition, facts))


@pytest.mark.parametrize(
    ("value", "operator", "operand", "outcome"),
    [
        ("terway", "==", "terway", PRESENT),
        ("terway", "!=", "terway", ABSENT),
        ("terway", "in", ("flannel", "terway"), PRESENT),
        ("terway", "not in", ("flannel", "terway"), ABSENT),
        (300, "<=", 10, ABSENT),
        ("300", "==", 300, PRESENT),
        ("9", "<", "10", PRESENT),
        (300, ">", "10", PRESENT),
        (True, "==", "true", PRESENT),
        (True, "==", 1, ABSENT),
        ("on", "<", "off", UNKNOWN),
        ("missing", "<", "1.2", UNKNOWN),
        (True, "<", 3, UNKNOWN),
        (None, "==", "terway", UNKNOWN),
        (None, "!=", "terway", UNKNOWN),
        (None, "not in", ("terway",), UNKNOWN),
        ("terway", None, None, UNKNOWN),
    ],
)
def test_comparing(value: Value | None, operator: str | None, operand: Value | None, outcome: Outcome) -> None:
    assert compare(value, operator, operand) is outcome
