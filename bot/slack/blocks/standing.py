"""What is said instead of a whole answer where the same question stands in another thread."""

from datetime import datetime

from bot.diagnosis.language import labels_of
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
    labels = labels_of(first)
    same = labels.same_as.format(case.same_as, labels.quantity(age(since, now)))
    ask = asking_words(case.askers, case.alerts, labels)
    verdict = f"{word.mark} {word.word}{where} · {clip(first.shown_title, LONGEST_TITLE)}"
    thread = [text_run(labels.alone.format("")), link(case.same_as_link, labels.its_thread)]
    thread = thread if case.same_as_link else []
    resolved = f"{labels.resolved}{labels.stop} " if case.resolved_at else ""
    asking = f"{labels.semicolon}{ask}" if ask else ""
    told = f"{labels.alone.format(f'{word.word}{where}')}{first.shown_title}"
    return Message(
        text=escape_mrkdwn(f"{resolved}{same}{asking}{labels.stop} {told}{labels.stop}"),
        blocks=[
            rich_text(
                [
                    *([resolved_line(case)] if case.resolved_at else []),
                    line(text_run(same, bold=True), *thread, text_run(f"{asking}{labels.stop}")),
                    line(text_run(verdict)),
                ]
            ),
            *([context(*(clip(note, LONGEST_TITLE) for note in report.notes))] if report.notes else []),
            actions("same", [button(SHOW_WHOLE, labels.show_whole, case.value.dumps())]),
        ],
    )
