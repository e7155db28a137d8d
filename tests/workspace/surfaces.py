"""Modals and Home tabs as people see them: a stack of modals each, one Home, and what was filled in.

Also the trigger ids by which an app may open a modal: good for one, and only for seconds.
"""

import secrets
import time
from typing import Any

from tests.workspace.calls import Refused
from tests.workspace.kit.blocks import with_ids
from tests.workspace.records import Json, View
from tests.workspace.team import Team, mint

_DEEPEST = 3


class Triggers:
    """Trigger ids, valid for ``seconds`` and for one view."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._issued: dict[str, tuple[str, float]] = {}
        self._used: set[str] = set()

    def issue(self, user: str) -> str:
        trigger = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**13)}.{secrets.token_hex(16)}"
        self._issued[trigger] = (user, time.monotonic())
        return trigger

    def exchange(self, trigger: str) -> str:
        """The person who acted, once."""
        if trigger not in self._issued:
            raise Refused("invalid_trigger_id")
        if trigger in self._used:
            raise Refused("exchanged_trigger_id")
        user, at = self._issued[trigger]
        if time.monotonic() - at > self.seconds:
            raise Refused("expired_trigger_id")
        self._used.add(trigger)
        return user


class Surfaces:
    """The views of the workspace, kept in ``team.views``; modals of a person in the order in which they were opened."""

    def __init__(self, team: Team) -> None:
        self._team = team

    def modals(self, user: str) -> list[View]:
        """What this person has open, the one on top last."""
        return [v for v in self._team.views.values() if v.user == user and v.type == "modal"]

    def home(self, user: str) -> View | None:
        return next((v for v in self._team.views.values() if v.user == user and v.type == "home"), None)

    def find(self, view_id: str, external_id: str = "") -> View | None:
        if view_id:
            return self._team.views.get(view_id)
        same = (v for v in self._team.views.values() if external_id and v.body.get("external_id") == external_id)
        return next(same, None)

    def open(self, user: str, body: Json) -> View:
        """A new modal, in place of all that were open."""
        self._alone(body)
        self.clear(user)
        return self._keep(View(mint("V"), user, body, _hash()))

    def push(self, user: str, body: Json) -> View:
        open_now = self.modals(user)
        if not open_now:
            raise Refused("not_found")
        if len(open_now) >= _DEEPEST:
            raise Refused("push_limit_reached")
        self._alone(body)
        top = open_now[-1]
        return self._keep(View(mint("V"), user, body, _hash(), previous=top.id, root=top.root or top.id))

    def publish(self, user: str, body: Json) -> View:
        old = self.home(user)
        return self.change(old, body) if old else self._keep(View(mint("V"), user, body, _hash()))

    def change(self, view: View, body: Json) -> View:
        """Another body for the same view; what was filled in stays where block and action are the same."""
        before = view.state
        view.body, view.hash, view.errors = body, _hash(), {}
        self._keep(view)
        for block, actions in before.items():
            for action, value in actions.items():
                now = view.state.get(block, {}).get(action)
                if now is not None and now["type"] == value["type"]:
                    view.state[block][action] = value
        return view

    def close(self, view: View) -> None:
        self._team.views.pop(view.id, None)
        self._team.changed()

    def clear(self, user: str) -> None:
        for view in self.modals(user):
            self.close(view)

    def _keep(self, view: View) -> View:
        view.body = {**view.body, "blocks": with_ids(view.body["blocks"])}
        view.state = initial_state(view.body["blocks"])
        self._team.views[view.id] = view
        self._team.changed()
        return view

    def _alone(self, body: Json) -> None:
        external = body.get("external_id")
        if external and self.find("", external):
            raise Refused("duplicate_external_id")


def _hash() -> str:
    return f"{int(time.time())}.{secrets.token_hex(4)}"


VALUES = {
    "plain_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "users_select": ("selected_user", "initial_user"),
    "channels_select": ("selected_channel", "initial_channel"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "checkboxes": ("selected_options", "initial_options"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}
"""Elements that hold a value: under which name it is told, and which field it starts from."""


def initial_state(blocks: list[Json]) -> dict[str, dict[str, Json]]:
    """``state.values`` before anybody touched anything."""
    state: dict[str, dict[str, Json]] = {}
    for block in blocks:
        inside = block.get("elements") if block["type"] == "actions" else None
        for element in [*(inside or []), *(block[name] for name in ("element", "accessory") if name in block)]:
            if element["type"] in VALUES:
                name, initial = VALUES[element["type"]]
                empty: Any = [] if name == "selected_options" else None
                value = {"type": element["type"], name: element.get(initial, empty)}
                state.setdefault(block["block_id"], {})[element["action_id"]] = value
    return state
