"""The Markdown below the front matter: ``## Cause``, ``## Settle``, ``## Steps``, ``## Prevent``, ``## Verify``, and
``## Caution``."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from knowledge.cautions import CAUTIONS
from knowledge.diagnostics import FileDiagnostics
from knowledge.errors import ExpressionError, suggestion
from knowledge.expressions import parse_when
from knowledge.model import Call, Condition, Kind, Step
from knowledge.outcome_comparison import calls_in, check_comparison
from knowledge.vocabulary import Vocabulary

NAMES = ("Cause", "Settle", "Steps", "Prevent", "Verify", "Caution")
NUMBERED = ("Settle", "Steps", "Prevent", "Verify")
CAUTION = "Caution:"  # starts the paragraph of an item that says what the step can hurt
REQUIRED = {Kind.FAULT: ("Cause", "Steps", "Verify"), Kind.GUIDE: ("Cause",)}
_WHEN = re.compile(r"\{\s*when:(?P<condition>[^}|]*)(?:\|(?P<label>[^}]*))?\}\s*(?P<text>.*)", re.DOTALL)


@dataclass(frozen=True)
class Body:
    """What the sections hold."""

    cause: str = ""
    settle: tuple[Step, ...] = ()
    steps: tuple[Step, ...] = ()
    prevent: tuple[Step, ...] = ()
    verify: tuple[Step, ...] = ()
    caution: tuple[str, ...] = ()


@dataclass
class _Item:
    line: int
    paragraphs: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Asked:
    """What conditions of steps may compare: the probes and facts that the entry asks, and all declared facts."""

    calls: Collection[Call]
    vocabulary: Vocabulary | None


@dataclass(frozen=True)
class _Section:
    name: str
    line: int
    tokens: Sequence[Token]
    text: str


def read_body(
    text: str,
    kind: Kind | None,
    conditions: Sequence[Condition | None],
    vocabulary: Vocabulary | None,
    diagnostics: FileDiagnostics,
) -> Body:
    """All sections; whatever is wrong is noted in the reading. ``conditions``: what the entry asks."""
    asked = _Asked({call for condition in conditions for call in calls_in(condition)}, vocabulary)
    sections: dict[str, _Section] = {}
    for section in _sections(text, diagnostics):
        _check_name(section, sections, diagnostics)
        sections.setdefault(section.name, section)
        diagnostics.lines[(f"## {section.name}",)] = section.line
        if section.name in NAMES and not section.text:
            diagnostics.add(section.line, f'the section "## {section.name}" is empty', "fill it or remove it")
    for name in REQUIRED[kind] if kind else ():
        if name not in sections:
            diagnostics.add(1, f'the section "## {name}" is missing', f'add a line "## {name}" with its text below')
    numbered = {name.lower(): _numbered_steps(sections.get(name), asked, diagnostics) for name in NUMBERED}
    cause = sections["Cause"].text if "Cause" in sections else ""
    caution = _bullets(sections.get("Caution"), diagnostics)
    return Body(cause=cause, caution=caution, **numbered)


def _check_name(section: _Section, before: dict[str, _Section], diagnostics: FileDiagnostics) -> None:
    order = ", ".join(f"## {name}" for name in NAMES)
    if section.name not in NAMES:
        hint = suggestion(section.name, NAMES)
        diagnostics.add(section.line, f'the section "## {section.name}" is not known', f"use {order}{hint}")
    elif section.name in before:
        diagnostics.add(section.line, f'the section "## {section.name}" stands twice', "put both together")
    elif any(NAMES.index(name) > NAMES.index(section.name) for name in before if name in NAMES):
        diagnostics.add(section.line, f'the section "## {section.name}" stands too late', f"keep this order: {order}")


@cache
def _parser() -> MarkdownIt:
    """Blocks only: what is inside a line stays text, it is a template still. Raw HTML, underlined headings and
    link definitions are left out: in an entry they are slips that would swallow a line."""
    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser.disable(["html_block", "lheading", "reference"])


def _sections(text: str, diagnostics: FileDiagnostics) -> Iterator[_Section]:
    tokens, lines = _parser().parse(text), text.split("\n")
    heads = [at for at, token in enumerate(tokens) if token.type == "heading_open" and token.level == 0]
    if tokens and (not heads or heads[0] > 0):
        diagnostics.add(_line(tokens[0]), "text stands before the first section", 'begin with "## Cause"')
    for at, following in zip(heads, [*heads[1:], None], strict=False):
        line = _line(tokens[at])
        if tokens[at].tag != "h2":
            message = f'the heading "{tokens[at + 1].content}" has the wrong depth'
            diagnostics.add(line, message, 'sections start with "## ", and there are no headings inside them')
            continue
        until = len(lines) if following is None else _line(tokens[following]) - 1
        content = "\n".join(lines[line:until]).strip()
        yield _Section(tokens[at + 1].content.strip(), line, tokens[at + 3 : following], content)


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 1


def _numbered_steps(section: _Section | None, asked: _Asked, diagnostics: FileDiagnostics) -> tuple[Step, ...]:
    if section is None:
        return ()
    steps = []
    for at, item in enumerate(_items(section, "ordered_list_open", diagnostics)):
        diagnostics.lines[(section.name.lower(), at)] = item.line
        steps.append(_parse_step(item, asked, diagnostics))
    return tuple(steps)


def _bullets(section: _Section | None, diagnostics: FileDiagnostics) -> tuple[str, ...]:
    if section is None:
        return ()
    items = list(_items(section, "bullet_list_open", diagnostics))
    for at, item in enumerate(items):
        diagnostics.lines[("caution", at)] = item.line
        if item.blocks:
            diagnostics.add(item.line, "a caution holds a command block", "move the command to a step")
    return tuple(_item_text(item) for item in items)


_SHAPES = {
    "ordered_list_open": 'number the items of this section: "1. ...", "2. ..."',
    "bullet_list_open": 'write the items of this section as bullets: "- ..."',
}


def _items(section: _Section, list_type: str, diagnostics: FileDiagnostics) -> Iterator[_Item]:
    """The items of the section's lists; anything else in it is noted with the way to put it right."""
    item: _Item | None = None
    for token in section.tokens:
        if token.type == "list_item_open" and token.level == 1:
            item = _Item(_line(token))
        elif token.type == "list_item_close" and token.level == 1 and item is not None:
            yield item
            item = None
        elif token.level == 0 and token.nesting >= 0:
            _check_outside(token, section, list_type, diagnostics)
        elif item is not None and token.nesting >= 0:
            _add_to_item(token, item, diagnostics)


def _check_outside(token: Token, section: _Section, list_type: str, diagnostics: FileDiagnostics) -> None:
    if token.type == "fence":
        message = f'a block in "## {section.name}" belongs to no item'
        diagnostics.add(_line(token), message, "indent it as far as the text of its item starts")
    elif token.type != list_type:
        diagnostics.add(_line(token), f'"## {section.name}" holds something besides its list', _SHAPES[list_type])


def _add_to_item(token: Token, item: _Item, diagnostics: FileDiagnostics) -> None:
    if token.type == "inline":
        if item.blocks:
            diagnostics.add(_line(token), "text follows an item's command block", "put it before, or start a new item")
        item.paragraphs.append(" ".join(token.content.split()))
    elif token.type == "fence":
        item.blocks.append(token.content.rstrip("\n"))
        if not token.content.strip() or len(item.blocks) > 1:
            diagnostics.add(_line(token), "an item holds one command block, and not an empty one", "make items of them")
    elif token.type != "paragraph_open":
        diagnostics.add(_line(token), "an item holds more than sentences and one command block", "split it into items")


def _item_text(item: _Item) -> str:
    return " ".join(item.paragraphs)


def _take_cautions(item: _Item, diagnostics: FileDiagnostics) -> str:
    """The paragraphs that say what the step can hurt, without the word in front; ``@name`` stands for a shared text."""
    cautions = [text for text in item.paragraphs if text.startswith(CAUTION)]
    item.paragraphs = [text for text in item.paragraphs if text not in cautions]
    return " ".join(_caution(text.removeprefix(CAUTION).strip(), item, diagnostics) for text in cautions)


def _caution(text: str, item: _Item, diagnostics: FileDiagnostics) -> str:
    if not text.startswith("@"):
        return text
    name = text.removeprefix("@")
    if name not in CAUTIONS:
        remedy = f"use one of {', '.join(CAUTIONS)}{suggestion(name, CAUTIONS)}, or write the caution out"
        diagnostics.add(item.line, f'there is no caution "{name}"', remedy)
    return CAUTIONS.get(name, "")


def _parse_step(item: _Item, asked: _Asked, diagnostics: FileDiagnostics) -> Step:
    caution = _take_cautions(item, diagnostics)
    text, when, label = _item_text(item), None, None
    match = _WHEN.fullmatch(text)
    if match:
        text, label = match["text"], (match["label"] or "").strip() or None
        when = _parse_when(match["condition"], asked, item, diagnostics)
    elif text.startswith("{") and not text.startswith(("{{", "{%", "{#")):
        shape = '{when: fact() == "value" | the variant in words}'
        diagnostics.add(item.line, "the item starts with a brace that is no condition", f"write {shape}")
    if not text:
        diagnostics.add(item.line, "an item has no sentence", "say in one sentence what to do")
    command = item.blocks[0] if item.blocks else None
    return Step(text=text, command=command, when=when, label=label, caution=caution)


def _parse_when(text: str, asked: _Asked, item: _Item, diagnostics: FileDiagnostics) -> Condition | None:
    try:
        condition = parse_when(text, None)
        for call in calls_in(condition):
            check_comparison(call, asked.calls, asked.vocabulary)
        return condition
    except ExpressionError as error:
        diagnostics.add(item.line, str(error))
        return None
