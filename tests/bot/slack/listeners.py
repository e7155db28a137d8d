"""All that the app listens to, read from bolt itself, and a payload for each: what is new is found by itself."""

import dataclasses
import inspect
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.audit.filters import Filters
from bot.audit.reading import list_records
from bot.audit.records import Record
from bot.slack.blocks.action_ids import ASK_FORM, CASE_MENU, CHOOSE_CLUSTER, RESOLVE, ButtonValue, menu_value
from bot.slack.blocks.overviews import COMMAND
from bot.slack.handlers.subcommands import SUBCOMMANDS
from tests.scenes import Scene
from tests.workspace.app import Command, Shortcut
from tests.workspace.records import View

QUESTION = "pods stuck in ContainerCreating"
ARGUMENTS = {"ask": QUESTION, "show": "terway-mac-not-found"}
SHOWS_NOTHING = {"help"}
EXAMPLES = {"": "button_of_another_version"}
MINDLESS = {""}  # events that are acknowledged and nothing else
EVENTS = {"app_mention", "message", "app_home_opened"}


@dataclass(frozen=True)
class Listened:
    """One thing that a person can do: bolt's kind of listener, and the id, event or words."""

    kind: str
    id: str

    @property
    def name(self) -> str:
        return f"{self.kind} {self.id}"


def listened_to(app: Any) -> list[Listened]:
    """All of them; a command once for each subcommand."""
    found: list[Listened] = []
    for listener in app._async_listeners:
        matcher = inspect.getclosurevars(listener.matchers[0].func).nonlocals["func"]
        kind = matcher.__qualname__.partition(".")[0]
        known = inspect.getclosurevars(matcher).nonlocals
        constraints = known.get("constraints", known.get("callback_id", known.get("command", known.get("event_type"))))
        ids = list(_ids(constraints))
        assert ids, f"teach this what {kind} {known} is"
        for id_ in ids:
            found += _subcommands() if kind == "command" else [Listened(kind, id_)]
    return found


def _ids(constraints: Any) -> Iterator[str]:
    if isinstance(constraints, Mapping):
        constraints = constraints.get("callback_id") or constraints.get("action_id") or constraints.get("type")
    if isinstance(constraints, re.Pattern):
        words = constraints.pattern.lstrip("^")
        yield EXAMPLES.get(words, f"{words}1" if words.endswith(":") else words)
    elif isinstance(constraints, str):
        yield constraints


def _subcommands() -> list[Listened]:
    return [
        Listened("command", f"{row.shown.name} {ARGUMENTS.get(row.shown.name, '')}".strip())
        for row in SUBCOMMANDS
        if row.shown.name not in SHOWS_NOTHING
    ]


async def do(scene: Scene, what: Listened, user: str, answer: Any, changes: Mapping[str, Any] | None = None) -> None:
    """Let this person do it, as Slack would bring it. ``answer`` is a message with an answer's buttons.

    ``changes`` are put over the payload's fields; of an event, over the event's where they stand under ``event``.
    """
    slack = scene.slack
    if what.kind == "event":
        payload = _event(scene, what.id, user, answer)
        if payload:
            slack.delivery.event(_changed(payload, changes or {}))
        return
    kind = "slash_commands" if what.kind == "command" else "interactive"
    await slack.delivery.ask(kind, _changed(_payload(scene, what, user, answer), changes or {}), accepts_reply=True)


def _changed(payload: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    nested = {name: {**payload.get(name, {}), **new} for name, new in changes.items() if isinstance(new, Mapping)}
    return {**payload, **changes, **nested}


def _payload(scene: Scene, what: Listened, user: str, answer: Any) -> dict[str, Any]:
    slack, person = scene.slack, scene.slack.team.person(user)
    trigger = slack.triggers.issue(person.id)
    url = slack.response_urls.issue(answer.channel, person.id, answer if what.kind == "action" else None)
    channel = slack.team.channels[answer.channel]
    value = next(element["value"] for _, element in answer.elements if "value" in element)
    if what.kind == "command":
        return slack.payloads.command(person, channel, Command(COMMAND), what.id, url, trigger)
    if what.kind == "message_shortcut":
        root = slack.team.find(answer.channel, answer.thread_ts)
        return slack.payloads.message_shortcut(person, Shortcut(what.id, "", "message"), root, url, trigger)
    if what.kind == "global_shortcut":
        return slack.payloads.shortcut(person, Shortcut(what.id, "", "global"), trigger)
    view = View("V0OTHER", person.id, {"type": "modal", "callback_id": what.id, "blocks": []}, "1")
    view.body["private_metadata"] = "" if what.id == ASK_FORM else json.dumps({**json.loads(value), "helped": True})
    if what.kind == "view_submission":
        return slack.payloads.submission(person, view, trigger)
    assert what.kind == "action", f"teach this what {what.kind} is"
    element = {"action_id": what.id, "type": "button", "value": value}
    options = {CHOOSE_CLUSTER: "prod", CASE_MENU: menu_value(RESOLVE, ButtonValue.loads(value))}
    chosen = {"selected_option": {"value": options[what.id]}} if what.id in options else {}
    if what.id.startswith("home_") or what.id == "open_form":
        home = View("V0HOME", person.id, {"type": "home", "blocks": []}, "1")
        return slack.payloads.view_action(person, home, element, "b", chosen, trigger)
    return slack.payloads.message_action(person, answer, element, "b", chosen, url, trigger)


def _event(scene: Scene, kind: str, user: str, answer: Any) -> dict[str, Any]:
    person, bot = scene.slack.team.person(user), scene.slack.team.bot
    ts = scene.slack.team.new_ts()
    said = {
        "user": person.id,
        "team": scene.slack.team.team_of(person.id),
        "ts": ts,
        "event_ts": ts,
        "client_msg_id": f"local-{ts}",
    }
    if kind in MINDLESS or kind not in EVENTS:
        assert kind in EVENTS | {"button_of_another_version"}, f"teach this what event {kind} is"
        return {}
    if kind == "app_home_opened":
        event = {"type": kind, "user": person.id, "channel": "D0HOME0001", "tab": "home", "event_ts": ts}
    else:
        place = {"channel": answer.channel, "thread_ts": answer.thread_ts}
        event = {"type": kind, **said, **place, "text": f"<@{bot.id}> {QUESTION}"}
    return scene.slack.events.wrapped(event)


def walked(scene: Scene) -> list[Listened]:
    """Everything that a person can do with this bot."""
    found = [what for what in listened_to(scene.bot.bolt) if what != Listened("event", EXAMPLES[""])]
    assert len(found) > 25, "it is read from bolt itself"
    return found


def records(scene: Scene, **filters: Any) -> list[Record]:
    """The audit records that fit, newest first."""
    return list(list_records(scene.services.store, dataclasses.replace(Filters(limit=1000), **filters)))


async def answered(scene: Scene, channel: str = "inc-shop") -> Any:
    """An answer to Lin, who may ask."""
    ts = await scene.slack.people.say("lin", channel, f"@netclinic {QUESTION}")
    answer = await scene.answer(channel, ts)
    await scene.idle()
    return answer


def seen_by(scene: Scene, user: str) -> list[str]:
    """All that this person has been shown alone, and all that the bot has said to everybody."""
    home, bot = scene.slack.home(user), scene.slack.team.bot.bot_id
    surfaces = [*scene.slack.ephemerals(user), *scene.slack.modals(user), *([home] if home else [])]
    said = [m for messages in scene.slack.team.messages.values() for m in messages if m.bot_id == bot]
    return [item.plain for item in [*surfaces, *said]]


async def refused(
    scene: Scene, what: Listened, answer: Any, user: str, sentence: str, changes: Mapping[str, Any] | None = None
) -> None:
    """It is said in one sentence, is on record, and nothing is read or opened."""
    id_ = scene.slack.team.person(user).id
    before, reads = len(records(scene, action="refused")), len(scene.clusters.servers["prod"].requests)
    sent = len(scene.slack.delivery.sent)
    await do(scene, what, user, answer, changes)
    await scene.slack.until(lambda: len(records(scene, action="refused")) > before, 60)
    await scene.idle()
    newest = records(scene, action="refused")[0]
    assert newest.actor.id == id_, what.name
    assert sentence in str(newest.details), f"{what.name}: {newest.details}"
    reply = str(scene.slack.delivery.sent[sent].reply or "")
    assert any(sentence in shown for shown in [*seen_by(scene, user), reply]), what.name
    assert not any("vSwitch" in modal.plain for modal in scene.slack.modals(user)), what.name
    assert len(scene.clusters.servers["prod"].requests) == reads, what.name
