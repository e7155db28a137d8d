"""Symptom groups: read whole or not at all, and lint names what is wrong with each of their parts."""

from pathlib import Path

import pytest

from knowledge.errors import EntryErrors
from knowledge.linting import lint
from knowledge.loading import BUILTIN_FOLDER, load_entries
from knowledge.symptom_groups import GROUPS_FILE, check_symptom_groups, load_symptom_groups
from knowledge.vocabulary import Vocabulary

SYMPTOMS = {"disk": ["the disk is full"], "dns": ["names do not resolve"]}
GOOD = """\
# A comment.
pods do not start:
  entries: [disk, dns]
  wordings:
    - pods do not start
    - nothing comes up
    - "pods: stuck"
    - 容器起不来
    - 启动不了
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "symptom_groups.yaml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def problems(file: Path, *changes: tuple[str, str]) -> list[str]:
    text = GOOD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    return [str(problem).removeprefix(f"{file}:") for problem in check_symptom_groups(file, SYMPTOMS)]


def test_a_good_file_is_read_without_problems(file: Path) -> None:
    (group,) = load_symptom_groups(file)
    assert (group.name, group.entries) == ("pods do not start", ("disk", "dns"))
    assert group.wordings == ("pods do not start", "nothing comes up", "pods: stuck", "容器起不来", "启动不了")
    assert problems(file) == []


def test_no_file_holds_no_groups(tmp_path: Path) -> None:
    assert load_symptom_groups(tmp_path / "none.yaml") == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[disk, dns]", "[disk, dnss]", '3: there is no entry "dnss": name an entry by its id (did you mean "dns"?)'),
        ("[disk, dns]", "[disk]", '3: the group "pods do not start" has too few entries'),
        ("[disk, dns]", "[disk, dns, disk]", '3: the entry "disk" stands twice'),
        ("    - nothing comes up\n", "", "4: there are 4 wordings: write at least 5"),
        ("启动不了", "they hang", "4: 1 wordings are in Chinese: write at least 2"),
        ("    - pods do not start\n    - nothing comes up", "    - 甲\n    - 乙", "4: 1 wordings are in English"),
        ("nothing comes up", "Pods do not start!", '6: the wording "Pods do not start!" is also wording 1 of'),
        ("nothing comes up", "The disk is full", '6: the wording "The disk is full" is also a symptom of disk'),
    ],
)
def test_lint_names_what_is_wrong_and_where(file: Path, old: str, new: str, said: str) -> None:
    assert any(problem.startswith(said) for problem in problems(file, (old, new))), problems(file, (old, new))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("wordings:", "wording:", '4: the key "wording" is not known: use entries and wordings (did you mean'),
        ("[disk, dns]", "disk", '3: "entries" of the group "pods do not start" is no list of texts'),
        ("    - nothing comes up", "    - {no: text}", '4: "wordings" of the group'),
        ("    - nothing comes up", '    - ""', '4: "wordings" of the group'),
        ("pods do not start:\n", "pods do not start: [\n", "is not YAML"),
        (GOOD, "- a list\n", "1: the file is not a mapping"),
        (GOOD, "some words: others\n", '1: the group "some words" has no parts'),
    ],
)
def test_what_has_no_form_is_not_loaded(file: Path, old: str, new: str, said: str) -> None:
    assert any(said in problem for problem in problems(file, (old, new))), problems(file, (old, new))
    with pytest.raises(EntryErrors, match=r"symptom_groups\.yaml"):
        load_symptom_groups(file)


def test_the_linter_of_the_built_in_entries_looks_at_the_groups_beside_them(
    file: Path, folder: Path, vocabulary: Vocabulary
) -> None:
    def about_groups(**options: Path) -> set[str]:
        return {problem.message for problem in lint([folder], vocabulary, {}, **options) if problem.file == file}

    assert folder.parent == file.parent
    assert about_groups(builtin=folder) == {'there is no entry "disk"', 'there is no entry "dns"'}
    assert about_groups() == set()


def test_the_shipped_groups_are_well_formed() -> None:
    symptoms = {entry.id: entry.symptoms for entry in load_entries([BUILTIN_FOLDER], None)}
    assert list(check_symptom_groups(GROUPS_FILE, symptoms)) == []
