"""A diagnosis as rich text, whole or in short: evidence, readings, steps, what fails and what could not be read."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.cluster.resources import is_denied
from bot.diagnosis.judge import Verdict
from bot.diagnosis.labels import ENGLISH, Labels
from bot.diagnosis.language import labels_for, labels_of
from bot.diagnosis.report import Report, ReportDiagnosis, ReportEvidence, ReportFailing, ReportReading, ReportStep
from bot.diagnosis.wording import looked_at, word_of
from bot.probes.findings import EXCERPT_LENGTH, clip
from bot.slack.blocks.elements import (
    Element,
    bullet_list,
    heading,
    inline_code_runs,
    line,
    numbered_item,
    preformatted,
    quote,
    text_run,
)
from bot.slack.blocks.limits import ElementGroup
from bot.text import age, lasting, one_line
from knowledge.model import Kind

SHORT_EXCERPT = 240
LONGEST_TITLE = 150
LONGEST_NAME = 100
MOST_CONSIDERED = 6
MOST_UNREAD = 5
MOST_FAILING = 8
LONGEST_SUMMARY = 250  # characters of what is not the first thing to read
HOW_TO_PERMIT = "`netclinic rbac` prints the ClusterRole that permits all of it."
HOW_TO_SHOW = "`/netclinic show ENTRY` shows one in full."


def where_of(item: ReportDiagnosis, report: Report) -> str:
    """On which cluster, behind its verdict; empty where there is none."""
    name = clip(one_line(report.cluster.name), LONGEST_NAME) if report.cluster else ""
    return labels_of(item).where.format(name) if name else ""


def first_step(item: ReportDiagnosis) -> tuple[str, ReportStep | None, int]:
    """What is to be done first, under which label, and of how many steps; none where it is ruled out."""
    if item.verdict is Verdict.RULED_OUT:
        return "", None, 0
    labels = labels_of(item)
    do = labels.do_now if item.kind is Kind.FAULT else labels.to_do
    steps, label = (item.settle, labels.settle) if item.settle else (item.steps, do)
    return label, (steps[0] if steps else None), len(steps)


def render_step_parts(step: ReportStep, label: str, labels: Labels) -> list[Element]:
    """A step that stands by itself: label, sentence, what it can hurt, and last the command to copy."""
    parts = [line(text_run(label, bold=True), *inline_code_runs(step.text), *_caution_runs(step, labels))]
    return [*parts, preformatted(step.command)] if step.command else parts


def render_step(step: ReportStep, number: int, labels: Labels = ENGLISH) -> list[Element]:
    """One numbered step: the sentence, what it can hurt, and last the command to copy."""
    parts: list[Element] = [numbered_item(line(*inline_code_runs(step.text), *_caution_runs(step, labels)), number)]
    return [*parts, preformatted(step.command)] if step.command else parts


def _caution_runs(step: ReportStep, labels: Labels) -> Sequence[Element]:
    return (text_run(f" ⚠ {labels.caution}", bold=True), *inline_code_runs(step.caution)) if step.caution else ()


def render_caution(texts: Sequence[str], labels: Labels = ENGLISH) -> list[Element]:
    """What the steps can hurt: shown before the first of them."""
    if not texts:
        return []
    return [heading(labels.caution_before), bullet_list(line(*inline_code_runs(text)) for text in texts)]


def render_prose(text: str) -> list[Element]:
    """Paragraphs."""
    return [line(*inline_code_runs(paragraph)) for paragraph in text.split("\n\n") if paragraph.strip()]


def render_evidence(piece: ReportEvidence, now: datetime, *, whole: bool) -> list[Element]:
    """Object and age, what it says, and the command that shows the same; in short unless ``whole``."""
    named = piece.object if whole else clip(piece.object, SHORT_EXCERPT)
    first = line(text_run(named, bold=True), text_run(f" · seen {age(piece.seen, now)}"))
    excerpt = quote(piece.excerpt if whole else clip(piece.excerpt, SHORT_EXCERPT))
    return [first, excerpt, *([preformatted(piece.check)] if piece.check else [])]


def render_reading(reading: ReportReading) -> list[Element]:
    """A fact with the commands that show it."""
    return [line(text_run(reading.summary)), *(preformatted(check) for check in reading.checks)]


def cause_title(item: ReportDiagnosis) -> str:
    """An entry's cause is stated as a fact; of a suspected one that is not known yet."""
    labels = labels_of(item)
    return labels.cause_if_so if item.verdict is Verdict.SUSPECTED else labels.cause


def step_groups(item: ReportDiagnosis) -> Iterator[tuple[str, list[list[Element]]]]:
    """All that is to be done about a diagnosis, in the order in which it is to be read: title and items."""
    labels = labels_of(item)

    def numbered(steps: Sequence[ReportStep]) -> list[list[Element]]:
        return [render_step(step, number, labels) for number, step in enumerate(steps, 1)]

    if item.settle:
        yield labels.settle, numbered(item.settle)
    if item.caution:
        yield labels.caution_before, [render_caution(item.caution)[1:]]
    if item.steps:
        yield labels.steps_later if item.settle else labels.steps, numbered(item.steps)
    if item.prevent:
        yield labels.prevent, numbered(item.prevent)
    if item.verify:
        yield labels.verify, numbered(item.verify)


def considered_items(report: Report) -> Iterator[ElementGroup]:
    """What was judged besides, with its verdict and why."""
    rest = report.diagnoses[1:]
    near = [item for item in rest if not item.elsewhere]
    parts: list[Element] = []
    if near:
        parts.append(bullet_list(_summary_line(item, reason=report.was_read) for item in near[:MOST_CONSIDERED]))
        parts += _more_lines(near[MOST_CONSIDERED:])
    if elsewhere := ", ".join(item.entry for item in rest if item.elsewhere):
        parts.append(line(text_run(f"Not for this cluster: {clip(elsewhere, LONGEST_SUMMARY)}")))
    if near:
        parts.append(line(*inline_code_runs(HOW_TO_SHOW)))
    if parts:
        yield [heading(labels_for(report).considered), *parts]


def failing_items(report: Report, *, whole: bool = False) -> Iterator[ElementGroup]:
    """What fails here, in the FAQ or not, as far as no diagnosis shows it; in short unless ``whole``."""
    shown = report.failing_untold[:MOST_FAILING]
    for number, item in enumerate(shown):
        title = [] if number else [heading(labels_for(report).failing)]
        yield [*title, *_failing_parts(item, report.now, SHORT_EXCERPT if not whole else EXCERPT_LENGTH)]
    if rest := len(report.failing_untold) - len(shown) + report.more_failing:
        yield [line(text_run(f"and {rest} more"))]


def _failing_parts(item: ReportFailing, now: datetime, most: int) -> list[Element]:
    first = line(text_run(item.object, bold=True), text_run(f" · {lasting(item.since, now)}"))
    return [first, quote(clip(item.message, most)), preformatted(item.check)]


def looked_at_items(report: Report) -> Iterator[ElementGroup]:
    """Where it was looked, where nothing fails."""
    if text := looked_at(report):
        yield [line(text_run(text))]


def unread_items(report: Report) -> Iterator[ElementGroup]:
    """What could not be looked at, why, and the way out."""
    if not report.missed:
        return
    shown = [line(text_run(clip(text, LONGEST_SUMMARY))) for text in report.missed[:MOST_UNREAD]]
    more = len(report.missed) - len(shown)
    parts = [heading(labels_for(report).not_looked_at), bullet_list(shown)]
    if more:
        parts.append(line(text_run(f"and {more} more")))
    if any(map(is_denied, report.missed)):
        parts.append(line(*inline_code_runs(HOW_TO_PERMIT)))
    yield parts


def _summary_line(item: ReportDiagnosis, *, reason: bool = True) -> Element:
    """Verdict, title and why in one line."""
    word = word_of(item)
    title = text_run(f"{word.mark} {word.word}: {clip(item.shown_title, LONGEST_TITLE)}", bold=True)
    why = clip(item.reason, LONGEST_SUMMARY) if reason and item.verdict is not Verdict.ANSWERED else ""
    return line(title, text_run(f" ({item.entry[:100]})"), *([text_run(f" {why}")] if why else []))


def _more_lines(items: Sequence[ReportDiagnosis]) -> list[Element]:
    if not items:
        return []
    return [line(text_run(f"and {len(items)} more: {clip(', '.join(item.entry for item in items), LONGEST_SUMMARY)}"))]
