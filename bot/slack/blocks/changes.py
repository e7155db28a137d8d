"""What a re-check found to be different: told above everything else."""

from collections.abc import Iterator

from bot.diagnosis.report import Changes
from bot.probes.findings import clip
from bot.slack.blocks.elements import bullets, heading, line, said
from bot.slack.blocks.limits import Item
from bot.text import WORDS, clock

MOST = 10
LONGEST_TITLE = 150
_WORDS = {
    "cleared": ("✓", "Cleared"),
    "worse": ("▲", "Now confirmed"),
    "new": ("＋", "New"),
    "still": ("＝", "Still there"),
    "unclear": ("?", "Cannot be told now"),
}


def changes_items(changes: Changes) -> list[Item]:
    """A heading with the earlier look's time, and one line a change."""
    told = [line(said(f"{mark} {word}: ", bold=True), said(title)) for mark, word, title in _all(changes)]
    if not told:
        return [[line(said(f"Nothing changed since {clock(changes.since)}: no fault was seen then, and none now."))]]
    more = [line(said(f"and {len(told) - MOST} more"))] if len(told) > MOST else []
    return [[heading(f"Since {clock(changes.since)}"), bullets([*told[:MOST], *more])]]


def changes_text(changes: Changes) -> str:
    """The same as one sentence."""
    parts = [f"{word.lower()}: {title}" for _, word, title in _all(changes)]
    if not parts:
        return f"Nothing changed since {clock(changes.since)}."
    more = f"; and {len(parts) - 3} more" if len(parts) > 3 else ""
    return f"Since {clock(changes.since)}: {'; '.join(parts[:3])}{more}."


def _all(changes: Changes) -> Iterator[tuple[str, str, str]]:
    """Mark, word and title; what is new says with which verdict."""
    for kind, (mark, word) in _WORDS.items():
        for change in getattr(changes, kind):
            verdict = f" ({WORDS[change.now].word.lower()})" if kind == "new" and change.now else ""
            yield mark, word, f"{clip(change.title, LONGEST_TITLE)}{verdict}"
