"""A diagnosis as rich text: what it rests on and what is to be done about it, as far as a message has room.

Around it, in the same answer: what a re-check found to be different, and what else was seen, considered or could not
be looked at.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.cluster.resources import is_denied
from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import (
    Changes,
    Report,
    ReportDiagnosis,
    ReportEvidence,
    ReportFailing,
    ReportReading,
    ReportStep,
)
from bot.diagnosis.wording import FAILING, WORDS, word_of
from bot.probes.findings import EXCERPT_LENGTH, clip
from bot.slack.blocks.elements import (
    Block,
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
from bot.slack.blocks.limits import ElementGroup, count_fitting, pack_blocks, size
from bot.text import age, clock, lasting
from knowledge.model import Kind

SETTLE = "Settle it first"
CAUTION = "⚠ Caution, before you start"
STEPS = "Steps"
VERIFY = "Verify"
STEPS_LATER = "Steps, once it is settled"
PREVENT = "To prevent it"
CAUSE = "Cause"
CAUSE_IF_SO = "Cause, if it is this"
SHORT_EXCERPT = 240
EVIDENCE = "Evidence"
READINGS = "Read from this cluster"
NO_LIMIT = 1000
MOST_EVIDENCE = 2
MOST_READINGS = 6
MOST_STEPS = {SETTLE: 4, STEPS: 6, STEPS_LATER: 6, PREVENT: 3, VERIFY: 3}
ROOM_FOR_NOTE = 150  # characters kept free for the sentence on what did not fit
MOST_CHANGES = 10
LONGEST_TITLE = 150
_CHANGE_WORDS = {
    "cleared": ("✓", "Cleared"),
    "worse": ("▲", "Now confirmed"),
    "new": ("＋", "New"),
    "still": ("＝", "Still there"),
    "unclear": ("?", "Cannot be told now"),
}
MOST_CONFIRMED = 4
MOST_CONSIDERED = 6
MOST_UNREAD = 5
MOST_FAILING = 8
LONGEST_SUMMARY = 250  # characters of what is not the first thing to read
CHECK_ALL = "`/netclinic check` looks at every fault of the FAQ."
HOW_TO_PERMIT = "`netclinic rbac` prints the ClusterRole that permits all of it."
HOW_TO_SHOW = "`/netclinic show ENTRY` shows one in full."


def render_step(step: ReportStep, number: int) -> list[Element]:
    """One numbered step: the sentence, what it can hurt, and last the command to copy."""
    caution = (text_run(" ⚠ Caution: ", bold=True), *inline_code_runs(step.caution)) if step.caution else ()
    parts: list[Element] = [numbered_item(line(*inline_code_runs(step.text), *caution), number)]
    return [*parts, preformatted(step.command)] if step.command else parts


def render_caution(texts: Sequence[str]) -> list[Element]:
    """What the steps can hurt: shown before the first of them."""
    return [heading(CAUTION), bullet_list(line(*inline_code_runs(text)) for text in texts)] if texts else []


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
    return CAUSE_IF_SO if item.verdict is Verdict.SUSPECTED else CAUSE


def step_groups(item: ReportDiagnosis) -> Iterator[tuple[str, list[list[Element]]]]:
    """All that is to be done about a diagnosis, in the order in which it is to be read: title and items."""
    if item.settle:
        yield SETTLE, [render_step(step, number) for number, step in enumerate(item.settle, 1)]
    if item.caution:
        yield CAUTION, [render_caution(item.caution)[1:]]
    if item.steps:
        yield (
            STEPS_LATER if item.settle else STEPS,
            [render_step(step, number) for number, step in enumerate(item.steps, 1)],
        )
    if item.prevent:
        yield PREVENT, [render_step(step, number) for number, step in enumerate(item.prevent, 1)]
    if item.verify:
        yield VERIFY, [render_step(step, number) for number, step in enumerate(item.verify, 1)]


@dataclass(frozen=True)
class Section:
    """A title and what belongs below it. ``in_order``: where it is cut, the later ones of its kind are left out."""

    title: str
    items: Sequence[ElementGroup]
    most: int = NO_LIMIT
    in_order: bool = False


@dataclass(frozen=True)
class OverflowHint:
    """Where what did not fit is to be found."""

    evidence: str
    steps: str


IN_MODALS = OverflowHint("press Show evidence", "press All steps")
IN_FILE = OverflowHint("see the file below", "see the file below")


@dataclass(frozen=True)
class DiagnosisSections:
    """The blocks, and whether some of the evidence and of the steps did not fit."""

    blocks: list[Block]
    evidence_cut: bool = False
    steps_cut: bool = False


def diagnosis_sections(report: Report, room: int, most_blocks: int, elsewhere: OverflowHint) -> DiagnosisSections:
    """What fits into ``room`` characters; ``elsewhere`` is said where something does not."""
    blocks: list[Block] = []
    evidence_cut = steps_cut = False
    for section in _sections(report.diagnoses[0], report):
        if section.in_order and steps_cut:
            continue
        kept = count_fitting(section.items, room - ROOM_FOR_NOTE - len(section.title), section.most)
        left = len(section.items) - kept
        rest = f"{left} more: {elsewhere.steps if section.in_order else elsewhere.evidence}." if left else ""
        made = pack_blocks(_section_items(section, kept, rest))
        if len(blocks) + len(made) > most_blocks:
            return DiagnosisSections(blocks, evidence_cut=True, steps_cut=True)
        blocks += made
        room -= size(made)
        steps_cut = steps_cut or bool(section.in_order and left)
        evidence_cut = evidence_cut or bool(left and not section.in_order)
    return DiagnosisSections(blocks, evidence_cut, steps_cut)


def _sections(item: ReportDiagnosis, report: Report) -> Iterator[Section]:
    prose = [render_prose(item.cause)] if item.cause else []
    if item.kind is Kind.GUIDE and prose:
        yield Section("", prose, in_order=True)
    evidence: list[ElementGroup] = [render_evidence(piece, report.now, whole=False) for piece in item.evidence]
    yield Section(EVIDENCE, evidence, MOST_EVIDENCE)
    yield Section(READINGS, [render_reading(reading) for reading in item.readings], MOST_READINGS)
    tells_cause = item.kind is Kind.FAULT and prose and item.verdict is not Verdict.RULED_OUT
    for title, items in step_groups(item):
        if title == VERIFY and tells_cause:
            yield Section(cause_title(item), prose, in_order=True)
            tells_cause = False
        yield Section(title, items, MOST_STEPS.get(title, NO_LIMIT), in_order=True)
    if tells_cause:
        yield Section(cause_title(item), prose, in_order=True)


def _section_items(section: Section, kept: int, rest: str) -> list[ElementGroup]:
    """An item below its heading is never parted from it."""
    title: list[Element] = [heading(section.title)] if section.title else []
    items: list[ElementGroup] = [[*title, *section.items[0]], *section.items[1:kept]] if kept else []
    if rest and not kept:
        return [[*title, line(text_run(rest))]]
    return [*items, [line(text_run(f"and {rest}"))]] if rest else items


def changes_items(changes: Changes) -> list[ElementGroup]:
    """A heading with the earlier look's time, and one line a change."""
    lines = [
        line(text_run(f"{mark} {word}: ", bold=True), text_run(title)) for mark, word, title in _marked_changes(changes)
    ]
    if not lines:
        return [
            [line(text_run(f"Nothing changed since {clock(changes.since)}: no fault was seen then, and none now."))]
        ]
    more = [line(text_run(f"and {len(lines) - MOST_CHANGES} more"))] if len(lines) > MOST_CHANGES else []
    return [[heading(f"Since {clock(changes.since)}"), bullet_list([*lines[:MOST_CHANGES], *more])]]


def changes_text(changes: Changes) -> str:
    """The same as one sentence."""
    parts = [f"{word.lower()}: {title}" for _, word, title in _marked_changes(changes)]
    if not parts:
        return f"Nothing changed since {clock(changes.since)}."
    more = f"; and {len(parts) - 3} more" if len(parts) > 3 else ""
    return f"Since {clock(changes.since)}: {'; '.join(parts[:3])}{more}."


def _marked_changes(changes: Changes) -> Iterator[tuple[str, str, str]]:
    """Mark, word and title; what is new says with which verdict."""
    for kind, (mark, word) in _CHANGE_WORDS.items():
        for change in getattr(changes, kind):
            verdict = f" ({WORDS[change.now].word.lower()})" if kind == "new" and change.now else ""
            yield mark, word, f"{clip(change.title, LONGEST_TITLE)}{verdict}"


def secondary_findings(report: Report) -> list[Block]:
    """In the order in which they are worth reading."""
    items = [*_confirmed_items(report), *_considered_items(report), *unread_items(report)]
    return [block for item in items for block in pack_blocks([item])]  # blocks of their own, so that a gap parts them


def _confirmed_items(report: Report) -> Iterator[ElementGroup]:
    first, others = report.diagnoses[:1], report.diagnoses[1:]
    if first and first[0].verdict is Verdict.RULED_OUT:
        yield [
            line(*inline_code_runs(CHECK_ALL if report.failing else f"No other fault was seen on the way. {CHECK_ALL}"))
        ]
    confirmed = [item for item in others if item.verdict is Verdict.CONFIRMED]
    asked = [item for item in confirmed if item.score is not None]
    seen = [item for item in confirmed if item.score is None]
    for title, items in (("Also confirmed", asked), ("Also seen on this cluster", seen)):
        if items:
            yield [
                heading(title),
                bullet_list(map(_summary_line, items[:MOST_CONFIRMED])),
                *_more_lines(items[MOST_CONFIRMED:]),
            ]


def _considered_items(report: Report) -> Iterator[ElementGroup]:
    rest = [item for item in report.diagnoses[1:] if item.verdict is not Verdict.CONFIRMED]
    near = [item for item in rest if not item.elsewhere]
    parts: list[Element] = (
        [bullet_list(_summary_line(item, reason=report.was_read) for item in near[:MOST_CONSIDERED])] if near else []
    )
    parts += _more_lines(near[MOST_CONSIDERED:])
    elsewhere = ", ".join(item.entry for item in rest if item.elsewhere)
    if elsewhere:
        parts.append(line(text_run(f"Not for this cluster: {clip(elsewhere, LONGEST_SUMMARY)}")))
    if near:
        parts.append(line(*inline_code_runs(HOW_TO_SHOW)))
    if parts:
        yield [heading("Also considered"), *parts]


def failing_items(report: Report, *, whole: bool = False) -> Iterator[ElementGroup]:
    """What fails here, in the FAQ or not, as far as no diagnosis shows it; in short unless ``whole``."""
    shown = report.failing_untold[:MOST_FAILING]
    for number, item in enumerate(shown):
        title = [] if number else [heading(FAILING)]
        yield [*title, *_failing_parts(item, report.now, SHORT_EXCERPT if not whole else EXCERPT_LENGTH)]
    if rest := len(report.failing_untold) - len(shown) + report.more_failing:
        yield [line(text_run(f"and {rest} more"))]


def _failing_parts(item: ReportFailing, now: datetime, most: int) -> list[Element]:
    first = line(text_run(item.object, bold=True), text_run(f" · {lasting(item.since, now)}"))
    return [first, quote(clip(item.message, most)), preformatted(item.check)]


def unread_items(report: Report) -> Iterator[ElementGroup]:
    """What could not be looked at, why, and the way out."""
    if not report.missed:
        return
    shown = [line(text_run(clip(text, LONGEST_SUMMARY))) for text in report.missed[:MOST_UNREAD]]
    more = len(report.missed) - len(shown)
    parts = [heading("Not looked at"), bullet_list(shown)]
    if more:
        parts.append(line(text_run(f"and {more} more")))
    if any(map(is_denied, report.missed)):
        parts.append(line(*inline_code_runs(HOW_TO_PERMIT)))
    yield parts


def _summary_line(item: ReportDiagnosis, *, reason: bool = True) -> Element:
    """Verdict, title and why in one line."""
    word = word_of(item)
    title = text_run(f"{word.mark} {word.word}: {clip(item.title, LONGEST_TITLE)}", bold=True)
    why = clip(item.reason, LONGEST_SUMMARY) if reason and item.verdict is not Verdict.ANSWERED else ""
    return line(title, text_run(f" ({item.entry[:100]})"), *([text_run(f" {why}")] if why else []))


def _more_lines(items: Sequence[ReportDiagnosis]) -> list[Element]:
    if not items:
        return []
    return [line(text_run(f"and {len(items)} more: {clip(', '.join(item.entry for item in items), LONGEST_SUMMARY)}"))]
