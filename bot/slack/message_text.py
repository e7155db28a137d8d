"""All text of a Slack message, in Slack's own marks: its text, blocks, attachments and what was forwarded with it.

Bots say in attachments and blocks what people say in ``text``, and ``text`` then is a title, or empty. What is said
twice (blocks repeat the text, a fallback repeats the attachment) is given once.
https://docs.slack.dev/messaging/formatting-message-text/, https://docs.slack.dev/legacy/legacy-messaging/
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.slack.parsing import MAX_LENGTH
from bot.slack.pastes import MOST_READ

Part = Mapping[str, Any]
DEEPEST = 8  # blocks in attachments of forwarded messages: deeper stands nothing that Slack would show
_LABEL = re.compile(r"[\s*_•-]*+\w[\w .-]{0,40}[*_]*+\s*+[:=]\s*+\S")
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def message_text(message: Part, most: int = 0) -> str:
    """Everything that a reader of the message sees, a line for each paragraph; cut after ``most`` characters if given.

    ``message`` is Slack's: of an event, a shortcut, or of ``conversations.replies``.
    """
    whole: list[str] = []
    for piece in _pieces(message, DEEPEST):
        _add_unsaid(whole, piece)
    text = "\n".join(whole)
    return _cut(text, most) if most and len(text) > most else text


def all_text(message: Part) -> str:
    """The same, as much as is read of it: what attachments add is cut where it is too long for a question; what was
    typed, or pasted, is not, for its errors are picked out."""
    is_paste = len(str(message.get("text") or "")) > MAX_LENGTH
    return message_text(message, MOST_READ if is_paste else MAX_LENGTH)


def _cut(text: str, most: int) -> str:
    """What fits, at the end of a line where one is near."""
    kept = text[:most]
    at = kept.rfind("\n")
    return kept[:at] if at > most * 0.8 else kept


def _add_unsaid(whole: list[str], piece: str) -> None:
    """The piece, or those of its lines that do not stand there yet."""
    said = _comparable("\n".join(whole))
    if not (piece := piece.strip()) or _is_said(piece, said):
        return
    lines = [line for line in piece.splitlines() if line.strip() and not _is_said(line, said)]
    whole.append("\n".join(lines) if said else piece)


def _is_said(text: str, said: str) -> bool:
    """Labels count only as a line of their own: they say more than the same words in a sentence."""
    words = _comparable(text)
    if not words:
        return bool(said)
    return (
        words in said.splitlines()
        if _LABEL.match(text)
        else f" {' '.join(words.split())} " in f" {' '.join(said.split())} "
    )


def _comparable(text: str) -> str:
    """The words of each line: marks, spaces and the ways in which Slack writes a link differ."""
    lines = (" ".join(re.findall(r"\w+", line.lower())) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _pieces(message: Part, depth: int) -> Iterator[str]:
    """The parts of a message in the order in which they are shown."""
    text, blocks = str(message.get("text") or ""), _parts(message.get("blocks"))
    yield text
    is_typed = bool(text.strip()) and all(block.get("type") == "rich_text" for block in blocks)
    if not is_typed:  # what a person typed stands in both, word by word
        yield from _block_texts(blocks, depth)
    for attachment in _parts(message.get("attachments")):
        yield from _attachment_texts(attachment, depth - 1)


def _attachment_texts(attachment: Part, depth: int) -> Iterator[str]:
    """A bot's attachment, or a message that was forwarded, which Slack shows as one."""
    if depth <= 0:
        return
    for name in ("pretext", "title", "text"):
        yield str(attachment.get(name) or "")
    yield from _block_texts(_parts(attachment.get("blocks")), depth)
    for shared in _parts(attachment.get("message_blocks")):
        inner = shared.get("message")
        yield from _pieces(inner, depth) if isinstance(inner, Mapping) else ()
    for field in _parts(attachment.get("fields")):
        yield _labelled(str(field.get("title") or ""), str(field.get("value") or ""))
    for nested in _parts(attachment.get("attachments")):
        yield from _attachment_texts(nested, depth - 1)
    yield str(attachment.get("footer") or "")
    yield str(attachment.get("fallback") or "").removeprefix("[no preview available]")


def _labelled(title: str, value: str) -> str:
    """``cluster: prod`` of a field; a value of several lines stands below its title."""
    if not title.strip() or not value.strip():
        return title or value
    return f"{title.strip().rstrip(':')}:{chr(10) if chr(10) in value.strip() else ' '}{value.strip()}"


def _block_texts(blocks: Sequence[Part], depth: int) -> Iterator[str]:
    if depth <= 0:
        return
    for block in blocks:
        yield "\n".join(filter(str.strip, _block_lines(block, depth)))


def _block_lines(block: Part, depth: int) -> Iterator[str]:
    """The text of one block, whatever its type: known parts in their order, unknown types by the same names."""
    if block.get("type") == "rich_text":
        yield from map(_rich_text, _parts(block.get("elements")))
        return
    for name in ("title", "text", "description", "subtitle", "body"):
        yield _text_object(block.get(name))
    for field in _parts(block.get("fields")):
        yield _field_text(_text_object(field))
    for element in _parts(block.get("elements")):
        if element.get("type") in ("mrkdwn", "plain_text"):
            yield _text_object(element)
    for row in block.get("rows") or [] if block.get("type") == "table" else []:
        yield "\t".join(filter(None, (_cell(cell, depth) for cell in _parts(row))))
    yield from (str(block.get(name) or "") for name in ("alt_text",) if block.get("type") == "image")
    for inner in (*_parts(block.get("blocks")), *_parts(block.get("child_blocks"))):
        yield from _block_lines(inner, depth - 1) if depth > 1 else ()


def _cell(cell: Part, depth: int) -> str:
    if cell.get("type") == "raw_text":
        return escape(str(cell.get("text") or ""))
    return " ".join(_block_lines(cell, depth))


def _field_text(text: str) -> str:
    """``*Cluster*`` above ``prod``, as bots write the fields of a section, becomes ``Cluster: prod``."""
    title, newline, value = text.partition("\n")
    if newline and "\n" not in value.strip() and re.fullmatch(r"[*_].{1,60}[*_]:?|[^:]{1,60}:", title.strip()):
        return _labelled(title.strip().strip("*_:"), value)
    return text


def _text_object(value: Any) -> str:
    """A text object's text; that of ``plain_text`` is not in Slack's marks yet."""
    if isinstance(value, str):
        return value
    if not isinstance(value, Mapping):
        return ""
    text = str(value.get("text") or "")
    return escape(text) if value.get("type") == "plain_text" and "&" not in text else text


def _rich_text(element: Part) -> str:
    """A paragraph, list, quote or preformatted part of rich text."""
    kind, inner = element.get("type"), _parts(element.get("elements"))
    if kind == "rich_text_list":
        return "\n".join(map(_rich_text, inner))
    text = "".join(map(_run, inner))
    return f"```{text}```" if kind == "rich_text_preformatted" and text.strip() else text


def _run(run: Part) -> str:
    match run.get("type"):
        case "text":
            text, style = escape(str(run.get("text") or "")), run.get("style")
            is_code = isinstance(style, Mapping) and style.get("code") and "\n" not in text and text.strip()
            return f"`{text}`" if is_code else text
        case "link":
            return f"<{run.get('url') or ''}|{escape(str(run.get('text') or run.get('url') or ''))}>"
        case "user":
            return f"<@{run.get('user_id') or ''}>"
        case "channel":
            return f"<#{run.get('channel_id') or ''}>"
        case "emoji":
            return f":{run.get('name') or ''}:"
        case "date":
            return escape(str(run.get("fallback") or ""))
        case _:
            return ""


def escape(text: str) -> str:
    """What stands in a text as it is, in Slack's marks: a ``<`` of it begins no mention."""
    return text.translate(_ESCAPED)


def _parts(value: Any) -> list[Part]:
    """The objects of a list; nothing of what is none."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
