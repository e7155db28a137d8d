"""Block Kit's elements, and a message made of them: blocks to look at, a text for notifications and screen readers.

What came from outside goes into rich text or plain text, where nothing is parsed.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.probes.findings import clip
from bot.text import clock, one_line, plain

Block = dict[str, Any]
View = dict[str, Any]
Element = dict[str, Any]
EMPTY = "-"  # Slack refuses a text without characters
LONGEST_NAME = 80
LONGEST_FALLBACK = 3000
LONGEST_HEADER = 150
LONGEST_TEXT = 2900  # characters of one block; Slack refuses 3,001
_PERSON = re.compile(r"[UW][A-Z0-9]{2,20}")
_GROUP = re.compile(r"S[A-Z0-9]{2,20}")
_FORMATTING = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "*": "∗", "~": "∼", "`": "'"})
_EDGE = re.compile(r"(?<!\w)_|_(?!\w)")


@dataclass(frozen=True)
class Snippet:
    """A text file that goes into the thread with a message that cannot hold it all."""

    filename: str
    content: str
    title: str


@dataclass(frozen=True)
class Message:
    """``text`` is mrkdwn, escaped, full sentences; ``blocks`` are complete Block Kit; ``file`` is seldom there.

    ``richer`` says the same with blocks that not every Slack takes: who sends it falls back on ``blocks``.
    ``shows_nothing`` of what was read: it may be said where people of another company are.
    """

    text: str
    blocks: list[Block] = field(default_factory=list)
    file: Snippet | None = None
    richer: list[Block] = field(default_factory=list)
    shows_nothing: bool = False


def text_run(text: str, *, bold: bool = False, italic: bool = False, code: bool = False) -> Element:
    """A run of text on one line."""
    style = {name: True for name, on in (("bold", bold), ("italic", italic), ("code", code)) if on}
    element: Element = {"type": "text", "text": _with_edges(text) or EMPTY}
    return {**element, "style": style} if style else element


def inline_code_runs(text: str) -> list[Element]:
    """Runs of a sentence of ours or of an entry: what stands between backticks is shown as code."""
    runs = text.split("`")
    if len(runs) % 2 == 0:
        return [text_run(text)]
    return [text_run(run, code=at % 2 == 1) for at, run in enumerate(runs) if plain(run)]


def link(url: str, label: str) -> Element:
    """A link of our own making."""
    return {"type": "link", "url": url, "text": one_line(label) or url}


def mention(person: str) -> Element:
    """A person or a user group by id, as Slack names them; anybody else by the name that is given."""
    if _PERSON.fullmatch(person):
        return {"type": "user", "user_id": person}
    if _GROUP.fullmatch(person):
        return {"type": "usergroup", "usergroup_id": person}
    return text_run(clip(person, LONGEST_NAME) or "somebody")


def mention_text(person: str) -> str:
    """The same in a message's notification text (mrkdwn)."""
    if _PERSON.fullmatch(person):
        return f"<@{person}>"
    return f"<!subteam^{person}>" if _GROUP.fullmatch(person) else escape_mrkdwn(clip(person, LONGEST_NAME))


def line(*parts: Element) -> Element:
    """One paragraph."""
    return {"type": "rich_text_section", "elements": list(parts) or [text_run("")]}


def numbered_item(part: Element, number: int) -> Element:
    """One item of a numbered list, which may be interrupted by commands; ``number`` counts from 1."""
    whole: Element = {"type": "rich_text_list", "style": "ordered", "elements": [part]}
    return {**whole, "offset": number - 1} if number > 1 else whole


def bullet_list(parts: Iterable[Element]) -> Element:
    """An unordered list."""
    return {"type": "rich_text_list", "style": "bullet", "elements": list(parts)}


def preformatted(text: str) -> Element:
    """Preformatted, so that it can be copied whole."""
    return {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": plain(text).strip("\n") or EMPTY}]}


def quote(text: str) -> Element:
    """What somebody else said, its lines kept."""
    return {"type": "rich_text_quote", "elements": [{"type": "text", "text": plain(text).strip() or EMPTY}]}


def rich_text(parts: Sequence[Element]) -> Block:
    """A block of rich text."""
    return {"type": "rich_text", "elements": list(parts)}


def section(text: str) -> Block:
    """A paragraph without formatting."""
    return rich_text([line(text_run(text))])


def heading(text: str) -> Element:
    """A bold line above what belongs to it."""
    return line(text_run(text, bold=True))


def header(text: str) -> Block:
    """A large line; one that is too long for Slack is only bold, but whole."""
    whole = one_line(text)
    if len(whole) > LONGEST_HEADER:
        return rich_text([line(text_run(whole, bold=True))])
    return {"type": "header", "text": plain_text(whole)}


def context(*texts: str) -> Block:
    """Small print."""
    return {"type": "context", "elements": [plain_text(clip(plain(text), LONGEST_TEXT)) for text in texts if text]}


def plain_text(text: str) -> Element:
    """A text object in which nothing is parsed, not even ``:emoji:``."""
    return {"type": "plain_text", "text": text if text.strip() else EMPTY, "emoji": False}


def button(action: str, label: str, value: str, *, style: str = "", confirm: Element | None = None) -> Element:
    """A button; ``style`` is ``primary`` or ``danger``."""
    made: Element = {"type": "button", "action_id": action, "text": plain_text(clip(label, 75)), "value": value}
    return made | ({"style": style} if style else {}) | ({"confirm": confirm} if confirm else {})


def actions(block_id: str, elements: Sequence[Element]) -> Block:
    """A row of buttons."""
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def overflow(action: str, options: Sequence[tuple[str, str]]) -> Element:
    """A menu behind three dots: label and value of at most five options."""
    made = [{"text": plain_text(clip(label, 75)), "value": value} for label, value in options]
    return {"type": "overflow", "action_id": action, "options": made}


def container(title: str, blocks: Sequence[Block]) -> Block:
    """A part that is closed until somebody opens it. Not every Slack takes it: it belongs into ``Message.richer``."""
    made: Block = {"type": "container", "title": plain_text(clip(title, LONGEST_HEADER)), "child_blocks": list(blocks)}
    return {**made, "is_collapsible": True, "default_collapsed": True}


def date_run(moment: datetime) -> Element:
    """A time in the reader's own zone; in UTC where Slack cannot tell."""
    made: Element = {"type": "date", "timestamp": int(moment.timestamp()), "format": "{date_short_pretty} {time}"}
    return {**made, "fallback": clock(moment)}


def time_line(words: str, moment: datetime) -> Block:
    """A closing line such as ``As of …``, with the time in the reader's own zone."""
    return rich_text([line(text_run(f"{words} "), date_run(moment))])


def confirm_dialog(title: str, text: str, yes: str) -> Element:
    """What is asked before a button does what it says."""
    return {"title": plain_text(title), "text": plain_text(text), "confirm": plain_text(yes), "deny": plain_text("No")}


def escape_mrkdwn(text: str) -> str:
    """For a message's text, the one place where Slack would parse: marks that format are replaced by their likes.

    A blank at either end stays: a mention stands there.
    """
    made = _EDGE.sub("＿", _with_edges(text)).translate(_FORMATTING)
    return (
        (made if made.strip() else EMPTY)
        if len(made) <= LONGEST_FALLBACK
        else escape_mrkdwn(clip(text, len(text) // 2))
    )


def _with_edges(text: str) -> str:
    """The words on one line; a blank before and after them only where there is one."""
    words = one_line(text)
    return f"{' ' * text[:1].isspace()}{words}{' ' * (bool(words) and text[-1:].isspace())}"
