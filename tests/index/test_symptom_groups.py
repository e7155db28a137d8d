"""Symptom groups in the index: vague words bring up all entries of the group, clear words their entry."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index.build import index_key
from index.corpus import Corpus, build_corpus
from index.models import resolve_model
from index.scorer import chances_of_entries
from index.search import Index, open_index
from knowledge.errors import EntryErrors
from knowledge.model import Entry

GROUP = """\
nothing works:
  entries: [disk, dns, of-somebody-else]
  wordings: [nothing works any more, everything is broken, the whole system is down, 全都坏了, 什么都不行]
"""


@pytest.fixture(scope="module")
def grouped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A knowledge folder with a symptom group and nothing else."""
    folder = tmp_path_factory.mktemp("grouped")
    (folder / "symptom_groups.yaml").write_text(GROUP, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def three(few: list[Entry], make_entry: Callable[..., Entry]) -> list[Entry]:
    clock = make_entry("clock", "the clock is late", "time is wrong", "ntp drifts", "seconds are missing")
    return [*few, clock]


@pytest.fixture(scope="module")
def vague(three: list[Entry], cache: Path, index: Index, grouped: Path) -> Index:
    return open_index(three, cache_dir=cache, knowledge_dir=grouped)


def scores(index: Index, text: str) -> dict[str, float]:
    return {match.entry_id: match.score for match in index.match(text).matches}


def test_vague_words_bring_up_the_entries_of_the_group(vague: Index) -> None:
    found = scores(vague, "everything broke down, nothing works")
    assert set(found) == {"clock", "disk", "dns"}
    assert min(found["disk"], found["dns"]) > 0.2 > found["clock"]


def test_clear_words_bring_up_their_entry(vague: Index) -> None:
    assert scores(vague, "the disk is full, no space left")["disk"] > 0.6
    assert scores(vague, "the clock is late and the time is wrong")["clock"] > 0.6


def test_a_group_is_read_back_as_it_was_built(vague: Index, three: list[Entry], cache: Path, grouped: Path) -> None:
    again = open_index(three, cache_dir=cache, knowledge_dir=grouped)
    assert again.parts.group_entries == vague.parts.group_entries == ((1, 2),)
    assert again.match("nothing works") == vague.match("nothing works")


def test_most_of_a_groups_chance_goes_by_place_and_the_rest_by_the_entries_own_chances() -> None:
    chances = np.array([0.3, 0.1, 0.2, 0.4], dtype=np.float32)  # three entries and a group of the first two
    likelier = 1 / (1 + 0.5**0.5)  # the second's weight is one by the square root of two
    first, second = 0.3 + 0.3 * likelier + 0.075, 0.1 + 0.3 * (1 - likelier) + 0.025
    expected = [0.95 * first + 0.05 * second, 0.95 * second + 0.05 * first, 0.2]
    assert chances_of_entries(chances, [(0, 1)]) == pytest.approx(expected, abs=1e-5)
    assert chances_of_entries(chances[:3], []) == pytest.approx([0.3, 0.1, 0.2])


def test_the_order_of_a_group_is_that_of_its_entries_where_nothing_else_tells() -> None:
    unlikely = np.array([0.0, 0.0, 0.0, 0.0, 1.0], dtype=np.float32)
    assert list(np.argsort(-chances_of_entries(unlikely, [(2, 0, 3)]))) == [2, 0, 3, 1]
    assert chances_of_entries(unlikely, [(2, 0, 3)]).sum() == pytest.approx(1.0)


def test_the_likely_entries_of_two_groups_come_before_the_last_of_one() -> None:
    chances = np.array([0.0] * 8 + [0.55, 0.45], dtype=np.float32)
    first = set(np.argsort(-chances_of_entries(chances, [(0, 1, 2, 3, 4), (5, 6, 7)]))[:6].tolist())
    assert {0, 1, 5, 6} <= first
    assert 4 not in first


def test_those_behind_the_same_vague_words_come_next_and_no_chance_is_lost() -> None:
    sure = np.array([0.9, 0.0, 0.08, 0.02, 0.0, 0.0], dtype=np.float32)  # four entries, two groups
    found = chances_of_entries(sure, [(0, 1), (0, 1, 2)])
    assert list(np.argsort(-found)) == [0, 2, 1, 3]  # the second by the groups that it shares with the first
    assert found[3] == pytest.approx(0.02)  # of no group: nothing is taken, nothing is given
    assert found.sum() == pytest.approx(1.0)


def corpus(entries: list[Entry], folder: Path) -> Corpus:
    return build_corpus(entries, folder)


def test_a_group_of_which_fewer_than_two_entries_are_there_is_left_out(few: list[Entry], grouped: Path) -> None:
    assert corpus(few, grouped).group_entries == ((0, 1),)
    assert corpus(few[:1], grouped).groups == ()


def test_the_entries_of_a_group_keep_their_order(few: list[Entry], tmp_path: Path) -> None:
    text = GROUP.replace("[disk, dns,", "[dns, disk, dns,")
    (tmp_path / "symptom_groups.yaml").write_text(text, encoding="utf-8")
    assert corpus(few, tmp_path).group_entries == ((1, 0),)


def test_groups_are_part_of_the_key_of_the_index(few: list[Entry], grouped: Path, tmp_path: Path) -> None:
    model, keys = resolve_model(), set()
    keys.add(index_key(corpus(few, tmp_path), model))
    for text in (GROUP, GROUP.replace("everything is broken", "all is broken"), GROUP.replace("[disk, dns,", "[dns,")):
        (tmp_path / "symptom_groups.yaml").write_text(text, encoding="utf-8")
        keys.add(index_key(corpus(few, tmp_path), model))
    assert len(keys) == 3  # the last has one entry left, and is no group


def test_the_entries_that_calibration_is_learned_from_keep_their_groups(few: list[Entry], grouped: Path) -> None:
    shipped = [dataclasses.replace(entry, path=grouped / "entries" / entry.path.name) for entry in few]
    team = dataclasses.replace(few[0], id="a-team", path=Path("elsewhere/a-team.md"))
    assert corpus([*shipped, team], grouped).group_entries == ((1, 2),)
    assert corpus([*shipped, team], grouped).reference.group_entries == ((0, 1),)


def test_groups_without_form_are_an_error_that_names_the_file(few: list[Entry], tmp_path: Path) -> None:
    (tmp_path / "symptom_groups.yaml").write_text("nothing works: [disk]\n")
    with pytest.raises(EntryErrors, match=r"symptom_groups\.yaml:1"):
        corpus(few, tmp_path)
