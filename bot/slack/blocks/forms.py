"""Forms and menus: a question with its cluster and namespace, a note, and which cluster is meant."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.probes.findings import clip
from bot.slack.blocks.action_ids import ASK_FORM, CHOOSE_CLUSTER, NOTE_FORM, ButtonValue
from bot.slack.blocks.elements import Element, escaped, line, plain_text, rich, said
from bot.slack.blocks.messages import Block, Message, View
from bot.text import one_line, plain

SYMPTOM = "symptom"  # block ids of the forms; the element in each has the action id VALUE
CLUSTER = "cluster"
NAMESPACE = "namespace"
CHANNEL = "channel"
NOTE = "note"
VALUE = "value"
LONGEST_INPUT = 3000
EXAMPLE = "pods stuck in ContainerCreating since 10 min"
CUT = f"A form holds {LONGEST_INPUT:,} characters: what came after them is left out here."
MOST_OPTIONS = 100
LONGEST_VALUE = 150


@dataclass(frozen=True)
class Place:
    """Where the answer of a form goes: a thread, a channel, or (empty) where the form says."""

    channel: str = ""
    thread: str = ""


@dataclass(frozen=True)
class Filled:
    """What was filled in. ``cluster`` is a chosen value: ``chosen_cluster`` names it."""

    symptom: str
    cluster: str
    namespace: str
    place: Place


def ask_form(
    clusters: Sequence[str], default: str, *, symptom: str = "", namespace: str = "", place: Place | None = None
) -> View:
    """The form of both shortcuts. Without a ``place`` it asks for the channel."""
    place = place or Place()
    blocks = [
        _input(SYMPTOM, "What do you see?", _long(symptom, EXAMPLE), hint=CUT if len(symptom) > LONGEST_INPUT else ""),
        *([_input(CLUSTER, "Cluster", cluster_select(VALUE, clusters, default))] if clusters else []),
        _input(NAMESPACE, "Namespace", _short(namespace, "all of them"), optional=True),
        *([] if place.channel else [_input(CHANNEL, "Answer in", _channels())]),
    ]
    kept = json.dumps({"channel": place.channel, "thread": place.thread}, separators=(",", ":"))
    return _form(ASK_FORM, "Ask netclinic", "Ask", blocks, kept)


def filled(view: Mapping[str, Any]) -> Filled:
    """A submitted ``ask_form``."""
    kept = json.loads(view.get("private_metadata") or "{}")
    values = view["state"]["values"]
    channel = kept.get("channel") or _value(values, CHANNEL)
    return Filled(
        symptom=_value(values, SYMPTOM).strip(),
        cluster=_value(values, CLUSTER),
        namespace=_value(values, NAMESPACE).strip(),
        place=Place(channel, kept.get("thread", "")),
    )


def note_form(value: ButtonValue, *, helped: bool) -> View:
    """What helped, or what was wrong with the answer: told in the next handoff."""
    question = "What helped?" if helped else "What was wrong or missing?"
    kept = json.dumps({"value": value.dumps(), "helped": helped})
    hint = "It stands in the on-call handoff, with your name."
    blocks = [_input(NOTE, question, _long("", "one or two sentences"), optional=True, hint=hint)]
    return _form(NOTE_FORM, "Leave a note", "Save", blocks, kept)


def noted(view: Mapping[str, Any]) -> tuple[ButtonValue, bool, str]:
    """A submitted ``note_form``: what it is about, whether it helped, and the note."""
    kept = json.loads(view["private_metadata"])
    return ButtonValue.loads(kept["value"]), bool(kept["helped"]), _value(view["state"]["values"], NOTE).strip()


def cluster_menu(question: str, clusters: Sequence[str], question_id: str) -> Message:
    """Which cluster is meant; nothing is guessed. The menu's block id holds the question's id."""
    select = cluster_select(CHOOSE_CLUSTER, clusters)
    shown = clip(one_line(question), 150)
    return Message(
        text=escaped(f"Which cluster is “{shown}” about? Choose one of {len(clusters)}; nothing was read yet."),
        blocks=[
            rich([line(said("Which cluster is "), said(shown, italic=True), said(" about? Nothing was read yet."))]),
            {"type": "actions", "block_id": f"{CHOOSE_CLUSTER}:{question_id}", "elements": [select]},
        ],
    )


def cluster_select(action: str, clusters: Sequence[str], default: str = "") -> Element:
    """A menu of clusters; more than Slack allows in one list are grouped."""
    options = [_option(name) for name in clusters]
    made: Element = {"type": "static_select", "action_id": action, "placeholder": plain_text("Choose a cluster")}
    if len(options) <= MOST_OPTIONS:
        made["options"] = options
    else:
        pages = [options[at : at + MOST_OPTIONS] for at in range(0, len(options), MOST_OPTIONS)]
        made["option_groups"] = [{"label": plain_text(_span(page)), "options": page} for page in pages]
    return made | ({"initial_option": _option(default)} if default in clusters else {})


def chosen_cluster(value: str, clusters: Sequence[str]) -> str | None:
    """The cluster that an option stands for; ``None`` where it is no longer there."""
    return next((name for name in clusters if cluster_value(name) == value), None)


def cluster_value(name: str) -> str:
    """The name, or what stands for one that is too long for an option."""
    if 0 < len(name) <= LONGEST_VALUE and name.isprintable():
        return name
    return "sha256:" + hashlib.sha256(name.encode(errors="backslashreplace")).hexdigest()


def _option(name: str) -> Element:
    return {"text": plain_text(clip(one_line(name), 75)), "value": cluster_value(name)}


def _span(page: Sequence[Element]) -> str:
    first, last = (clip(str(option["text"]["text"]), 30) for option in (page[0], page[-1]))
    return f"{first} to {last}"


def _form(callback: str, title: str, submit: str, blocks: Sequence[Block], kept: str) -> View:
    return {
        "type": "modal",
        "callback_id": callback,
        "title": plain_text(title),
        "submit": plain_text(submit),
        "close": plain_text("Cancel"),
        "private_metadata": kept,
        "blocks": list(blocks),
    }


def _input(block_id: str, label: str, element: Element, *, optional: bool = False, hint: str = "") -> Block:
    made: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain_text(label),
        "element": {**element, "action_id": VALUE},
        "optional": optional,
    }
    return made | ({"hint": plain_text(hint)} if hint else {})


def _long(value: str, example: str) -> Element:
    return {**_short(value, example), "multiline": True, "max_length": LONGEST_INPUT}


def _short(value: str, example: str) -> Element:
    made: Element = {"type": "plain_text_input", "placeholder": plain_text(example)}
    shown = plain(value)[:LONGEST_INPUT]
    return made | ({"initial_value": shown} if shown.strip() else {})


def _channels() -> Element:
    return {
        "type": "conversations_select",
        "default_to_current_conversation": True,
        "placeholder": plain_text("Choose a channel"),
        "filter": {"include": ["public", "private", "im"], "exclude_bot_users": True},
    }


def _value(values: Mapping[str, Any], block: str) -> str:
    """What an input holds, whatever its kind; empty where it was left empty."""
    state = values.get(block, {}).get(VALUE, {})
    option = state.get("selected_option") or {}
    return str(state.get("value") or option.get("value") or state.get("selected_conversation") or "")
