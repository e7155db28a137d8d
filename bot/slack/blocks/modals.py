"""Modals and menus: evidence and steps page by page, forms to ask and to leave a note, and a choice of cluster."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.diagnosis.judge import Verdict
from bot.diagnosis.labels import ENGLISH, Labels
from bot.diagnosis.language import labels_for, labels_of
from bot.diagnosis.report import Report, ReportDiagnosis
from bot.diagnosis.wording import word_of
from bot.probes.findings import clip
from bot.slack.blocks.action_ids import (
    ASK_FORM,
    CHOOSE_CLUSTER,
    EVIDENCE_PAGE,
    EVIDENCE_VIEW,
    HANDOFF_NOTE_FORM,
    NOTE_FORM,
    STEPS_PAGE,
    STEPS_VIEW,
    ButtonValue,
)
from bot.slack.blocks.diagnosis import (
    cause_title,
    failing_items,
    looked_at_items,
    render_evidence,
    render_prose,
    render_reading,
    step_groups,
)
from bot.slack.blocks.elements import (
    Block,
    Element,
    Message,
    View,
    actions,
    bullet_list,
    button,
    context,
    date_run,
    escape_mrkdwn,
    heading,
    line,
    plain_text,
    rich_text,
    text_run,
)
from bot.slack.blocks.limits import MOST_BLOCKS, MOST_IN_MESSAGE, ElementGroup, count_fitting, pack_blocks, split_pages
from bot.text import one_line, plain
from knowledge.model import Kind

SYMPTOM = "symptom"  # block ids of the forms; the element in each has the action id VALUE
CLUSTER = "cluster"
NAMESPACE = "namespace"
CHANNEL = "channel"
NOTE = "note"
VALUE = "value"
LONGEST_INPUT = 3000
LONGEST_NOTE = 1000
SYMPTOM_EXAMPLE = "pods stuck in ContainerCreating since 10 min"
CUT_HINT = f"A form holds {LONGEST_INPUT:,} characters: what came after them is left out here."
MOST_OPTIONS = 100
LONGEST_VALUE = 150
MOST_NAMED = 5  # clusters in a notification


def evidence_modal(report: Report, value: ButtonValue) -> View:
    """Every piece of evidence of every diagnosis, whole; ``value.page`` counts from 0."""
    return _paged_modal(
        labels_for(report).evidence, EVIDENCE_VIEW, EVIDENCE_PAGE, list(_all_evidence(report)), value, report
    )


def steps_modal(report: Report, value: ButtonValue) -> View:
    """Cause, cautions and every step of each diagnosis that asks for any."""
    return _paged_modal(labels_for(report).all_steps, STEPS_VIEW, STEPS_PAGE, list(_all_steps(report)), value, report)


def evidence_message(report: Report) -> Message:
    """The same as a message, as far as one holds it."""
    labels = labels_for(report)
    return _long_message(labels.evidence, [*_cluster_items(report), *_all_evidence(report)], labels)


def steps_message(report: Report) -> Message:
    """The same as a message, as far as one holds it."""
    labels = labels_for(report)
    return _long_message(labels.all_steps, list(_all_steps(report)), labels)


def _long_message(title: str, items: Sequence[ElementGroup], labels: Labels) -> Message:
    kept = count_fitting(items, MOST_IN_MESSAGE)
    blocks = pack_blocks(items[:kept] or [[line(text_run(labels.none))]])[:MOST_BLOCKS]
    more = [context(labels.rest_behind.format(title))] if kept < len(items) else []
    return Message(text=f"{title}{labels.stop}", blocks=[*blocks, *more])


def _all_evidence(report: Report) -> Iterator[ElementGroup]:
    yield from failing_items(report, whole=True)
    for diagnosis in report.diagnoses:
        yield from _evidence_items(diagnosis, report)
    yield from looked_at_items(report)
    yield from _unread_items(report)


def _all_steps(report: Report) -> Iterator[ElementGroup]:
    for diagnosis in report.diagnoses:
        yield from _step_items(diagnosis)


def _cluster_items(report: Report) -> Iterator[ElementGroup]:
    if report.cluster:
        labels = labels_for(report)
        words = report.cluster.trouble or f"{report.cluster.traits} · {labels.read}"
        when = [] if report.cluster.trouble else [date_run(report.now)]
        named = text_run(labels.cluster.format(report.cluster.name), bold=True)
        yield [line(named, text_run(f" · {words}"), *when)]


def _evidence_items(item: ReportDiagnosis, report: Report) -> Iterator[ElementGroup]:
    yield [_diagnosis_title(item), *([] if item.readings else [line(text_run(item.reason))])]
    yield from (render_evidence(piece, report.now, whole=True) for piece in item.evidence)
    if item.readings:
        yield [heading(labels_of(item).readings)]
    yield from (render_reading(reading) for reading in item.readings)


def _unread_items(report: Report) -> Iterator[ElementGroup]:
    if report.missed:
        yield [heading(labels_for(report).not_looked_at), bullet_list(line(text_run(text)) for text in report.missed)]


def _step_items(item: ReportDiagnosis) -> Iterator[ElementGroup]:
    groups_ = list(step_groups(item))
    if item.verdict is Verdict.RULED_OUT or not (groups_ or item.cause):
        return
    yield [_diagnosis_title(item)]
    if item.cause:
        yield [*([heading(cause_title(item))] if item.kind is Kind.FAULT else []), *render_prose(item.cause)]
    for title, items in groups_:
        yield [heading(title), *items[0]]
        yield from items[1:]


def _diagnosis_title(item: ReportDiagnosis) -> dict[str, object]:
    word = word_of(item)
    return line(text_run(f"{word.mark} {word.word}: {item.shown_title}", bold=True), text_run(f" ({item.entry})"))


def _paged_modal(
    title: str,
    callback: str,
    action: str,
    items: Sequence[ElementGroup],
    value: ButtonValue,
    report: Report,
) -> View:
    """Each page says which cluster it is about: steps are done where they are read."""
    labels = labels_for(report)
    whole = [*_cluster_items(report), *(items or [[line(text_run(labels.none))]])]
    pages = split_pages(pack_blocks(whole))
    number = min(max(value.page, 0), len(pages) - 1)
    name = clip(report.cluster.name, 100) if report.cluster else ""
    again = f"{labels.page.format(number + 1, len(pages))}{labels.of_cluster.format(name)}"
    headline = [context(again)] if number and name else []
    return {
        "type": "modal",
        "callback_id": callback,
        "title": plain_text(title),
        "close": plain_text(labels.close),
        "private_metadata": value.dumps(),
        "blocks": [*headline, *pages[number], *_page_buttons(action, number, len(pages), value, labels)],
    }


def _page_buttons(action: str, number: int, pages: int, value: ButtonValue, labels: Labels) -> list[Block]:
    """Buttons to the neighbouring pages, where there are any."""
    if pages == 1:
        return []
    turns = [("previous", labels.previous, number - 1), ("next", labels.next, number + 1)]
    row = [
        button(f"{action}:{turn}", label, replace(value, page=page).dumps())
        for turn, label, page in turns
        if 0 <= page < pages
    ]
    return [context(labels.page.format(number + 1, pages)), actions("turning", row)]


@dataclass(frozen=True)
class AnswerTarget:
    """Where the answer of a form goes: a thread, a channel, or (empty) where the form says."""

    channel: str = ""
    thread: str = ""


@dataclass(frozen=True)
class AskFormInput:
    """What was filled in. ``cluster`` is a chosen value: ``cluster_for_option`` names it."""

    symptom: str
    cluster: str
    namespace: str
    place: AnswerTarget


def ask_form(
    clusters: Sequence[str],
    default: str,
    *,
    symptom: str = "",
    namespace: str = "",
    place: AnswerTarget | None = None,
    labels: Labels = ENGLISH,
) -> View:
    """The form of both shortcuts. Without a ``place`` it asks for the channel."""
    place = place or AnswerTarget()
    blocks = [
        _input(
            SYMPTOM,
            labels.what_is_seen,
            _multiline_input(symptom, SYMPTOM_EXAMPLE),
            hint=CUT_HINT if len(symptom) > LONGEST_INPUT else "",
        ),
        *(
            [_input(CLUSTER, labels.which_cluster, cluster_select(VALUE, clusters, default, labels))]
            if clusters
            else []
        ),
        _input(NAMESPACE, labels.which_namespace, _text_input(namespace, labels.all_namespaces), optional=True),
        *([] if place.channel else [_input(CHANNEL, "Answer in", _channel_select())]),
    ]
    kept = json.dumps({"channel": place.channel, "thread": place.thread}, separators=(",", ":"))
    return _form_view(ASK_FORM, labels.ask_netclinic, labels.ask, blocks, kept, labels)


def parse_ask_form(view: Mapping[str, Any]) -> AskFormInput:
    """A submitted ``ask_form``."""
    kept = json.loads(view.get("private_metadata") or "{}")
    values = view["state"]["values"]
    channel = kept.get("channel") or _input_value(values, CHANNEL)
    return AskFormInput(
        symptom=_input_value(values, SYMPTOM).strip(),
        cluster=_input_value(values, CLUSTER),
        namespace=_input_value(values, NAMESPACE).strip(),
        place=AnswerTarget(channel, kept.get("thread", "")),
    )


def note_form(value: ButtonValue, *, helped: bool, cluster: str = "", labels: Labels = ENGLISH) -> View:
    """What helped, or what was wrong with the answer about ``cluster``: quoted in the next handoff."""
    question = labels.what_helped if helped else labels.what_was_wrong
    kept = json.dumps({"value": value.dumps(), "helped": helped})
    named = line(text_run(labels.cluster.format(clip(cluster, 100)), bold=True))
    about = [rich_text([named])] if cluster else []
    element = _multiline_input("", labels.note_example)
    blocks = [*about, _input(NOTE, question, element, optional=True, hint=labels.note_hint)]
    return _form_view(NOTE_FORM, labels.leave_note, labels.save, blocks, kept, labels)


def parse_note_form(view: Mapping[str, Any]) -> tuple[ButtonValue, bool, str]:
    """A submitted ``note_form``: what it is about, whether it helped, and the note."""
    kept = json.loads(view["private_metadata"])
    return ButtonValue.loads(kept["value"]), bool(kept["helped"]), _input_value(view["state"]["values"], NOTE).strip()


def handoff_note_form(handoff: str, channel: str, note: str = "") -> View:
    """What whoever takes over should know; ``note`` is what the same person left before."""
    kept = json.dumps({"handoff": handoff, "channel": channel})
    hint = "It stands in the handoff's message and page, with your name. An empty note takes yours back."
    element = {**_multiline_input(note, "what the next shift should know"), "max_length": LONGEST_NOTE}
    blocks = [_input(NOTE, "For the next shift", element, optional=True, hint=hint)]
    return _form_view(HANDOFF_NOTE_FORM, "Leave a note", "Save", blocks, kept)


def parse_handoff_note_form(view: Mapping[str, Any]) -> tuple[str, str, str]:
    """A submitted ``handoff_note_form``: the handoff, the channel of its message, and the note."""
    kept = json.loads(view["private_metadata"])
    return str(kept["handoff"]), str(kept["channel"]), _input_value(view["state"]["values"], NOTE).strip()


def cluster_menu(question: str, clusters: Sequence[str], question_id: str, *, unknown: str = "") -> Message:
    """Which cluster is meant; nothing is guessed. The menu's block id holds the question's id.

    ``unknown``: a name that was said and is none; the likest of ``clusters`` come first.
    """
    select = cluster_select(CHOOSE_CLUSTER, clusters)
    shown, name = clip(one_line(question), 150), clip(one_line(unknown), 100)
    none = f"There is no cluster {name} here. " if unknown else ""
    offered = f"{', '.join(clip(one_line(each), 60) for each in clusters[:MOST_NAMED])}"
    offered += f" or {len(clusters) - MOST_NAMED} more" if len(clusters) > MOST_NAMED else ""
    said_aloud = f"{none}Which cluster is “{shown}” about: {offered}? Nothing was read yet."
    first = [text_run("There is no cluster "), text_run(name, code=True), text_run(" here. ")] if unknown else []
    asked = [text_run("Which cluster is "), text_run(shown, italic=True), text_run(" about? Nothing was read yet.")]
    return Message(
        text=escape_mrkdwn(said_aloud),
        blocks=[
            rich_text([line(*first, *asked)]),
            {"type": "actions", "block_id": f"{CHOOSE_CLUSTER}:{question_id}", "elements": [select]},
        ],
    )


def cluster_select(action: str, clusters: Sequence[str], default: str = "", labels: Labels = ENGLISH) -> Element:
    """A menu of clusters; more than Slack allows in one list are grouped."""
    options = [_option(name) for name in clusters]
    made: Element = {"type": "static_select", "action_id": action, "placeholder": plain_text(labels.choose_cluster)}
    if len(options) <= MOST_OPTIONS:
        made["options"] = options
    else:
        pages = [options[at : at + MOST_OPTIONS] for at in range(0, len(options), MOST_OPTIONS)]
        made["option_groups"] = [{"label": plain_text(_page_label(page)), "options": page} for page in pages]
    return made | ({"initial_option": _option(default)} if default in clusters else {})


def cluster_for_option(value: str, clusters: Sequence[str]) -> str | None:
    """The cluster that an option stands for; ``None`` where it is no longer there."""
    return next((name for name in clusters if option_value(name) == value), None)


def option_value(name: str) -> str:
    """The name, or what stands for one that is too long for an option."""
    if 0 < len(name) <= LONGEST_VALUE and name.isprintable():
        return name
    return "sha256:" + hashlib.sha256(name.encode(errors="backslashreplace")).hexdigest()


def _option(name: str) -> Element:
    return {"text": plain_text(clip(one_line(name), 75)), "value": option_value(name)}


def _page_label(page: Sequence[Element]) -> str:
    first, last = (clip(str(option["text"]["text"]), 30) for option in (page[0], page[-1]))
    return f"{first} to {last}"


def _form_view(
    callback: str, title: str, submit: str, blocks: Sequence[Block], kept: str, labels: Labels = ENGLISH
) -> View:
    return {
        "type": "modal",
        "callback_id": callback,
        "title": plain_text(title),
        "submit": plain_text(submit),
        "close": plain_text(labels.cancel),
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


def _multiline_input(value: str, example: str) -> Element:
    return {**_text_input(value, example), "multiline": True, "max_length": LONGEST_INPUT}


def _text_input(value: str, example: str) -> Element:
    made: Element = {"type": "plain_text_input", "placeholder": plain_text(example)}
    shown = plain(value)[:LONGEST_INPUT]
    return made | ({"initial_value": shown} if shown.strip() else {})


def _channel_select() -> Element:
    return {
        "type": "conversations_select",
        "default_to_current_conversation": True,
        "placeholder": plain_text("Choose a channel"),
        "filter": {"include": ["public", "private", "im"], "exclude_bot_users": True},
    }


def _input_value(values: Mapping[str, Any], block: str) -> str:
    """What an input holds, whatever its kind; empty where it was left empty."""
    state = values.get(block, {}).get(VALUE, {})
    option = state.get("selected_option") or {}
    return str(state.get("value") or option.get("value") or state.get("selected_conversation") or "")
