"""``netclinic knowledge``: entries as their authors and readers see them."""

import re
import shlex
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.terminal import completion as complete
from bot.terminal.help import Command, Group, examples

if TYPE_CHECKING:
    from bot.app import App
    from bot.diagnosis.proofs import ProofResult
    from knowledge.model import Entry

knowledge = typer.Typer(cls=Group, no_args_is_help=True)
SECTIONS = ("terway", "flannel", "kube-proxy", "ipv6", "other")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@knowledge.command(
    "list", cls=Command, epilog=examples("netclinic knowledge list", "netclinic knowledge list vswitch -o json")
)
def list_(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="WORD", help="only entries whose id, title or heading holds all these words"),
    ] = None,
    output: Annotated[Literal["text", "json"], typer.Option("-o", "--output", help="text or json")] = "text",
) -> None:
    """The entries, the team's own too."""
    from rich.console import Console

    from bot.app import App
    from bot.terminal.console import say, show_table, write_json

    sought = " ".join(words or ())
    entries = [entry for entry in App.from_environment().entries.values() if _fits(entry, sought)]
    if output == "json":
        write_json([{"id": e.id, "kind": str(e.kind), "title": e.title, "headings": list(e.headings)} for e in entries])
    elif entries:
        show_table(Console(), ("entry", "kind", "title"), [(e.id, str(e.kind), e.title) for e in entries])
    else:
        told = f"No entry holds {sought!r} in its id, title or headings: `netclinic knowledge list` names them all."
        say(Console(), told)


def _fits(entry: "Entry", words: str) -> bool:
    text = " ".join((entry.id, entry.title, *entry.headings)).lower()
    return all(word in text for word in words.lower().split())


@knowledge.command(
    cls=Command,
    epilog=examples(
        "netclinic knowledge show terway-vswitch-out-of-ips",
        "netclinic knowledge show ipv6-no-egress -o markdown > ipv6-no-egress.md",
    ),
)
def show(
    entry: Annotated[str, typer.Argument(help="the entry's id", autocompletion=complete.entries)],
    output: Annotated[
        Literal["text", "markdown"], typer.Option("-o", "--output", help="text, or markdown for a wiki's page")
    ] = "text",
) -> None:
    """One entry in full, its steps for any cluster."""
    from rich.console import Console

    from bot.app import App
    from bot.terminal.entry_markdown import entry_markdown
    from bot.terminal.inputs import known_entries
    from bot.terminal.pages import show_entry

    app = App.from_environment()
    known_entries(app, [entry])
    if output == "markdown":
        sys.stdout.write(entry_markdown(app.entries[entry]))
    else:
        show_entry(Console(), app.entries[entry])


@knowledge.command(
    cls=Command, epilog=examples("netclinic knowledge lint", "netclinic knowledge lint runbooks/other/our-proxy.md")
)
def lint(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH", help="folders of entries, or single files; all that are in use when left out"),
    ] = None,
) -> None:
    """Check entries: every problem with file, line and remedy."""
    from bot.app import App
    from bot.probes import vocabulary
    from bot.text import counted
    from knowledge.linting import lint as lint_entries

    app = App.from_environment()
    chosen = paths or app.folders
    sizes = {path: _entry_count(path, named=bool(paths)) for path in chosen}
    problems = lint_entries(chosen, vocabulary(), _recordings(app, chosen), in_use=app.folders)
    for problem in problems:
        sys.stdout.write(f"{replace(problem, file=_from_here(problem.file))}\n")
    found = counted(len(problems), "problem") if problems else "No problems"
    sys.stdout.write(f"{found} in {_scope(sizes)}.\n")
    if problems:
        raise typer.Exit(1)


def _entry_count(path: Path, named: bool) -> int:
    from bot.terminal.errors import UsageProblem
    from knowledge.loading import entry_files

    if not path.exists():
        raise UsageProblem(f"There is no file or folder {path}: name a folder of entries, or an entry's file.")
    size = len(list(entry_files(path)))
    if named and not size:
        raise UsageProblem(f"{path} holds no entries (*.md): `netclinic knowledge new ID --dir {path}` writes one.")
    return size


def _scope(sizes: dict[Path, int]) -> str:
    """What was checked: how many entries in which folders, or the one file."""
    from bot.text import counted

    if len(sizes) == 1 and (only := next(iter(sizes))).is_file():
        return str(_from_here(only))
    parts = ", ".join(f"{size or 'none'} in {_from_here(path)}" for path, size in sizes.items())
    return f"{counted(sum(sizes.values()), 'entry')}: {parts}"


def _recordings(app: "App", paths: Iterable[Path]) -> dict[str, Path]:
    """The folder of every recording by name: the shipped ones, and a team's in ``recordings`` beside its entries."""
    from knowledge import RECORDINGS_FOLDER

    beside = [parent for path in paths for parent in (path, *list(path.absolute().parents)[:2])]
    own = [app.settings.knowledge_dir] if app.settings.knowledge_dir else []
    folders = [RECORDINGS_FOLDER, *(folder / RECORDINGS_FOLDER.name for folder in (*beside, *own))]
    return {path.parent.name: path.parent for folder in folders for path in folder.glob("*/recording.yaml")}


def _from_here(path: Path) -> Path:
    """As somebody in the current folder would type it."""
    path = path.absolute()
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


@knowledge.command(cls=Command, epilog=examples("netclinic knowledge new our-proxy --dir runbooks"))
def new(
    entry: Annotated[str, typer.Argument(help="the new entry's id: lower-case words joined by dashes")],
    kind: Annotated[
        Literal["fault", "guide"], typer.Option(help="fault: something is broken; guide: how-to or policy")
    ] = "fault",
    section: Annotated[
        str, typer.Option(help="sub-folder, e.g. " + ", ".join(SECTIONS), autocompletion=complete.sections)
    ] = "other",
    folder: Annotated[
        Path | None,
        typer.Option(
            "--dir",
            metavar="DIR",
            help="folder of entries; NETCLINIC_KNOWLEDGE_DIR or, in a checkout, the built-in one",
        ),
    ] = None,
) -> None:
    """Write an entry, and for a fault a recording that proves it, with every place to fill in marked TODO."""
    from bot.app import App
    from knowledge.entry_template import entry_template, recording_template
    from knowledge.model import Kind

    app = App.from_environment()
    root = _root_of_new(app, folder)
    path = _free_path(app, root, entry, section)
    _refuse_unknown_section(root, section)
    files = {path: entry_template(entry, Kind(kind), section)}
    recording = _recordings_beside(root) / entry
    if kind == "fault" and not recording.exists():
        files |= {recording / name: text for name, text in recording_template(section).items()}
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        sys.stdout.write(f"Wrote {_from_here(file)}\n")
    sys.stdout.write("\nFill in the places marked TODO, then:\n")
    for command in _next_commands(app, root, path, recording if kind == "fault" else None):
        sys.stdout.write(f"    {command}\n")


def _root_of_new(app: "App", folder: Path | None) -> Path:
    """Where the section of a new entry goes: what is written there has to be read by every other command."""
    from bot.terminal.errors import UsageProblem
    from knowledge.loading import BUILTIN_FOLDER

    if folder or app.settings.knowledge_dir:
        return folder or app.folders[-1]
    if (BUILTIN_FOLDER.parents[1] / "pyproject.toml").is_file():
        return BUILTIN_FOLDER
    raise UsageProblem(
        "There is no folder of your own entries yet: set NETCLINIC_KNOWLEDGE_DIR to one, or name one with --dir."
    )


def _recordings_beside(root: Path) -> Path:
    from knowledge import RECORDINGS_FOLDER
    from knowledge.loading import BUILTIN_FOLDER

    return RECORDINGS_FOLDER if root == BUILTIN_FOLDER else root / RECORDINGS_FOLDER.name


def _free_path(app: "App", root: Path, entry: str, section: str) -> Path:
    from bot.terminal.errors import UsageProblem

    for name in (entry, section):
        if not _NAME.fullmatch(name):
            raise UsageProblem(f"{name!r} is no name for an entry or section: use lower-case words joined by dashes.")
    if entry in app.entries:
        raise UsageProblem(f"There is an entry {entry} already: {app.entries[entry].path}.")
    path = root / section / f"{entry}.md"
    if path.exists():
        raise UsageProblem(f"{path} exists already: choose another id.")
    return path


def _refuse_unknown_section(root: Path, section: str) -> None:
    """A mistyped section would become a folder of its own, unnoticed."""
    from bot.terminal.errors import UsageProblem
    from knowledge import RECORDINGS_FOLDER

    own = sorted(path.name for path in root.glob("*/") if path.name != RECORDINGS_FOLDER.name)
    known = list(dict.fromkeys((*SECTIONS, *own)))
    if section not in known:
        raise UsageProblem(
            f"There is no section {section}: take one of {', '.join(known)}, or make a folder for one of your own "
            f"(mkdir -p {shlex.quote(str(root / section))})."
        )


def _next_commands(app: "App", root: Path, path: Path, recording: Path | None) -> Iterator[str]:
    """Lines to copy into a shell, in this order."""
    if root.absolute() not in [folder.absolute() for folder in app.folders]:
        yield f"export NETCLINIC_KNOWLEDGE_DIR={shlex.quote(str(root.absolute()))}"
    yield f"netclinic knowledge lint {shlex.quote(str(_from_here(path)))}"
    yield f"netclinic knowledge test {path.stem}"
    if recording:
        yield f"netclinic check {path.stem} --recording {shlex.quote(str(_from_here(recording)))}"
    else:
        yield f"netclinic knowledge show {path.stem}"


def prove(
    entries: Annotated[
        list[str] | None,
        typer.Argument(metavar="ENTRY", help="entries to prove; all when left out", autocompletion=complete.entries),
    ] = None,
) -> None:
    """Prove entries on their recordings; all failures are listed at once."""
    import asyncio

    from bot.app import App
    from bot.terminal.inputs import known_entries
    from knowledge.model import Proof

    app = App.from_environment()
    known_entries(app, entries or [])
    unproved = [id_ for id_ in entries or app.entries if app.entries[id_].proved_on == Proof()]
    for id_ in unproved:
        sys.stdout.write(f"{id_} names no recordings: {_way_to_prove(app, id_)}\n")
    proven = asyncio.run(_proven(app, entries or []))
    failed = [item for item in proven if not item.holds]
    for item in failed:
        verdicts = f"expected {item.expected}, came to {item.verdict}"
        sys.stdout.write(f"{item.entry} on {item.recording}: {verdicts}: {item.reason}\n")
    sys.stdout.write(f"{len(proven) - len(failed)} of {len(proven)} verdicts are as expected.\n")
    if failed or unproved:
        raise typer.Exit(1)


def _way_to_prove(app: "App", id_: str) -> str:
    """What to do about an entry that nothing proves."""
    from knowledge.model import Kind

    entry = app.entries[id_]
    if entry.kind is Kind.GUIDE:
        wanted = "answered: [...]"
    else:
        wanted = "suspected: [...]" if entry.confirmed_by is None else "confirmed: [...] and ruled_out: [...]"
    return f"add proved_on with {wanted} to {_from_here(entry.path)} (`netclinic recordings` lists the shipped ones)."


knowledge.command("test", cls=Command, epilog=examples("netclinic knowledge test terway-vswitch-out-of-ips"))(
    prove
)  # under another name, so that pytest does not take it for a test


async def _proven(app: "App", ids: list[str]) -> list["ProofResult"]:
    from rich.console import Console

    from bot.diagnosis.proofs import prove as proving
    from bot.terminal.progress import working

    found: list[ProofResult] = []
    with working(Console(stderr=True), "proving …") as tell:
        async for item in proving(app.entries, ids, own=app.settings.knowledge_dir):
            found.append(item)
            tell(f"proving … {len(found)} verdicts, on {item.recording}")
    return found


@knowledge.command(cls=Command, epilog=examples("netclinic knowledge probes", "netclinic knowledge probes pod_waiting"))
def probes(name: Annotated[str, typer.Argument(help="one probe or fact; all when left out")] = "") -> None:
    """The vocabulary for entries: every probe with its parameters, and every fact."""
    from bot.probes.reference import reference

    sys.stdout.write(reference(name))
