"""An entry's own sentence for a verdict: the first that fits what was found, and never one with a hole."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from knowledge.errors import EntryErrors
from knowledge.expressions import parse_call, parse_when
from knowledge.loading import load_entries
from knowledge.model import Call, Sentence
from knowledge.sentences import sentence_for
from knowledge.vocabulary import Vocabulary

Write = Callable[..., Path]
WAITING = 'pod_waiting(reason="ContainerCreating")'
EVENT = 'pod_event(reason=["FailedCreatePodSandBox"], contains="no thing", within="30m")'
OBJECTS = {"pod": ["shop/web-0", "shop/web-1"], "node": ["n1"]}


def said(*sentences: tuple[str, str] | str, outcomes: Mapping[str, str] | None = None, **objects: list[str]) -> object:
    """The sentence that fits; ``outcomes`` by the call as the entry has it."""
    found = {parse_call(call, None): outcome for call, outcome in (outcomes or {}).items()}
    written = [
        Sentence(text=one) if isinstance(one, str) else Sentence(when=parse_when(one[0], None), text=one[1])
        for one in sentences
    ]
    told = sentence_for(written, found, {"terway.mode": "exclusive"}, objects or OBJECTS)
    return told and told.text


def test_the_first_sentence_that_fits_is_said() -> None:
    first, second = (f'{WAITING} == "absent"', "No pod waits."), "Pods wait on {{ node }}."
    assert said(first, second, outcomes={WAITING: "absent"}) == "No pod waits."
    assert said(first, second, outcomes={WAITING: "present"}) == "Pods wait on n1."
    assert said(first, outcomes={WAITING: "unknown"}) is None


def test_a_sentence_with_a_hole_is_never_said() -> None:
    sentences = ("{{ vswitch }} is empty.", "The vSwitch is empty.")
    assert said(*sentences) == "The vSwitch is empty."
    assert said(*sentences, vswitch=["vsw-1"]) == "vsw-1 is empty."
    assert said("{{ pods|some }} on {{ terway.version }}") is None
    optional = "A pod{% if vswitch %} of {{ vswitch }}{% endif %} waits."
    assert said(optional) == "A pod waits."
    assert said(optional, vswitch=["vsw-1"]) == "A pod of vsw-1 waits."


def test_lists_are_named_and_counted() -> None:
    many = [f"shop/web-{number}" for number in range(5)]
    assert said("{{ pods|some }}", pod=many) == "shop/web-0, shop/web-1, shop/web-2 and 2 more"
    assert said("{{ pods|some }}: {{ pods|counted('pod') }}") == "shop/web-0, shop/web-1: 2 pods"
    assert said("{{ pods|counted('pod') }}", pod=["a/b"]) == "1 pod"
    assert said("{{ pods|counted('pod') }}", node=["n1"]) is None


def test_a_sentence_begins_with_a_capital_and_names_keep_their_spelling() -> None:
    portal = ["the pods of portal"]
    assert said("{{ about }} ask for no hostPort.", about=portal) == "The pods of portal ask for no hostPort."
    assert said("Nothing selects {{ about }}.", about=portal) == "Nothing selects the pods of portal."
    assert said("{{ service }} has no endpoint.", service=["shop/cart"]) == "cart has no endpoint."
    assert said("{{ pods|some }} waits.", pod=["portal/a"]) == "portal/a waits."


def test_a_hostile_name_is_text() -> None:
    assert said("{{ pods|some }} waits", pod=["shop/*bold* <!channel>"]) == "`shop/*bold* <!channel>` waits"


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ('pod_event(contains="no thing") == "present"', True),  # fewer arguments than the entry's probe has
        ('pod_event(contains="other") == "present"', False),
        ('pod_event() != "absent"', True),
        ('pod_event() in ["absent", "unknown"]', False),
        ('pod_event() == "present" and pod_waiting() == "absent"', False),
        ('pod_event() == "absent" or pod_waiting() == "unknown"', True),
        ('terway_mode() == "exclusive"', True),
        ('terway_mode() != "exclusive" and pod_event() == "present"', False),
        ('terway_version() > "v1.0"', False),  # unknown here
    ],
)
def test_what_a_probe_came_to_is_compared_like_a_fact(when: str, holds: bool) -> None:
    outcomes = {EVENT: "present", WAITING: "unknown"}
    assert (said((when, "So."), outcomes=outcomes) == "So.") is holds


def test_of_several_probes_one_is_enough_for_a_likeness_and_all_are_needed_for_a_difference() -> None:
    outcomes = {'pod_event(reason="A")': "present", 'pod_event(reason="B")': "absent"}
    assert said(('pod_event() == "present"', "So."), outcomes=outcomes) == "So."
    assert said(('pod_event() != "present"', "So."), outcomes=outcomes) is None


SAYS = """\
says:
  confirmed: "{{ pods|some }} gets no thing."
  suspected:
    - when: node_taint(key="thing") == "unknown"
      say: "Nobody knows."
    - "Perhaps."
facts:"""


def test_sentences_are_read_with_the_entry(write: Write, folder: Path, vocabulary: Vocabulary) -> None:
    write(("facts:", SAYS))
    (entry,) = load_entries([folder], vocabulary)
    assert [one.text for one in entry.says.suspected] == ["Nobody knows.", "Perhaps."]
    taint = Call(probe="node_taint", arguments=(("key", "thing"),), operator="==", operand="unknown")
    assert entry.says.suspected[0].when == taint
    assert [one.text for one in entry.says.confirmed] == ["{{ pods|some }} gets no thing."]
    assert entry.says.ruled_out == ()


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("  confirmed: ", "  approved: ", '"approved" is no verdict of a fault: use confirmed, suspected, ruled_out'),
        ('    - "Perhaps."', "    - {say: Perhaps.}", "this is no sentence"),
        ('    - "Perhaps."', "    - 12", "this is no sentence"),
        ('key="thing") == "unknown"', 'key="other") == "unknown"', "the entry does not ask node_taint(key="),
        ('key="thing") == "unknown"', 'key="thing") == "maybe"', "one of present, absent, unknown, hinted"),
        ('node_taint(key="thing") == "unknown"', 'node_taint(key="thing")', "does not fit"),
        ('node_taint(key="thing") == "unknown"', 'terway_moon() == "full"', "there is no probe terway_moon()"),
        ('node_taint(key="thing") == "unknown"', 'terway_mode() == "odd"', "terway_mode() never is"),
    ],
)
def test_a_sentence_that_can_never_be_said_is_an_error(
    write: Write, folder: Path, vocabulary: Vocabulary, before: str, after: str, message: str
) -> None:
    assert before in SAYS
    write(("facts:", SAYS.replace(before, after)))
    with pytest.raises(EntryErrors) as caught:
        load_entries([folder], vocabulary)
    assert message in str(caught.value)


STEP = "1. Look at the pod.\n"


def test_a_caution_stands_at_its_step(write: Write, folder: Path, vocabulary: Vocabulary) -> None:
    write((STEP, "1. Look at the pod.\n\n   Caution: it looks back at {{ node }}.\n\n"))
    (entry,) = load_entries([folder], vocabulary)
    assert (entry.steps[0].text, entry.steps[0].caution) == ("Look at the pod.", "it looks back at {{ node }}.")
    assert entry.steps[1].caution == ""


def test_what_prevents_it_comes_after_what_mends_it(write: Write, folder: Path, vocabulary: Vocabulary) -> None:
    write(("## Verify\n", "## Prevent\n\n1. Buy a better thing.\n\n## Verify\n"))
    (entry,) = load_entries([folder], vocabulary)
    assert [step.text for step in entry.prevent] == ["Buy a better thing."]
