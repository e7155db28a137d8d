"""Messages that mean an entry, told apart from those that only sound like it."""

from pathlib import Path

import numpy as np
import pytest

from index.artifact_cache import get_or_build
from index.earlier import find_look_alikes
from index.index_files import save
from index.look_alikes import LookAlikesError, read_look_alikes
from index.search import KNOWLEDGE, Index, open_index
from knowledge.model import Entry

HAIRPIN = "flannel-hairpin-off"
TOLD_APART = 0.8  # of messages that were not learned from; .5 is chance


def held_out(side: str) -> list[str]:
    lines = (KNOWLEDGE / "look_alikes" / f"{HAIRPIN}.txt").read_text(encoding="utf-8").splitlines()
    return [line[2:] for line in lines[1::2] if line.startswith(side)]


def test_a_stranger_s_words_are_told_from_their_look_alikes(index: Index) -> None:
    meant, alike = ([index.match(text).likeness[HAIRPIN] for text in held_out(side)] for side in ("+ ", "- "))
    assert np.mean([[one > other for other in alike] for one in meant]) > TOLD_APART


def test_only_entries_with_look_alikes_are_weighed(index: Index, few: list[Entry], small: Path) -> None:
    assert set(index.match("a pod cannot reach itself").likeness) == {HAIRPIN}
    bare = open_index(few, cache_dir=small, knowledge_dir=small / "nothing")
    assert bare.match("names do not resolve").likeness == {}
    assert index.match("  ").likeness == {}


def test_what_was_learned_of_the_same_look_alikes_is_used_again(index: Index, tmp_path: Path) -> None:
    get_or_build(tmp_path, "index", "earlier", lambda folder: save(folder, index.parts))
    learned = index.parts.look_alikes
    key, others, roots = learned.key, learned.others, [tmp_path]
    found = find_look_alikes(roots, key, others, exact=True)
    assert found is not None
    assert found.ids == learned.ids
    assert (found.votes == learned.votes).all()
    assert find_look_alikes(roots, "of other texts", others, exact=False) is None
    one_more = (*others, "one more")
    assert find_look_alikes(roots, key, one_more, exact=False) is not None
    assert find_look_alikes(roots, key, one_more, exact=True) is None, "what is shipped is learned of these very texts"
    assert find_look_alikes(roots, key, others[: len(others) // 2], exact=False) is None


def test_a_file_holds_messages_of_both_sides(tmp_path: Path) -> None:
    path = tmp_path / "an-entry.txt"
    path.write_text("# comment\n+ it is this\n\n- it is that\n- it is that\n", encoding="utf-8")
    (only,) = read_look_alikes(tmp_path, ["an-entry", "another"])
    assert (only.entry_id, only.meant, only.alike) == ("an-entry", ("it is this",), ("it is that",))
    assert read_look_alikes(tmp_path / "none", ["an-entry"]) == ()


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("+ it is this\n- that\n* what is this?\n", 'an-entry.txt:3: begin a message that means the entry with "+ "'),
        ("+it is this\n", "an-entry.txt:1: begin a message"),
        ("+ it is this\n", "an-entry.txt: nothing can be learned without messages of both sides"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, written: str, told: str) -> None:
    (tmp_path / "an-entry.txt").write_text(written, encoding="utf-8")
    with pytest.raises(LookAlikesError, match=".*".join(told.split(" "))):
        read_look_alikes(tmp_path, ["an-entry"])
