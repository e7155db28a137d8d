"""Overviews: what ``check`` judged and what ``facts`` read, a row each."""

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from bot.cluster.facts import Fact
from bot.diagnosis.answer import Answer, Diagnosis
from bot.diagnosis.evidence import is_elsewhere
from bot.diagnosis.judge import Verdict
from bot.terminal.console import say
from bot.terminal.pages import show_cost, show_unread, verdict_word
from bot.terminal.tables import show_table

ORDER = (Verdict.CONFIRMED, Verdict.SUSPECTED, Verdict.RULED_OUT, Verdict.ANSWERED)


def show_verdicts(console: Console, answer: Answer) -> None:
    """``check``: one row an entry, what needs a person first; what is for other clusters in one line."""
    elsewhere = [item for item in answer.diagnoses if is_elsewhere(item)]
    here = [item for item in answer.diagnoses if item not in elsewhere]
    here.sort(key=lambda item: ORDER.index(item.verdict))
    if here:
        show_table(console, ("verdict", "entry", "reason"), map(_row, here))
    if elsewhere:
        console.print()
        say(console, f"Not for this cluster: {', '.join(item.entry.id for item in elsewhere)}")
    show_unread(console, answer.unread)
    show_cost(console, answer)


def _row(item: Diagnosis) -> tuple[Text, str, str]:
    return Text(*verdict_word(item.verdict)), item.entry.id, item.judgement.reason


def show_facts(console: Console, facts: Iterable[Fact]) -> None:
    """``facts``: value, and the object that it was read from."""
    show_table(console, ("fact", "value (read from)"), [(fact.name, _told(fact)) for fact in facts])


def _told(fact: Fact) -> str:
    return f"unknown: {fact.reason}" if fact.value is None else f"{fact.value}  ({fact.source})"
