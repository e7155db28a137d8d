"""One entry as a page of Markdown, for a forge or a wiki: what ``knowledge show`` says, for any cluster."""

from collections.abc import Iterator, Sequence
from dataclasses import fields

from knowledge.model import Call, Condition, Entry, Proof
from knowledge.rendering import RenderedStep, render, render_text

_STEP = "   "  # what belongs to a step stands below its words


def entry_markdown(entry: Entry) -> str:
    """Its texts, how it is confirmed, and on which recordings it is proved; names in commands are capitals."""
    return "\n\n".join(_blocks(entry)) + "\n"


def _blocks(entry: Entry) -> Iterator[str]:
    yield f"# {entry.title}"
    if entry.title_zh:
        yield entry.title_zh
    yield f"`{entry.id}`, a {entry.kind}"
    if entry.headings:
        yield "FAQ: " + "; ".join(entry.headings)
    if entry.identifiers:
        yield "Error messages that point here: " + ", ".join(f"`{words}`" for words in entry.identifiers)
    yield render_text(entry.cause, {}, {}).strip()
    yield from _steps("Settle it first", render(entry.settle, {}, {}))
    for text in entry.caution:
        yield f"**Caution:** {render_text(text, {}, {})}"
    yield from _steps("Steps", render(entry.steps, {}, {}))
    yield from _steps("To prevent it", render(entry.prevent, {}, {}))
    yield from _steps("Verify", render(entry.verify, {}, {}))
    yield from _condition("It applies where", entry.applies)
    yield from _condition("It is confirmed by", entry.confirmed_by)
    yield from _condition("Where the cloud is read, it is confirmed by", entry.confirmed_with_cloud)
    if entry.asks:
        yield f"Where the words leave it open: {entry.asks.sentence}"
    yield from _proof(entry.proved_on)
    if entry.related:
        yield "See also: " + ", ".join(f"[{other}]({other}.md)" for other in entry.related)


def _proof(proved_on: Proof) -> Iterator[str]:
    verdicts = ((field.name, getattr(proved_on, field.name)) for field in fields(proved_on))
    told = [f"- {verdict.replace('_', ' ')}: {', '.join(names)}" for verdict, names in verdicts if names]
    if told:
        yield "## Proved on these recordings"
        yield "\n".join(told)


def _steps(title: str, steps: Sequence[RenderedStep]) -> Iterator[str]:
    if not steps:
        return
    yield f"## {title}"
    for number, step in enumerate(steps, 1):
        yield f"{number}. " + _indented(step.text).strip()
        if step.caution:
            yield _indented(f"**Caution:** {step.caution}")
        if step.command:
            yield _indented(f"```sh\n{step.command}\n```")


def _indented(text: str) -> str:
    return "\n".join(f"{_STEP}{line}".rstrip() for line in text.splitlines())


def _condition(title: str, condition: Condition | None) -> Iterator[str]:
    if condition is not None:
        yield f"## {title}"
        yield "\n".join(_items(condition))


def _items(condition: Condition, depth: int = 0) -> Iterator[str]:
    margin = "  " * depth
    if isinstance(condition, Call):
        yield f"{margin}- `{condition}`"
        return
    yield f"{margin}- {condition.quantifier} of:"
    for member in condition.members:
        yield from _items(member, depth + 1)
