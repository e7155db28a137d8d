"""The payloads of commands, buttons, shortcuts and modals, field by field as Slack sends them."""

from typing import Any

from tests.workspace.app import Command, Shortcut
from tests.workspace.records import Channel, Json, Message, Person, View
from tests.workspace.shapes import message_json, view_json
from tests.workspace.team import Team


class Payloads:
    """Makes them; trigger ids and response URLs are given by who knows them."""

    def __init__(self, team: Team) -> None:
        self._team = team

    def command(self, person: Person, channel: Channel, command: Command, text: str, url: str, trigger: str) -> Json:
        return {
            "token": "verification",
            "team_id": self._team.team_of(person.id),
            "team_domain": self._team.domain,
            "channel_id": channel.id,
            "channel_name": _channel_name(channel),
            "user_id": person.id,
            "user_name": person.name,
            "command": command.command,
            "text": text,
            "api_app_id": self._team.bot.app_id,
            "is_enterprise_install": "false",
            "response_url": url,
            "trigger_id": trigger,
        }

    def message_action(
        self, person: Person, message: Message, element: Json, block_id: str, chosen: Json, url: str, trigger: str
    ) -> Json:
        """A button or menu in a message; an ephemeral message itself is not told, as with Slack."""
        container: Json = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": message.channel,
            "is_ephemeral": message.ephemeral_to is not None,
        }
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        payload = {
            **self._common("block_actions", person, trigger),
            "container": container,
            "channel": self._channel(message.channel),
            "state": {"values": message.state},
            "response_url": url,
            "actions": [self._action(element, block_id, chosen)],
        }
        if message.ephemeral_to is None:
            payload["message"] = message_json(self._team, message)
        return payload

    def view_action(self, person: Person, view: View, element: Json, block_id: str, chosen: Json, trigger: str) -> Json:
        """A button or menu in a modal or Home."""
        return {
            **self._common("block_actions", person, trigger),
            "container": {"type": "view", "view_id": view.id},
            "view": view_json(self._team, view),
            "actions": [self._action(element, block_id, chosen)],
        }

    def shortcut(self, person: Person, shortcut: Shortcut, trigger: str) -> Json:
        return {
            **self._common("shortcut", person, trigger),
            "callback_id": shortcut.callback_id,
            "action_ts": self._team.new_ts(),
        }

    def message_shortcut(self, person: Person, shortcut: Shortcut, message: Message, url: str, trigger: str) -> Json:
        return {
            **self._common("message_action", person, trigger),
            "callback_id": shortcut.callback_id,
            "action_ts": self._team.new_ts(),
            "response_url": url,
            "message_ts": message.ts,
            "channel": self._channel(message.channel),
            "message": message_json(self._team, message),
        }

    def submission(self, person: Person, view: View, trigger: str) -> Json:
        return {
            **self._common("view_submission", person, trigger),
            "view": view_json(self._team, view),
            "response_urls": [],
        }

    def closed(self, person: Person, view: View) -> Json:
        payload = {**self._common("view_closed", person, ""), "view": view_json(self._team, view), "is_cleared": False}
        del payload["trigger_id"]
        return payload

    def _common(self, kind: str, person: Person, trigger: str) -> Json:
        return {
            "type": kind,
            "user": {
                "id": person.id,
                "username": person.name,
                "name": person.name,
                "team_id": self._team.team_of(person.id),
            },
            "api_app_id": self._team.bot.app_id,
            "token": "verification",
            "trigger_id": trigger,
            "team": {"id": self._team.id, "domain": self._team.domain},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _action(self, element: Json, block_id: str, chosen: Json) -> Json:
        told: dict[str, Any] = {
            name: element[name] for name in ("text", "value", "style", "placeholder") if name in element
        }
        about = {"action_id": element["action_id"], "block_id": block_id, "type": element["type"]}
        return {**about, **told, **chosen, "action_ts": self._team.new_ts()}

    def _channel(self, channel_id: str) -> Json:
        channel = self._team.channels[channel_id]
        return {"id": channel.id, "name": _channel_name(channel)}


def _channel_name(channel: Channel) -> str:
    return "directmessage" if channel.is_im else "privategroup" if channel.is_private else channel.name
