"""Who may do what, and where. A refusal says who may and whom to ask; what Slack cannot tell is never a yes.

A right for which the settings name nobody is that of asking: who may not ask sees nothing of what was read.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.slack.blocks.action_ids import RECHECK, RESOLVE, SETTLE_NO, SETTLE_YES
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
_RIGHTS_OF_BUTTONS: Mapping[str, Right] = {
    RECHECK: "recheck",
    SETTLE_YES: "recheck",
    SETTLE_NO: "recheck",
    RESOLVE: "resolve",
}
_USER = re.compile(r"[UW][A-Z0-9]{6,}")


def is_user(name: str) -> bool:
    """Whether a setting names a person by id, and no group."""
    return _USER.fullmatch(name) is not None


def right_to_press(action: str) -> Right:
    """What a button takes: whatever it does, it does or shows what asking would."""
    return _RIGHTS_OF_BUTTONS.get(action, "ask")


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

    Nobody for a right means those who may ask; nobody for asking means everyone.
    ``channels``: names, ids or patterns; none means all. Direct messages are in every one's own hands, and allowed.
    ``contact`` is whom to ask about a refusal.
    """

    groups: Groups
    may: Mapping[Right, tuple[str, ...]]
    channels: tuple[str, ...] = ()
    contact: str = ""

    def names_people(self, right: Right) -> bool:
        """Whether the right's own setting names somebody in particular."""
        allowed = self.may.get(right) or (EVERYONE,)
        return EVERYONE not in allowed

    async def refusal(self, right: Right, user: str) -> Refusal | None:
        """Why this person may not; ``None`` when they may.

        Raises:
            SlackUnavailable: who is in a group cannot be asked now.
        """
        said_by = right if self.may.get(right) else "ask"
        allowed = self.may.get(said_by) or (EVERYONE,)
        if EVERYONE in allowed or user in allowed:
            return None
        rule, unknown = f"NETCLINIC_MAY_{said_by.upper()}", ""
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
