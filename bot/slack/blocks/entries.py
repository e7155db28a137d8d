"""One entry in full, for any cluster: names in the commands are left as capitals."""

from collections.abc import Iterator, Sequence

from bot.diagnosis.report import ToldStep
from bot.slack.blocks.cluster_status import texts
from bot.slack.blocks.elements import context, escaped, header, heading, line, rich, said
from bot.slack.blocks.limits import MOST_IN_MESSAGE, Item, fitting, packed, size
from bot.slack.blocks.messages import Message, Snippet
from bot.slack.blocks.steps import caution_parts, prose_parts, step_parts
from knowledge.model import Entry, Step
from knowledge.rendering import render, render_text


def entry_message(entry: Entry) -> Message:
    """Its cause, cautions and steps; a file holds it all where a message cannot."""
    top = [
        header(entry.title),
        rich([line(said(entry.id, code=True), said(f" · {entry.kind} · FAQ: {'; '.join(entry.headings)}"))]),
    ]
    items = list(_items(entry))
    blocks = packed(items)
    closing = context(f"/netclinic check {entry.id} judges it on a cluster")
    text = escaped(f"{entry.title} ({entry.kind}). {render_text(entry.cause, {}, {})[:300]}")
    if size([top, blocks]) <= MOST_IN_MESSAGE:
        return Message(text, [*top, *blocks, closing])
    kept = fitting(items, MOST_IN_MESSAGE - size(top))
    note: Item = [line(said(f"and {len(items) - kept} more, in the file below"))]
    whole = "\n".join(texts([top, blocks]))
    return Message(
        text, [*top, *packed([*items[:kept], note]), closing], Snippet(f"{entry.id}.txt", whole, entry.title)
    )


def _items(entry: Entry) -> Iterator[Item]:
    yield prose_parts(render_text(entry.cause, {}, {}))
    yield from _titled("Settle it first", entry.settle)
    if entry.caution:
        yield caution_parts([render_text(text, {}, {}) for text in entry.caution])
    yield from _titled("Steps", entry.steps)
    yield from _titled("Verify", entry.verify)


def _titled(title: str, steps: Sequence[Step]) -> Iterator[Item]:
    shown = [ToldStep(text=step.text, command=step.command) for step in render(steps, {}, {})]
    for number, step in enumerate(shown, 1):
        yield [*([heading(title)] if number == 1 else []), *step_parts(step, number)]
