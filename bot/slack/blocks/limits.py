"""Slack's limits: how long parts become several blocks and several pages, with nothing lost on the way.

What of an answer a message does not hold word by word is found here too: a button or a file must lead to it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import Report, ReportDiagnosis
from bot.slack.blocks.elements import LONGEST_TEXT, Block, Element, rich_text
from bot.text import one_line

MOST_IN_MESSAGE = 9000  # characters of all blocks; Slack refuses a message from about 11,000 on
MOST_BLOCKS = 48
MOST_IN_VIEW = 12000  # a page of a modal: more is no longer read
MOST_BLOCKS_IN_VIEW = 60
ElementGroup = Sequence[Element]  # parts that belong together: a step and its command
RUNS = ("rich_text_section", "rich_text_preformatted", "rich_text_quote")  # whose elements are one text


def size(part: Any) -> int:
    """The characters that people see."""
    if isinstance(part, dict):
        return sum(
            len(value) if name == "text" and isinstance(value, str) else size(value) for name, value in part.items()
        )
    return sum(map(size, part)) if isinstance(part, list | tuple) else 0


def count_fitting(items: Sequence[ElementGroup], room: int, most: int = 1000) -> int:
    """How many of the items fit into so many characters."""
    used = 0
    for number, item in enumerate(items):
        used += size(item)
        if used > room or number == most:
            return number
    return len(items)


def pack_blocks(items: Iterable[ElementGroup]) -> list[Block]:
    """Blocks of rich text that hold the items one below the other; an item is broken only where it must be."""
    blocks: list[list[Element]] = [[]]
    for item in items:
        parts = [piece for part in item for piece in split_element(part)]
        if blocks[-1] and size(blocks[-1]) + size(parts) > LONGEST_TEXT:
            blocks.append([])
        for part in parts:
            if blocks[-1] and size(blocks[-1]) + size(part) > LONGEST_TEXT:
                blocks.append([])
            if blocks[-1] and _goes_on(blocks[-1][-1], part):
                before = blocks[-1].pop()
                part = {**before, "elements": [*before["elements"], *part["elements"]]}
            blocks[-1].append(part)
    return [rich_text(parts) for parts in blocks if parts]


def _goes_on(before: Element, part: Element) -> bool:
    """Whether a numbered list counts on right below another one: as one list, nobody can count it otherwise."""
    if any(one["type"] != "rich_text_list" or one["style"] != "ordered" for one in (before, part)):
        return False
    return bool(part.get("offset", 0) == before.get("offset", 0) + len(before["elements"]))


def split_element(part: Element) -> Iterator[Element]:
    """The part, or several where it is too long for one block."""
    if size(part) <= LONGEST_TEXT:
        yield part
    elif part["type"] == "rich_text_list":
        for at, member in enumerate(part["elements"]):
            first, *more = split_element(member)
            number = part.get("offset", 0) + at if part["style"] == "ordered" else 0
            yield {**part, **({"offset": number} if number else {}), "elements": [first]}
            yield from more
    else:
        for run in part["elements"]:
            for text in split_text(run.get("text", ""), LONGEST_TEXT):
                yield {**part, "elements": [{**run, "text": text} if text else run]}


def split_text(text: str, longest: int) -> Iterator[str]:
    """The text in pieces that are not longer, broken at a line's end or a blank where there is one."""
    rest = text
    while len(rest) > longest:
        at = max(rest.rfind("\n", longest // 2, longest), rest.rfind(" ", longest // 2, longest)) + 1 or longest
        yield rest[:at]
        rest = rest[at:]
    yield rest


def split_pages(blocks: Iterable[Block]) -> list[list[Block]]:
    """Pages of a modal, at least one."""
    pages: list[list[Block]] = [[]]
    for block in blocks:
        is_full = len(pages[-1]) >= MOST_BLOCKS_IN_VIEW or size(pages[-1]) + size(block) > MOST_IN_VIEW
        if pages[-1] and is_full:
            pages.append([])
        pages[-1].append(block)
    return pages


def find_missing(report: Report, blocks: Sequence[Block]) -> tuple[bool, bool]:
    """Whether the blocks lack some of what was seen, and some of what is to be done."""
    shown = "\n".join(_comparable(text) for text in visible_texts(blocks))
    return (
        _is_any_missing(shown, _evidence_texts(report)),
        _is_any_missing(shown, (text for item in report.diagnoses for text in _step_texts(item))),
    )


def visible_texts(part: Any) -> Iterator[str]:
    """Every text that people see of blocks or parts of them."""
    if isinstance(part, dict) and part.get("type") in RUNS:
        yield "".join(run.get("text", "") for run in part["elements"])
    elif isinstance(part, dict):
        for name, value in part.items():
            if name == "text" and isinstance(value, str):
                yield value
            else:
                yield from visible_texts(value)
    elif isinstance(part, list | tuple):
        for member in part:
            yield from visible_texts(member)


def _is_any_missing(shown: str, wanted: Iterable[str]) -> bool:
    return any(_comparable(text) not in shown for text in wanted)


def _comparable(text: str) -> str:
    """As it is compared: code marks become a style."""
    return one_line(text).replace("`", "")


def _evidence_texts(report: Report) -> Iterator[str]:
    yield from report.missed
    yield from (text for item in report.failing_untold for text in (item.object, item.message, item.check))
    if report.cluster:
        yield from (report.cluster.name, report.cluster.traits, report.cluster.trouble)
    for item in report.diagnoses:
        reason = item.reason.removeprefix(report.cluster.trouble if report.cluster else "")
        yield from (item.shown_title, *([] if item.elsewhere or item.readings else [reason]))
        for piece in item.evidence:
            yield from (piece.object, piece.excerpt, piece.check)
        for reading in item.readings:
            yield from (reading.summary, *reading.checks)


def _step_texts(item: ReportDiagnosis) -> Iterator[str]:
    if item.verdict is Verdict.RULED_OUT:  # nothing is to be done about it
        return
    yield from item.caution
    yield from (paragraph for paragraph in item.cause.split("\n\n"))
    for step in (*item.settle, *item.steps, *item.prevent, *item.verify):
        yield from (step.caution,) if step.caution else ()
        yield from (step.text, step.command or "")
