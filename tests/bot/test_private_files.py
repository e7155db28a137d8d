"""What is stored can be read by its owner alone, also where an older version left it open."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.private_files import UMASK, make_private_folder, write_private_file
from bot.recordings import LogKey, load, save
from bot.store import open_store
from tests.command_line import Netclinic


@pytest.fixture
def as_the_command_runs() -> Iterator[None]:
    before = os.umask(UMASK)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_data_directory_and_its_database_are_closed_to_others(as_the_command_runs: None, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o755)
    for name in ("netclinic.sqlite", "dbos.sqlite", "slack-identity.json"):
        (folder / name).touch()
        (folder / name).chmod(0o644)
    open_store("", folder).close()
    assert mode(folder) == 0o700
    assert {mode(file) for file in folder.glob("*.*")} <= {0o600}


def test_files_that_are_not_ours_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    (tmp_path / "notes.txt").chmod(0o644)
    make_private_folder(tmp_path)
    assert mode(tmp_path / "notes.txt") == 0o644


def test_a_folder_for_everybody_stays_one(tmp_path: Path) -> None:
    shared = tmp_path / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)
    make_private_folder(shared)
    assert mode(shared) == 0o777 | stat.S_ISVTX


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.parametrize("name", ["mine", "mine.tar.gz"])
def test_a_saved_recording_is_closed_whatever_the_umask(open_umask: None, tmp_path: Path, name: str) -> None:
    healthy = load("terway-healthy")
    logs = {LogKey("shop", "web", "app"): "2026-11-22T11:59:00Z x"}
    made = save(tmp_path / name, [], recorded=healthy.recorded, logs=logs)
    assert {mode(each) for each in (made, *made.rglob("*")) if each.is_file()} == {0o600}
    assert not made.is_dir() or mode(made) == 0o700


def test_a_file_that_was_open_to_others_is_closed_before_it_is_written(open_umask: None, tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("what was here before, and longer")
    write_private_file(file, b"new")
    assert (file.read_text(), mode(file)) == ("new", 0o600)


def test_what_commands_write_is_closed(netclinic: Netclinic, tmp_path: Path) -> None:
    home = {"NETCLINIC_DATA_DIR": str(tmp_path / "data")}
    for command in (
        ("record", "--recording", "terway-healthy", "--out", str(tmp_path / "saved.tar.gz")),
        ("record", "--recording", "terway-healthy", "--out", str(tmp_path / "saved")),
        ("handoff", "8h", "--out", str(tmp_path / "handoffs")),
        ("audit", "export", "--out", str(tmp_path / "export.jsonl")),
        ("audit", "export", "--format", "csv", "--out", str(tmp_path / "export.csv")),
        ("audit", "prune", "--before", "2099-01-01", "--archive", str(tmp_path / "pruned.jsonl.gz")),
    ):
        ran = netclinic(*command, **home)
        assert ran.code == 0, ran.err
    written = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert len(written) > 10
    assert {mode(each) for each in written} == {0o600}
