"""What one Web API call brings along, and what a method is: its name, scopes, tier and the function that answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.workspace.records import Channel, Json, Message

if TYPE_CHECKING:
    from tests.workspace.workspace import Workspace


class Refused(Exception):
    """Slack's answer is no: the error's name and whatever else stands in the reply."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more

    @property
    def reply(self) -> Json:
        return {"ok": False, "error": self.error, **self.more}


@dataclass
class Received:
    """One call as it was received, for ``slack.calls``; ``outcome`` is ``ok``, an error's name or how it failed."""

    at: float
    method: str
    args: Json
    outcome: str = "under way"
    reply: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A call that passed the door: known token, scopes, within limits."""

    workspace: "Workspace"
    method: str
    args: Mapping[str, Any]

    @property
    def team(self) -> Any:
        return self.workspace.team

    def text(self, name: str, default: str = "") -> str:
        value = self.args.get(name)
        return default if value is None else str(value)

    def needed(self, name: str) -> str:
        """A text that must be there."""
        value = self.text(name)
        if not value:
            raise Refused(
                "invalid_arguments", response_metadata={"messages": [f"[ERROR] missing required field: {name}"]}
            )
        return value

    def flag(self, name: str) -> bool:
        return self.args.get(name) in (True, 1, "1", "true", "True")

    def number(self, name: str, default: int) -> int:
        try:
            return int(self.args.get(name) or default)
        except ValueError as error:
            raise Refused("invalid_arguments") from error

    def channel(self, name: str = "channel") -> Channel:
        """The conversation that the call is about, as long as the bot could know of it."""
        which = self.text(name)
        found = self.team.channels.get(which)
        if found is None or (found.kind != "channel" and self.team.bot.id not in found.members):
            raise Refused("channel_not_found")
        return found  # type: ignore[no-any-return]

    def scope_for(self, channel: Channel, what: str) -> None:
        """Refuse without ``channels:history``, ``im:history`` or so, as the kind of channel asks."""
        self.workspace.need(f"{channel.scope}:{what}")

    def own_message(self, error: str) -> Message:
        """The bot's message that the call is about; ephemeral ones cannot be touched."""
        channel = self.channel()
        found = self.team.find(channel.id, self.needed("ts"))
        if found is None or found.ephemeral_to is not None:
            raise Refused("message_not_found")
        if found.bot_id != self.team.bot.bot_id:
            raise Refused(error)
        return found  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Method:
    """``scope``: what it needs ("": nothing); ``tier``: see limits; ``json``: takes JSON; ``token``: bot or app."""

    answer: Callable[[Call], Json]
    scope: str = ""
    tier: int | None = 3
    json: bool = True
    token: str = "bot"
