"""Answers on recordings as they are told, Block Kit as a reader sees it, and Slack's limits checked from outside."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.requests import Budget
from bot.cluster.transport import Transport
from bot.diagnosis.clinic import Clinic
from bot.diagnosis.report import Report, make_report
from bot.recordings import load, serve
from bot.slack.blocks.case import CaseLine
from bot.slack.blocks.elements import Message
from knowledge.model import Entry

Meaning = Callable[[Mapping[str, float]], Any]
Ask = Callable[..., Any]
OPENED = datetime(2026, 11, 20, 19, 2, tzinfo=UTC)


@pytest.fixture(scope="session")
def told_on(entries: dict[str, Entry], meaning: Meaning) -> Ask:
    """``await told_on(recording, {entry: score})``: what is told there, with what differs from run to run made even.

    ``recording=None`` asks without a cluster; ``gone=True`` asks a cluster that does not answer; ``check=True`` judges
    the named entries, or every fault.
    """

    async def asked(
        recording: str | None,
        scores: Mapping[str, float],
        *,
        gone: bool = False,
        check: bool = False,
        question: str = "pods do not start",
    ) -> Report:
        clinic = Clinic(entries, meaning(scores), Budget(seconds=30))
        if recording is None:
            return make_report(await clinic.ask(question), told_at=OPENED)
        store = load(recording)
        async with serve(store) as server:
            where: Any = dict(server.kubeconfig)
            if not gone:
                async with connect_to(where, store.name) as link:
                    cluster = Cluster(Transport(link.client), store.name)
                    answer = await (clinic.check(list(scores), cluster) if check else clinic.ask(question, cluster))
        if gone:
            where = json.loads(json.dumps(where).replace(server.url, "http://127.0.0.1:9"))
            async with connect_to(where, store.name) as link:
                answer = await clinic.ask(question, Cluster(Transport(link.client), store.name))
        cost = {"requests": 33, "bytes": 2_900_000, "elapsed_ms": 700} if answer.requests else {}
        return make_report(replace(answer, asked_at=store.recorded, **cost), told_at=OPENED)

    return asked


@pytest.fixture(scope="session")
def case() -> CaseLine:
    return CaseLine(id="NC-7F3K2Q", answer="T1:C1:1763665320.000100", at=OPENED, opened_at=OPENED)


@pytest.fixture(scope="session")
def read() -> Callable[[Sequence[Mapping[str, Any]]], str]:
    """``read(blocks)``: the blocks as lines of text, roughly as Slack lays them out."""
    return lambda blocks: "\n".join(line for block in blocks for line in _block(block)) + "\n"


def _block(block: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    match block["type"]:
        case "header":
            yield f"# {block['text']['text']}"
        case "divider":
            yield "----"
        case "context":
            yield " | ".join(f"~ {part['text']} ~" for part in block["elements"])
        case "actions":
            yield "  ".join(_control(part) for part in block["elements"])
        case "rich_text":
            for part in block["elements"]:
                yield from _part(part)
        case "container":
            yield f"▸ {block['title']['text']}"
            yield from (f"  {line}" for child in block["child_blocks"] for line in _block(child) if line)
        case "input":
            flag = " (optional)" if block["optional"] else ""
            hint = f" -- {block['hint']['text']}" if "hint" in block else ""
            yield f"{block['label']['text']}{flag}: {_control(block['element'])}{hint}"
        case other:
            raise AssertionError(f"no reader for {other}")


def _part(part: Mapping[str, Any]) -> Iterator[str]:
    match part["type"]:
        case "rich_text_section":
            yield _runs(part)
        case "rich_text_quote":
            yield from (f"  > {line}" for line in _runs(part).splitlines())
        case "rich_text_preformatted":
            yield from (f"    ` {line}" for line in _runs(part).splitlines())
        case "rich_text_list":
            for at, member in enumerate(part["elements"], part.get("offset", 0) + 1):
                yield (f"  {at}. " if part["style"] == "ordered" else "  • ") + _runs(member)
        case other:
            raise AssertionError(f"no reader for {other}")


def _runs(part: Mapping[str, Any]) -> str:
    return "".join(map(_run, part["elements"]))


def _run(run: Mapping[str, Any]) -> str:
    match run["type"]:
        case "text":
            text, style = str(run["text"]), run.get("style", {})
            mark = "*" if "bold" in style else "_" if "italic" in style else "`" if "code" in style else ""
            return f"{mark}{text}{mark}"
        case "user":
            return f"@{run['user_id']}"
        case "usergroup":
            return f"@{run['usergroup_id']}"
        case "link":
            return f"{run['text']} <{run['url']}>"
        case "date":
            return str(run["fallback"])
        case other:
            raise AssertionError(f"no reader for {other}")


def _is_plan(message: Message) -> bool:
    return any(block["type"] == "plan" for block in message.richer)


def _control(part: Mapping[str, Any]) -> str:
    match part["type"]:
        case "button":
            asked = f" (asks: {part['confirm']['title']['text']})" if "confirm" in part else ""
            return f"[{part['text']['text']}]{'!' if part.get('style') else ''}{asked}"
        case "static_select":
            groups = part.get("option_groups") or [part]
            names = [option["text"]["text"] for group in groups for option in group["options"]]
            chosen = f" = {part['initial_option']['text']['text']}" if "initial_option" in part else ""
            return f"[{part['placeholder']['text']} v]{chosen} of {', '.join(names)}"
        case "overflow":
            return f"[⋯ {', '.join(option['text']['text'] for option in part['options'])}]"
        case "plain_text_input":
            return f"[{part.get('initial_value') or '… ' + part['placeholder']['text']}]"
        case "conversations_select":
            return f"[{part['placeholder']['text']} v]"
        case other:
            raise AssertionError(f"no reader for {other}")


@pytest.fixture(scope="session")
def page(read: Callable[[Any], str]) -> Callable[[Message | dict[str, Any]], str]:
    """``page(message_or_view)``: all of it that a person can meet."""

    def shown(thing: Message | dict[str, Any]) -> str:
        if isinstance(thing, Message):
            file = f"\n=== file {thing.file.filename}: {thing.file.title}\n{thing.file.content}" if thing.file else ""
            return (
                f"text: {thing.text}\n{read(thing.blocks if _is_plan(thing) else thing.richer or thing.blocks)}{file}"
            )
        name = thing["title"]["text"] if "title" in thing else thing["type"]
        return f"{thing['type']}: {name}\n{read(thing['blocks'])}"

    return shown


MOST_TEXT = {"header": 150, "button": 75, "option": 75, "title": 24, "placeholder": 150, "label": 2000, "hint": 2000}


@pytest.fixture(scope="session")
def refused() -> Callable[[Message | dict[str, Any]], list[str]]:
    """``refused(message_or_view)``: why Slack would refuse it, by Slack's published limits; empty when it would not."""
    return lambda thing: list(_message(thing) if isinstance(thing, Message) else _view(thing))


def _message(message: Message) -> Iterator[str]:
    if not message.text.strip() or len(message.text) > 4000:
        yield f"a text of {len(message.text)} characters"
    whole = sum(map(len, _texts(message.blocks)))
    if whole >= 10_000:
        yield f"{whole} characters in all"
    yield from _blocks(message.blocks, 50)
    if message.richer:
        yield from _blocks(message.richer, 50)
        yield from (
            ["more characters in all than Slack takes"] if sum(map(len, _texts(message.richer))) >= 10_000 else []
        )
    if message.file and (not message.file.content.strip() or len(message.file.content.encode()) > 1_000_000):
        yield "a file that is empty or larger than a snippet may be"


def _view(view: Mapping[str, Any]) -> Iterator[str]:
    yield from _blocks(view["blocks"], 100)
    if len(json.dumps(view)) > 250_000:
        yield "a view larger than 250 kB"
    if len(view.get("private_metadata", "")) > 3000:
        yield "private metadata longer than 3,000 characters"
    if view["type"] == "modal":
        for name in ("title", "submit", "close"):
            if name in view:
                yield from _text(view[name], MOST_TEXT["title"], name)
        if any(block["type"] == "input" for block in view["blocks"]) and "submit" not in view:
            yield "inputs without a submit button"


def _blocks(blocks: Sequence[Mapping[str, Any]], most: int) -> Iterator[str]:
    if not 1 <= len(blocks) <= most:
        yield f"{len(blocks)} blocks"
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)) or any(len(id_) > 255 for id_ in ids):
        yield "block ids that are too long or not unique"
    for block in blocks:
        yield from _CHECKS[block["type"]](block)


def _header(block: Mapping[str, Any]) -> Iterator[str]:
    yield from _text(block["text"], MOST_TEXT["header"], "header")


def _context(block: Mapping[str, Any]) -> Iterator[str]:
    if not 1 <= len(block["elements"]) <= 10:
        yield f"{len(block['elements'])} elements in a context"
    for element in block["elements"]:
        yield from _text(element, 2999, "context")


def _rich_text(block: Mapping[str, Any]) -> Iterator[str]:
    if not block["elements"]:
        yield "rich text without elements"
    if sum(map(len, _texts(block))) > 3000:
        yield "more than 3,000 characters in a block"
    yield from (problem for part in block["elements"] for problem in _rich(part))


def _container(block: Mapping[str, Any]) -> Iterator[str]:
    yield from _text(block["title"], 150, "container")
    if not 1 <= len(block["child_blocks"]) <= 10:
        yield f"{len(block['child_blocks'])} blocks in a container"
    for child in block["child_blocks"]:
        yield from _CHECKS[child["type"]](child)


def _plan(block: Mapping[str, Any]) -> Iterator[str]:
    if not block["title"].strip() or len({task["task_id"] for task in block["tasks"]}) != len(block["tasks"]):
        yield "a plan without a title, or tasks that bear the same id"
    for task in block["tasks"]:
        if task["status"] not in ("pending", "in_progress", "complete", "error"):
            yield f"a task that is {task['status']}"
        yield from _rich_text(task["details"]) if "details" in task else ()


def _rich(part: Mapping[str, Any]) -> Iterator[str]:
    if not part["elements"]:
        yield f"{part['type']} without elements"
    if part["type"] == "rich_text_list":
        if part["style"] not in ("bullet", "ordered") or part.get("offset", 1) < 1:
            yield "a list of unknown style or offset"
        yield from (problem for member in part["elements"] for problem in _rich(member))
        if any(member["type"] != "rich_text_section" for member in part["elements"]):
            yield "something else than sections in a list"
    elif part["type"] in ("rich_text_section", "rich_text_preformatted", "rich_text_quote"):
        yield from (problem for run in part["elements"] for problem in _styled(run))
    else:
        yield f"unknown {part['type']}"


def _styled(run: Mapping[str, Any]) -> Iterator[str]:
    if run["type"] == "text" and not run["text"]:
        yield "an empty text"
    if run["type"] not in ("text", "user", "usergroup", "link", "date"):
        yield f"unknown {run['type']}"
    if set(run.get("style", {})) - {"bold", "italic", "strike", "code"}:
        yield "an unknown style"


def _actions(block: Mapping[str, Any]) -> Iterator[str]:
    ids = [element["action_id"] for element in block["elements"]]
    if not 1 <= len(ids) <= 25 or len(ids) != len(set(ids)):
        yield "too few or too many actions, or the same twice"
    yield from (problem for element in block["elements"] for problem in _element(element))


def _input(block: Mapping[str, Any]) -> Iterator[str]:
    yield from _text(block["label"], MOST_TEXT["label"], "label")
    if "hint" in block:
        yield from _text(block["hint"], MOST_TEXT["hint"], "hint")
    yield from _element(block["element"])


def _element(element: Mapping[str, Any]) -> Iterator[str]:
    if not 1 <= len(element["action_id"]) <= 255:
        yield "an action id that is too long"
    if "placeholder" in element:
        yield from _text(element["placeholder"], MOST_TEXT["placeholder"], "placeholder")
    if element["type"] == "button":
        yield from _text(element["text"], MOST_TEXT["button"], "button")
        if len(element["value"]) > 2000 or element.get("style", "primary") not in ("primary", "danger"):
            yield "a button's value or style"
        confirm = element.get("confirm", {})
        for name, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)) if confirm else ():
            yield from _text(confirm[name], most, name)
    elif element["type"] == "static_select":
        yield from _options(element)
    elif element["type"] == "overflow":
        yield from _options(element)
        yield from [] if len(element["options"]) <= 5 else ["more than five options in a menu of three dots"]
    elif element["type"] == "plain_text_input":
        value = element.get("initial_value")
        yield from ["an empty initial value"] if value == "" else []
        yield from (
            ["an initial value that is too long"] if value and len(value) > element.get("max_length", 3000) else []
        )


def _options(element: Mapping[str, Any]) -> Iterator[str]:
    groups = element.get("option_groups") or [element]
    if len(groups) > 100 or ("options" in element) == ("option_groups" in element):
        yield "too many groups, or options and groups"
    options = [option for group in groups for option in group["options"]]
    for group in groups:
        if not 1 <= len(group["options"]) <= 100:
            yield f"{len(group['options'])} options"
        if "label" in group:
            yield from _text(group["label"], 75, "group")
    for option in options:
        yield from _text(option["text"], MOST_TEXT["option"], "option")
        if not 1 <= len(option["value"]) <= 150:
            yield "an option's value"
    if "initial_option" in element and element["initial_option"] not in options:
        yield "an initial option that is none"


def _text(thing: Mapping[str, Any], most: int, where: str) -> Iterator[str]:
    if thing["type"] != "plain_text":
        yield f"{where}: {thing['type']} where text from outside may stand"
    if not 1 <= len(thing["text"]) <= most or not thing["text"].strip():
        yield f"{where}: {len(thing['text'])} characters"


_CHECKS: dict[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {
    "header": _header,
    "context": _context,
    "rich_text": _rich_text,
    "actions": _actions,
    "input": _input,
    "divider": lambda _: iter(()),
    "plan": _plan,
    "container": _container,
}


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, Mapping):
        for name, value in part.items():
            if name == "text" and isinstance(value, str):
                yield value
            else:
                yield from _texts(value)
    elif isinstance(part, list):
        yield from (text for member in part for text in _texts(member))
