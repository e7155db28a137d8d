"""What does not fit into a message, page by page: all evidence, and all steps."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import Told, ToldDiagnosis
from bot.slack.blocks.action_ids import EVIDENCE_PAGE, EVIDENCE_VIEW, STEPS_PAGE, STEPS_VIEW, ButtonValue
from bot.slack.blocks.elements import actions, bullets, button, context, heading, line, plain_text, said
from bot.slack.blocks.limits import Item, packed, paged
from bot.slack.blocks.messages import Block, View
from bot.slack.blocks.steps import READINGS, cause_title, evidence_parts, groups, prose_parts, reading_parts
from bot.text import WORDS, clock
from knowledge.model import Kind


def evidence_modal(told: Told, value: ButtonValue) -> View:
    """Every piece of evidence of every diagnosis, whole; ``value.page`` counts from 0."""
    items = [item for diagnosis in told.diagnoses for item in _evidence_items(diagnosis, told)]
    return _modal("Evidence", EVIDENCE_VIEW, EVIDENCE_PAGE, [*_where(told), *items, *_unread(told)], value)


def steps_modal(told: Told, value: ButtonValue) -> View:
    """Cause, cautions and every step of each diagnosis that asks for any."""
    items = [item for diagnosis in told.diagnoses for item in _steps_items(diagnosis)]
    return _modal("All steps", STEPS_VIEW, STEPS_PAGE, items, value)


def _where(told: Told) -> Iterator[Item]:
    if told.cluster:
        words = told.cluster.trouble or f"{told.cluster.traits} · read {clock(told.now)}"
        yield [line(said(f"Cluster {told.cluster.name}", bold=True), said(f" · {words}"))]


def _evidence_items(item: ToldDiagnosis, told: Told) -> Iterator[Item]:
    yield [_title(item), *([] if item.readings else [line(said(item.reason))])]
    yield from (evidence_parts(piece, told.now, whole=True) for piece in item.evidence)
    if item.readings:
        yield [heading(READINGS)]
    yield from (reading_parts(reading) for reading in item.readings)


def _unread(told: Told) -> Iterator[Item]:
    if told.unread:
        yield [heading("Not looked at"), bullets(line(said(text)) for text in told.unread)]


def _steps_items(item: ToldDiagnosis) -> Iterator[Item]:
    groups_ = list(groups(item))
    if item.verdict is Verdict.RULED_OUT or not (groups_ or item.cause):
        return
    yield [_title(item)]
    if item.cause:
        yield [*([heading(cause_title(item))] if item.kind is Kind.FAULT else []), *prose_parts(item.cause)]
    for title, items in groups_:
        yield [heading(title), *items[0]]
        yield from items[1:]


def _title(item: ToldDiagnosis) -> dict[str, object]:
    word = WORDS[item.verdict]
    return line(said(f"{word.mark} {word.word}: {item.title}", bold=True), said(f" ({item.entry})"))


def _modal(title: str, callback: str, action: str, items: Sequence[Item], value: ButtonValue) -> View:
    pages = paged(packed(items or [[line(said("There is none."))]]))
    number = min(max(value.page, 0), len(pages) - 1)
    return {
        "type": "modal",
        "callback_id": callback,
        "title": plain_text(title),
        "close": plain_text("Close"),
        "private_metadata": value.dumps(),
        "blocks": [*pages[number], *_turning(action, number, len(pages), value)],
    }


def _turning(action: str, number: int, pages: int, value: ButtonValue) -> list[Block]:
    """Buttons to the neighbouring pages, where there are any."""
    if pages == 1:
        return []
    turns = [("Previous", number - 1), ("Next", number + 1)]
    row = [
        button(f"{action}:{label.lower()}", label, replace(value, page=page).dumps())
        for label, page in turns
        if 0 <= page < pages
    ]
    return [context(f"Page {number + 1} of {pages}"), actions("turning", row)]
