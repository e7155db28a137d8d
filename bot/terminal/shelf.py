"""``recordings``: the saved clusters that come with netclinic."""

from bot.recordings import shipped
from bot.terminal.printing import write_json


def show_recordings(output: str) -> None:
    """Names with one sentence each."""
    found = shipped()
    if output == "json":
        write_json([{"name": item.name, "description": item.description} for item in found])
        return
    from rich.console import Console

    from bot.terminal.tables import show_table

    show_table(Console(), ("recording", "what it shows"), [(item.name, item.description) for item in found])
