"""``settings``: what is in force and where it came from."""

from rich.console import Console

from bot.settings import load_settings, shown_settings
from bot.terminal.printing import write_json
from bot.terminal.tables import show_table


def show_settings(output: str) -> None:
    """A table, or a JSON list of ``{name, value, source, about}``."""
    rows = shown_settings(load_settings())
    if output == "json":
        write_json([row.__dict__ for row in rows])
    else:
        show_table(Console(), ("setting", "value", "source", "about"), [(r.name, r.value, r.source, r.about) for r in rows])
