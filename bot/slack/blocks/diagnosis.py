"""What the first diagnosis rests on and what is to be done about it, as far as a message has room."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import Told, ToldDiagnosis
from bot.slack.blocks.elements import Element, heading, line, said
from bot.slack.blocks.limits import Item, fitting, packed, size
from bot.slack.blocks.messages import Block
from bot.slack.blocks.steps import (
    EVIDENCE,
    READINGS,
    SETTLE,
    STEPS,
    STEPS_LATER,
    VERIFY,
    cause_title,
    evidence_parts,
    groups,
    prose_parts,
    reading_parts,
)
from knowledge.model import Kind

MOST = 1000
MOST_EVIDENCE = 3
MOST_READINGS = 6
MOST_STEPS = {SETTLE: 4, STEPS: 6, STEPS_LATER: 6, VERIFY: 3}
NOTE = 150  # characters kept free for the sentence on what did not fit


@dataclass(frozen=True)
class Section:
    """A title and what belongs below it. ``in_order``: where it is cut, the later ones of its kind are left out."""

    title: str
    items: Sequence[Item]
    most: int = MOST
    in_order: bool = False


@dataclass(frozen=True)
class Rest:
    """Where what did not fit is to be found."""

    evidence: str
    steps: str


IN_MODALS = Rest("press Show evidence", "press All steps")
IN_FILE = Rest("see the file below", "see the file below")


@dataclass(frozen=True)
class Treatment:
    """The blocks, and whether some of the evidence and of the steps did not fit."""

    blocks: list[Block]
    evidence_cut: bool = False
    steps_cut: bool = False


def treatment(told: Told, room: int, most_blocks: int, elsewhere: Rest) -> Treatment:
    """What fits into ``room`` characters; ``elsewhere`` is told where something does not."""
    blocks: list[Block] = []
    evidence_cut = steps_cut = False
    for section in _sections(told.diagnoses[0], told):
        if section.in_order and steps_cut:
            continue
        kept = fitting(section.items, room - NOTE - len(section.title), section.most)
        left = len(section.items) - kept
        rest = f"{left} more: {elsewhere.steps if section.in_order else elsewhere.evidence}." if left else ""
        made = packed(_shown(section, kept, rest))
        if len(blocks) + len(made) > most_blocks:
            return Treatment(blocks, evidence_cut=True, steps_cut=True)
        blocks += made
        room -= size(made)
        steps_cut = steps_cut or bool(section.in_order and left)
        evidence_cut = evidence_cut or bool(left and not section.in_order)
    return Treatment(blocks, evidence_cut, steps_cut)


def _sections(item: ToldDiagnosis, told: Told) -> Iterator[Section]:
    prose = [prose_parts(item.cause)] if item.cause else []
    if item.kind is Kind.GUIDE and prose:
        yield Section("", prose, in_order=True)
    evidence: list[Item] = [evidence_parts(piece, told.now, whole=False) for piece in item.evidence]
    yield Section(EVIDENCE, evidence, MOST_EVIDENCE)
    yield Section(READINGS, [reading_parts(reading) for reading in item.readings], MOST_READINGS)
    for title, items in groups(item):
        yield Section(title, items, MOST_STEPS.get(title, MOST), in_order=True)
    if item.kind is Kind.FAULT and prose and item.verdict is not Verdict.RULED_OUT:
        yield Section(cause_title(item), prose, in_order=True)


def _shown(section: Section, kept: int, rest: str) -> list[Item]:
    """An item below its heading is never parted from it."""
    title: list[Element] = [heading(section.title)] if section.title else []
    items: list[Item] = [[*title, *section.items[0]], *section.items[1:kept]] if kept else []
    if rest and not kept:
        return [[*title, line(said(rest))]]
    return [*items, [line(said(f"and {rest}"))]] if rest else items
