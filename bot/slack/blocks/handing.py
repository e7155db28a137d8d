"""What the on-call engineers are told when a case is handed to them."""

from collections.abc import Iterator
from datetime import datetime

from bot.diagnosis.report import Told, ToldDiagnosis
from bot.probes.findings import clip
from bot.slack.blocks.case import CaseLine
from bot.slack.blocks.elements import Element, command, escaped, header, line, link, mention, rich, said, who
from bot.slack.blocks.limits import packed
from bot.slack.blocks.messages import Message
from bot.text import WORDS, age, span

LONGEST_TITLE = 300
LONGEST_REASON = 500
LONGEST_COMMAND = 1500
NOTHING = "No entry fits; the cause is not known yet"


def handover_summary(
    told: Told, case: CaseLine, *, to: str, by: str, now: datetime, permalink: str = "", note: str = ""
) -> Message:
    """Mentions ``to`` (a user group or a person) and says in short what is known and what comes next."""
    first = told.diagnoses[0] if told.diagnoses else None
    mark, word = (WORDS[first.verdict].mark, WORDS[first.verdict].word) if first else ("?", "UNKNOWN")
    title = clip(first.title, LONGEST_TITLE) if first else NOTHING
    where = f"Cluster {clip(told.cluster.name, 100)}, case" if told.cluster else "Case"
    said_aloud = escaped(f"{word}: {title}. {where} {case.id}.")
    facts = [*_case_parts(told, case, now, permalink), *_note(note), *(_next_parts(first, told) if first else [])]
    return Message(
        text=f"{mention(to)} {mention(by)} hands this case to you. {said_aloud}",
        blocks=[
            rich([line(who(to), said(", "), who(by), said(" hands this case to you."))]),
            header(f"{mark} {word}: {title}"),
            *packed([facts]),
        ],
    )


def _case_parts(told: Told, case: CaseLine, now: datetime, permalink: str) -> Iterator[Element]:
    cluster = f" · cluster {clip(told.cluster.name, 100)}" if told.cluster else ""
    opened = f" · open for {span(case.opened_at, now)}" if case.opened_at else ""
    thread = [said(" · "), link(permalink, "thread")] if permalink else []
    yield line(said(f"Case {case.id}", code=True), said(f"{cluster}{opened}"), *thread)
    if told.question:
        yield line(said("Asked: ", bold=True), said(clip(told.question, 200)))


def _note(note: str) -> list[Element]:
    return [line(said("Note: ", bold=True), said(clip(note, 500)))] if note else []


def _next_parts(first: ToldDiagnosis, told: Told) -> Iterator[Element]:
    """Why it is said, the strongest piece of evidence, and what comes first."""
    yield line(said("Why: ", bold=True), said(clip(first.reason, LONGEST_REASON)))
    for piece in first.evidence[:1]:
        seen = f" · seen {age(piece.seen, told.now)}: {clip(piece.excerpt)}"
        yield line(said(clip(piece.object, LONGEST_TITLE), bold=True), said(seen))
    steps = (*first.settle, *first.steps)
    for step in steps[:1]:
        label = f"{'To be settled first' if first.settle else 'To do'} (1 of {len(steps)}): "
        yield line(said(label, bold=True), said(clip(step.text, LONGEST_REASON)))
        if step.command and len(step.command) <= LONGEST_COMMAND:
            yield command(step.command)
