"""What a re-check found to be different: in the answer itself, and as the one line that is posted below it."""

from collections.abc import Iterator
from datetime import datetime

from bot.diagnosis.report import Changes, Report
from bot.diagnosis.wording import FAILING, WORDS, word_of
from bot.probes.findings import clip
from bot.slack.blocks.diagnosis import where_of
from bot.slack.blocks.elements import (
    Element,
    Message,
    bullet_list,
    date_run,
    escape_mrkdwn,
    line,
    mention,
    mention_text,
    rich_text,
    text_run,
)
from bot.text import clock, counted, one_line, span

LONGEST_TITLE = 150
LONGEST_NAME = 100
MOST_CHANGES = 10
MOST_IN_LINE = 3
_WORDS = {
    "cleared": ("✓", "Cleared"),
    "worse": ("▲", "Now confirmed"),
    "new": ("＋", "New"),
    "still": ("＝", "Still there"),
    "unclear": ("?", "Cannot be told now"),
}


def change_items(changes: Changes) -> list[Element]:
    """One line a change, the earlier look's time first."""
    found = list(_marked_changes(changes))
    if not found:
        return [
            line(
                text_run("＝ Nothing changed since "),
                date_run(changes.since),
                text_run(": no fault was seen then, and none now."),
            )
        ]
    lines = [line(text_run(f"{mark} {word}: ", bold=True), text_run(title)) for mark, word, title in found]
    more = [line(text_run(f"and {len(lines) - MOST_CHANGES} more"))] if len(lines) > MOST_CHANGES else []
    return [
        line(text_run("Since "), date_run(changes.since), text_run(":")),
        bullet_list([*lines[:MOST_CHANGES], *more]),
    ]


def change_text(changes: Changes) -> str:
    """The same as one sentence."""
    parts = [f"{word.lower()}: {title}" for _, word, title in _marked_changes(changes)]
    if not parts:
        return f"Nothing changed since {clock(changes.since)}."
    more = f"; and {len(parts) - MOST_IN_LINE} more" if len(parts) > MOST_IN_LINE else ""
    return f"Since {clock(changes.since)}: {'; '.join(parts[:MOST_IN_LINE])}{more}."


def recheck_message(
    report: Report, changes: Changes, *, since: datetime, by: str = "", watched: bool = False
) -> Message:
    """One line: ``＝ Still there after 8 min on prod-hz: …``; ``since`` is when the first answer was given.

    ``by`` is who pressed; nobody where netclinic looked by itself (``watched``).
    """
    is_seen = any(_marked_changes(changes))  # what is well was so at the look before, which need not be the first
    after = span(since, report.told_at) if is_seen else span(changes.since, report.now)
    told = "; ".join(_short_changes(report, changes, after))
    failing = len(report.failing_untold) + report.more_failing
    worse = f" {FAILING}: {counted(failing, 'thing')}, see the answer above." if failing else ""
    asked = [text_run(" · asked by "), mention(by)] if by else [text_run(" · watched")] if watched else []
    sentence = f"{told}.{worse}"
    return Message(text=escape_mrkdwn(sentence), blocks=[rich_text([line(text_run(sentence), *asked)])])


def settled_message(report: Report, *, by: str, yes: bool) -> Message:
    """One line: who answered the question that settles it, and what that makes of it."""
    first = report.diagnoses[0] if report.diagnoses else None
    where = f" on {clip(one_line(report.cluster.name), LONGEST_NAME)}" if report.cluster else ""
    verdict = f"No entry fits{where}"
    if first:
        word, title = word_of(first), clip(first.shown_title, LONGEST_TITLE)
        verdict = f"{word.mark} {word.word}{where_of(first, report)}: {title}"
    said = f" answered {'Yes' if yes else 'No'}. {verdict}."
    return Message(
        text=f"{mention_text(by)}{escape_mrkdwn(said)}", blocks=[rich_text([line(mention(by), text_run(said))])]
    )


def _short_changes(report: Report, changes: Changes, after: str) -> Iterator[str]:
    where = f" on {clip(one_line(report.cluster.name), LONGEST_NAME)}" if report.cluster else ""
    found = list(_marked_changes(changes))
    if not report.was_read and report.cluster:
        yield f"? {clip(report.cluster.trouble, 300).rstrip('.')}"
        return
    if not found:
        unseen = "no fault was seen before, and none is now"
        yield (
            f"＝ Nothing changed{where} after {after}: {unseen}"
            if not report.missed
            else f"? Not all could be read{where}"
        )
    for mark, word, title in found[:MOST_IN_LINE]:
        when = f" after {after}" if word in ("Still there", "Cleared") else ""
        yield f"{mark} {word}{where}{when}: {title}"
    if len(found) > MOST_IN_LINE:
        yield f"and {len(found) - MOST_IN_LINE} more"


def _marked_changes(changes: Changes) -> Iterator[tuple[str, str, str]]:
    """Mark, word and title; what is new says with which verdict."""
    for kind, (mark, word) in _WORDS.items():
        for change in getattr(changes, kind):
            verdict = f" ({WORDS[change.now].word.lower()})" if kind == "new" and change.now else ""
            yield mark, word, f"{clip(change.title, LONGEST_TITLE)}{verdict}"
