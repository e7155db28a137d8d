"""The recordings that come with netclinic, by name."""

from dataclasses import dataclass
from pathlib import Path

from bot.recordings.load import SETTINGS, description_of, load_folder, shipped_folder
from bot.recordings.objects import Recording, RecordingError
from knowledge.errors import nearest_names


@dataclass(frozen=True)
class ShippedRecording:
    """One shipped recording, as it is listed."""

    name: str
    description: str


def shipped_names(folder: Path | None = None) -> list[str]:
    """Names of the shipped recordings, in order."""
    return sorted(each.parent.name for each in (folder or shipped_folder()).glob(f"*/{SETTINGS}"))


def shipped_recordings(folder: Path | None = None) -> list[ShippedRecording]:
    """The shipped recordings with what each shows."""
    folder = folder or shipped_folder()
    return [ShippedRecording(name, description_of(folder / name)) for name in shipped_names(folder)]


def load(reference: str | Path, folder: Path | None = None) -> Recording:
    """A shipped recording by name, or any by the path of its folder or ``.tar.gz``."""
    folder = folder or shipped_folder()
    if (folder / str(reference) / SETTINGS).is_file() and Path(reference).name == str(reference):
        return load_folder(folder / str(reference))
    if Path(reference).exists():
        return load_folder(Path(reference).resolve())
    names = shipped_names(folder)
    near = nearest_names(str(reference), names, most=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "`netclinic recordings` lists the shipped ones."
    raise RecordingError(f"No recording {str(reference)!r} is shipped, and no folder or .tar.gz is there; {hint}")
