"""``match``: words against entries, without a cluster."""

import sys
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from rich.console import Console

from bot.app import App
from bot.terminal.console import say, show_table, write_json
from bot.terminal.inputs import lines_of_stdin, question_of
from bot.terminal.progress import building

if TYPE_CHECKING:
    from bot.audit import AuditContext, AuditLog
    from index.search import Index, Matches

SHOWN = 8  # matches in the table
MOST_SUMMED = 20  # entries that the record of many lines counts


def match_and_show(text: str, output: str) -> None:
    """One result a text; ``-`` reads one a line from stdin.

    Raises:
        DatabaseError, AuditUnavailable: it could not be recorded.
    """
    question = "" if text == "-" else question_of(text)
    app = App.from_environment()
    with ThreadPoolExecutor(1) as pool:  # the database is opened meanwhile
        opening = pool.submit(lambda: app.audit)
        with building(Console(stderr=True)) as tell:
            index = app.index(tell)
        log = opening.result()
    if not question and sys.stdin.isatty():
        say(Console(stderr=True), "Type a symptom a line; Ctrl-D ends. Or: netclinic match YOUR WORDS", style="dim")

    def show(found: "Matches") -> None:
        if output == "json":
            write_json(_match_json(app, found))
        else:
            _show_match(app, found)

    try:
        _match(index, question, _begin_audit(log, question), show)
    finally:
        log.close()


def _match(index: "Index", question: str, trail: "AuditContext", show: Callable[["Matches"], None]) -> None:
    """One text is recorded with its scores before they are shown; lines of stdin, maybe thousands, in one sum."""
    if question:
        found = index.match(question)
        trail.log.append([trail.draft_of_matches(found)])
        show(found)
        return
    best: Counter[str] = Counter()
    lines = 0
    try:
        for symptom in lines_of_stdin():
            lines += 1
            found = index.match(symptom)
            best.update(item.entry_id for item in found.matches[:1] if found.in_scope)
            show(found)
    finally:
        detail = {"lines": lines, "in_scope": best.total(), "best": dict(best.most_common(MOST_SUMMED))}
        trail.log.append([trail.draft("entries.considered", None, None, "", detail)])
    if not lines:
        say(Console(stderr=True), "Standard input held no symptom: write one a line, or netclinic match YOUR WORDS")


def _begin_audit(log: "AuditLog", question: str) -> "AuditContext":
    """The trail of this command, whose first records are stored."""
    from bot.audit import AuditContext
    from bot.terminal.audited_command import operating_system_user, settings_draft

    trail = AuditContext(log, operating_system_user(), uuid.uuid4().hex)
    asked = {"command": "match", **({"question": question} if question else {"lines of": "standard input"})}
    action = "question.received" if question else "command.received"
    log.append([settings_draft(trail), trail.draft(action, None, None, "", asked)])
    return trail


def _match_json(app: App, found: "Matches") -> dict[str, object]:
    matches = [
        {"entry": item.entry_id, "headings": list(app.entries[item.entry_id].headings), "score": item.score}
        for item in found.matches
    ]
    return {"text": found.text, "in_scope": found.in_scope, "confidence": found.confidence, "matches": matches}


def _show_match(app: App, found: "Matches") -> None:
    console = Console()
    scope = "in scope" if found.in_scope else "not in scope: netclinic would not answer"
    say(console, f"{scope} (confidence {found.confidence:.2f})")
    titles = {item.entry_id: app.entries[item.entry_id].title_for(found.text) for item in found.matches[:SHOWN]}
    rows = [(f"{item.score:.3f}", item.entry_id, titles[item.entry_id]) for item in found.matches[:SHOWN]]
    show_table(console, ("score", "entry", "title"), rows)
