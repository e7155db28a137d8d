"""Entries are read again when, and only when, something has changed that they are made of."""

import dataclasses
import io
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.entry_cache import FILE, _Reader, read_entries
from bot.probes import vocabulary
from index.artifact_cache import MANIFEST, file_sha256, write_json
from knowledge.errors import EntryErrors
from knowledge.loading import BUILTIN_FOLDER, load_entries

GUIDE = """\
---
id: {id}
title: Where the {id} board is
kind: guide
symptoms:
  - "where is the {id} board"
---

## Cause
Nobody remembers.

## Steps
1. Look at the wall.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A team's entries: two guides and a shipped fault, so that all of the model is there."""
    path = tmp_path / "team"
    path.mkdir()
    for name in ("red", "blue"):
        (path / f"{name}.md").write_text(GUIDE.format(id=name))
    shutil.copy(next(BUILTIN_FOLDER.rglob("*vswitch*.md")), path)
    return path


@pytest.fixture
def read(folder: Path, tmp_path: Path) -> Callable[[], list[str]]:
    """Titles as they are read; what is read is what ``load_entries`` reads."""

    def _read() -> list[str]:
        found = read_entries([folder], vocabulary(), tmp_path / "cache")
        assert found == load_entries([folder], vocabulary())
        return sorted(entry.title for entry in found)

    return _read


def kept(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache").glob("entries-*"))


def test_the_shipped_entries_come_back_as_they_were_read(tmp_path: Path) -> None:
    expected = load_entries([BUILTIN_FOLDER], vocabulary())
    for _ in range(2):
        assert read_entries([BUILTIN_FOLDER], vocabulary(), tmp_path) == expected


def test_unchanged_files_are_not_read_again(folder: Path, read: Callable[[], list[str]], tmp_path: Path) -> None:
    read()
    path = kept(tmp_path)[0]
    content = (path / FILE).read_bytes().replace(b"the red board", b"the RED board")
    (path / FILE).write_bytes(content)
    write_json(path / MANIFEST, {"files": {FILE: file_sha256(path / FILE)}})
    assert any("RED" in entry.title for entry in read_entries([folder], vocabulary(), tmp_path / "cache"))


def test_a_change_of_the_same_length_and_time_is_seen(folder: Path, read: Callable[[], list[str]]) -> None:
    read()
    path = folder / "red.md"
    before = path.stat()
    path.write_text(path.read_text().replace("the red board is", "the new board is"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert "Where the new board is" in read()


@pytest.mark.parametrize("change", ["added", "removed", "renamed"])
def test_files_that_come_and_go_are_seen(folder: Path, read: Callable[[], list[str]], change: str) -> None:
    read()
    if change == "added":
        (folder / "green.md").write_text(GUIDE.format(id="green"))
    elif change == "removed":
        (folder / "red.md").unlink()
    else:
        (folder / "red.md").rename(folder / "later.md")
    assert ("Where the green board is" in read()) == (change == "added")
    assert ("Where the red board is" in read()) == (change != "removed")


def test_another_vocabulary_reads_anew(folder: Path, read: Callable[[], list[str]], tmp_path: Path) -> None:
    read()
    poorer = dataclasses.replace(vocabulary(), probes={})
    with pytest.raises(EntryErrors, match="probe"):
        read_entries([folder], poorer, tmp_path / "cache")


def test_mistakes_are_told_each_time_and_nothing_is_kept(folder: Path, tmp_path: Path) -> None:
    (folder / "red.md").write_text("no entry")
    for _ in range(2):
        with pytest.raises(EntryErrors, match=r"red\.md"):
            read_entries([folder], vocabulary(), tmp_path / "cache")
    assert kept(tmp_path) == []


def test_a_damaged_cache_is_read_anew(read: Callable[[], list[str]], tmp_path: Path) -> None:
    titles = read()
    path = kept(tmp_path)[0] / FILE
    path.write_bytes(path.read_bytes()[:-40])
    assert read() == titles


def test_a_cache_that_cannot_be_written_is_no_error(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert len(read_entries([folder], vocabulary(), tmp_path / "cache")) == 3


def test_the_cache_runs_no_code(read: Callable[[], list[str]], tmp_path: Path) -> None:
    titles = read()

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "was-run"),)

    path = kept(tmp_path)[0]
    (path / FILE).write_bytes(pickle.dumps([Evil()]))
    write_json(path / MANIFEST, {"files": {FILE: file_sha256(path / FILE)}})
    assert read() == titles
    assert not (tmp_path / "was-run").exists()


@pytest.mark.parametrize(
    ("module", "name"), [("os", "system"), ("knowledge.model", "json.loads"), ("knowledge.model", "re"), ("x", "Entry")]
)
def test_only_records_of_the_model_are_made(module: str, name: str) -> None:
    with pytest.raises(pickle.UnpicklingError, match="no record"):
        _Reader(io.BytesIO(b"")).find_class(module, name)
