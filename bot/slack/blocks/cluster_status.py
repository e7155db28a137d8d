"""What of an answer a message does not hold word by word: that must be reachable by a button or in a file."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import Told, ToldDiagnosis
from bot.slack.blocks.messages import Block
from bot.text import one_line

RUNS = ("rich_text_section", "rich_text_preformatted", "rich_text_quote")  # whose elements are one text


def missing(told: Told, blocks: Sequence[Block]) -> tuple[bool, bool]:
    """Whether the blocks lack some of what was seen, and some of what is to be done."""
    shown = "\n".join(_bare(text) for text in texts(blocks))
    return (
        _lacks(shown, _seen(told)),
        _lacks(shown, (text for item in told.diagnoses for text in _to_do(item))),
    )


def texts(part: Any) -> Iterator[str]:
    """Every text that people see of blocks or parts of them."""
    if isinstance(part, dict) and part.get("type") in RUNS:
        yield "".join(run.get("text", "") for run in part["elements"])
    elif isinstance(part, dict):
        for name, value in part.items():
            if name == "text" and isinstance(value, str):
                yield value
            else:
                yield from texts(value)
    elif isinstance(part, list | tuple):
        for member in part:
            yield from texts(member)


def _lacks(shown: str, wanted: Iterable[str]) -> bool:
    return any(_bare(text) not in shown for text in wanted)


def _bare(text: str) -> str:
    """As it is compared: code marks become a style."""
    return one_line(text).replace("`", "")


def _seen(told: Told) -> Iterator[str]:
    yield from told.unread
    if told.cluster:
        yield from (told.cluster.name, told.cluster.traits, told.cluster.trouble)
    for item in told.diagnoses:
        reason = item.reason.removeprefix(told.cluster.trouble if told.cluster else "")
        yield from (item.title, *([] if item.elsewhere or item.readings else [reason]))
        for piece in item.evidence:
            yield from (piece.object, piece.excerpt, piece.check)
        for reading in item.readings:
            yield from (reading.summary, *reading.checks)


def _to_do(item: ToldDiagnosis) -> Iterator[str]:
    if item.verdict is Verdict.RULED_OUT:  # nothing is to be done about it
        return
    yield from item.caution
    yield from (paragraph for paragraph in item.cause.split("\n\n"))
    for step in (*item.settle, *item.steps, *item.verify):
        yield from (step.text, step.command or "")
