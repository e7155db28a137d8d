"""Lines for any terminal: broken at blanks alone, so that names, paths and commands can be copied whole.

Nothing is padded, and what came from a cluster is stripped of all that could colour or move anything.
"""

import re

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from bot.text import one_line, plain

WIDEST = 100  # columns: longer lines of prose are hard to follow
_WORD = re.compile(r"\S+\s*")


def say(console: Console, text: str | Text, *, indent: int = 0, mark: str = "", style: str = "") -> None:
    """A paragraph; ``mark`` (a number, a bullet) stands before its first line and the others hang below the text."""
    whole = text if isinstance(text, Text) else Text(one_line(text))
    margin = indent + (cell_len(mark) + 1 if mark else 0)
    for number, line in enumerate(wrapped(whole, width_of(console) - margin)):
        left = " " * indent + f"{mark} " if mark and not number else " " * margin
        _print(console, Text(left, style=style) + line, style)


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


def wrapped(text: Text, width: int) -> list[Text]:
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
