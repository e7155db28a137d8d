"""What a pressed button does. Its value leads to what is stored; who presses, how late, and twice, is checked here.

Pressing is work of its own, so that a press is neither lost nor done twice. What takes long (a re-check) is accepted
as further work under a key that belongs to the answer: the second press finds it taken.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from functools import partial
from typing import Any

from bot.audit import AuditContext
from bot.cluster.connection import ConnectionSettingsError
from bot.slack.api.errors import SlackFailure
from bot.slack.blocks.action_ids import CHOOSE_CLUSTER, HAND_OVER, HELPED, NOT_HELPED, RECHECK, RESOLVE, ButtonValue
from bot.slack.blocks.elements import Message
from bot.slack.blocks.modals import cluster_for_option
from bot.slack.handlers.context import HandlerContext, shown
from bot.slack.handlers.question import Question
from bot.slack.handlers.refusal import UserError, run_reporting_errors
from bot.slack.permissions import Right
from bot.slack.queue.job import Job, Json
from bot.store.cases import RESOLVED, Case, StoredAnswer
from bot.store.feedback import Feedback

NAME = "press"
A_PRESS = timedelta(minutes=1)  # within which the same person's is this very press, before a crash, or a double click
ASK_AGAIN = "ask again, and use the new answer's buttons"


@dataclass(frozen=True, kw_only=True)
class ButtonPress:
    """A button or menu as it was pressed. ``message_ts`` is the message's; private where only one person sees it."""

    action: str
    value: str
    user: str
    channel: str
    message_ts: str = ""
    thread_ts: str = ""
    response_url: str = ""
    is_private: bool = False

    @staticmethod
    def of(payload: Mapping[str, Any]) -> "ButtonPress":
        """The inverse of ``to_json``."""
        names = {field.name for field in fields(ButtonPress)}
        return ButtonPress(**{name: value for name, value in payload.items() if name in names})

    def to_json(self) -> dict[str, Any]:
        """Every field."""
        return asdict(self)


async def press(context: HandlerContext, job: Job) -> None:
    """The handler of pressed buttons."""
    pressing = Pressing(context, job, ButtonPress.of(job.payload))
    await run_reporting_errors(pressing.act, pressing.say, pressing.trail)


async def found(context: HandlerContext, pressed: ButtonPress) -> tuple[Case, StoredAnswer]:
    """The case and the answer that a button is about.

    Raises:
        Refused: the button is none of ours, too old, or its case is not of this place.
    """
    try:
        value = ButtonValue.loads(pressed.value)
    except ValueError:
        raise UserError(f"This button leads nowhere: {ASK_AGAIN}.") from None
    case = await context.parts.store.run(context.cases.get, value.case)
    answer = await context.parts.store.run(context.cases.answer, value.diagnosis)
    team = context.parts.bot.team
    if case is None or answer is None or answer.case_id != case.id or case.team != team:
        raise UserError(f"This button's answer is not stored here any more: {ASK_AGAIN}.")
    if pressed.channel and pressed.channel != answer.channel:
        raise UserError(f"This button belongs to another channel: {ASK_AGAIN}.")
    if context.now() - answer.finished_at > context.buttons_last:
        hours = context.parts.settings.buttons_expire_hours
        raise UserError(f"These buttons are older than {hours:g} hours and no longer work: {ASK_AGAIN}.")
    return case, answer


@dataclass(frozen=True)
class Pressing:
    """One press on its way."""

    context: HandlerContext
    job: Job
    pressed: ButtonPress

    async def act(self) -> None:
        """Do what the button says.

        Raises:
            Refused: it is not done, and why.
        """
        kinds: dict[str, tuple[Right | None, Callable[[], Awaitable[Json]]]] = {
            RECHECK: ("recheck", self._rechecked),
            RESOLVE: ("resolve", self._resolved),
            HAND_OVER: ("ask", self._handed_over),
            HELPED: (None, self._told),
            NOT_HELPED: (None, self._told),
            CHOOSE_CLUSTER: ("ask", self._chosen),
        }
        right, do = kinds.get(self.pressed.action, (None, self._nowhere))
        for name, step in (("may", lambda: self._permitted(right)), (self.pressed.action, lambda: _outcome(do))):
            outcome = await self.job.step(name, step)
            if outcome and "refused" in outcome:
                raise UserError(*outcome["refused"])

    async def say(self, message: Message) -> None:
        """Tell the one who pressed, alone."""

        async def tell() -> Json:
            pressed, voice = self.pressed, self.context.voice(self.trail)
            url, thread = pressed.response_url, pressed.thread_ts or None
            if pressed.channel and not pressed.is_private:
                await voice.alone(pressed.channel, pressed.user, message, thread_ts=thread, response_url=url)
            elif url:
                await voice.respond(url, message)

        await self.job.step("say", tell)

    @property
    def trail(self) -> AuditContext:
        """The records of this press."""
        return self.context.trail(self.pressed.user, self.pressed.channel, self.job.key, case_in(self.pressed.value))

    async def _nowhere(self) -> Json:
        raise UserError(f"This button leads nowhere: {ASK_AGAIN}.")

    async def _permitted(self, right: Right | None) -> Json:
        await self.trail.record(
            "button.pressed", outcome=self.pressed.action, detail={"value": self.pressed.value[:500], **self._work()}
        )
        no = await self.context.permissions.refusal(right, self.pressed.user) if right else None
        return {"refused": [no.sentence, no.rule]} if no else {}

    def _work(self) -> dict[str, str]:
        """The request id of what the press sets off, so that its records are found from here."""
        if self.pressed.action not in (RECHECK, HAND_OVER):
            return {}
        with contextlib.suppress(ValueError):
            value = ButtonValue.loads(self.pressed.value)
            of = value.case if self.pressed.action == HAND_OVER else value.diagnosis
            return {"work": once_of(self.pressed.action, of)}
        return {}

    async def _rechecked(self) -> Json:
        case, answer = await self._open_case()
        payload = {**self.pressed.to_json(), "case": case.id, "answer": answer.id}
        key, anew = once_of(RECHECK, answer.id), self.context.parts.work.accept_anew
        if await anew(RECHECK, key, payload, partial(is_answered, self.context)):
            return {}
        raise UserError("This answer is being checked again, or was already: look for the newest one in this thread.")

    async def _handed_over(self) -> Json:
        if not self.context.parts.settings.oncall_group:
            raise UserError("Nobody is named to hand a case to: set NETCLINIC_ONCALL_GROUP to a user group.")
        case, answer = await self._open_case()
        payload = {**self.pressed.to_json(), "case": case.id, "answer": answer.id}
        key, anew = once_of(HAND_OVER, case.id), self.context.parts.work.accept_anew
        if not case.assignee and await anew(HAND_OVER, key, payload, self._is_assigned):
            return {}
        raise UserError(f"Case {case.id} was handed to on-call already.")

    async def _is_assigned(self, _: str) -> bool:
        case, _answer = await found(self.context, self.pressed)
        return bool(case.assignee)

    async def _resolved(self) -> Json:
        case, answer = await found(self.context, self.pressed)
        done = await self.context.parts.store.run(
            self.context.cases.resolve, case.id, self.pressed.user, self.context.now()
        )
        again = await self.context.parts.store.run(self.context.cases.get, case.id) or case
        is_ours = (
            again.resolved_by == self.pressed.user
            and self.context.now() - (again.resolved_at or case.opened_at) < A_PRESS
        )
        if not done and not is_ours:
            raise UserError(await self._resolved_by(again))
        if done:
            await self.trail.record("case.resolved", cluster=case.cluster, outcome=answer.told.outcome)
        await refreshed(self.context, self.trail, case.id, answer.id)
        return {}

    async def _told(self) -> Json:
        case, answer = await found(self.context, self.pressed)
        word = Feedback(
            diagnosis_id=answer.id,
            user=self.pressed.user,
            case_id=case.id,
            entry=answer.told.diagnoses[0].entry if answer.told.diagnoses else "",
            helped=self.pressed.action == HELPED,
            at=self.context.now(),
        )
        await self.context.parts.store.run(self.context.feedback.save, word)
        if not self.pressed.is_private:
            await refreshed(self.context, self.trail, case.id, answer.id)
        return {}

    async def _chosen(self) -> Json:
        """A menu's choice: ``value`` is ``<key of the question> <value of the option>``."""
        key, _, option = self.pressed.value.partition(" ")
        payload = await self.context.parts.work.payload(key)
        try:
            name = cluster_for_option(option, await asyncio.to_thread(self.context.parts.clusters.known))
        except ConnectionSettingsError as error:
            raise UserError(str(error)) from error
        if payload is None or name is None:
            raise UserError(f"That question is not waiting here any more, or that cluster is gone: {ASK_AGAIN}.")
        question = Question.of(payload)
        if question.channel != self.pressed.channel:
            raise UserError(f"This menu belongs to another channel: {ASK_AGAIN}.")
        again = question.on(name, self.pressed.message_ts, self.pressed.response_url)
        if await self.context.parts.work.accept("ask", f"{key}:chosen", again.to_json()):
            return {}
        raise UserError("A cluster was chosen for this question already: its answer is here or on its way.")

    async def _open_case(self) -> tuple[Case, StoredAnswer]:
        case, answer = await found(self.context, self.pressed)
        if case.state == RESOLVED:
            raise UserError(f"{await self._resolved_by(case)} A new question in its thread opens it again.")
        return case, answer

    async def _resolved_by(self, case: Case) -> str:
        return f"Case {case.id} was resolved already by {await self.context.person_name(case.resolved_by)}."


async def is_answered(context: HandlerContext, key: str) -> bool:
    """Whether this piece of work came to an answer."""
    return await context.parts.store.run(context.cases.answer, key) is not None


def case_in(value: str) -> str | None:
    """The case that a button is about, where it is a button of one."""
    try:
        return ButtonValue.loads(value).case
    except ValueError:
        return None


async def _outcome(do: Callable[[], Awaitable[Json]]) -> Json:
    """A refusal is a step's result like any other, so that it is the same when the step is not repeated."""
    try:
        return await do()
    except UserError as why:
        return {"refused": [why.sentence, why.rule]}


def once_of(action: str, of: str) -> str:
    """The key of what may be done once with an answer, or with a case."""
    return f"{action}:{hashlib.sha256(of.encode()).hexdigest()[:24]}"


async def refreshed(context: HandlerContext, trail: AuditContext, case: str, answer: str) -> None:
    """Show again how things stand: in the answer that was pressed, and in the case's newest.

    Raises:
        SlackAway: Slack cannot be reached.
    """
    kept = await context.parts.store.run(context.cases.answers, case)
    for item in [one for one in kept if one.message_ts and (one.id == answer or one is kept[-1])]:
        try:
            message = await context.parts.store.run(shown, context, item)
            await context.voice(trail).update(item.channel, item.message_ts, message)
        except SlackFailure as error:
            if getattr(error, "code", "") not in ("message_not_found", "cant_update_message", "edit_window_closed"):
                raise
