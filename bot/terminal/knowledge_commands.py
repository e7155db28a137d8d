"""``netclinic knowledge``: entries as their authors and readers see them."""

import asyncio
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from bot.app import App
    from bot.diagnosis.proofs import ProofResult
    from knowledge.model import Entry

knowledge = typer.Typer(no_args_is_help=True)
SECTIONS = ("terway", "flannel", "kube-proxy", "ipv6", "other")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@knowledge.command("list")
def list_(
    words: Annotated[str, typer.Argument(help="only entries whose id, title or heading holds these words")] = "",
    output: Annotated[Literal["text", "json"], typer.Option("-o", "--output", help="text or json")] = "text",
) -> None:
    """The entries, the team's own too."""
    from rich.console import Console

    from bot.app import App
    from bot.terminal.console import show_table, write_json

    entries = [entry for entry in App.from_environment().entries.values() if _fits(entry, words)]
    if output == "json":
        write_json([{"id": e.id, "kind": str(e.kind), "title": e.title, "headings": list(e.headings)} for e in entries])
    else:
        show_table(Console(), ("entry", "kind", "title"), [(e.id, str(e.kind), e.title) for e in entries])


def _fits(entry: "Entry", words: str) -> bool:
    text = " ".join((entry.id, entry.title, *entry.headings)).lower()
    return all(word in text for word in words.lower().split())


@knowledge.command()
def show(entry: Annotated[str, typer.Argument(help="the entry's id")]) -> None:
    """One entry in full, its steps for any cluster."""
    from rich.console import Console

    from bot.app import App
    from bot.terminal.inputs import known_entries
    from bot.terminal.pages import show_entry

    app = App.from_environment()
    known_entries(app, [entry])
    show_entry(Console(), app.entries[entry])


@knowledge.command()
def lint(
    folders: Annotated[
        list[Path] | None, typer.Argument(help="folders of entries; the ones in use when left out")
    ] = None,
) -> None:
    """Check entries: every problem with file, line and remedy."""
    from bot.app import App
    from bot.probes import vocabulary
    from bot.recordings import shipped_names
    from knowledge.linting import lint as lint_entries

    chosen = folders or App.from_environment().folders
    problems = lint_entries(chosen, vocabulary(), set(shipped_names()) | _own_recordings(chosen))
    for problem in problems:
        sys.stdout.write(f"{problem}\n")
    if problems:
        raise typer.Exit(1)
    sys.stdout.write("No problems.\n")


def _own_recordings(folders: list[Path]) -> set[str]:
    """A team keeps the recordings of its entries in a folder ``recordings`` beside them."""
    return {path.parent.name for folder in folders for path in folder.glob("recordings/*/recording.yaml")}


@knowledge.command()
def new(
    entry: Annotated[str, typer.Argument(help="the new entry's id: lower-case words joined by dashes")],
    kind: Annotated[
        Literal["fault", "guide"], typer.Option(help="fault: something is broken; guide: how-to or policy")
    ] = "fault",
    section: Annotated[str, typer.Option(help="sub-folder, e.g. " + ", ".join(SECTIONS))] = "other",
) -> None:
    """Write a complete skeleton into the team's folder (NETCLINIC_KNOWLEDGE_DIR), or into the current one."""
    from bot.app import App
    from knowledge.entry_template import entry_template
    from knowledge.model import Kind

    path = _free_place(App.from_environment(), entry, section)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(entry_template(entry, Kind(kind), section), encoding="utf-8")
    sys.stdout.write(f"Wrote {path}. Fill it in, then: netclinic knowledge lint {path.parent.parent}\n")


def _free_place(app: "App", entry: str, section: str) -> Path:
    from bot.terminal.errors import UsageProblem

    for name in (entry, section):
        if not _NAME.fullmatch(name):
            raise UsageProblem(f"{name!r} is no name for an entry or section: use lower-case words joined by dashes.")
    if entry in app.entries:
        raise UsageProblem(f"There is an entry {entry} already: {app.entries[entry].path}.")
    path = (app.settings.knowledge_dir or Path.cwd()) / section / f"{entry}.md"
    if path.exists():
        raise UsageProblem(f"{path} exists already: choose another id.")
    return path


def prove(
    entries: Annotated[list[str] | None, typer.Argument(help="entries to prove; all when left out")] = None,
) -> None:
    """Prove entries on their recordings; all failures are listed at once."""
    from bot.app import App
    from bot.terminal.inputs import known_entries

    app = App.from_environment()
    known_entries(app, entries or [])
    proven = asyncio.run(_proven(app, entries or []))
    failed = [item for item in proven if not item.holds]
    for item in failed:
        verdicts = f"expected {item.expected}, came to {item.verdict}"
        sys.stdout.write(f"{item.entry} on {item.recording}: {verdicts}: {item.reason}\n")
    sys.stdout.write(f"{len(proven) - len(failed)} of {len(proven)} verdicts are as expected.\n")
    if failed:
        raise typer.Exit(1)


knowledge.command("test")(prove)  # under another name, so that pytest does not take it for a test


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


@knowledge.command()
def probes(name: Annotated[str, typer.Argument(help="one probe; all when left out")] = "") -> None:
    """The vocabulary for entries: every probe with its parameters, and every fact."""
    from bot.probes.reference import reference

    sys.stdout.write(reference(name))
