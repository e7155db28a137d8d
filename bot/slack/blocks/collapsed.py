"""The rest of an answer in parts that open in place: Slack's container block, where it is taken.

Nothing hangs on it: the modals behind All steps and Evidence hold the same and more.
Source: https://docs.slack.dev/reference/block-kit/blocks/container-block (since 2026-06; at most 10 blocks inside).
"""

from collections.abc import Iterator, Sequence

from bot.diagnosis.judge import Verdict
from bot.diagnosis.labels import ENGLISH, Labels
from bot.diagnosis.language import labels_for, labels_of
from bot.diagnosis.report import Report, ReportDiagnosis, ReportStep
from bot.slack.blocks.diagnosis import (
    cause_title,
    considered_items,
    failing_items,
    first_step,
    looked_at_items,
    render_evidence,
    render_prose,
    render_reading,
    render_step,
    unread_items,
)
from bot.slack.blocks.elements import Block, container, heading, line, text_run
from bot.slack.blocks.limits import MOST_IN_MESSAGE, ElementGroup, count_fitting, pack_blocks, size
from bot.text import cost
from knowledge.model import Kind

MOST_IN_CONTAINER = 10
ROOM_FOR_NOTE = 150  # characters kept free for the sentence on what did not fit


def collapsed_parts(report: Report, around: Sequence[Block]) -> list[Block]:
    """Closed containers that fit into a message beside the blocks ``around`` them."""
    room, blocks = MOST_IN_MESSAGE - size(list(around)), []
    for title, items in _parts(report):
        made = _container(title, items, room) if items else None
        if made is not None:
            blocks.append(made)
            room -= size(made)
    return blocks


def _parts(report: Report) -> Iterator[tuple[str, list[ElementGroup]]]:
    """Title and content, in the order in which they are wanted."""
    first = report.diagnoses[0] if report.diagnoses else None
    if first and first.verdict is not Verdict.RULED_OUT:
        yield _steps_title(first), list(_step_items(first))
    labels = labels_for(report)
    yield labels.evidence, list(_evidence_items(report))
    cause = (
        first is not None and first.kind is Kind.FAULT and bool(first.cause) and first.verdict is not Verdict.RULED_OUT
    )
    others = len(report.diagnoses) - 1
    if first and (cause or others > 0):
        prose: list[ElementGroup] = [render_prose(first.cause)] if cause else []
        alone = cause_title(first) if cause else f"{labels.considered} ({others})"
        title = labels.considered_number.format(alone, others) if cause and others > 0 else alone
        yield title, [*prose, *considered_items(report)]


def evidence_count(report: Report) -> int:
    """Pieces of evidence, readings, and what fails beside them: what the modal holds, and the button's number alone."""
    return sum(map(_count_pieces, report.diagnoses)) + len(report.failing_untold)


def _count_pieces(item: ReportDiagnosis) -> int:
    return len(item.evidence) + len(item.readings)


def evidence_title(number: int, labels: Labels = ENGLISH) -> str:
    """With the number, where there is any."""
    return labels.evidence_number.format(number) if number else labels.evidence


def _steps_title(item: ReportDiagnosis) -> str:
    """``Steps 2–5 and how to verify``."""
    _, step, number = first_step(item)
    labels, steps = labels_of(item), ""
    if step is not None and number > 1:
        steps = labels.second_step if number == 2 else labels.steps_to.format(number)
    elif item.steps and item.settle:
        steps = labels.steps
    if steps and item.verify:
        return labels.both.format(steps)
    return steps or (labels.how_to_verify if item.verify else labels.more)


def _step_items(item: ReportDiagnosis) -> Iterator[ElementGroup]:
    """All steps but the first, which the answer shows."""
    labels = labels_of(item)

    def numbered(steps: Sequence[ReportStep], first: int = 1) -> list[ElementGroup]:
        return [render_step(step, number, labels) for number, step in enumerate(steps, first)]

    if item.settle:
        yield from numbered(item.settle[1:], 2)
        yield from _titled(labels.steps_later, numbered(item.steps))
    else:
        yield from numbered(item.steps[1:], 2)
    for title, steps in ((labels.prevent, item.prevent), (labels.verify, item.verify)):
        yield from _titled(title, numbered(steps))


def _titled(title: str, items: Sequence[ElementGroup]) -> Iterator[ElementGroup]:
    if items:
        yield [heading(title), *items[0]]
        yield from items[1:]


def _evidence_items(report: Report) -> Iterator[ElementGroup]:
    first = report.diagnoses[0] if report.diagnoses else None
    if first:
        yield from (render_evidence(piece, report.now, whole=False) for piece in first.evidence)
        yield from (render_reading(reading) for reading in first.readings)
    yield from failing_items(report)
    if rest := sum(map(_count_pieces, report.diagnoses[1:])):
        yield [line(text_run(f"and {rest} more on what was also considered: press Evidence."))]
    yield from looked_at_items(report)
    yield from unread_items(report)
    if report.was_read:
        traits = f"{report.cluster.traits} · " if report.cluster and report.cluster.traits else ""
        yield [line(text_run(f"{traits}{cost(report.requests, report.bytes, report.elapsed_ms)}"))]


def _container(title: str, items: Sequence[ElementGroup], room: int) -> Block | None:
    """A closed container with the items that fit; none where not one does."""
    kept = count_fitting(items, room - ROOM_FOR_NOTE - len(title))
    rest = len(items) - kept
    note: list[ElementGroup] = [[line(text_run(f"and {rest} more: press All steps or Evidence."))]] if rest else []
    blocks = pack_blocks([*items[:kept], *note]) if kept else []
    return container(title, blocks[:MOST_IN_CONTAINER]) if blocks and len(blocks) <= MOST_IN_CONTAINER else None
