"""Whether somebody, or somewhere, is of another company: what the payload says, and what Slack tells when asked."""

from dataclasses import dataclass

from bot.slack.api.directory import Directory
from bot.slack.api.errors import EXTERNALLY_SHARED, SlackRefused
from bot.slack.permissions import Refusal
from bot.slack.slack_connect import RULE, SharedWith, SlackConnect


@dataclass(frozen=True)
class ExternalAccess:
    """``enterprise`` is our Enterprise Grid organization, if there is one.

    All methods raise ``SlackUnavailable`` where Slack has to be asked and cannot be.
    """

    policy: SlackConnect
    directory: Directory
    enterprise: str = ""

    async def refusal(self, user: str, channel: str, team: str = "", is_shared: bool = False) -> Refusal | None:
        """Why not this person in this channel; ``None`` where they may.

        ``team`` is one that their payload names beside ours, ``is_shared`` whether it says that the channel is.
        """
        shared = await self._shared_with(channel, is_shared)
        if shared.is_external and self.policy.opens(channel, shared.name):
            return None
        return await self.person_refusal(user, team) or self._place_refusal(channel, shared, team)

    async def person_refusal(self, user: str, team: str) -> Refusal | None:
        """The same of the person alone."""
        if self.policy.may_see(team) or (self.enterprise and await self._is_of_our_organization(user)):
            return None
        return Refusal(self.policy.person_sentence, RULE)

    async def unnamed_person_refusal(self, user: str, team: str) -> Refusal | None:
        """The same where payloads may name no team: then Slack's own word on the person counts, where it gives one."""
        return await self.person_refusal(user, team or await self._home_team(user))

    async def posting_refusal(self, channel: str) -> Refusal | None:
        """Why nothing that was read may be posted in that channel, whoever asked."""
        return self._place_refusal(channel, await self._shared_with(channel, False), "")

    async def is_read_by_others(self, channel: str) -> bool:
        """Whether people of another company are in that channel, whatever the setting opens to them."""
        return (await self._shared_with(channel, False)).is_external

    async def check_posting(self, channel: str) -> None:
        """Raises ``SlackRefused`` where that is so: what the poster asks before it posts."""
        if why := await self.posting_refusal(channel):
            raise SlackRefused(EXTERNALLY_SHARED, why.sentence)

    def _place_refusal(self, channel: str, shared: SharedWith, team: str) -> Refusal | None:
        asker = "" if team in self.policy.own else team
        if self.policy.may_post(channel, shared, asker):
            return None
        return Refusal(self.policy.channel_sentence, RULE)

    async def _shared_with(self, channel: str, is_shared: bool) -> SharedWith:
        """As Slack tells it; direct messages have no one else in them, and what we may not see we cannot tell."""
        if not channel or channel.startswith("D"):
            return SharedWith(is_external=is_shared)
        try:
            told = await self.directory.shared_with(channel)
        except SlackRefused:
            return SharedWith(is_external=is_shared)
        return SharedWith(told.name, told.is_external or is_shared, told.teams)

    async def _home_team(self, user: str) -> str:
        try:
            return str((await self.directory.person(user)).get("team_id") or "")
        except SlackRefused:
            return ""

    async def _is_of_our_organization(self, user: str) -> bool:
        try:
            person = await self.directory.person(user)
        except SlackRefused:
            return False
        return self.enterprise in (
            person.get("enterprise_id"),
            (person.get("enterprise_user") or {}).get("enterprise_id"),
        )
