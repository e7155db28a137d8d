"""Output for any terminal, and JSON for programs.

Lines are broken at blanks alone, so that names, paths and commands can be copied whole; nothing is padded, and what
came from a cluster is stripped of all that could colour or move anything. Tables are aligned where they fit, stacked on
narrow terminals, one row a line through a pipe.
"""

import re
import sys
from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from bot.text import json_line, one_line, plain

Cell = str | Text
WIDEST = 100  # columns: longer lines of prose are hard to follow
NARROWEST = 36  # columns that the last cell of a table needs to be read with ease
GAP = 2  # columns between cells
_WORD = re.compile(r"\S+\s*")


def say(console: Console, text: str | Text, *, indent: int = 0, mark: str | Text = "", style: str = "") -> None:
    """A paragraph; ``mark`` (a number, a bullet) stands before its first line and the others hang below the text."""
    whole = text if isinstance(text, Text) else Text(one_line(text))
    mark = mark if isinstance(mark, Text) else Text(mark, style=style)
    margin = indent + (mark.cell_len + 1 if mark.plain else 0)
    for number, line in enumerate(wrap(whole, width_of(console) - margin)):
        left = Text(" " * indent) + mark + " " if mark.plain and not number else Text(" " * margin)
        _print(console, left + line, style)


def say_command(console: Console, command: str, *, indent: int) -> None:
    """Never wrapped nor cut: a command that is longer than the screen must still be copied whole."""
    for line in command.splitlines():
        _print(console, Text(" " * indent + plain(line)), "cyan")


def heading(console: Console, text: str, style: str = "bold") -> None:
    """A heading with a blank line above."""
    console.print()
    _print(console, Text(text), style)


def width_of(console: Console) -> int:
    """The columns that prose may take."""
    return min(console.width, WIDEST)


def wrap(text: Text, width: int) -> list[Text]:
    """The lines of a text; a word that is wider than the line keeps a line of its own."""
    breaks, column = [], 0
    for word in _WORD.finditer(text.plain):
        size = cell_len(word.group().rstrip())
        if column and column + size > width:
            breaks.append(word.start())
            column = 0
        column += cell_len(word.group())
    lines = list(text.divide(breaks))
    for line in lines:
        line.rstrip()
    return lines


def _print(console: Console, line: Text, style: str) -> None:
    console.print(line, style=style, soft_wrap=True)


def write_json(value: object) -> None:
    """One line of JSON, safe to be shown: every command's JSON goes through here."""
    sys.stdout.buffer.write(json_line(value))
    sys.stdout.buffer.flush()


def show_table(console: Console, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """All columns but the last are short and kept whole; the last one is prose."""
    cells = [[cell if isinstance(cell, Text) else Text(one_line(cell)) for cell in row] for row in rows]
    head = [Text(column, style="bold") for column in columns]
    widths = [max(cell_len(row[at].plain) for row in (head, *cells)) for at in range(len(columns) - 1)]
    left = sum(widths) + GAP * len(widths)
    if not console.is_terminal:
        _print_aligned(console, [head, *cells], widths, 1_000_000)
    elif console.width - left >= NARROWEST:
        _print_aligned(console, [head, *cells], widths, console.width - left)
    else:
        _print_stacked(console, cells)


def _print_aligned(console: Console, rows: Iterable[Sequence[Text]], widths: Sequence[int], last: int) -> None:
    for row in rows:
        start = Text()
        for cell, width in zip(row, widths, strict=False):
            start += cell + Text(" " * (width - cell_len(cell.plain) + GAP))
        for number, line in enumerate(wrap(row[-1], last)):
            whole = (start if not number else Text(" " * cell_len(start.plain))) + line
            whole.rstrip()
            console.print(whole, soft_wrap=True)


def _print_stacked(console: Console, rows: Iterable[Sequence[Text]]) -> None:
    for row in rows:
        say(console, Text(" " * GAP).join([cell for cell in row[:-1] if cell.plain]))
        say(console, row[-1], indent=4)
