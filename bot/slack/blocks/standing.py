"""What is said instead of a whole answer where the same question stands in another thread."""

from datetime import datetime

from bot.diagnosis.report import Report
from bot.diagnosis.wording import word_of
from bot.probes.findings import clip
from bot.slack.blocks.action_ids import SHOW_WHOLE
from bot.slack.blocks.case import CaseLine, asking_words, resolved_line
from bot.slack.blocks.diagnosis import where_of
from bot.slack.blocks.elements import Message, actions, button, context, escape_mrkdwn, line, link, rich_text, text_run
from bot.text import age

LONGEST_TITLE = 300


def same_as_message(report: Report, case: CaseLine, *, since: datetime, now: datetime) -> Message:
    """``Same as NC-7HL4UD, 2 min ago: its thread; 3 people ask.`` and the verdict; the rest is behind a button.

    ``case`` is the joined one; ``since`` when the standing one was opened. Once that is resolved, it says so.
    """
    first, word = report.diagnoses[0], word_of(report.diagnoses[0])
    where = where_of(first, report)
    same, ask = f"Same as {case.same_as}, {age(since, now)}", asking_words(case.askers, case.alerts)
    verdict = f"{word.mark} {word.word}{where} · {clip(first.shown_title, LONGEST_TITLE)}"
    thread = [text_run(": "), link(case.same_as_link, "its thread")] if case.same_as_link else []
    resolved = "Resolved. " if case.resolved_at else ""
    return Message(
        text=escape_mrkdwn(f"{resolved}{same}{f'; {ask}' if ask else ''}. {word.word}{where}: {first.shown_title}."),
        blocks=[
            rich_text(
                [
                    *([resolved_line(case)] if case.resolved_at else []),
                    line(text_run(same, bold=True), *thread, text_run(f"; {ask}." if ask else ".")),
                    line(text_run(verdict)),
                ]
            ),
            *([context(*(clip(note, LONGEST_TITLE) for note in report.notes))] if report.notes else []),
            actions("same", [button(SHOW_WHOLE, "Show the whole answer", case.value.dumps())]),
        ],
    )
