"""The cache is whole or built again: damaged, half-written and stale files are never trusted."""

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from index.artifact_cache import MANIFEST, CacheError, get_or_build, is_intact
from index.models import resolve_model
from index.search import Index, index_state, open_built_index, open_index
from knowledge.model import Entry

QUESTION = "conntrack table full on the nodes"


def opened(entries: list[Entry], cache: Path, knowledge: Path) -> tuple[Index, list[str]]:
    """The index, and the stages that had to be gone through to have it."""
    stages: list[str] = []
    index = open_index(
        entries, cache_dir=cache, knowledge_dir=knowledge, progress=lambda stage, done: stages.append(stage)
    )
    return index, stages


def is_built(entries: list[Entry], cache: Path, knowledge: Path) -> bool:
    return index_state(entries, cache_dir=cache, knowledge_dir=knowledge).folder is not None


def test_what_is_built_is_used_again(entries: list[Entry], cache: Path, knowledge_dir: Path, index: Index) -> None:
    again, stages = opened(entries, cache, knowledge_dir)
    assert stages == []
    assert again.match(QUESTION) == index.match(QUESTION)
    assert is_built(entries, cache, knowledge_dir)
    beside = open_built_index(lambda: entries, cache_dir=cache, knowledge_dir=knowledge_dir)
    assert beside is not None
    assert (beside.match(QUESTION), beside.version) == (index.match(QUESTION), index.version)


def test_what_has_to_be_built_is_not_built_in_passing(few: list[Entry], small: Path, no_examples: Path) -> None:
    damage(next(small.glob("index-*")) / "words.json", "cut")
    assert open_built_index(lambda: few, cache_dir=small, knowledge_dir=no_examples) is None
    assert not is_built(few, small, no_examples)
    damage(next(small.glob("encoder-*")) / "encoder.json", "cut")
    assert open_built_index(pytest.fail, cache_dir=small, knowledge_dir=no_examples) is None


@pytest.mark.parametrize("name", ["encoder.onnx", "encoder.weights", "tokenizer.json", "encoder.json", MANIFEST])
def test_a_damaged_encoder_is_not_trusted(few: list[Entry], small: Path, no_examples: Path, name: str) -> None:
    folder = next(small.glob("encoder-*"))
    assert is_intact(folder)
    flip_a_byte(folder / name)
    assert not is_intact(folder)
    assert not is_built(few, small, no_examples)


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("vectors.faiss", "flip"),
        ("arrays.npz", "cut"),
        ("words.json", "remove"),
        (MANIFEST, "flip"),
        (MANIFEST, "remove"),
    ],
)
def test_a_damaged_index_is_built_again(few: list[Entry], small: Path, no_examples: Path, name: str, harm: str) -> None:
    index, stages = opened(few, small, no_examples)
    assert stages == []
    damage(next(small.glob("index-*")) / name, harm)
    again, stages = opened(few, small, no_examples)
    assert "learning" in stages
    assert again.match("disk full") == index.match("disk full")


def test_the_same_corpus_gives_the_same_files(few: list[Entry], small: Path, no_examples: Path) -> None:
    manifest = next(small.glob("index-*")) / MANIFEST
    first = orjson.loads(manifest.read_bytes())
    manifest.unlink()
    assert "learning" in opened(few, small, no_examples)[1]
    assert orjson.loads(manifest.read_bytes()) == first


def test_changed_entries_examples_and_glossary_each_make_the_index_stale(
    few: list[Entry], small: Path, no_examples: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "knowledge"
    (folder / "out_of_scope").mkdir(parents=True)
    assert is_built(few, small, folder)
    changed = [dataclasses.replace(few[0], symptoms=(*few[0].symptoms, "resolver is broken")), few[1]]
    assert not is_built(changed, small, folder)
    (folder / "glossary.tsv").write_text("解析\tresolve\n", encoding="utf-8")
    assert not is_built(few, small, folder)
    (folder / "glossary.tsv").unlink()
    (folder / "out_of_scope" / "chatter.txt").write_text("# comment\nhello\nlunch?\n")
    assert not is_built(few, small, folder)
    assert "learning" in opened(few, small, folder)[1]
    assert opened(few, small, folder)[1] == []


OPEN = """
import sys
from pathlib import Path
from index.search import open_index
from knowledge.loading import load_entries
entries = load_entries([Path(sys.argv[1])], None)
index = open_index(entries, cache_dir=Path(sys.argv[2]), knowledge_dir=Path(sys.argv[3]))
found = index.match("names do not resolve any more")
heavy = {"torch", "sentence_transformers", "transformers", "sklearn", "scipy", "pandas"}
print(found.matches[0].entry_id, found.confidence, sorted(heavy & {name.split(".")[0] for name in sys.modules}))
"""
ENTRY = """\
---
id: {id}
title: About {id}
kind: guide
headings: [Heading of {id}]
symptoms: {symptoms}
---

## Cause

Something about {id} is wrong.

## Steps

1. Look at it.

## Verify

1. Look again.
"""


@pytest.fixture
def entry_files(tmp_path: Path, few: list[Entry]) -> Path:
    folder = tmp_path / "entries"
    folder.mkdir()
    for entry in few:
        symptoms = orjson.dumps(entry.symptoms).decode()
        (folder / f"{entry.id}.md").write_text(ENTRY.format(id=entry.id, symptoms=symptoms))
    return folder


def process(entry_files: Path, cache: Path, knowledge: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", OPEN, str(entry_files), str(cache), str(knowledge)]
    return subprocess.Popen(command, text=True, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])


@pytest.mark.slow
def test_two_processes_build_at_once_and_the_next_needs_no_torch(
    entry_files: Path, encoder_only: Path, no_examples: Path
) -> None:
    both = [process(entry_files, encoder_only, no_examples) for _ in range(2)]
    answers = [one.communicate()[0].split(" [")[0] for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert answers[0] == answers[1]
    assert answers[0].startswith("dns")
    assert [path.name for path in encoder_only.iterdir() if path.is_dir() and path.name.startswith(".")] == []
    third = process(entry_files, encoder_only, no_examples).communicate()[0]
    assert third.strip() == f"{answers[0]} []"


def test_an_unusable_cache_folder_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CacheError, match="NETCLINIC_DATA_DIR"):
        get_or_build(tmp_path / "file", "index", "key", lambda folder: None)


def test_a_build_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_text("written")
        raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        get_or_build(tmp_path, "index", "key", fail)
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []


def test_old_folders_go_when_new_ones_come(tmp_path: Path) -> None:
    for number in range(6):
        get_or_build(tmp_path, "index", f"key-{number}", lambda folder: None)
    get_or_build(tmp_path, "encoder", "key", lambda folder: None)
    left = sorted(path.name for path in tmp_path.iterdir() if path.is_dir())
    assert left[0] == "encoder-key"
    assert left[1:] == ["index-key-3", "index-key-4", "index-key-5"]


def test_another_model_has_another_key(make_entry: Callable[..., Entry], tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    first = resolve_model(str(tmp_path / "model"))
    (tmp_path / "model" / "config.json").write_text("{}")
    assert resolve_model(str(tmp_path / "model")).fingerprint != first.fingerprint != resolve_model().fingerprint


def damage(path: Path, harm: str) -> None:
    if harm == "flip":
        flip_a_byte(path)
    elif harm == "cut":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    else:
        path.unlink()


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
