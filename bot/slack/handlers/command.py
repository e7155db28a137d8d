"""One slash command on its way: who typed what, and how it is answered, for the asker alone or for the channel.

``/netclinic ask`` and ``check``: questions like those in channels, answered for the asker alone.
"""

import asyncio
import difflib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from bot.audit import AuditContext
from bot.cluster.connection import ConnectionSettingsError
from bot.slack.api.errors import SlackRefused
from bot.slack.blocks.elements import Message
from bot.slack.cluster_choice import Ambiguous, Chosen
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.messenger import AnswerMessage
from bot.slack.handlers.question import NAME, Question
from bot.slack.handlers.refusal import UserError
from bot.slack.parsing import Asked, read_question
from bot.slack.permissions import Right
from bot.slack.queue.job import Job, Json

SHARE = "share"


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What Slack tells of a command: the text behind ``/netclinic``, who typed it and where."""

    text: str
    user: str
    channel: str
    response_url: str

    @staticmethod
    def of(payload: Mapping[str, Any]) -> "Typed":
        """The inverse of ``to_json``."""
        return Typed(**{field.name: str(payload[field.name]) for field in fields(Typed)})

    def to_json(self) -> dict[str, Any]:
        """Every field."""
        return asdict(self)

    @property
    def name(self) -> str:
        """The subcommand; empty where nothing was typed."""
        return self.text.split(maxsplit=1)[0] if self.text.split() else ""

    @property
    def rest(self) -> Asked:
        """What stands behind it, options and flags taken out, and quotes around all of it."""
        asked = read_question(self.text.strip()[len(self.name) :], flags=[SHARE])
        words = asked.words
        is_quoted = len(words) > 1 and words[0] == words[-1] and words[0] in "\"'" and words.count(words[0]) == 2
        return replace(asked, words=words[1:-1].strip()) if is_quoted else asked


@dataclass(frozen=True)
class Command:
    """``reply`` is where the answer goes; steps are the deed's."""

    context: HandlerContext
    job: Job
    typed: Typed
    reply: AnswerMessage

    @staticmethod
    def of(context: HandlerContext, job: Job) -> "Command":
        """The command that this piece of work is."""
        typed = Typed.of(job.payload)
        shared = SHARE in typed.rest.flags
        reply = AnswerMessage(
            poster=context.parts.poster,
            trail=context.trail(typed.user, typed.channel, job.key),
            channel=typed.channel,
            key=job.key,
            response_url="" if shared else typed.response_url,
        )
        return Command(context, job, typed, reply)

    @property
    def asked(self) -> Asked:
        """The words, cluster, namespace and flags."""
        return self.typed.rest

    @property
    def trail(self) -> AuditContext:
        """The records of this command."""
        return self.reply.trail

    async def received(self) -> None:
        """Put it on record, whatever comes of it."""

        async def record() -> Json:
            outcome = self.typed.name if self.context.is_command(self.typed.name) else "unknown"
            await self.trail.record("command.received", outcome=outcome, detail={"text": self.typed.text})

        await self.job.step("received", record)

    async def permitted(self, right: Right = "ask") -> None:
        """Refuse it where settings do.

        Raises:
            Refused: not here, or not this person.
        """

        async def judge() -> Json:
            why = await self._refusal(right)
            return {"refused": [why.sentence, why.rule]} if why else {}

        outcome = await self.job.step("may", judge)
        if "refused" in outcome:
            raise UserError(*outcome["refused"])

    async def cluster(self) -> str:
        """The cluster that is meant; empty where none is configured.

        Raises:
            Refused: it is unknown, or one has to be named.
        """

        async def choose() -> Json:
            name = await self.context.channel_name(self.typed.channel)
            place = {"channel": self.typed.channel, "channel_name": name}
            try:
                choose_ = self.context.parts.clusters.choose
                choice = await asyncio.to_thread(choose_, given=self.asked.cluster, **place)
            except ConnectionSettingsError as error:
                return {"refused": [str(error), ""]}
            if isinstance(choice, Chosen):
                return {"cluster": choice.name}
            if isinstance(choice, Ambiguous):
                names = ", ".join(choice.names)
                return {"refused": [f"Which cluster? Add cluster=NAME, one of {names}.", ""]}
            return {"refused": [choice.sentence, ""]}

        outcome = await self.job.step("cluster", choose)
        if "refused" in outcome:
            raise UserError(*outcome["refused"])
        return str(outcome["cluster"])

    async def answer(self, message: Message) -> None:
        """Show this, and its file where everybody sees it."""
        await self.answer_with(lambda: _ready(message))

    async def answer_with(self, made: Callable[[], Awaitable[Message]]) -> None:
        """Show what is made now: making it and showing it are one step, which may be done again."""

        async def show() -> Json:
            message = await made()
            self.reply.ts = await self.reply.begin(message)
            await self.reply.attach(message)

        await self.job.step("answer", show)

    async def last_word(self, message: Message) -> None:
        """The answer that ends the command; for the asker alone where Slack does not take it for all."""
        try:
            await self.reply.last_word(message)
        except SlackRefused:
            await self.context.voice(self.trail).respond(self.typed.response_url, message)

    async def _refusal(self, right: Right) -> UserError | None:
        permissions, typed = self.context.permissions, self.typed
        if not typed.channel.startswith("D"):
            name = await self.context.channel_name(typed.channel)
            if no := permissions.refusal_of_channel(typed.channel, name):
                return UserError(no.sentence, no.rule)
        if no := await permissions.refusal(right, typed.user):
            return UserError(no.sentence, no.rule)
        return UserError(self.asked.trouble) if self.asked.trouble else None


async def _ready(message: Message) -> Message:
    return message


async def ask(command: Command) -> None:
    """``ask <symptom>``."""
    if not command.asked.words:
        raise UserError("Say what you see: /netclinic ask pods stuck in ContainerCreating since 10 min.")
    await _accepted(command, _question(command))


async def check(command: Command) -> None:
    """``check [entry]``."""
    entries = tuple(command.asked.words.split())
    for id_ in entries:
        known_entry(command.context, id_)
    question = _question(command, is_check=True, entries=entries, words=" ".join(["check", *entries]))
    await _accepted(command, question)


async def _accepted(command: Command, question: Question) -> None:
    """Hand the question on as work of its own: a menu of clusters finds it under its key."""

    async def accept() -> Json:
        await command.context.parts.work.accept(NAME, f"{command.job.key}:{NAME}", question.to_json())

    await command.job.step("accept", accept)


def known_entry(context: HandlerContext, id_: str) -> None:
    """Refuse an entry that does not exist.

    Raises:
        Refused: there is none; the nearest is named.
    """
    entries = context.parts.entries
    if id_ not in entries:
        near = difflib.get_close_matches(id_, list(entries), n=1, cutoff=0.4)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise UserError(f"There is no entry {id_!r}.{hint} /netclinic entries names them all.")


def _question(command: Command, **more: object) -> Question:
    asked, typed = command.asked, command.typed
    told: dict[str, object] = {
        "channel": typed.channel,
        "user": typed.user,
        "how": "command",
        "words": asked.words,
        "cluster": asked.cluster,
        "namespace": asked.namespace,
        "response_url": "" if SHARE in asked.flags else typed.response_url,
        "trouble": asked.trouble,
        **more,
    }
    return Question.of(told)
