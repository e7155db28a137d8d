"""Who may do what, and where. A refusal says who may and whom to ask; what Slack cannot tell is never a yes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.slack.cluster_choice import fits
from knowledge.errors import FAILED, UserFacingError

EVERYONE = "everyone"
Right = Literal["ask", "recheck", "resolve", "audit"]
RIGHTS: tuple[Right, ...] = ("ask", "recheck", "resolve", "audit")
_DOING: Mapping[Right, str] = {
    "ask": "asking netclinic",
    "recheck": "checking an answer again",
    "resolve": "resolving a case",
    "audit": "reading the audit log",
}
_USER = re.compile(r"[UW][A-Z0-9]{6,}")


def is_user(name: str) -> bool:
    """Whether a setting names a person by id, and no group."""
    return _USER.fullmatch(name) is not None


class CannotTell(UserFacingError):
    """Slack did not tell who is in a group; the message says why."""

    exit_code = FAILED


class Groups(Protocol):
    """Slack's user groups."""

    async def members(self, group: str) -> frozenset[str]:
        """The user ids in a group, by its handle or id.

        Raises:
            CannotTell: Slack does not say, or there is no such group.
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

    def is_everyones(self, right: Right) -> bool:
        """Whether nobody in particular is named for it."""
        return EVERYONE in (self.may.get(right) or (EVERYONE,))

    async def refusal(self, right: Right, user: str) -> Refusal | None:
        """Why this person may not; ``None`` when they may."""
        allowed = self.may.get(right) or (EVERYONE,)
        if self.is_everyones(right) or user in allowed:
            return None
        rule, untold = f"NETCLINIC_MAY_{right.upper()}", ""
        for group in (item for item in allowed if not is_user(item)):
            try:
                if user in await self.groups.members(group):
                    return None
            except CannotTell as error:
                untold = str(error)
        if untold:
            return Refusal(f"I cannot tell whether you may: {untold} {self._way_out}", rule)
        return Refusal(f"Only {_listed(allowed)} may do this ({_DOING[right]}). {self._way_out}", rule)

    def refusal_of_channel(self, channel: str, name: str) -> Refusal | None:
        """Why not in this channel; ``None`` where it is allowed."""
        if not self.channels or any(fits(pattern, channel, name) for pattern in self.channels):
            return None
        where = ", ".join(
            item if re.fullmatch(r"[CG][A-Z0-9]{6,}", item) else f"#{item.lstrip('#')}" for item in self.channels
        )
        sentence = f"I answer only in {where} and in direct messages. {self._way_out}"
        return Refusal(sentence, "NETCLINIC_CHANNELS")

    @property
    def _way_out(self) -> str:
        return f"Ask {self.contact or 'whoever runs netclinic here'} to change that."


def _listed(allowed: Sequence[str]) -> str:
    shown = [item if re.fullmatch(r"[UWS][A-Z0-9]{6,}", item) else f"@{item.lstrip('@')}" for item in allowed]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
