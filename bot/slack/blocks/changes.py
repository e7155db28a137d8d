"""What a re-check found to be different: in the answer itself, and as the one line that is posted below it."""

from collections.abc import Iterator
from datetime import datetime

from bot.diagnosis.labels import ENGLISH, Labels
from bot.diagnosis.report import Changes, Report
from bot.diagnosis.wording import verdict_in, word_of
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
_MARKS = {"cleared": "✓", "worse": "▲", "new": "＋", "still": "＝", "unclear": "?"}


def change_items(changes: Changes, labels: Labels = ENGLISH) -> list[Element]:
    """One line a change, the earlier look's time first."""
    found = list(_marked_changes(changes, labels))
    if not found:
        before, after = labels.unchanged_since.split("{}")
        return [
            line(text_run(f"＝ {before}"), date_run(changes.since), text_run(f"{after}{labels.none_since}")),
        ]
    lines = [
        line(text_run(labels.alone.format(f"{_MARKS[kind]} {getattr(labels, kind)}"), bold=True), text_run(title))
        for kind, title in found
    ]
    more = [line(text_run(labels.and_more.format(len(lines) - MOST_CHANGES)))] if len(lines) > MOST_CHANGES else []
    before, after = labels.since.split("{}")
    return [
        line(text_run(before), date_run(changes.since), text_run(after.rstrip())),
        bullet_list([*lines[:MOST_CHANGES], *more]),
    ]


def change_text(changes: Changes, labels: Labels = ENGLISH) -> str:
    """The same as one sentence."""
    found = list(_marked_changes(changes, labels))
    parts = [f"{labels.alone.format(getattr(labels, kind).lower())}{title}" for kind, title in found]
    if not parts:
        return labels.unchanged_since.format(clock(changes.since)) + labels.stop
    if len(parts) > MOST_IN_LINE:
        parts = [*parts[:MOST_IN_LINE], labels.and_more.format(len(parts) - MOST_IN_LINE)]
    return f"{labels.since.format(clock(changes.since))}{labels.semicolon.join(parts)}{labels.stop}"


def recheck_message(
    report: Report,
    changes: Changes,
    *,
    since: datetime,
    by: str = "",
    watched: bool = False,
    labels: Labels = ENGLISH,
) -> Message:
    """One line: ``＝ Still there after 8 min on prod-hz: …``; ``since`` is when the first answer was given.

    ``by`` is who pressed; nobody where netclinic looked by itself (``watched``).
    """
    is_seen = any(
        _marked_changes(changes, labels)
    )  # what is well was so at the look before, which need not be the first
    after = labels.quantity(span(since, report.told_at) if is_seen else span(changes.since, report.now))
    told = labels.semicolon.join(_short_changes(report, changes, after, labels))
    failing = len(report.failing_untold) + report.more_failing
    worse = labels.see_above.format(labels.quantity(counted(failing, "thing"))) if failing else ""
    asked = [text_run(f" · {labels.asked_by}"), mention(by)] if by else []
    asked = [text_run(f" · {labels.watched}")] if watched and not by else asked
    sentence = f"{told}{labels.stop}{worse}"
    return Message(text=escape_mrkdwn(sentence), blocks=[rich_text([line(text_run(sentence), *asked)])])


def settled_message(report: Report, *, by: str, yes: bool, labels: Labels = ENGLISH) -> Message:
    """One line: who answered the question that settles it, and what that makes of it."""
    first = report.diagnoses[0] if report.diagnoses else None
    verdict = f"{labels.no_entry}{_where(report, labels)}"
    if first:
        word, title = word_of(first), clip(first.shown_title, LONGEST_TITLE)
        verdict = f"{labels.alone.format(f'{word.mark} {word.word}{where_of(first, report)}')}{title}"
    said = f"{labels.answered.format(labels.yes if yes else labels.no)} {verdict}{labels.stop}"
    return Message(
        text=f"{mention_text(by)}{escape_mrkdwn(said)}", blocks=[rich_text([line(mention(by), text_run(said))])]
    )


def _where(report: Report, labels: Labels) -> str:
    return labels.where.format(clip(one_line(report.cluster.name), LONGEST_NAME)) if report.cluster else ""


def _short_changes(report: Report, changes: Changes, after: str, labels: Labels) -> Iterator[str]:
    where, found = _where(report, labels), list(_marked_changes(changes, labels))
    if not report.was_read and report.cluster:
        yield f"? {clip(report.cluster.trouble, 300).rstrip('.')}"
        return
    if not found:
        unchanged = f"＝ {labels.unchanged_after.format(where, after)}"
        yield f"? {labels.not_all_read.format(where)}" if report.missed else unchanged
    for kind, title in found[:MOST_IN_LINE]:
        when = labels.after.format(after) if kind in ("still", "cleared") else ""
        yield f"{labels.alone.format(f'{_MARKS[kind]} {getattr(labels, kind)}{where}{when}')}{title}"
    if len(found) > MOST_IN_LINE:
        yield labels.and_more.format(len(found) - MOST_IN_LINE)


def _marked_changes(changes: Changes, labels: Labels) -> Iterator[tuple[str, str]]:
    """Kind and title; what is new says with which verdict."""
    for kind in _MARKS:
        for change in getattr(changes, kind):
            is_new = kind == "new" and change.now
            verdict = f" ({verdict_in(change.now, chinese=labels is not ENGLISH)})" if is_new else ""
            yield kind, f"{clip(change.title, LONGEST_TITLE)}{verdict}"
