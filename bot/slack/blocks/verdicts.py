"""What ``check`` found: the verdict on every fault, those first that need a person, and what is done next."""

from collections.abc import Iterator, Sequence

from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import Report, ReportDiagnosis
from bot.diagnosis.wording import word_of
from bot.probes.findings import clip
from bot.slack.blocks.case import CaseLine, case_footer
from bot.slack.blocks.case_buttons import check_buttons
from bot.slack.blocks.diagnosis import failing_items, unread_items
from bot.slack.blocks.elements import (
    Block,
    Element,
    Message,
    actions,
    bullet_list,
    container,
    line,
    rich_text,
    text_run,
)
from bot.slack.blocks.limits import MOST_IN_MESSAGE, ElementGroup, pack_blocks, size
from bot.slack.blocks.overviews import list_message
from bot.text import cost, counted

VERDICT_ORDER = (Verdict.CONFIRMED, Verdict.SUSPECTED, Verdict.RULED_OUT, Verdict.ANSWERED)
LONGEST_TITLE = 150


def verdicts_message(report: Report, case: CaseLine | None = None, asker: str | None = None) -> Message:
    """A line for each fault that needs a person, the others by number; below it the buttons of its ``case``.

    Where Slack takes containers, the titles of the others open in place; Evidence holds them with the reason of each.
    """
    here = sorted(
        (item for item in report.diagnoses if not item.elsewhere), key=lambda item: VERDICT_ORDER.index(item.verdict)
    )
    in_full = [item for item in here if item.verdict is not Verdict.RULED_OUT or len(here) == 1]
    number = sum(item.verdict is Verdict.CONFIRMED for item in here)
    where = f" on cluster {clip(report.cluster.name, 100)}" if report.cluster else ""
    first = f"{counted(number, 'fault')} confirmed{where}" if number else f"No fault is confirmed{where}"
    others = {
        "Ruled out": [item for item in here if item not in in_full],
        "Not for this cluster": [item for item in report.diagnoses if item.elsewhere],
    }
    after = [*failing_items(report), *_numbers(others), *unread_items(report)]
    closing = "" if case else cost(report.requests, report.bytes, report.elapsed_ms)
    told = list_message(first, map(_verdict_line, in_full), "Nothing is suspected.", closing, "verdicts", after)
    below = list(_below(report, case, asker))
    parts = _collapsed(others, MOST_IN_MESSAGE - size([*told.blocks, *below]))
    richer = [*told.blocks, *below[:1], *parts, *below[1:]] if parts else []
    return Message(told.text, [*told.blocks, *below], told.file, richer=richer)


def _verdict_line(item: ReportDiagnosis) -> Element:
    word = word_of(item)
    title = f"{word.mark} {word.word}: {clip(item.shown_title, LONGEST_TITLE)}"
    return line(
        text_run(title, bold=True), text_run(f" {clip(item.reason)} ("), text_run(item.entry, code=True), text_run(")")
    )


def _numbers(others: dict[str, list[ReportDiagnosis]]) -> Iterator[ElementGroup]:
    """How many nobody has to look at now."""
    told = [f"{title.lower()}: {len(items)}" for title, items in others.items() if items]
    if told:
        words = " · ".join(told)
        yield [line(text_run(f"{words[:1].upper()}{words[1:]}. Evidence says why."))]


def _below(report: Report, case: CaseLine | None, asker: str | None) -> Iterator[Block]:
    if case is None:
        return
    if row := check_buttons(case, report):
        yield actions("case", row)
    yield rich_text(case_footer(case, asker, report))


def _collapsed(others: dict[str, list[ReportDiagnosis]], room: int) -> list[Block]:
    """The titles of what nobody has to look at now, in closed containers, as far as a message has room for them."""
    made: list[Block] = []
    for title, items in others.items():
        titles: Sequence[Element] = [line(text_run(clip(item.shown_title, LONGEST_TITLE))) for item in items]
        block = container(f"{title} ({len(items)})", pack_blocks([[bullet_list(titles)]])) if titles else None
        if block is not None and size(block) <= room:
            made.append(block)
            room -= size(block)
    return made
