"""The recordings that come with netclinic, and those of a team, by name."""

from dataclasses import dataclass
from pathlib import Path

from bot.recordings.load import SETTINGS, description_of, load_folder, shipped_folder
from bot.recordings.objects import Recording, RecordingError
from knowledge.errors import nearest_names

OWN = "recordings"  # within a team's folder of entries


@dataclass(frozen=True)
class NamedRecording:
    """One recording that has a name, as it is listed."""

    name: str
    description: str


def shipped_names(folder: Path | None = None) -> list[str]:
    """Names of the shipped recordings, in order."""
    return sorted(each.parent.name for each in (folder or shipped_folder()).glob(f"*/{SETTINGS}"))


def shipped_recordings(folder: Path | None = None) -> list[NamedRecording]:
    """The shipped recordings with what each shows."""
    folder = folder or shipped_folder()
    return [NamedRecording(name, description_of(folder / name)) for name in shipped_names(folder)]


def own_recordings(own: Path | None) -> list[NamedRecording]:
    """Those in a team's folder of entries, with what each shows."""
    return shipped_recordings(own / OWN) if own else []


def load(reference: str | Path, folder: Path | None = None, own: Path | None = None) -> Recording:
    """A recording by name, or any by the path of its folder or ``.tar.gz``.

    Names are those of the shipped ones, and before these of the ones in a team's folder of entries (``own``).
    """
    folder = folder or shipped_folder()
    named = [place for place in (own / OWN if own else None, folder) if place is not None]
    for place in named if Path(reference).name == str(reference) else ():
        if (place / str(reference) / SETTINGS).is_file():
            return load_folder(place / str(reference))
    if Path(reference).exists():
        return load_folder(Path(reference).resolve())
    names = [name for place in named for name in shipped_names(place)]
    near = nearest_names(str(reference), names, most=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "`netclinic recordings` lists the shipped ones."
    raise RecordingError(f"No recording {str(reference)!r} is shipped, and no folder or .tar.gz is there; {hint}")
