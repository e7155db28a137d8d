"""Modals and the Home tab, as the app opens and changes them."""

from typing import Any

from tests.workspace.calls import Call, Refused
from tests.workspace.kit.blocks import wrong_in_view
from tests.workspace.records import Json, View
from tests.workspace.shapes import view_json


def checked_view(view: Any, kinds: tuple[str, ...]) -> Json:
    """A view that Slack takes; Refused as Slack refuses it."""
    if not isinstance(view, dict):
        raise Refused("invalid_arguments", response_metadata={"messages": ["[ERROR] missing required field: view"]})
    found = wrong_in_view(view, kinds)
    if found:
        raise Refused("invalid_arguments", response_metadata={"messages": [f"[ERROR] {what}" for what in found]})
    return view


def _shown(call: Call, view: View) -> Json:
    return {"view": view_json(call.team, view)}


def open_view(call: Call) -> Json:
    user = call.workspace.triggers.exchange(call.needed("trigger_id"))
    view = checked_view(call.args.get("view"), ("modal",))
    return _shown(call, call.workspace.surfaces.open(user, view))


def push(call: Call) -> Json:
    """Only while a modal is open, and three deep at most."""
    user = call.workspace.triggers.exchange(call.needed("trigger_id"))
    view = checked_view(call.args.get("view"), ("modal",))
    return _shown(call, call.workspace.surfaces.push(user, view))


def update(call: Call) -> Json:
    surfaces = call.workspace.surfaces
    old = surfaces.find(call.text("view_id"), call.text("external_id"))
    if old is None:
        raise Refused("not_found")
    if call.text("hash") and call.text("hash") != old.hash:
        raise Refused("hash_conflict")
    return _shown(call, surfaces.change(old, checked_view(call.args.get("view"), (old.type,))))


def publish(call: Call) -> Json:
    user = call.needed("user_id")
    if user not in call.team.people:
        raise Refused("user_not_found")
    if not call.workspace.app.home_tab:
        raise Refused("not_enabled")
    surfaces = call.workspace.surfaces
    old = surfaces.home(user)
    if call.text("hash") and (old is None or call.text("hash") != old.hash):
        raise Refused("hash_conflict")
    return _shown(call, surfaces.publish(user, checked_view(call.args.get("view"), ("home",))))
