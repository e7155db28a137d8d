"""What is stored can be read by its owner alone, also where an older version left it open."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.private_files import UMASK, make_private_folder
from bot.store import open_store


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
