"""``netclinic knowledge``: entries as their authors see them."""

import asyncio
import contextlib
import re
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from bot.app import App
from bot.terminal.failing import UsageProblem
from knowledge.model import Entry, Kind, Step

knowledge = typer.Typer(no_args_is_help=True)
SECTIONS = ("terway", "flannel", "kube-proxy", "ipv6", "other")


@knowledge.command("list")
def list_(
    words: Annotated[str, typer.Argument(help="only entries whose id, title or heading holds these words")] = "",
    output: Annotated[str, typer.Option("-o", "--output", help="text or json")] = "text",
) -> None:
    """The entries, the team's own too."""
    from bot.terminal.printing import write_json
    from bot.terminal.tables import show_table

    entries = [entry for entry in App.from_environment().entries.values() if _fits(entry, words)]
    if output == "json":
        write_json([{"id": e.id, "kind": str(e.kind), "title": e.title, "headings": list(e.headings)} for e in entries])
    else:
        show_table(Console(), ("entry", "kind", "title"), [(e.id, str(e.kind), e.title) for e in entries])


def _fits(entry: Entry, words: str) -> bool:
    text = " ".join((entry.id, entry.title, *entry.headings)).lower()
    return all(word in text for word in words.lower().split())


@knowledge.command()
def show(entry: Annotated[str, typer.Argument(help="the entry's id")]) -> None:
    """One entry in full, its steps for any cluster."""
    from bot.terminal.asking import known_entries

    app = App.from_environment()
    known_entries(app, [entry])
    _show_entry(Console(), app.entries[entry])


def _show_entry(console: Console, entry: Entry) -> None:
    console.print(Text.assemble((entry.title, "bold"), "  ", (f"{entry.id}, {entry.kind}", "dim")))
    console.print(Text("FAQ: " + "; ".join(entry.headings), style="dim"))
    console.print()
    console.print(Text(entry.cause))
    for name, steps in (("Settle", entry.settle), ("Steps", entry.steps), ("Verify", entry.verify)):
        if steps:
            console.print(Text(f"\n{name}", style="bold"))
        for number, step in enumerate(steps, 1):
            _show_step(console, number, step)
    for number, text in enumerate(entry.caution):
        console.print(Text(f"\nCaution: {text}" if not number else f"Caution: {text}", style="yellow"))


def _show_step(console: Console, number: int, step: Step) -> None:
    label = f"[{step.label}] " if step.label else ""
    console.print(Text(f"  {number}. {label}{step.text}"))
    for line in (step.command or "").splitlines():
        console.print(Text(f"     {line}", style="cyan"), soft_wrap=True, no_wrap=True, overflow="ignore")


@knowledge.command()
def lint(
    folders: Annotated[list[Path] | None, typer.Argument(help="folders of entries; the ones in use when left out")] = None,
) -> None:
    """Check entries: every problem with file, line and remedy."""
    from bot.cluster.recordings import shipped_names
    from bot.probes import vocabulary
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
    kind: Annotated[Kind, typer.Option(help="fault: something is broken; guide: how-to or policy")] = Kind.FAULT,
    section: Annotated[str, typer.Option(help="sub-folder, e.g. " + ", ".join(SECTIONS))] = "other",
) -> None:
    """Write a complete skeleton into the team's folder (NETCLINIC_KNOWLEDGE_DIR), or into the current one."""
    from knowledge.skeleton import skeleton

    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry) or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", section):
        raise UsageProblem(f"{entry!r} in section {section!r}: write both as lower-case words joined by dashes.")
    app = App.from_environment()
    if entry in app.entries:
        raise UsageProblem(f"There is an entry {entry} already: {app.entries[entry].path}.")
    path = (app.settings.knowledge_dir or Path.cwd()) / section / f"{entry}.md"
    if path.exists():
        raise UsageProblem(f"{path} exists already: choose another id.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(skeleton(entry, kind, section), encoding="utf-8")
    sys.stdout.write(f"Wrote {path}. Fill it in, then: netclinic knowledge lint {path.parent.parent}\n")


@knowledge.command("test")
def test_(entries: Annotated[list[str] | None, typer.Argument(help="entries to prove; all when left out")] = None) -> None:
    """Prove entries on their recordings; all failures are listed at once."""
    from bot.terminal.asking import known_entries

    app = App.from_environment()
    known_entries(app, entries or [])
    if not asyncio.run(_prove(app, entries or [])):
        raise typer.Exit(1)


async def _prove(app: App, ids: list[str]) -> bool:
    from bot.proving import prove

    errors, count, failed = Console(stderr=True), 0, []
    with errors.status("proving …") if errors.is_terminal else _nothing() as status:
        async for proven in prove(app.entries, ids, own=app.settings.knowledge_dir):
            count += 1
            failed += [] if proven.holds else [proven]
            if status is not None:
                status.update(f"proving … {count} verdicts, on {proven.recording}")
    for proven in failed:
        sys.stdout.write(f"{proven.entry} on {proven.recording}: expected {proven.expected}, came to {proven.verdict}: {proven.reason}\n")
    sys.stdout.write(f"{count - len(failed)} of {count} verdicts are as expected.\n")
    return not failed


def _nothing() -> "contextlib.nullcontext[None]":
    return contextlib.nullcontext()


@knowledge.command()
def probes(name: Annotated[str, typer.Argument(help="one probe; all when left out")] = "") -> None:
    """The vocabulary for entries: every probe with its parameters, and every fact."""
    from bot.probes.reference import reference

    sys.stdout.write(reference(name))
