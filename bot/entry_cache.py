"""Entries as they were read, kept until one of their files or netclinic itself changes.

Reading YAML and Markdown strictly costs half a millisecond for each entry, at every start of a command.
"""

import contextlib
import hashlib
import io
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import knowledge
from index.artifact_cache import CacheError, artifact_path, get_or_build, is_intact
from knowledge import model
from knowledge.loading import entry_files, load_entries
from knowledge.model import Entry
from knowledge.vocabulary import Vocabulary

KIND, FILE = "entries", "entries.pickle"


def read_entries(folders: Sequence[Path], vocabulary: Vocabulary, cache: Path) -> tuple[Entry, ...]:
    """As ``load_entries``; from the cache where no file has changed since. A cache that cannot be written is no error.

    Raises:
        EntryErrors: some file is wrong; nothing is kept then.
    """
    key = _key(folders, vocabulary)
    if (kept := _kept(artifact_path(cache, KIND, key))) is not None:
        return kept
    entries = load_entries(folders, vocabulary)
    if key == _key(folders, vocabulary):  # nobody saved a file meanwhile
        with contextlib.suppress(CacheError):
            get_or_build(cache, KIND, key, lambda folder: _write(folder, entries))
    return entries


def _key(folders: Sequence[Path], vocabulary: Vocabulary) -> str:
    """What the result depends on: the files as the file system tells them apart, and the code that reads them."""
    code = sorted(Path(knowledge.__file__).parent.glob("*.py"))
    files = [path for given in folders for path in entry_files(given)]
    told = [str(folders), repr(vocabulary), *map(_state, (*code, *files))]
    return hashlib.sha256("\0".join(told).encode()).hexdigest()


def _state(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:  # gone meanwhile, or a link to nowhere: reading it tells
        return f"{path} cannot be read"
    return f"{path} {found.st_dev} {found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"


def _kept(folder: Path) -> tuple[Entry, ...] | None:
    try:
        return tuple(_Reader(io.BytesIO((folder / FILE).read_bytes())).load()) if is_intact(folder) else None
    except (OSError, pickle.UnpicklingError, EOFError, TypeError, ValueError, AttributeError):
        return None


def _write(folder: Path, entries: Sequence[Entry]) -> None:
    with (folder / FILE).open("wb") as stream:
        _Writer(stream, protocol=5).dump(entries)


class _Writer(pickle.Pickler):
    def persistent_id(self, value: Any) -> str | None:
        return str(value) if isinstance(value, Path) else None


class _Reader(pickle.Unpickler):
    """Makes records of the model and paths, nothing else: whoever can write the cache cannot run code through it."""

    def persistent_load(self, name: Any) -> Path:
        return Path(name)

    def find_class(self, module: str, name: str) -> Any:
        found = getattr(model, name, None) if module == model.__name__ else None
        if not (isinstance(found, type) and found.__module__ == module):
            raise pickle.UnpicklingError(f"{module}.{name} is no record of an entry")
        return found
