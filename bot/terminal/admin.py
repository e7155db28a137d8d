"""``settings``: what is in force and where it came from."""

from dataclasses import asdict

from bot.settings import load_settings, shown_settings
from bot.terminal.printing import write_json


def show_settings(output: str) -> None:
    """A table, or a JSON list of ``{name, value, source, about}``; what is wrong with them is told after it."""
    rows = shown_settings()
    if output == "json":
        write_json([asdict(row) for row in rows])
    else:
        from rich.console import Console

        from bot.terminal.tables import show_table

        cells = [(row.name, row.value or "-", row.source, row.about) for row in rows]
        show_table(Console(), ("setting", "value", "source", "about"), cells)
    load_settings()
