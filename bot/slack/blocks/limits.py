"""Slack's limits: how long parts become several blocks and several pages, with nothing lost on the way."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bot.slack.blocks.elements import LONGEST_TEXT, Element, rich
from bot.slack.blocks.messages import Block

MOST_IN_MESSAGE = 9000  # characters of all blocks; Slack refuses a message from about 11,000 on
MOST_BLOCKS = 48
MOST_IN_VIEW = 12000  # a page of a modal: more is no longer read
MOST_BLOCKS_IN_VIEW = 60
Item = Sequence[Element]  # parts that belong together: a step and its command


def size(part: Any) -> int:
    """The characters that people see."""
    if isinstance(part, dict):
        return sum(
            len(value) if name == "text" and isinstance(value, str) else size(value) for name, value in part.items()
        )
    return sum(map(size, part)) if isinstance(part, list | tuple) else 0


def fitting(items: Sequence[Item], room: int, most: int = 1000) -> int:
    """How many of the items fit into so many characters."""
    used = 0
    for number, item in enumerate(items):
        used += size(item)
        if used > room or number == most:
            return number
    return len(items)


def packed(items: Iterable[Item]) -> list[Block]:
    """Blocks of rich text that hold the items one below the other; an item is broken only where it must be."""
    blocks: list[list[Element]] = [[]]
    for item in items:
        parts = [piece for part in item for piece in pieces(part)]
        if blocks[-1] and size(blocks[-1]) + size(parts) > LONGEST_TEXT:
            blocks.append([])
        for part in parts:
            if blocks[-1] and size(blocks[-1]) + size(part) > LONGEST_TEXT:
                blocks.append([])
            blocks[-1].append(part)
    return [rich(parts) for parts in blocks if parts]


def pieces(part: Element) -> Iterator[Element]:
    """The part, or several where it is too long for one block."""
    if size(part) <= LONGEST_TEXT:
        yield part
    elif part["type"] == "rich_text_list":
        for at, member in enumerate(part["elements"]):
            first, *more = pieces(member)
            number = part.get("offset", 0) + at if part["style"] == "ordered" else 0
            yield {**part, **({"offset": number} if number else {}), "elements": [first]}
            yield from more
    else:
        for run in part["elements"]:
            for text in chunks(run.get("text", ""), LONGEST_TEXT):
                yield {**part, "elements": [{**run, "text": text} if text else run]}


def chunks(text: str, longest: int) -> Iterator[str]:
    """The text in pieces that are not longer, broken at a line's end or a blank where there is one."""
    rest = text
    while len(rest) > longest:
        at = max(rest.rfind("\n", longest // 2, longest), rest.rfind(" ", longest // 2, longest)) + 1 or longest
        yield rest[:at]
        rest = rest[at:]
    yield rest


def paged(blocks: Iterable[Block]) -> list[list[Block]]:
    """Pages of a modal, at least one."""
    pages: list[list[Block]] = [[]]
    for block in blocks:
        is_full = len(pages[-1]) >= MOST_BLOCKS_IN_VIEW or size(pages[-1]) + size(block) > MOST_IN_VIEW
        if pages[-1] and is_full:
            pages.append([])
        pages[-1].append(block)
    return pages
