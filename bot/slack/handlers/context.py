"""What the deeds and listeners work with: the parts of the process, and what is made from them for one workspace.

Cases and answers as deeds use them: opened for a thread, kept, and shown again as they stand now.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bot.audit import Actor, AuditContext
from bot.audit.records import SYSTEM
from bot.diagnosis.report import Changes, compare
from bot.settings import parse_list
from bot.slack.api.directory import Directory
from bot.slack.api.errors import SlackError, SlackRefused
from bot.slack.blocks.answer import answer_message
from bot.slack.blocks.case import CaseLine, refusal_message
from bot.slack.blocks.elements import Message
from bot.slack.blocks.overviews import verdicts_message
from bot.slack.cluster_choice import matches_channel
from bot.slack.handlers.cluster_status import ClusterStatus
from bot.slack.handlers.messenger import AuditedMessenger
from bot.slack.jobs import CasePress, JobKind, Payload
from bot.slack.permissions import MembershipUnknown, Permissions, Right
from bot.slack.services import Services
from bot.store.cases import OPEN, PRIVATE, RESOLVED, Case, Cases, StoredAnswer
from bot.store.feedback import FeedbackBook


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
    permissions: Permissions
    cluster_status: ClusterStatus
    help: Message
    commands: frozenset[str]
    _warned: set[str] = field(default_factory=set)

    @staticmethod
    def from_services(services: Services, help_: Message, commands: Iterable[str] = ()) -> "HandlerContext":
        """The desk for these parts; ``help_`` is what somebody is told who asks nothing, or says a command's name."""
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
        cluster_status = ClusterStatus(services.open_cluster)
        return HandlerContext(
            services,
            Cases(services.store),
            FeedbackBook(services.store),
            permissions,
            cluster_status,
            help_,
            frozenset(commands),
        )

    async def accept(self, kind: JobKind[Payload], key: str, payload: Payload, patience: float | None = None) -> bool:
        """Store a job, as the queue's ``accept`` does; False where its key was accepted before."""
        return await self.services.work.accept(kind.name, key, kind.dump(payload), patience)

    async def accept_unless_succeeded(
        self, kind: JobKind[Payload], key: str, payload: Payload, succeeded: Callable[[str], Awaitable[bool]]
    ) -> bool:
        """The same, where what came to nothing may be tried again."""
        return await self.services.work.accept_unless_succeeded(kind.name, key, kind.dump(payload), succeeded)

    def is_command(self, words: str) -> bool:
        """Whether they are what is typed behind the slash command, and no symptom."""
        return words.lower() in self.commands

    def audit_context(self, user: str, channel: str, request: str, case: str | None = None) -> AuditContext:
        """The audit records of one request by a person in Slack."""
        actor = Actor("slack", user, self.services.directory.handle(user), channel, self.services.bot.team)
        return AuditContext(self.services.ledger, actor, request, case)

    def system_audit_context(self, request: str) -> AuditContext:
        """The same where nobody asked: by the clock, or by netclinic itself."""
        return AuditContext(self.services.ledger, replace(SYSTEM, team=self.services.bot.team), request)

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


RECHECK = "recheck"


def open_case(
    context: HandlerContext, *, channel: str, thread_ts: str, user: str, question: str, at: datetime, is_private: bool
) -> Case:
    """The case of this thread, made now unless it is there."""
    case = Case(
        id="",
        team=context.services.bot.team,
        channel=channel,
        thread_ts=thread_ts,
        opened_at=at,
        opened_by=user,
        question=question,
        updated_at=at,
        state=PRIVATE if is_private else OPEN,
    )
    return context.cases.open(case)


async def find_case_and_answer(context: HandlerContext, press: CasePress) -> tuple[Case | None, StoredAnswer | None]:
    """What a press is about, as it is stored now."""
    store = context.services.store
    return await store.run(context.cases.get, press.case), await store.run(context.cases.answer, press.answer)


def render_answer(context: HandlerContext, answer: StoredAnswer) -> Message:
    """The answer's message, with what was done with it and its case until now."""
    case, entries = context.cases.get(answer.case_id), parse_check(context, answer.question)
    if entries is not None and not answer.report.was_read:
        trouble = answer.report.cluster.trouble if answer.report.cluster else "No cluster was read."
        return refusal_message(f"Nothing was judged. {trouble}", request=answer.id)
    if case is None or (entries is not None and len(entries) != 1):
        return verdicts_message(answer.report)
    return answer_message(
        answer.report,
        case=case_line(context, case, answer),
        asker=answer.asked_by,
        changes=find_changes(context, answer),
    )


def parse_check(context: HandlerContext, question: str) -> tuple[str, ...] | None:
    """The entries that ``check`` was to judge, none for every fault; ``None`` where the question is another."""
    first, *entries = question.split() or [""]
    return tuple(entries) if first == "check" and all(id_ in context.services.entries for id_ in entries) else None


def case_line(context: HandlerContext, case: Case, answer: StoredAnswer) -> CaseLine:
    """The case as this answer of it shows it."""
    said = [word for word in context.feedback.for_case(case.id) if word.diagnosis_id == answer.id]
    line = CaseLine(
        id=case.id,
        answer=answer.id,
        at=answer.finished_at,
        opened_at=case.opened_at,
        handed_to=case.assignee,
        is_private=case.state == PRIVATE,
        has_oncall=bool(context.services.settings.oncall_group),
        namespace=answer.namespace,
        question=answer.question if case.state == PRIVATE or answer.message_ts == case.thread_ts else "",
        helped_by=next((word.user for word in reversed(said) if word.helped), ""),
        not_helped_by=next((word.user for word in reversed(said) if not word.helped), ""),
    )
    if case.state == RESOLVED:
        line = replace(line, resolved_by=case.resolved_by, resolved_at=case.resolved_at)
    return line


def find_changes(context: HandlerContext, answer: StoredAnswer) -> Changes | None:
    """What a re-check found to be different from the look before it; ``None`` for other answers."""
    if answer.kind != RECHECK:
        return None
    before = [
        other
        for other in context.cases.answers(answer.case_id)
        if other.question == answer.question and other.finished_at < answer.finished_at
    ]
    return compare(before[-1].report, answer.report) if before else None
