"""``match``: words against entries, without a cluster."""

from typing import TYPE_CHECKING

from rich.console import Console

from bot.app import App
from bot.terminal.layout import say
from bot.terminal.printing import write_json
from bot.terminal.progress import building
from bot.terminal.questions import lines_of_stdin, question_of
from bot.terminal.tables import show_table

if TYPE_CHECKING:
    from index.search import Matches

SHOWN = 8


def match_and_show(text: str, output: str) -> None:
    """One result a text; ``-`` reads one a line from stdin."""
    symptoms = lines_of_stdin() if text == "-" else iter([question_of(text)])
    app = App.from_environment()
    with building(Console(stderr=True)) as tell:
        index = app.index(tell)
    for symptom in symptoms:
        found = index.match(symptom)
        if output == "json":
            write_json(_as_json(app, found))
        else:
            _show(app, found)


def _as_json(app: App, found: "Matches") -> dict[str, object]:
    matches = [
        {"entry": item.entry_id, "headings": list(app.entries[item.entry_id].headings), "score": item.score}
        for item in found.matches
    ]
    return {"text": found.text, "in_scope": found.in_scope, "confidence": found.confidence, "matches": matches}


def _show(app: App, found: "Matches") -> None:
    console = Console()
    scope = "in scope" if found.in_scope else "not in scope: netclinic would not answer"
    say(console, f"{scope} (confidence {found.confidence:.2f})")
    rows = [(f"{item.score:.3f}", item.entry_id, app.entries[item.entry_id].title) for item in found.matches[:SHOWN]]
    show_table(console, ("score", "entry", "title"), rows)
