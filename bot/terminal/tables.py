"""Tables of the command line: verdicts, facts, recordings, settings, entries; plain rows when piped."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.answer import Answer
from bot.cluster.facts import Fact
from bot.terminal.pages import WORDS, plain

Row = Sequence[str | Text]


def show_table(console: Console, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """A table without frames; the last column wraps, the others keep their words whole where they fit."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(plain(cell)) for cell in row))
    console.print(table)


def show_verdicts(console: Console, answer: Answer) -> None:
    """``check``: one row an entry."""
    rows = []
    for item in answer.diagnoses:
        word, style = WORDS[item.verdict]
        rows.append((Text(word, style=style), item.entry.id, item.judgement.reason))
    show_table(console, ("verdict", "entry", "reason"), rows)
    for text in answer.unread:
        console.print(Text(f"Not looked at: {plain(text)}", style="yellow"))
    console.print(Text(f"{answer.requests} reads, {answer.bytes / 1000:,.0f} kB, {answer.elapsed_ms / 1000:.1f} s. "
                       "Nothing was changed.", style="dim"))  # fmt: skip


def show_facts(console: Console, facts: Iterable[Fact]) -> None:
    """``facts``: value, and the object that it was read from."""
    rows = [(fact.name, "unknown" if fact.value is None else str(fact.value), fact.source or fact.reason) for fact in facts]
    show_table(console, ("fact", "value", "read from"), rows)
