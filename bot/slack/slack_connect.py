"""Slack Connect: people of other companies, and channels shared with them. What is read of clusters is not for them.

``NETCLINIC_SLACK_CONNECT`` opens channels (names, ids, patterns) or other companies' teams (``T…``, ``E…``). Workspaces
of the own Enterprise Grid organization are no other company.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.slack.cluster_choice import matches_channel

RULE = "NETCLINIC_SLACK_CONNECT"
_TEAM = re.compile(r"[TE][A-Z0-9]{6,}")
Body = Mapping[str, Any]


@dataclass(frozen=True)
class SharedWith:
    """A channel as Slack tells of it: whether it is shared with another company, and with which teams, if told."""

    name: str = ""
    is_external: bool = False
    teams: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SlackConnect:
    """``own``: the ids of our team and of its organization. ``allowed``: what the setting names."""

    own: frozenset[str]
    allowed: tuple[str, ...] = ()
    contact: str = ""

    def may_see(self, team: str) -> bool:
        """Whether people of that team may use netclinic, wherever they are."""
        return not team or team in self.own or team in self.allowed

    def opens(self, channel: str, name: str) -> bool:
        """Whether everybody in the channel may see what is said there."""
        patterns = (item for item in self.allowed if not is_team(item))
        return any(matches_channel(pattern, channel, name) for pattern in patterns)

    def may_post(self, channel: str, shared: SharedWith, asker: str = "") -> bool:
        """Whether what is read may be said in that channel.

        Where Slack does not tell the teams it is shared with, the asker's decides; without one, that any is named.
        """
        if not shared.is_external or self.opens(channel, shared.name):
            return True
        named = set(filter(is_team, self.allowed))
        others = shared.teams - self.own
        if others:
            return others <= named
        return asker in named if asker else bool(named)

    @property
    def person_sentence(self) -> str:
        """Why somebody of another company is not answered."""
        return (
            f"I answer only people of the company that runs me, and Slack says that you are of another. {self._advice}"
        )

    @property
    def channel_sentence(self) -> str:
        """Why nothing is said in a channel."""
        return (
            "This channel is shared with another company (Slack Connect), so nothing of our clusters is shown here: "
            f"ask me in a direct message. {self._advice}"
        )

    @property
    def _advice(self) -> str:
        return f"Ask {self.contact or 'whoever runs netclinic here'} to change that."


def is_team(item: str) -> bool:
    """Whether an item of the setting is a team, and no channel."""
    return _TEAM.fullmatch(item) is not None


def foreign_team(body: Body, own: frozenset[str]) -> str:
    """The team of whoever sent this payload, if one stands there that is not ours; empty otherwise.

    A payload comes over our own connection: where it names no team at all it is ours.
    """
    return next((team for team in _teams(body) if team and team not in own), "")


def is_externally_shared(body: Body) -> bool:
    """Whether an event says of itself that it happened in a channel that is shared with another company."""
    return body.get("is_ext_shared_channel") is True or _part(body, "event").get("is_ext_shared_channel") is True


def _teams(body: Body) -> Iterator[str]:
    event = _part(body, "event")
    person = (event, ("user_team", "team", "source_team", "team_id")), (_part(event, "user_profile"), ("team",))
    acting = (_part(body, "user"), ("team_id",)), (_part(body, "team"), ("id",)), (body, ("team_id",))
    for part, names in (*person, *acting):
        yield from (str(part.get(name) or "") for name in names if not isinstance(part.get(name), Mapping))


def _part(body: Body, name: str) -> Body:
    part = body.get(name)
    return part if isinstance(part, Mapping) else {}
