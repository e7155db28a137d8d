"""Tables of the command line: aligned where they fit, stacked on narrow terminals, one row a line through a pipe."""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from bot.terminal.console import say, wrapped
from bot.text import one_line

Cell = str | Text
GAP = 2
NARROWEST = 36  # columns that the last cell needs to be read with ease


def show_table(console: Console, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """All columns but the last are short and kept whole; the last one is prose."""
    cells = [[cell if isinstance(cell, Text) else Text(one_line(cell)) for cell in row] for row in rows]
    head = [Text(column, style="bold") for column in columns]
    widths = [max(cell_len(row[at].plain) for row in (head, *cells)) for at in range(len(columns) - 1)]
    left = sum(widths) + GAP * len(widths)
    if not console.is_terminal:
        _aligned(console, [head, *cells], widths, 1_000_000)
    elif console.width - left >= NARROWEST:
        _aligned(console, [head, *cells], widths, console.width - left)
    else:
        _stacked(console, cells)


def _aligned(console: Console, rows: Iterable[Sequence[Text]], widths: Sequence[int], last: int) -> None:
    for row in rows:
        start = Text()
        for cell, width in zip(row, widths, strict=False):
            start += cell + Text(" " * (width - cell_len(cell.plain) + GAP))
        for number, line in enumerate(wrapped(row[-1], last)):
            whole = (start if not number else Text(" " * cell_len(start.plain))) + line
            whole.rstrip()
            console.print(whole, soft_wrap=True)


def _stacked(console: Console, rows: Iterable[Sequence[Text]]) -> None:
    for row in rows:
        say(console, Text(" " * GAP).join([cell for cell in row[:-1] if cell.plain]))
        say(console, row[-1], indent=4)
