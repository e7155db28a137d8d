"""What handlers and listeners work with: the services of the process, and what is made from them."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bot.audit import Actor, AuditContext
from bot.audit.records import SYSTEM
from bot.settings import parse_list
from bot.slack.api.directory import Directory
from bot.slack.api.errors import SlackError, SlackRefused
from bot.slack.blocks.elements import Message
from bot.slack.cluster_choice import matches_channel
from bot.slack.handlers.cluster_status import ClusterStatus
from bot.slack.handlers.messenger import AuditedMessenger
from bot.slack.jobs import JobKind, Payload
from bot.slack.permissions import MembershipUnknown, Permissions, Right
from bot.slack.services import Services
from bot.store.cases import Cases
from bot.store.feedback import FeedbackBook
from bot.store.handovers import Handovers
from bot.store.settling import SettlingAnswers
from bot.store.standing import StandingCases


@dataclass(frozen=True)
class SlackGroups:
    """Slack's user groups, for the permissions."""

    directory: Directory

    async def members(self, group: str) -> frozenset[str]:
        """The user ids in a group, by its handle or id.

        Raises:
            MembershipUnknown: Slack does not say, or there is no such group.
            SlackUnavailable: Slack cannot be asked now.
        """
        try:
            found = await self.directory.group(group)
            if found is not None:
                return await self.directory.members(str(found["id"]))
        except SlackRefused as error:
            raise MembershipUnknown(f"Slack does not say who is in {group} ({str(error).rstrip('.')}).") from error
        raise MembershipUnknown(f"Slack knows no user group {group}.")


@dataclass(frozen=True)
class HandlerContext:
    """``services`` as they were joined, and what reads and writes cases, feedback and permissions with them."""

    services: Services
    cases: Cases
    feedback: FeedbackBook
    settling: SettlingAnswers
    handovers: Handovers
    standing: StandingCases
    permissions: Permissions
    cluster_status: ClusterStatus
    help: Message
    commands: frozenset[str]
    _warned: set[str] = field(default_factory=set)

    @staticmethod
    def from_services(services: Services, help_: Message, commands: Iterable[str] = ()) -> "HandlerContext":
        """The context for these services.

        ``help_`` is what somebody is told who asks nothing, or says a command's name.
        """
        settings = services.settings
        may: dict[Right, str] = {
            "ask": settings.may_ask,
            "recheck": settings.may_recheck,
            "resolve": settings.may_resolve,
            "audit": settings.may_audit,
        }
        permissions = Permissions(
            SlackGroups(services.directory),
            {right: parse_list(people) for right, people in may.items()},
            parse_list(settings.channels),
            settings.contact,
        )
        cluster_status = ClusterStatus(services.open_cluster, services.access)
        return HandlerContext(
            services,
            Cases(services.store),
            FeedbackBook(services.store),
            SettlingAnswers(services.store),
            Handovers(services.store),
            StandingCases(services.store),
            permissions,
            cluster_status,
            help_,
            frozenset(commands),
        )

    async def accept(self, kind: JobKind[Payload], key: str, payload: Payload, patience: float | None = None) -> bool:
        """Store a job, as the queue's ``accept`` does; False where its key was accepted before."""
        return await self.services.queue.accept(kind.name, key, kind.dump(payload), patience)

    async def accept_unless_succeeded(
        self, kind: JobKind[Payload], key: str, payload: Payload, succeeded: Callable[[str], Awaitable[bool]]
    ) -> bool:
        """The same, where what came to nothing may be tried again."""
        return await self.services.queue.accept_unless_succeeded(kind.name, key, kind.dump(payload), succeeded)

    def is_command(self, words: str) -> bool:
        """Whether they are what is typed behind the slash command, and no symptom."""
        return words.lower() in self.commands

    def audit_context(self, user: str, channel: str, request: str, case: str | None = None) -> AuditContext:
        """The audit records of one request by a person in Slack."""
        actor = Actor("slack", user, self.services.directory.handle(user), channel, self.services.bot.team)
        return AuditContext(self.services.audit_log, actor, request, case)

    def system_audit_context(self, request: str) -> AuditContext:
        """The same where nobody asked: by the clock, or by netclinic itself."""
        return AuditContext(self.services.audit_log, replace(SYSTEM, team=self.services.bot.team), request)

    def is_first_warning(self, request: str) -> bool:
        """Whether nobody was warned about this request before: Slack brings each several times."""
        if request in self._warned:
            return False
        self._warned.add(request)
        return True

    def messenger(self, trail: AuditContext) -> AuditedMessenger:
        """What says something in Slack, on record."""
        return AuditedMessenger(self.services.poster, trail)

    async def channel_name(self, channel: str) -> str:
        """A channel's name; empty where it decides nothing: in direct messages, without settings that name channels,
        and where the bot may not see it.

        Raises:
            SlackUnavailable: Slack cannot be asked now.
        """
        settings = self.services.settings
        by_name = settings.channels or settings.incident_channels or self.services.clusters.by_channel
        if channel.startswith("D") or not by_name:
            return ""
        try:
            return str((await self.services.directory.channel(channel)).get("name") or "")
        except SlackRefused:
            return ""

    async def display_name(self, user: str) -> str:
        """What people call them, for sentences that mention nobody; the id where Slack does not tell."""
        try:
            return str((await self.services.directory.person(user)).get("real_name") or user)
        except SlackError:
            return user

    async def display_names(self, ids: Collection[str]) -> dict[str, str]:
        """The same of several people and user groups; who is not in it has no name that Slack tells."""
        people = [id_ for id_ in ids if id_[:1] in ("U", "W")]
        found = dict(zip(people, await asyncio.gather(*map(self.display_name, people)), strict=True))
        for group in (id_ for id_ in ids if id_[:1] == "S"):
            with contextlib.suppress(SlackError):
                if known := await self.services.directory.group(group):
                    found[group] = f"@{known['handle']}"
        return {id_: name for id_, name in found.items() if name != id_}

    async def is_incident_channel(self, channel: str) -> bool:
        """Whether it answers unasked there."""
        patterns = parse_list(self.services.settings.incident_channels)
        if not patterns:
            return False
        name = await self.channel_name(channel)
        return any(matches_channel(pattern, channel, name) for pattern in patterns)

    @property
    def button_lifetime(self) -> timedelta:
        """How long an answer's buttons can be pressed."""
        return timedelta(hours=self.services.settings.buttons_expire_hours)

    def now(self) -> datetime:
        """Our own clock."""
        return datetime.now(UTC)
