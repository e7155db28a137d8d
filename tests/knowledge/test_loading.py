"""Entries load strictly, and every problem of every file is told at once with its line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.errors import EntryErrors
from knowledge.loading import BUILTIN_FOLDER, load_entries
from knowledge.model import Call, Entry, Group, Kind, Proof, Step
from knowledge.vocabulary import Vocabulary

Write = Callable[..., Path]


@pytest.fixture
def errors(folder: Path, vocabulary: Vocabulary) -> Callable[[], list[str]]:
    """What loading the folder complains about, as ``line: sentence``."""

    def _errors() -> list[str]:
        with pytest.raises(EntryErrors) as caught:
            load_entries([folder], vocabulary)
        for problem, line in zip(caught.value.problems, str(caught.value).split("\n"), strict=True):
            assert line.startswith(f"{problem.file}:{problem.line}: " if problem.line else f"{problem.file}: ")
        return [str(problem).removeprefix(f"{problem.file}:") for problem in caught.value.problems]

    return _errors


def test_a_file_becomes_an_entry(write: Write, folder: Path, vocabulary: Vocabulary) -> None:
    path = write()
    (entry,) = load_entries([folder], vocabulary)
    assert (entry.id, entry.kind, entry.section, entry.path) == ("broken-thing", Kind.FAULT, "things", path)
    assert entry.title == "The thing is broken"
    assert len(entry.symptoms) == 10
    assert entry.symptoms[2] == "thing: connection refused"
    assert entry.identifiers == ("ThingBroken",)
    assert entry.facts == ("network_plugin", "terway.mode")
    assert entry.proved_on == Proof(confirmed=("thing-broken",), ruled_out=("thing-fine",))
    assert entry.absence == "ruled_out"
    assert entry.related == ()


def test_conditions_become_trees(write: Write, folder: Path, vocabulary: Vocabulary) -> None:
    write()
    (entry,) = load_entries([folder], vocabulary)
    assert entry.applies == Group("all", (Call(probe="network_plugin", operator="==", operand="terway"),))
    assert isinstance(entry.confirmed_by, Group)
    assert str(entry.confirmed_by.members[0]) == 'pod_waiting(reason="ContainerCreating")'
    assert isinstance(entry.confirmed_by.members[1], Group)
    assert entry.confirmed_by.members[1].quantifier == "any"


def test_sections_become_steps(write: Write, folder: Path, vocabulary: Vocabulary) -> None:
    write()
    (entry,) = load_entries([folder], vocabulary)
    assert entry.cause == "The thing broke on {{ node }}."
    assert entry.settle == (Step(text="Look at the thing."),)
    assert entry.steps == (
        Step(text="Look at the pod.", command="kubectl -n {{ namespace }} get pod {{ pod }}"),
        Step(
            text="Restart it.",
            command="kubectl -n kube-system rollout restart daemonset terway-eni",
            when=Call(probe="terway_mode", operator="==", operand="exclusive"),
            label="exclusive ENI mode",
        ),
    )
    assert entry.caution == ("The restart interrupts new pods.",)


def test_blocks_keep_their_lines_and_sentences_lose_theirs(write: Write, folder: Path, vocabulary: Vocabulary) -> None:
    step = "1. See that\n   it `runs`.\n   ```yaml\n   a:\n     - b\n\n     - c\n   ```\n2. {{ pod }} runs."
    write(("1. See that it runs.", step))
    (entry,) = load_entries([folder], vocabulary)
    assert entry.verify[0] == Step(text="See that it `runs`.", command="a:\n  - b\n\n  - c")
    assert entry.verify[1].text == "{{ pod }} runs."


def test_a_cause_keeps_its_markdown(write: Write, folder: Path, vocabulary: Vocabulary) -> None:
    cause = "One.\n---\nMore.\n\n[x]: y\n\n<NODE>\n\n- two\n- three\n\n```sh\n## no section\n```"
    write(("The thing broke on {{ node }}.", cause))
    (entry,) = load_entries([folder], vocabulary)
    assert entry.cause == cause


def test_a_guide_needs_its_answer_only(folder: Path, vocabulary: Vocabulary, write: Write) -> None:
    text = "---\nid: a-guide\ntitle: A guide\nkind: guide\nsymptoms: [how]\n---\n## Cause\n\nLike this.\n"
    write(name="a-guide.md", text=text)
    (entry,) = load_entries([folder], vocabulary)
    assert (entry.kind, entry.cause, entry.steps, entry.section) == (Kind.GUIDE, "Like this.", (), "entries")


def test_windows_line_ends_and_byte_order_marks_do_no_harm(write: Write, folder: Path, vocabulary: Vocabulary) -> None:
    path = write()
    (expected,) = load_entries([folder], vocabulary)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_entries([folder], vocabulary) == (expected,)


MISTAKES: list[tuple[str, str, str]] = [
    ("title: The", "titel: The", '3: the key "titel" is not known: use one of id, title'),
    ("title: The", "titel: The", '2: the key "title" is missing or empty: add "title:"'),
    ("title: The thing is broken", "title: 404", '3: "title" is not text but 404: put it in quotes'),
    ("title: The thing", "title: a: b", "3: the front matter is not YAML"),
    ("title: The thing is broken", "id: twice", '3: the key "id" stands twice'),
    ("id: broken-thing", "id: Broken_Thing", '2: the id "Broken_Thing" does not fit'),
    ("kind: fault", "kind: falt", '4: the kind "falt" is not known: use fault or guide'),
    ("kind: fault", "kind: guide", "confirmed_by or make it a fault"),
    ("  - thing is broken", "  - 404", '7: "symptoms" holds something that is not text: 404'),
    ("  - thing is broken", '  - "  "', '7: "symptoms" holds something that is not text'),
    ("  - thing is broken", "  - thing: broken", "not text: {'thing': 'broken'}: put the whole line"),
    ("identifiers: [ThingBroken]", "identifiers: ThingBroken", '17: "identifiers" is not a list'),
    ("identifiers: [ThingBroken]", "identifiers: [&a x, *a]", "anchors and aliases"),
    ("applies:\n  - net", "applies: net", '"applies" is not a list'),
    ('"terway"', '"terway', '19: `network_plugin() == "terway` cannot be read'),
    ("network_plugin()", "netwrk_plugin()", '19: there is no probe netwrk_plugin() (did you mean "network_plugin"?)'),
    ("  all:\n", "  al:\n", '20: "al" is not a group'),
    ('"ContainerCreating"', "5", "22: reason=5 of pod_waiting() does not fit"),
    ('key="thing"', 'kei="thing"', "25: node_taint() has no parameter kei"),
    ("proved_on:\n", "absence: maybe\nproved_on:\n", 'absence is "maybe"'),
    ("  confirmed: [", "  confirmd: [", '28: "confirmd" is no verdict: use confirmed, ruled_out, suspected, answered'),
    ("  confirmed: [thing-broken]", "  confirmed: thing-broken", '"confirmed" is not a list'),
    ("---\nid", "id", "1: this is no entry, it does not start with front matter: write"),
    ("---\n\n## Cause", "\n## Cause", "the front matter does not end"),
    ("## Cause\n", "## Why\n", 'the section "## Why" is not known: use ## Cause, ## Settle'),
    ("## Cause\n", "## Why\n", 'the section "## Cause" is missing'),
    ("## Cause\n", "# Cause\n", "has the wrong depth"),
    ("## Cause\n", "hello\n\n## Cause\n", "text stands before the first section"),
    ("## Verify\n", "## Steps\n", '"## Steps" stands twice'),
    ("## Settle\n", "## Caution\n\n- a\n\n## Settle\n", 'the section "## Settle" stands too late'),
    ("The thing broke on {{ node }}.\n", "", 'the section "## Cause" is empty'),
    ("1. Look at the thing.", "- Look at the thing.", "number the items of this section"),
    ("1. Look at the thing.", "Look.\n\n1. Look at the thing.", '"## Settle" holds something besides its list'),
    ("- The restart", "1. The restart", "write the items of this section as bullets"),
    ("   ```sh\n   kubectl -n {{ namespace }} get pod {{ pod }}\n   ```", "```sh\nx\n```", "indent it as far as"),
    ("get pod {{ pod }}\n   ```", "get pod {{ pod }}\n   ```\n   Then wait.", "text follows an item's command block"),
    ("get pod {{ pod }}\n   ```", "get pod\n   ```\n   ```sh\n   b\n   ```", "an item holds one command block"),
    ("1. Look at the pod.", "1. Look:\n   - here", "an item holds more than sentences and one command block"),
    (
        "1. Look at the pod.",
        "1. Look.\n\n       kubectl x\n",
        "an item holds more than sentences and one command block",
    ),
    ("1. Look at the thing.", "1. <NODE>\n1. a\n# b", "has the wrong depth"),
    ("1. Look at the pod.\n", "1.\n", "an item has no sentence"),
    ("{when: terway", "{if: terway", "starts with a brace that is no condition"),
    ('"exclusive" |', '"exclusiv" |', 'did you mean "exclusive"'),
]


@pytest.mark.parametrize(("old", "new", "complaint"), MISTAKES)
def test_mistakes_are_named_with_line_and_remedy(
    old: str, new: str, complaint: str, write: Write, errors: Callable[[], list[str]]
) -> None:
    write((old, new))
    assert any(complaint in error for error in errors()), errors()


def test_lines_count_in_the_body_too(write: Write, errors: Callable[[], list[str]]) -> None:
    path = write(("{when: terway_mode()", "{when: terway_mod()"))
    line = next(at for at, text in enumerate(path.read_text().split("\n"), 1) if "terway_mod()" in text)
    assert [error.split(":")[0] for error in errors()] == [str(line)]


def test_all_problems_of_all_files_come_at_once(write: Write, errors: Callable[[], list[str]]) -> None:
    write(("kind: fault", "kind: x"), ("absence=", "absense="), name="a/one.md")
    write(("id: broken-thing", "id: Other"), name="b/two.md")
    assert len(errors()) == 3


def test_the_same_id_twice_names_both_files(write: Write, folder: Path, vocabulary: Vocabulary) -> None:
    first, second = write(name="a/broken-thing.md"), write(name="b/broken-thing.md")
    with pytest.raises(EntryErrors) as caught:
        load_entries([folder], vocabulary)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == (second, 2)
    assert str(first) in str(problem)


def test_two_folders_load_side_by_side(write: Write, folder: Path, vocabulary: Vocabulary) -> None:
    write()
    write(("id: broken-thing", "id: own-thing"), name="../own/own-thing.md")
    entries = load_entries([folder, folder.parent / "own"], vocabulary)
    assert [(entry.id, entry.section) for entry in entries] == [("broken-thing", "things"), ("own-thing", "own")]


def test_copies_in_hidden_folders_and_read_me_files_are_left_out(
    write: Write, folder: Path, vocabulary: Vocabulary
) -> None:
    write(name="..2026_11_20/broken-thing.md")
    (folder / "broken-thing.md").symlink_to(folder / "..2026_11_20" / "broken-thing.md")
    (folder / "README.md").write_text("about these")
    assert len(load_entries([folder], vocabulary)) == 1


def test_missing_folders_and_unreadable_files_are_problems(folder: Path, errors: Callable[[], list[str]]) -> None:
    (folder / "broken.md").write_bytes(b"---\n\xff\xfe")
    assert any("cannot be read" in error for error in errors())
    with pytest.raises(EntryErrors, match="there is no such folder"):
        load_entries([folder / "nowhere"], None)


@pytest.mark.parametrize("text", ["", "---", "---\n---", "---\n- a\n---\n", "---\n: :\n---\n", "---\n{a\n---\n"])
def test_broken_files_are_problems_too(text: str, folder: Path, errors: Callable[[], list[str]]) -> None:
    (folder / "broken.md").write_text(text)
    assert errors()


def test_an_empty_folder_has_no_entries(folder: Path, vocabulary: Vocabulary) -> None:
    assert load_entries([folder], vocabulary) == ()


def test_the_built_in_entries_have_the_right_form() -> None:
    entries: tuple[Entry, ...] = load_entries([BUILTIN_FOLDER], None)
    assert len({entry.id for entry in entries}) == len(entries) > 30
