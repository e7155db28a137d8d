"""One entry in full, as ``knowledge show`` prints it: for any cluster, names in the commands left as capitals."""

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from bot.terminal.console import heading, say
from bot.terminal.pages import show_cautions, show_prose, show_steps
from knowledge.model import Condition, Entry, Group
from knowledge.rendering import render, render_text


def show_entry(console: Console, entry: Entry) -> None:
    """Its texts, how it is confirmed, and on which recordings it is proved."""
    say(console, Text.assemble((entry.title, "bold"), f"  ({entry.id}, {entry.kind})"))
    say(console, f"FAQ: {'; '.join(entry.headings)}", style="dim")
    console.print()
    show_prose(console, render_text(entry.cause, {}, {}))
    show_steps(console, "Settle it first", render(entry.settle, {}, {}))
    show_steps(console, "Steps", render(entry.steps, {}, {}))
    show_cautions(console, [render_text(text, {}, {}) for text in entry.caution])
    show_steps(console, "Verify", render(entry.verify, {}, {}))
    _show_condition(console, "It applies where", entry.applies)
    _show_condition(console, "It is confirmed by", entry.confirmed_by)
    console.print()
    say(console, f"File: {entry.path}", style="dim")


def _show_condition(console: Console, title: str, condition: Condition | None) -> None:
    if condition is None:
        return
    heading(console, title)
    for depth, line in _lines(condition):
        say(console, line, indent=2 + 2 * depth)


def _lines(condition: Condition, depth: int = 0) -> Iterator[tuple[int, str]]:
    if not isinstance(condition, Group):
        yield depth, str(condition)
        return
    yield depth, f"{condition.quantifier} of:"
    for member in condition.members:
        yield from _lines(member, depth + 1)
