"""What the app hears of: messages, edits, mentions, joins, an opened Home.

Only what it has subscribed to, and only from where it is a member.
"""

import time

from tests.workspace.app import App
from tests.workspace.delivery import Delivery, Sent
from tests.workspace.markup import mentions
from tests.workspace.records import Channel, Json, Message, Person, View
from tests.workspace.shapes import message_json, view_json
from tests.workspace.team import Team, mint

_SUBSCRIPTION = {"channel": "message.channels", "group": "message.groups", "im": "message.im"}


class Events:
    """Makes events of what happened and sends them."""

    def __init__(self, team: Team, app: App, delivery: Delivery) -> None:
        self._team = team
        self._app = app
        self._delivery = delivery

    def message(self, message: Message) -> None:
        """A new message; again as ``app_mention``, under another event id, when it mentions the bot in a channel."""
        channel, team_ = self._team.channels[message.channel], self._team.team_of(message.user)
        event: Json = {
            **message_json(self._team, message),
            "channel": channel.id,
            "event_ts": message.ts,
            "channel_type": channel.kind,
        }
        if channel.other_teams or team_ != self._team.id:
            event |= {"user_team": team_, "source_team": team_, "user_profile": {"team": team_}}
        self._in(channel, event)
        bot = self._team.bot.id
        named = bot in mentions(message.text, []) and message.user != bot
        if named and not channel.is_im and bot in channel.members and "app_mention" in self._app.events:
            self.send({**{k: v for k, v in event.items() if k != "channel_type"}, "type": "app_mention"})

    def edited(self, message: Message, before: Json) -> None:
        event = {"message": message_json(self._team, message), "previous_message": before, "hidden": True}
        self._subtyped("message_changed", message.channel, event)

    def deleted(self, message: Message) -> None:
        event = {"deleted_ts": message.ts, "previous_message": message_json(self._team, message), "hidden": True}
        self._subtyped("message_deleted", message.channel, event)

    def joined(self, channel: Channel, person: Person) -> None:
        """As a message in the channel and as an event of its own."""
        text = f"<@{person.id}> has joined the channel"
        ts = self._team.new_ts()
        self._team.post(Message(channel.id, ts, person.id, text, subtype="channel_join"))
        self._subtyped("channel_join", channel.id, {"user": person.id, "text": text}, ts)
        if "member_joined_channel" in self._app.events:
            kind = {"channel": "C", "group": "G", "im": "D"}[channel.kind]
            event = {"user": person.id, "channel": channel.id, "channel_type": kind, "team": self._team.id}
            self.send({"type": "member_joined_channel", **event, "event_ts": ts})

    def home_opened(self, user: str, view: View | None) -> None:
        if "app_home_opened" in self._app.events:
            event = {"type": "app_home_opened", "user": user, "channel": self._team.direct(user).id, "tab": "home"}
            team = self._team.team_of(user)
            event |= {"user_team": team} if team != self._team.id else {}
            shown = {"view": view_json(self._team, view)} if view else {}
            self.send({**event, **shown, "event_ts": self._team.new_ts()})

    def _subtyped(self, subtype: str, channel_id: str, event: Json, ts: str = "") -> None:
        channel = self._team.channels[channel_id]
        ts = ts or self._team.new_ts()
        about = {"channel": channel.id, "ts": ts, "event_ts": ts, "channel_type": channel.kind}
        self._in(channel, {"type": "message", "subtype": subtype, **event, **about})

    def _in(self, channel: Channel, event: Json) -> None:
        if self._team.bot.id in channel.members and _SUBSCRIPTION[channel.kind] in self._app.events:
            self.send(event)

    def send(self, event: Json) -> Sent:
        """Send any event, wrapped as Slack wraps it."""
        return self._delivery.event(self.wrapped(event))

    def wrapped(self, event: Json) -> Json:
        """The event as Slack wraps it."""
        bot, enterprise = self._team.bot, self._team.enterprise or None
        authorization = {"team_id": self._team.id, "user_id": bot.id, "is_bot": True, "enterprise_id": enterprise}
        return {
            "token": "verification",
            "team_id": self._team.id,
            "context_team_id": self._team.id,
            "context_enterprise_id": enterprise,
            "api_app_id": bot.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": mint("Ev"),
            "event_time": int(time.time()),
            "authorizations": [{**authorization, "is_enterprise_install": False}],
            "is_ext_shared_channel": self._is_shared(event),
            "event_context": mint("4-", 40),
        }

    def _is_shared(self, event: Json) -> bool:
        channel = self._team.channels.get(str(event.get("channel")))
        if channel is not None and channel.is_im:
            person = self._team.people[str(channel.user)]
            return bool(person.team) and (not self._team.enterprise or person.enterprise != self._team.enterprise)
        return channel is not None and bool(channel.other_teams)
