"""Steps, cautions, evidence and readings as rich text: a sentence, and below it the command to copy."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import ToldDiagnosis, ToldEvidence, ToldReading, ToldStep
from bot.probes.findings import clip
from bot.slack.blocks.elements import Element, bullets, command, heading, line, marked, numbered, quote, said
from bot.text import age

SETTLE = "Settle it first"
CAUTION = "⚠ Caution, before you start"
STEPS = "Steps"
VERIFY = "Verify"
STEPS_LATER = "Steps, once it is settled"
CAUSE = "Cause"
CAUSE_IF_SO = "Cause, if it is this"
SHORT_EXCERPT = 240
EVIDENCE = "Evidence"
READINGS = "Read from this cluster"


def step_parts(step: ToldStep, number: int) -> list[Element]:
    """One numbered step."""
    parts = [numbered(line(*marked(step.text)), number)]
    return [*parts, command(step.command)] if step.command else parts


def caution_parts(texts: Sequence[str]) -> list[Element]:
    """What the steps can hurt: told before the first of them."""
    return [heading(CAUTION), bullets(line(*marked(text)) for text in texts)] if texts else []


def prose_parts(text: str) -> list[Element]:
    """Paragraphs."""
    return [line(*marked(paragraph)) for paragraph in text.split("\n\n") if paragraph.strip()]


def evidence_parts(piece: ToldEvidence, now: datetime, *, whole: bool) -> list[Element]:
    """Object and age, what it says, and the command that shows the same; in short unless ``whole``."""
    named = piece.object if whole else clip(piece.object, SHORT_EXCERPT)
    first = line(said(named, bold=True), said(f" · seen {age(piece.seen, now)}"))
    excerpt = quote(piece.excerpt if whole else clip(piece.excerpt, SHORT_EXCERPT))
    return [first, excerpt, *([command(piece.check)] if piece.check else [])]


def reading_parts(reading: ToldReading) -> list[Element]:
    """A fact with the commands that show it."""
    return [line(said(reading.summary)), *(command(check) for check in reading.checks)]


def cause_title(item: ToldDiagnosis) -> str:
    """An entry's cause is told as a fact; of a suspected one that is not known yet."""
    return CAUSE_IF_SO if item.verdict is Verdict.SUSPECTED else CAUSE


def groups(item: ToldDiagnosis) -> Iterator[tuple[str, list[list[Element]]]]:
    """All that is to be done about a diagnosis, in the order in which it is to be read: title and items."""
    if item.settle:
        yield SETTLE, [step_parts(step, number) for number, step in enumerate(item.settle, 1)]
    if item.caution:
        yield CAUTION, [caution_parts(item.caution)[1:]]
    if item.steps:
        yield (
            STEPS_LATER if item.settle else STEPS,
            [step_parts(step, number) for number, step in enumerate(item.steps, 1)],
        )
    if item.verify:
        yield VERIFY, [step_parts(step, number) for number, step in enumerate(item.verify, 1)]
