"""Blocks and the surfaces that carry them: messages, modals, Home tabs."""

import secrets
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.workspace.kit.elements import IMAGE, IN_ACTIONS, IN_INPUT, IN_SECTION, SLACK_FILE
from tests.workspace.kit.rich import RICH_TEXT
from tests.workspace.kit.rules import (
    Rule,
    anything,
    both,
    by_type,
    flag,
    items,
    one_of,
    plain,
    shape,
    string,
    text,
    whole,
    wrong,
)
from tests.workspace.records import Json

_ID: dict[str, Rule] = {"block_id": string(255)}


def _has_words(value: Any, at: str) -> Iterator[str]:
    if "text" not in value and "fields" not in value:
        yield wrong("must define either `text` or `fields`", at)


_URL_SOURCE = shape({"url": string(), "text": string()}, {})
TASK = shape(
    {"task_id": string(255), "title": string()},
    {
        **_ID,
        "status": one_of("pending", "in_progress", "complete", "error"),
        "details": by_type({"rich_text": RICH_TEXT}),
        "output": by_type({"rich_text": RICH_TEXT}),
        "sources": items(by_type({"url": _URL_SOURCE}), 0),
    },
)
_CELL = by_type({"rich_text": RICH_TEXT, "raw_text": shape({"text": string()}, {}), "raw_number": anything})
_COLUMN = shape({}, {"align": one_of("left", "center", "right"), "is_wrapped": flag})

EVERYWHERE: dict[str, Rule] = {
    "section": both(
        shape(
            {},
            {
                **_ID,
                "text": text(3000),
                "fields": items(text(2000), 1, 10),
                "accessory": by_type(IN_SECTION),
                "expand": flag,
            },
        ),
        _has_words,
    ),
    "divider": shape({}, _ID),
    "header": shape({"text": plain(150)}, {**_ID, "level": whole(1, 4)}),
    "context": shape(
        {"elements": items(by_type({**IMAGE, "plain_text": text(3000), "mrkdwn": text(3000)}), 1, 10)}, _ID
    ),
    "actions": shape({"elements": items(by_type(IN_ACTIONS), 1, 25)}, _ID),
    "image": shape(
        {"alt_text": string(2000)}, {**_ID, "image_url": string(3000), "slack_file": SLACK_FILE, "title": plain(2000)}
    ),
    "rich_text": RICH_TEXT,
    "video": shape(
        {"alt_text": string(), "title": plain(200), "thumbnail_url": string(), "video_url": string()},
        {
            **_ID,
            **dict.fromkeys(("author_name", "provider_name", "provider_icon_url", "title_url"), string()),
            "description": plain(200),
        },
    ),
}
_INPUT: dict[str, Rule] = {
    "input": shape(
        {"label": plain(2000), "element": by_type(IN_INPUT)},
        {**_ID, "hint": plain(2000), "optional": flag, "dispatch_action": flag},
    )
}
_ONLY_MESSAGES: dict[str, Rule] = {
    "markdown": shape({"text": string(12_000)}, _ID),
    "plan": shape({"title": string()}, {**_ID, "tasks": items(by_type({"task_card": TASK}), 0, 50)}),
    "task_card": TASK,
    "table": shape({"rows": items(items(_CELL, 1, 20), 1, 100)}, {**_ID, "column_settings": items(_COLUMN, 0, 20)}),
    "context_actions": shape(
        {"elements": items(by_type({"feedback_buttons": anything, "icon_button": anything}), 1, 5)}, _ID
    ),
    "file": shape({"external_id": string(), "source": one_of("remote")}, _ID),
}
_CONTAINED = {**EVERYWHERE, **_INPUT, **{name: _ONLY_MESSAGES[name] for name in ("table", "file")}}


def _has_title(value: Any, at: str) -> Iterator[str]:
    if "title" not in value and "rich_text_title" not in value:
        yield wrong("missing required field: title", at)
    if value.get("default_collapsed") and not value.get("is_collapsible"):
        yield wrong("`default_collapsed` requires `is_collapsible`", at)


CONTAINER: Rule = both(
    shape(
        {"child_blocks": items(by_type(_CONTAINED), 1, 10)},
        {
            **_ID,
            "title": plain(150),
            "rich_text_title": by_type({"rich_text": RICH_TEXT}),
            "subtitle": text(150),
            "width": one_of("narrow", "standard", "wide", "full"),
            "icon": by_type(IMAGE),
            "is_collapsible": flag,
            "default_collapsed": flag,
            "has_header_divider": flag,
        },
    ),
    _has_title,
)
IN_MESSAGE = {**EVERYWHERE, **_INPUT, **_ONLY_MESSAGES, "container": CONTAINER}
IN_VIEW = {**EVERYWHERE, **_INPUT}


def wrong_in_message(blocks: list[Any]) -> list[str]:
    """What Slack would not take of a message's blocks."""
    found = [*items(by_type(IN_MESSAGE), 0, 50)(blocks, "/blocks"), *_twice(blocks, "/blocks")]
    markdown = sum(len(b["text"]) for b in blocks if _is(b, "markdown") and isinstance(b.get("text"), str))
    if markdown > 12_000:
        found.append(wrong("markdown blocks must not exceed 12000 characters in total", "/blocks"))
    if sum(_is(block, "table") for block in blocks) > 1:
        found.append(wrong("only one table allowed", "/blocks"))
    return found


_VIEW: dict[str, Rule] = {
    "blocks": items(by_type(IN_VIEW), 0, 100),
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
}
_MODAL = shape(
    {"title": plain(24), "blocks": _VIEW["blocks"]},
    {
        **_VIEW,
        "submit": plain(24),
        "close": plain(24),
        "clear_on_close": flag,
        "notify_on_close": flag,
        "submit_disabled": flag,
    },
)
_HOME = shape({"blocks": _VIEW["blocks"]}, _VIEW)


def wrong_in_view(view: Any, kinds: tuple[str, ...] = ("modal", "home")) -> list[str]:
    """What Slack would not take of a view; ``kinds``: the types that fit the method."""
    allowed = {"modal": _MODAL, "home": _HOME}
    found = list(by_type({kind: allowed[kind] for kind in kinds})(view, "/view"))
    blocks = view.get("blocks") if isinstance(view, dict) else None
    if found or not isinstance(blocks, list):
        return found
    if view["type"] == "modal" and "submit" not in view and any(_is(block, "input") for block in blocks):
        found.append(wrong("missing required field: submit", "/view"))
    return [*found, *_twice(blocks, "/view/blocks")]


def _is(block: Any, kind: str) -> bool:
    return isinstance(block, dict) and block.get("type") == kind


def _twice(blocks: list[Any], at: str) -> Iterator[str]:
    """Ids that must be unique: blocks in a surface, actions in a block."""
    seen: set[str] = set()
    for number, block in enumerate(blocks):
        if not isinstance(block, dict):
            continue
        name = block.get("block_id")
        if name in seen:
            yield wrong(f"`block_id` {name} already exists", f"{at}/{number}/block_id")
        if isinstance(name, str):
            seen.add(name)
        inside = block.get("elements") if _is(block, "actions") else None
        ids = Counter(e.get("action_id") for e in inside or [] if isinstance(e, dict) and e.get("action_id"))
        for action, times in ids.items():
            if times > 1:
                yield wrong(f"`action_id` {action} already exists", f"{at}/{number}/elements")


def with_ids(blocks: list[Json]) -> list[Json]:
    """The blocks as Slack keeps them: each with a block_id, each element with an action_id."""
    named = [{**block, "block_id": block.get("block_id") or secrets.token_urlsafe(4)[:5]} for block in blocks]
    for block in named:
        for holder in ("accessory", "element"):
            if holder in block:
                block[holder] = _with_action(block[holder])
        if block["type"] == "actions":
            block["elements"] = [_with_action(element) for element in block["elements"]]
    return named


def _with_action(element: Json) -> Json:
    if element.get("type") == "image" or element.get("action_id"):
        return element
    return {**element, "action_id": secrets.token_urlsafe(4)[:5]}


def letters(piece: Any) -> int:
    """Characters of text in blocks, as far as Slack counts them against one message."""
    if isinstance(piece, list):
        return sum(letters(part) for part in piece)
    if not isinstance(piece, dict):
        return 0
    own = sum(len(piece[name]) for name in ("text", "title") if isinstance(piece.get(name), str))
    return own + sum(letters(value) for value in piece.values() if isinstance(value, dict | list))
