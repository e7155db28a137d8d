"""Who may do what, and where. A refusal says who may and whom to ask; what Slack cannot tell is never a yes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.slack.cluster_choice import matches_channel
from knowledge.errors import FAILED, UserFacingError

EVERYONE = "everyone"
Right = Literal["ask", "recheck", "resolve", "audit"]
RIGHTS: tuple[Right, ...] = ("ask", "recheck", "resolve", "audit")
_ACTIVITIES: Mapping[Right, str] = {
    "ask": "asking netclinic",
    "recheck": "checking an answer again",
    "resolve": "resolving a case",
    "audit": "reading the audit log",
}
_USER = re.compile(r"[UW][A-Z0-9]{6,}")


def is_user(name: str) -> bool:
    """Whether a setting names a person by id, and no group."""
    return _USER.fullmatch(name) is not None


class MembershipUnknown(UserFacingError):
    """Slack did not tell who is in a group; the message says why."""

    exit_code = FAILED


class Groups(Protocol):
    """Slack's user groups."""

    async def members(self, group: str) -> frozenset[str]:
        """The user ids in a group, by its handle or id.

        Raises:
            MembershipUnknown: Slack does not say, or there is no such group.
        """
        ...


@dataclass(frozen=True)
class Refusal:
    """Why not, in one sentence. ``rule`` is the setting that says so."""

    sentence: str
    rule: str


@dataclass(frozen=True)
class Permissions:
    """What the settings say. ``may`` holds user ids, group ids, group handles or ``everyone`` for each right.

    ``channels``: names, ids or patterns; none means all. Direct messages are in every one's own hands, and allowed.
    ``contact`` is whom to ask about a refusal.
    """

    groups: Groups
    may: Mapping[Right, tuple[str, ...]]
    channels: tuple[str, ...] = ()
    contact: str = ""

    def is_open_to_all(self, right: Right) -> bool:
        """Whether nobody in particular is named for it."""
        return EVERYONE in (self.may.get(right) or (EVERYONE,))

    async def refusal(self, right: Right, user: str) -> Refusal | None:
        """Why this person may not; ``None`` when they may."""
        allowed = self.may.get(right) or (EVERYONE,)
        if self.is_open_to_all(right) or user in allowed:
            return None
        rule, unknown = f"NETCLINIC_MAY_{right.upper()}", ""
        for group in (item for item in allowed if not is_user(item)):
            try:
                if user in await self.groups.members(group):
                    return None
            except MembershipUnknown as error:
                unknown = str(error)
        if unknown:
            return Refusal(f"I cannot tell whether you may: {unknown} {self._advice}", rule)
        return Refusal(f"Only {_list_allowed(allowed)} may do this ({_ACTIVITIES[right]}). {self._advice}", rule)

    def channel_refusal(self, channel: str, name: str) -> Refusal | None:
        """Why not in this channel; ``None`` where it is allowed."""
        if not self.channels or any(matches_channel(pattern, channel, name) for pattern in self.channels):
            return None
        where = ", ".join(
            item if re.fullmatch(r"[CG][A-Z0-9]{6,}", item) else f"#{item.lstrip('#')}" for item in self.channels
        )
        sentence = f"I answer only in {where} and in direct messages. {self._advice}"
        return Refusal(sentence, "NETCLINIC_CHANNELS")

    @property
    def _advice(self) -> str:
        return f"Ask {self.contact or 'whoever runs netclinic here'} to change that."


def _list_allowed(allowed: Sequence[str]) -> str:
    shown = [item if re.fullmatch(r"[UWS][A-Z0-9]{6,}", item) else f"@{item.lstrip('@')}" for item in allowed]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
