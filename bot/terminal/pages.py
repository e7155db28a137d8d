"""The page of an answer: verdict and title first, then evidence, steps, cautions, and what else was seen."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.answer import Answer, ClusterState, Diagnosis
from bot.findings import Evidence, clip
from bot.judge import NOT_HERE, Verdict
from knowledge.logic import Outcome
from knowledge.model import Kind
from knowledge.rendering import RenderedStep

WORDS = {
    Verdict.CONFIRMED: ("CONFIRMED", "bold red"),
    Verdict.SUSPECTED: ("SUSPECTED", "bold yellow"),
    Verdict.RULED_OUT: ("RULED OUT", "bold green"),
    Verdict.ANSWERED: ("ANSWER", "bold cyan"),
}
MOST_EVIDENCE = 5


def show_answer(console: Console, answer: Answer) -> None:
    """Print the answer; ages are told by the cluster's clock, so that a replayed incident keeps them."""
    if answer.cluster is not None:
        _show_cluster(console, answer.cluster)
    if not answer.in_scope or not answer.diagnoses:
        _line(console, "No entry of the container-networking FAQ fits these words, so nothing was read.", "bold")
        _line(console, "Say what fails (pods, nodes, Services), since when, and paste the error. "
                       "`netclinic match TEXT` shows the nearest entries, `netclinic check` looks at everything.")  # fmt: skip
        return
    now = answer.asked_at or datetime.now(UTC)
    first, *others = answer.diagnoses
    _show_diagnosis(console, first, now)
    seen = [item for item in others if item.verdict is Verdict.CONFIRMED]
    for item in seen:
        if item.score is None:
            console.print(Text("Also seen on this cluster", style="bold underline"))
        _show_diagnosis(console, item, now)
    _show_considered(console, [item for item in others if item not in seen])
    _show_unread(console, answer)


def _show_cluster(console: Console, cluster: ClusterState) -> None:
    if not cluster.reachable:
        _line(console, f"Cluster {cluster.context} could not be read: {cluster.problem}.", "bold yellow")
        _line(console, "What follows is knowledge alone; nothing of it was checked.")
        console.print()
        return
    values = {fact.name: fact.value for fact in cluster.facts if fact.value is not None}
    parts = [f"Cluster {cluster.context}", f"Kubernetes {values.get('kubernetes.version', 'version unknown')}"]
    parts += [str(values[name]) for name in ("cluster.kind", "network_plugin") if name in values]
    if values.get("network_plugin") == "terway":
        parts += [f"{name.split('.')[1]} {values[name]}" for name in ("terway.mode", "terway.datapath") if name in values]
    _line(console, " · ".join(parts), "dim")
    console.print()


def _show_diagnosis(console: Console, item: Diagnosis, now: datetime) -> None:
    word, style = WORDS[item.verdict]
    console.print(Text.assemble((word, style), "  ", (item.entry.title, "bold"), f"  ({item.entry.id})"))
    if item.verdict is not Verdict.ANSWERED:
        _indented(console, item.judgement.reason)
    if item.entry.kind is Kind.GUIDE:
        console.print()
        _paragraphs(console, item.cause)
        _show_evidence(console, item, now, "Read from")
    else:
        _show_evidence(console, item, now, "Evidence")
        if item.verdict is not Verdict.RULED_OUT:
            _heading(console, "Cause")
            _paragraphs(console, item.cause)
    _show_steps(console, "Settle it first", item.settle)
    _show_steps(console, "Steps", item.steps)
    if item.caution:
        _heading(console, "Caution", "bold yellow")
        for text in item.caution:
            _marked(console, "!", text, "yellow")
    _show_steps(console, "Verify", item.verify)
    console.print()


def _show_evidence(console: Console, item: Diagnosis, now: datetime, heading: str) -> None:
    pieces = list(_evidence(item))[:MOST_EVIDENCE]
    if not pieces:
        return
    _heading(console, heading)
    for piece in pieces:
        seen = Text.assemble((plain(piece.object), "bold"), f", seen {age(piece.seen, now)}")
        console.print(Padding(seen, (0, 0, 0, 2), expand=False))
        console.print(Padding(Text(plain(clip(piece.excerpt))), (0, 0, 0, 4), expand=False))
        _command(console, piece.check, 4)


def _evidence(item: Diagnosis) -> Iterator[Evidence]:
    """What speaks for the verdict comes first; the same piece is shown once."""
    shown: set[tuple[str, str]] = set()
    found = [finding for finding in item.judgement.findings if finding.outcome is Outcome.PRESENT]
    if item.verdict is not Verdict.CONFIRMED:
        found += [finding for finding in item.judgement.findings if finding.outcome is not Outcome.PRESENT]
    for finding in sorted(found, key=lambda finding: not finding.is_sign):
        for piece in finding.evidence:
            if (piece.object, piece.excerpt) not in shown:
                shown.add((piece.object, piece.excerpt))
                yield piece


def _show_steps(console: Console, heading: str, steps: Sequence[RenderedStep]) -> None:
    if not steps:
        return
    _heading(console, heading)
    for number, step in enumerate(steps, 1):
        _marked(console, f"{number}.", step.text)
        if step.command:
            _command(console, step.command, 5)


def _show_considered(console: Console, items: Sequence[Diagnosis]) -> None:
    """The rest in one line each; what does not even apply here in one line together."""
    elsewhere = [item for item in items if item.judgement.reason.startswith(NOT_HERE)]
    near = [item for item in items if item not in elsewhere]
    if items:
        console.print(Text("Also considered", style="bold"))
    for item in near:
        word, style = WORDS[item.verdict]
        line = Text.assemble((word, style), "  ", item.entry.title, f"  ({item.entry.id})")
        console.print(Padding(line, (0, 0, 0, 2), expand=False))
        if item.verdict is not Verdict.ANSWERED:
            console.print(Padding(Text(plain(clip(item.judgement.reason))), (0, 0, 0, 4), expand=False))
    if elsewhere:
        _indented(console, f"Not for this cluster: {', '.join(item.entry.id for item in elsewhere)}")
    if near:
        _indented(console, "`netclinic knowledge show ENTRY` shows one in full.", "dim")


def _show_unread(console: Console, answer: Answer) -> None:
    if answer.unread:
        _heading(console, "Not looked at")
        for text in answer.unread:
            _indented(console, f"- {clip(text)}")
    if answer.cluster is not None and answer.cluster.reachable:
        size = f"{answer.bytes / 1000:,.0f} kB"
        console.print()
        _line(console, f"{answer.requests} reads, {size}, {answer.elapsed_ms / 1000:.1f} s. Nothing was changed.", "dim")


def _heading(console: Console, text: str, style: str = "bold") -> None:
    console.print()
    console.print(Text(text, style=style))


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(Text(plain(text), style=style))


def _indented(console: Console, text: str, style: str = "") -> None:
    console.print(Padding(Text(plain(text), style=style), (0, 0, 0, 2), expand=False))


def _marked(console: Console, mark: str, text: str, style: str = "") -> None:
    """A mark or number with the text hanging beside it."""
    grid = Table.grid(padding=(0, 1, 0, 0), pad_edge=False)
    grid.add_column(width=4, justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text(mark, style=style), Text(plain(text), style=style))
    console.print(grid)


def _paragraphs(console: Console, text: str) -> None:
    for number, paragraph in enumerate(text.strip().split("\n\n")):
        if number:
            console.print()
        lines = paragraph.splitlines()
        listed = any(line.lstrip().startswith(("-", "|", "*", "1.")) for line in lines)
        for piece in lines if listed else [" ".join(lines)]:
            _indented(console, piece)


def _command(console: Console, command: str, indent: int) -> None:
    """Never wrapped: a command that is cut by the screen's edge must still be copied whole."""
    for line in command.splitlines():
        console.print(Text(" " * indent + plain(line), style="cyan"), soft_wrap=True, no_wrap=True, overflow="ignore")


def plain(text: str) -> str:
    """Without control characters: a hostile name or log line can neither colour nor move anything."""
    return "".join(char for char in text if char.isprintable() or char in "\n\t")


def age(moment: datetime, now: datetime) -> str:
    """``12 s ago``, ``3 min ago``, ``2 h ago``, ``4 d ago``."""
    seconds = (now - moment).total_seconds()
    if seconds < 10:
        return "just now"
    for limit, unit, word in ((120, 1, "s"), (7200, 60, "min"), (172800, 3600, "h")):
        if seconds < limit:
            return f"{int(seconds // unit)} {word} ago"
    return f"{int(seconds // 86400)} d ago"
