"""Values that the shell completes: names of recordings, entries, contexts and actions. Read from files as they lie
there, so that nobody waits for what answers a question; what cannot be read completes to nothing.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import typer

_OWN_ENTRIES = "NETCLINIC_KNOWLEDGE_DIR"


def recordings(incomplete: str) -> list[str]:
    """The recordings that have names; a folder or archive is completed by the shell where none of them fits."""
    from knowledge import RECORDINGS_FOLDER

    folders = [RECORDINGS_FOLDER, *(own / "recordings" for own in _own_folder())]
    return _fitting((path.parent.name for each in folders for path in each.glob("*/recording.yaml")), incomplete)


def entries(ctx: typer.Context, incomplete: str) -> list[str]:
    """The entries, the team's own too; those that stand on the line already are left out. A file bears its entry's
    name."""
    import knowledge

    folders = [Path(knowledge.__file__).parent / "entries", *_own_folder()]
    named = ctx.params.get("entries") or ()
    return _fitting({path.stem for folder in folders for path in folder.rglob("*-*.md")} - set(named), incomplete)


def contexts(ctx: typer.Context, incomplete: str) -> list[str]:
    """The contexts of the kubeconfig that the line names, else of the one that kubectl reads."""
    named = ctx.params.get("kubeconfig") or _setting("KUBECONFIG") or Path.home() / ".kube" / "config"
    paths = [Path(part).expanduser() for part in str(named).split(os.pathsep) if part]
    return _fitting((name for path in paths for name in _contexts_in(path)), incomplete)


def actions(incomplete: str) -> list[str]:
    """The audit log's actions, and the first word of each kind."""
    from bot.audit.filters import ACTIONS

    kinds = {action.partition(".")[0] for action in ACTIONS}
    return _fitting(kinds | set(ACTIONS), incomplete)


def sections(incomplete: str) -> list[str]:
    """The sub-folders of the shipped entries."""
    import knowledge

    folder = Path(knowledge.__file__).parent / "entries"
    return _fitting((path.name for path in folder.iterdir() if path.is_dir()), incomplete)


def _fitting(names: Iterable[str], incomplete: str) -> list[str]:
    return sorted({name for name in names if name.startswith(incomplete)})


def _own_folder() -> list[Path]:
    return [Path(folder).expanduser()] if (folder := _setting(_OWN_ENTRIES)) else []


def _setting(variable: str) -> str:
    """As the environment has it, else the first settings file that may set it."""
    if value := os.environ.get(variable):
        return value
    from bot.settings_files import SettingsError, read_files

    try:
        files = [file for file in read_files() if variable.lower() not in file.refused]
    except SettingsError:
        return ""
    return next((str(file.values[variable.lower()]) for file in files if variable.lower() in file.values), "")


def _contexts_in(path: Path) -> list[str]:
    from knowledge import untrusted_yaml
    from knowledge.bounds import TooLargeError, read_bounded

    try:
        content = untrusted_yaml.load(read_bounded(path, untrusted_yaml.OBJECT.characters))
        return [str(item["name"]) for item in content["contexts"]]
    except (OSError, ValueError, TypeError, LookupError, TooLargeError):
        return []
