"""Expressions are data: what is right is read to the letter, what is wrong is named with the way out."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.call_validation import duration, fact_to_probe, probe_to_fact
from knowledge.expressions import ExpressionError, parse_call, parse_condition, parse_when, read_condition
from knowledge.model import Call, Group, Value
from knowledge.vocabulary import Vocabulary


def test_a_call_keeps_names_and_values(vocabulary: Vocabulary) -> None:
    text = 'pod_event(reason=["AllocIPFailed", "CniPodCreateError"], contains="no ip", within="30m", at_least=3)'
    assert parse_call(text, vocabulary) == Call(
        probe="pod_event",
        arguments=(
            ("reason", ("AllocIPFailed", "CniPodCreateError")),
            ("contains", "no ip"),
            ("within", "30m"),
            ("at_least", 3),
        ),
    )


@pytest.mark.parametrize(
    ("text", "operator", "operand"),
    [
        ('terway_mode() == "shared"', "==", "shared"),
        ('network_plugin() != "flannel"', "!=", "flannel"),
        ('network_plugin() in ["flannel", "terway"]', "in", ("flannel", "terway")),
        ('network_plugin() not in ["other"]', "not in", ("other",)),
        ('terway_version() < "v0.15.1.4-e02c8f12-aliyun"', "<", "v0.15.1.4-e02c8f12-aliyun"),
        ("kube_proxy_udp_timeout() >= 300", ">=", 300),
    ],
)
def test_facts_are_compared(text: str, operator: str, operand: Value, vocabulary: Vocabulary) -> None:
    call = parse_call(text, vocabulary)
    assert (call.operator, call.operand, call.arguments) == (operator, operand, ())


@pytest.mark.parametrize(("written", "value"), [("true", True), ("True", True), ("false", False), ("False", False)])
def test_truth_values_are_read_in_both_spellings(written: str, value: bool, vocabulary: Vocabulary) -> None:
    assert parse_call(f'node_taint(key="a", here={written})', vocabulary).arguments[1] == ("here", value)


@pytest.mark.parametrize("parameter", ["absence", "presence"])
def test_every_probe_can_be_a_hint_only(parameter: str, vocabulary: Vocabulary) -> None:
    assert parse_call(f'pod_waiting({parameter}="unknown")', vocabulary).arguments == ((parameter, "unknown"),)


WRONG = [
    ("", "empty"),
    ("   ", "empty"),
    ("pod_waiting(", "cannot be read"),
    ("pod_waiting() pod_waiting()", "cannot be read"),
    ('pod_waiting(reason="a", reason="b")', "twice"),
    ("pod_waitin()", 'did you mean "pod_waiting"'),
    ("zzz()", "there are "),
    ("pod_waiting", "write pod_waiting()"),
    ('terway.mode == "shared"', "write terway_mode()"),
    ('terway.mode() == "shared"', "terway_mode()"),
    ('pod_waiting("ContainerCreating")', "by name only"),
    ('pod_waiting(**{"reason": "a"})', "by name only"),
    ('pod_waiting(reson="a")', 'did you mean "reason"'),
    ('pod_waiting(namespace="a")', "it takes reason, min_age, state, absence, presence"),
    ("pod_waiting(reason=1)", "text in quotes"),
    ("pod_waiting(reason=true)", "text in quotes"),
    ('pod_waiting(reason=["a"])', "text in quotes"),
    ('pod_waiting(min_age="30 minutes")', '"30m"'),
    ("pod_waiting(min_age=30)", '"30m"'),
    ('pod_waiting(state="waitin")', 'did you mean "waiting"'),
    ('pod_waiting(absence="maybe")', '"unknown"'),
    ("pod_event()", "needs reason"),
    ("pod_event(reason=[])", "none of them empty"),
    ('pod_event(reason=["a", ""])', "none of them empty"),
    ('pod_event(reason=["a", 1])', "texts in quotes only"),
    ('pod_event(reason="a", at_least="3")', "a whole number"),
    ('pod_event(reason="a", at_least=true)', "a whole number"),
    ('pod_event(reason="a", at_least=1.5)', "not a plain value"),
    ('node_taint(key="a", here="true")', "true or false"),
    ("node_taint(key=None)", "not a plain value"),
    ('node_taint(key=f"{1}")', "not a plain value"),
    ('node_taint(key=open("/etc/passwd"))', "not a plain value"),
    ('node_taint(key="a" + "b")', "not a plain value"),
    ("terway_mode()", "must be compared"),
    ('terway_mode(a="b") == "shared"', "takes no parameters"),
    ('terway_mode() == "exclusiv"', 'did you mean "exclusive"'),
    ('terway_mode() in ["shared", "none"]', "never is"),
    ('terway_mode() in "shared"', "lists go with in"),
    ('terway_mode() == ["shared"]', "lists go with in"),
    ("terway_mode() in []", "lists go with in"),
    ('"shared" == terway_mode()', "fact first"),
    ('terway_version() < "latest"', "nothing to order by"),
    ('"1" < terway_version() < "2"', "compares more than once"),
    ('terway_mode() is "shared"', "operator"),
    ('pod_waiting() == "a"', "cannot be compared"),
    ('terway_mode() == "shared" and pod_waiting()', "use the groups"),
    ("not pod_waiting()", "use the groups"),
    ('__import__("os").system("true")', "not the name of a probe"),
    ("[1, 2]", "not an expression"),
    ("lambda: 1", "not an expression"),
    ("(" * 3000, "cannot be read"),
    ("a" * 5000, "characters"),
    ("pod_waiting()\0", "cannot be read"),
]


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize(("text", "part"), WRONG)
def test_mistakes_are_named_in_one_line(text: str, part: str, vocabulary: Vocabulary) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_call(text, vocabulary)
    assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_without_a_vocabulary_only_the_form_counts() -> None:
    assert parse_call('whatever(it="is")', None).probe == "whatever"
    with pytest.raises(ExpressionError):
        parse_call("whatever(1)", None)


def test_groups_nest(vocabulary: Vocabulary) -> None:
    data = {"all": ["pod_waiting()", {"none": [{"any": ['node_taint(key="a")', 'terway_mode() == "mixed"']}]}]}
    condition = parse_condition(data, vocabulary)
    assert isinstance(condition, Group)
    assert condition.quantifier == "all"
    inner = condition.members[1]
    assert isinstance(inner, Group)
    assert inner.quantifier == "none"
    assert isinstance(inner.members[0], Group)
    assert len(inner.members[0].members) == 2


@pytest.mark.parametrize(
    ("data", "part"),
    [
        ({"al": ["pod_waiting()"]}, 'did you mean "all"'),
        ({"all": ["pod_waiting()"], "any": ["pod_waiting()"]}, "2 keys"),
        ({"all": []}, "at least one"),
        ({"all": "pod_waiting()"}, "needs a list"),
        ({}, "0 keys"),
        (["pod_waiting()"], "a list"),
        (None, "empty"),
        (7, "the value 7"),
    ],
)
def test_misshaped_groups_are_named(data: object, part: str, vocabulary: Vocabulary) -> None:
    with pytest.raises(ExpressionError, match=part):
        parse_condition(data, vocabulary)


def test_every_error_of_a_group_is_told_with_its_place(vocabulary: Vocabulary) -> None:
    errors: list[ExpressionError] = []
    data = {"all": ["nope()", "pod_waiting()", {"any": ["pod_waiting()", "pod_event()"]}]}
    assert read_condition(data, vocabulary, errors.append, ("confirmed_by",)) is None
    assert [error.place for error in errors] == [("confirmed_by", "all", 0), ("confirmed_by", "all", 2, "any", 1)]


def test_step_variants_may_join_comparisons(vocabulary: Vocabulary) -> None:
    condition = parse_when('terway_mode() == "shared" and network_plugin() == "terway"', vocabulary)
    assert isinstance(condition, Group)
    assert (condition.quantifier, len(condition.members)) == ("all", 2)
    assert isinstance(parse_when('terway_mode() == "shared"', vocabulary), Call)
    with pytest.raises(ExpressionError, match="there is no probe"):
        parse_when('terway_mode() == "shared" or nope()', vocabulary)


def test_facts_and_their_probes_correspond(vocabulary: Vocabulary) -> None:
    assert fact_to_probe("kube_proxy.udp_timeout") == "kube_proxy_udp_timeout"
    assert probe_to_fact("kube_proxy_udp_timeout", vocabulary) == "kube_proxy.udp_timeout"
    assert probe_to_fact("network_plugin", vocabulary) == "network_plugin"
    assert probe_to_fact("pod_waiting", vocabulary) is None


def test_durations() -> None:
    seconds = {text: found.total_seconds() for text in ("90s", "30m", "2h", "1d") if (found := duration(text))}
    assert seconds == {"90s": 90, "30m": 1800, "2h": 7200, "1d": 86400}
    assert [duration(text) for text in ("", "30", "m", "-1m", "1.5h", "30 m", "1w", "٣m")] == [None] * 8


names = st.from_regex(r"[a-z][a-z_]{0,9}x", fullmatch=True)
values = st.one_of(st.text(), st.integers(-(10**9), 10**9), st.booleans(), st.lists(st.text(), max_size=4).map(tuple))
calls = st.builds(
    lambda probe, arguments: Call(probe=probe, arguments=tuple(arguments.items())),
    names,
    st.dictionaries(names, values, max_size=4),
)
comparisons = st.builds(
    lambda probe, operator, operand: Call(probe=probe, operator=operator, operand=operand),
    names,
    st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in", "not in"]),
    values,
)


@given(st.one_of(calls, comparisons).filter(lambda call: len(str(call)) < 3000))
def test_what_a_call_prints_reads_back_as_the_same_call(call: Call) -> None:
    assert parse_call(str(call), None) == call


@given(st.text(max_size=200))
def test_any_text_is_a_call_or_an_expression_error(text: str) -> None:
    with suppress(ExpressionError):
        assert isinstance(parse_call(text, None), Call)
