"""The app as it is registered with the workspace: its scopes, the events it hears, its commands and shortcuts.

A real workspace knows these from the app's manifest and delivers nothing that is not in it; so does this one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

USUAL_SCOPES = [
    "app_mentions:read",
    "channels:history",
    "channels:join",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "reactions:read",
    "reactions:write",
    "team:read",
    "usergroups:read",
    "users:read",
]
USUAL_EVENTS = (
    "app_home_opened",
    "app_mention",
    "member_joined_channel",
    "message.channels",
    "message.groups",
    "message.im",
)

_SCOPE_OF_EVENT = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "member_joined_channel": "channels:read",
}


@dataclass(frozen=True)
class Command:
    """A slash command; ``escaped`` turns the people and channels in its text into ids."""

    command: str
    description: str = ""
    usage_hint: str = ""
    escaped: bool = False


@dataclass(frozen=True)
class Shortcut:
    """A shortcut, ``kind`` being ``message`` or ``global``."""

    callback_id: str
    name: str
    kind: str


USUAL_COMMAND = Command("/netclinic", "Network symptoms and what causes them", "ask <symptom> | check | facts | help")
USUAL_SHORTCUTS = (
    Shortcut("diagnose_message", "Diagnose this message", "message"),
    Shortcut("ask", "Ask the clinic", "global"),
)


@dataclass(frozen=True)
class App:
    """What the workspace knows of the app. Without arguments: the usual scopes, events, command and shortcuts."""

    name: str = "netclinic"
    scopes: frozenset[str] = frozenset(USUAL_SCOPES)
    events: frozenset[str] = frozenset(USUAL_EVENTS)
    commands: tuple[Command, ...] = (USUAL_COMMAND,)
    shortcuts: tuple[Shortcut, ...] = USUAL_SHORTCUTS
    home_tab: bool = True
    messages_tab: bool = True
    interactive: bool = True

    def __post_init__(self) -> None:
        for event in self.events:
            needed = _SCOPE_OF_EVENT.get(event)
            if needed and needed not in self.scopes:
                raise ValueError(f"the event {event} needs the scope {needed}, which the app has not")
        if (self.commands or self.shortcuts) and "commands" not in self.scopes:
            raise ValueError("commands and shortcuts need the scope commands, which the app has not")

    @classmethod
    def from_manifest(cls, path: str | Path) -> "App":
        """The app that this Slack manifest (YAML or JSON) describes; ValueError when Slack would not take it."""
        manifest = yaml.safe_load(Path(path).read_text())
        if not isinstance(manifest, dict) or "display_information" not in manifest:
            raise ValueError(f"{path} is no Slack app manifest: it has no display_information")
        features: Mapping[str, Any] = manifest.get("features") or {}
        settings: Mapping[str, Any] = manifest.get("settings") or {}
        home = features.get("app_home") or {}
        return cls(
            name=(features.get("bot_user") or {}).get("display_name") or manifest["display_information"]["name"],
            scopes=frozenset(((manifest.get("oauth_config") or {}).get("scopes") or {}).get("bot") or ()),
            events=frozenset((settings.get("event_subscriptions") or {}).get("bot_events") or ()),
            commands=tuple(_command(item) for item in features.get("slash_commands") or ()),
            shortcuts=tuple(Shortcut(s["callback_id"], s["name"], s["type"]) for s in features.get("shortcuts") or ()),
            home_tab=bool(home.get("home_tab_enabled")),
            messages_tab=bool(home.get("messages_tab_enabled", True)),
            interactive=bool((settings.get("interactivity") or {}).get("is_enabled")),
        )


def _command(item: Mapping[str, Any]) -> Command:
    return Command(
        item["command"], item.get("description", ""), item.get("usage_hint", ""), bool(item.get("should_escape"))
    )
