"""A slash command while it is run: permissions, cluster and answer; ``ask`` and ``check``, which become questions."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from bot.audit import AuditContext
from bot.cluster.connection import ConnectionSettingsError
from bot.slack.api.errors import SlackRefused
from bot.slack.blocks.case import Stage, progress_message
from bot.slack.blocks.elements import Message
from bot.slack.cluster_choice import AmbiguousCluster, ChosenCluster
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.errors import UserError
from bot.slack.handlers.messenger import AnswerMessage
from bot.slack.jobs import QUESTION, SHARE, Question, SlashCommand
from bot.slack.parsing import ParsedQuestion
from bot.slack.permissions import Right
from bot.slack.queue.job import Job, Json
from knowledge.errors import nearest_name


@dataclass(frozen=True)
class Command:
    """``reply`` is where the answer goes; steps are the job's."""

    context: HandlerContext
    job: Job
    slash: SlashCommand
    reply: AnswerMessage

    @staticmethod
    def of(context: HandlerContext, job: Job, slash: SlashCommand) -> "Command":
        """The command that this piece of work is."""
        shared = SHARE in slash.arguments.flags
        reply = AnswerMessage(
            poster=context.services.poster,
            trail=context.audit_context(slash.user, slash.channel, job.key),
            channel=slash.channel,
            key=job.key,
            response_url="" if shared else slash.response_url,
        )
        return Command(context, job, slash, reply)

    @property
    def arguments(self) -> ParsedQuestion:
        """The words, cluster, namespace and flags."""
        return self.slash.arguments

    @property
    def trail(self) -> AuditContext:
        """The records of this command."""
        return self.reply.trail

    async def record_received(self) -> None:
        """Put it on record, whatever comes of it."""

        async def record() -> Json:
            outcome = self.slash.name if self.context.is_command(self.slash.name) else "unknown"
            await self.trail.record("command.received", outcome=outcome, detail={"text": self.slash.text})

        await self.job.step("received", record)

    async def require_permission(self, right: Right = "ask") -> None:
        """Refuse it where settings do.

        Raises:
            UserError: not here, or not this person.
        """

        async def judge() -> Json:
            why = await self._refusal(right)
            return {"refused": [why.sentence, why.rule]} if why else {}

        outcome = await self.job.step("may", judge)
        if "refused" in outcome:
            raise UserError(*outcome["refused"])

    async def choose_cluster(self) -> str:
        """The cluster that is meant; empty where none is configured.

        Raises:
            UserError: it is unknown, or one has to be named.
        """

        async def choose() -> Json:
            name = await self.context.channel_name(self.slash.channel)
            place = {"channel": self.slash.channel, "channel_name": name}
            try:
                choose_ = self.context.services.clusters.choose
                choice = await asyncio.to_thread(
                    choose_, given=self.arguments.cluster, words=self.arguments.words, **place
                )
            except ConnectionSettingsError as error:
                return {"refused": [str(error), ""]}
            if isinstance(choice, ChosenCluster):
                return {"cluster": choice.name}
            if isinstance(choice, AmbiguousCluster):
                names = ", ".join(choice.names)
                return {"refused": [f"Which cluster? Add cluster=NAME, one of {names}.", ""]}
            return {"refused": [choice.sentence, ""]}

        outcome = await self.job.step("cluster", choose)
        if "refused" in outcome:
            raise UserError(*outcome["refused"])
        return str(outcome["cluster"])

    async def answer(self, message: Message) -> None:
        """Show this, and its file where everybody sees it."""
        await self.answer_with(lambda: _return(message))

    async def answer_with(self, make_message: Callable[[], Awaitable[Message]], about: str = "") -> None:
        """Show what is made now: making it and showing it are one step, which may be done again.

        Where that takes long who alone will see it hears what it is ``about``.
        """

        async def show() -> Json:
            if about and self.reply.would_pile_up:
                looking = replace(progress_message(about, Stage.READING), richer=[])
                self.reply.begin_if_slow(looking, self.context.services.timing.private_patience)
            message = await make_message()
            self.reply.ts = await self.reply.begin(message)
            await self.reply.attach_file(message)

        await self.job.step("answer", show)

    async def end_with_error(self, message: Message) -> None:
        """The answer that ends the command; for the asker alone where Slack does not take it for all."""
        try:
            await self.reply.end_with_error(message)
        except SlackRefused:
            await self.context.messenger(self.trail).respond(self.slash.response_url, message)

    async def _refusal(self, right: Right) -> UserError | None:
        permissions, slash = self.context.permissions, self.slash
        access = self.context.services.external_access
        if no := await access.refusal(slash.user, slash.channel, slash.team, slash.in_shared_channel):
            return UserError(no.sentence, no.rule)
        if not slash.channel.startswith("D"):
            name = await self.context.channel_name(slash.channel)
            if no := permissions.channel_refusal(slash.channel, name):
                return UserError(no.sentence, no.rule)
        if no := await permissions.refusal(right, slash.user):
            return UserError(no.sentence, no.rule)
        return UserError(self.arguments.trouble) if self.arguments.trouble else None


async def _return(message: Message) -> Message:
    return message


async def ask(command: Command) -> None:
    """``ask <symptom>``."""
    if not command.arguments.words:
        raise UserError("Say what you see: /netclinic ask pods stuck in ContainerCreating since 10 min.")
    await _accept_question(command, _make_question(command))


async def check(command: Command) -> None:
    """``check [entry]``; ``check prod-hz`` names the cluster without saying so."""
    words, entries = command.arguments.words.split(), command.context.services.entries
    known = await asyncio.to_thread(_cluster_names, command) if any(word not in entries for word in words) else {}
    named = [known[word.lower()] for word in words if word not in entries and word.lower() in known]
    wanted = tuple(word for word in words if word in entries or word.lower() not in known)
    for id_ in wanted:
        require_entry(command.context, id_)
    question = _make_question(command, entries=wanted)
    meant = question.cluster or (named[0] if len(named) == 1 else "")
    await _accept_question(command, replace(question, cluster=meant))


def _cluster_names(command: Command) -> Mapping[str, str]:
    """The clusters that may be asked about, by their names in small letters; none where the kubeconfig is unreadable,
    which whoever looks at a cluster says."""
    try:
        return {name.lower(): name for name in command.context.services.clusters.list_names()}
    except ConnectionSettingsError:
        return {}


async def _accept_question(command: Command, question: Question) -> None:
    """Hand the question on as work of its own: a menu of clusters finds it under its key."""

    async def accept() -> Json:
        await command.context.accept(QUESTION, f"{command.job.key}:{QUESTION.name}", question)

    await command.job.step("accept", accept)


def require_entry(context: HandlerContext, id_: str) -> None:
    """Refuse an entry that does not exist.

    Raises:
        UserError: there is none; the nearest is named.
    """
    entries = context.services.entries
    if id_ not in entries:
        near = nearest_name(id_, entries, cutoff=0.4)
        hint = f" Did you mean {near}?" if near else ""
        raise UserError(f"There is no entry {id_!r}.{hint} /netclinic entries names them all.")


def _make_question(command: Command, *, entries: tuple[str, ...] | None = None) -> Question:
    """The question that was typed; with ``entries`` it is a check of these."""
    arguments, slash = command.arguments, command.slash
    return Question(
        channel=slash.channel,
        user=slash.user,
        how="command",
        words=arguments.words if entries is None else " ".join(["check", *entries]),
        cluster=arguments.cluster,
        namespace=arguments.namespace,
        is_check=entries is not None,
        entries=entries or (),
        response_url="" if SHARE in arguments.flags else slash.response_url,
        team=slash.team,
        trouble=arguments.trouble,
    )
