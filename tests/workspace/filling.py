"""Filling in: which element is meant, what choosing there means, and whether a modal is complete."""

from typing import Any

from tests.workspace.records import Json, Message, View
from tests.workspace.surfaces import VALUES

_REQUIRED = "Please complete this required field."


def choice(where: Message | View, action: str, block: str | None, option: Any) -> tuple[str, Json, Json, bool]:
    """The block, the element, what was chosen there, and whether the app is told at once.

    ``action``: an action id or a button's label, or the label or first word of an option behind three dots. KeyError
    when there is none such.
    """
    for block_id, element in where.elements:
        for chosen in element.get("options", []) if element["type"] == "overflow" and option is None else []:
            if block in (None, block_id) and action in (chosen["text"]["text"], chosen["value"].split(" ")[0]):
                return block_id, element, value_of(element, chosen), True
    for block_id, element in where.elements:
        if block in (None, block_id) and action in (element["action_id"], _label(element)):
            told = _told_at_once(where, block_id)
            return block_id, element, {} if element["type"] == "button" else value_of(element, option), told
    offered = ", ".join(str(_label(e) or e["action_id"]) for _, e in where.elements) or "nothing"
    raise KeyError(f"there is no {action} to press here; there is {offered}")


def _label(element: Json) -> str | None:
    text = element.get("text")
    return str(text["text"]) if isinstance(text, dict) else None


def _told_at_once(where: Message | View, block_id: str) -> bool:
    blocks = where.body["blocks"] if isinstance(where, View) else where.blocks
    block = next((b for b in blocks if b.get("block_id") == block_id), {})
    return block.get("type") != "input" or bool(block.get("dispatch_action"))


def value_of(element: Json, given: Any) -> Json:
    """What an element holds once this was entered, such as ``{"selected_option": {…}}``; KeyError when it cannot be."""
    if element["type"] == "overflow":
        return {"selected_option": _option(element, given)}
    name, _ = VALUES[element["type"]]
    if name == "selected_option":
        return {name: None if given is None else _option(element, given)}
    if name == "selected_options":
        return {name: [_option(element, one) for one in given or []]}
    return {name: given}


def _option(element: Json, given: Any) -> Json:
    """The option with this value or label, or the option itself."""
    groups = element.get("option_groups") or [{"options": element.get("options", [])}]
    for option in (option for group in groups for option in group["options"]):
        if given == option or given in (option.get("value"), option["text"]["text"]):
            return dict(option)
    raise KeyError(f"there is no option {given} in {element['action_id']}")


def fill(view: View, values: Json) -> None:
    """Enter these values, by block id or action id; KeyError when there is no such field."""
    flat: dict[tuple[str, str], Any] = {}
    for name, value in values.items():
        nested = isinstance(value, dict) and name in view.state and set(value) <= set(view.state[name])
        flat |= {(name, action): v for action, v in value.items()} if nested else {("", name): value}
    for (block, name), value in flat.items():
        block_id, element = _field(view, block, name)
        view.state[block_id][element["action_id"]] = {"type": element["type"], **value_of(element, value)}


def _field(view: View, block: str, name: str) -> tuple[str, Json]:
    for block_id, element in view.elements:
        if element["type"] in VALUES and block in ("", block_id) and name in (block_id, element["action_id"]):
            return block_id, element
    raise KeyError(f"there is no field {name} in {view.title or view.type}")


def missing(view: View) -> dict[str, str]:
    """What Slack itself objects to before the app is asked: required fields and lengths."""
    errors = {}
    for block in view.body["blocks"]:
        if block["type"] == "input" and block["element"]["type"] in VALUES:
            state = view.state[block["block_id"]][block["element"]["action_id"]]
            value = next(v for name, v in state.items() if name != "type")
            found = _objection(block, value)
            if found:
                errors[block["block_id"]] = found
    return errors


def _objection(block: Json, value: Any) -> str:
    element = block["element"]
    if value in (None, "", []):
        return "" if block.get("optional") else _REQUIRED
    if isinstance(value, str) and len(value) > element.get("max_length", 3000):
        return f"Please enter at most {element.get('max_length', 3000)} characters."
    if isinstance(value, str) and len(value) < element.get("min_length", 0):
        return f"Please enter at least {element['min_length']} characters."
    return ""
