"""What a pressed button does. Its value leads to what is stored; who presses, how late, and twice, is checked here.

A press is a job of its own, so that it is neither lost nor done twice. What takes long (a re-check) is accepted as a
further job under a key that belongs to the answer: the second press finds it taken.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot.audit import AuditContext
from bot.cluster.connection import ConnectionSettingsError
from bot.slack import jobs
from bot.slack.blocks.action_ids import (
    CHECK_ALL,
    CHECK_CLUSTER,
    CHOOSE_CLUSTER,
    HAND_OVER,
    HELPED,
    NOT_HELPED,
    RECHECK,
    RESOLVE,
    SETTLE_NO,
    SETTLE_YES,
    SHARE_ANSWER,
    SHOW_WHOLE,
    TAKE,
    TAKE_CASE,
    UNWATCH,
    WATCH,
    ButtonValue,
)
from bot.slack.blocks.case import CaseLine, feedback_message, resolved_message, taken_message, watched_message
from bot.slack.blocks.elements import Message
from bot.slack.blocks.modals import cluster_for_option
from bot.slack.handlers.asked_message import show_resolved
from bot.slack.handlers.case_service import case_line, is_answered, refresh_answers, render_answer, take_case
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.errors import UserError, run_reporting_errors
from bot.slack.handlers.escalation import NOBODY_NAMED, handing_over_key, is_handed_over, take_handed_over
from bot.slack.handlers.fleet import accept_cluster_check, check_key
from bot.slack.handlers.standing import list_joined, refresh_joined
from bot.slack.jobs import ButtonPress, CasePress, SettlePress, once_key
from bot.slack.permissions import right_to_press
from bot.slack.queue.job import Job, Json
from bot.store.cases import RESOLVED, Case, StoredAnswer
from bot.store.feedback import Feedback

SAME_PRESS = timedelta(
    minutes=1
)  # within which the same person's is this very press, before a crash, or a double click
ASK_AGAIN = "ask again, and use the new answer's buttons"


async def handle_press(context: HandlerContext, job: Job, press: ButtonPress) -> None:
    """The handler of pressed buttons."""
    handler = PressHandler(context, job, press)
    await run_reporting_errors(handler.act, handler.say, handler.trail)


async def find_case(context: HandlerContext, press: ButtonPress) -> tuple[Case, StoredAnswer]:
    """The case and the answer that a button is about.

    Raises:
        UserError: the button is none of ours, too old, or its case is not of this place.
    """
    try:
        value = ButtonValue.loads(press.value)
    except ValueError:
        raise UserError(f"This button leads nowhere: {ASK_AGAIN}.") from None
    case = await context.services.store.run(context.cases.get, value.case)
    answer = await context.services.store.run(context.cases.answer, value.answer)
    team = context.services.bot.team
    if case is None or answer is None or answer.case_id != case.id or case.team != team:
        raise UserError(f"This button's answer is not stored here any more: {ASK_AGAIN}.")
    if press.channel and press.channel != answer.channel:
        raise UserError(f"This button belongs to another channel: {ASK_AGAIN}.")
    if context.now() - answer.finished_at > context.button_lifetime:
        hours = context.services.settings.buttons_expire_hours
        raise UserError(f"These buttons are older than {hours:g} hours and no longer work: {ASK_AGAIN}.")
    return case, answer


@dataclass(frozen=True)
class PressHandler:
    """One press on its way."""

    context: HandlerContext
    job: Job
    press: ButtonPress

    async def act(self) -> None:
        """Do what the button says.

        Raises:
            UserError: it is not done, and why.
        """
        kinds: dict[str, Callable[[], Awaitable[Json]]] = {
            RECHECK: self._accept_recheck,
            SETTLE_YES: self._accept_settling,
            SETTLE_NO: self._accept_settling,
            RESOLVE: self._resolve,
            TAKE: self._take,
            WATCH: self._watch,
            UNWATCH: self._unwatch,
            CHECK_ALL: self._accept_check,
            CHECK_CLUSTER: lambda: accept_cluster_check(self.context, self.press),
            SHOW_WHOLE: self._show_whole,
            HAND_OVER: self._accept_escalation,
            SHARE_ANSWER: self._accept_sharing,
            TAKE_CASE: lambda: take_handed_over(self.context, self.trail, self.press),
            HELPED: self._store_feedback,
            NOT_HELPED: self._store_feedback,
            CHOOSE_CLUSTER: self._choose_cluster,
        }
        do = kinds.get(self.press.action, self._reject_unknown)
        for name, step in (
            ("may", self._check_permission),
            (self.press.action, lambda: _as_step_result(do)),
        ):
            outcome = await self.job.step(name, step)
            if outcome and "refused" in outcome:
                raise UserError(*outcome["refused"])
        if outcome and "told" in outcome:
            await self.job.step("tell", self._tell_thread)
        if self.press.action == RESOLVE and (case := parse_case_id(self.press.value)):
            await self.job.retry("state", lambda: show_resolved(self.context, case))
            for joined in await self.job.step("joined", lambda: list_joined(self.context, case)):
                await self.job.step("joined case", partial(refresh_joined, self.context, self.trail, joined))

    async def say(self, message: Message) -> None:
        """Tell the one who pressed, alone."""

        async def tell() -> Json:
            press, messenger = self.press, self.context.messenger(self.trail)
            url, thread = press.response_url, press.thread_ts or None
            if press.channel and not press.is_private:
                await messenger.post_privately(press.channel, press.user, message, thread_ts=thread, response_url=url)
            elif url:
                await messenger.respond(url, message)

        await self.job.step("say", tell)

    async def _tell_thread(self) -> Json:
        """One line in the case's thread, for all who work there."""
        id_ = ButtonValue.loads(self.press.value).case  # of a case handed over, the press is in another channel
        case = await self.context.services.store.run(self.context.cases.get, id_)
        if case is None:
            return
        line, timing = await self.context.services.store.run(self._case_line), self.context.services.timing
        watch = {"every": timing.watch_every, "at_most": timing.watch_for}
        messages: dict[str, Callable[[], Message]] = {
            TAKE: lambda: taken_message(line, **watch),
            TAKE_CASE: lambda: taken_message(line, **watch),
            WATCH: lambda: watched_message(line, **watch),
            RESOLVE: lambda: resolved_message(line),
            HELPED: lambda: feedback_message(line, helped=True),
            NOT_HELPED: lambda: feedback_message(line, helped=False),
        }
        message = messages[self.press.action]()
        place = {"channel": case.channel, "thread_ts": case.thread_ts}
        await self.context.messenger(self.trail).post_once(**place, key=f"{self.job.key}:told", message=message)

    def _case_line(self) -> CaseLine:
        value = ButtonValue.loads(self.press.value)
        case, answer = self.context.cases.get(value.case), self.context.cases.answer(value.answer)
        if case is None or answer is None:
            raise LookupError(f"the case {value.case} was there, and is gone")
        return case_line(self.context, case, answer)

    @property
    def trail(self) -> AuditContext:
        """The records of this press."""
        return self.context.audit_context(
            self.press.user, self.press.channel, self.job.key, parse_case_id(self.press.value)
        )

    async def _reject_unknown(self) -> Json:
        raise UserError(f"This button leads nowhere: {ASK_AGAIN}.")

    async def _check_permission(self) -> Json:
        await self.trail.record(
            "button.pressed",
            outcome=self.press.action,
            detail={"value": self.press.value[:500], **self._started_request()},
        )
        press, access = self.press, self.context.services.external_access
        no = await access.refusal(press.user, press.channel, press.team, press.in_shared_channel)
        no = no or await self.context.permissions.refusal(right_to_press(self.press.action), self.press.user)
        return {"refused": [no.sentence, no.rule]} if no else {}

    def _started_request(self) -> dict[str, str]:
        """The request id of what the press sets off, so that its records are found from here."""
        if self.press.action == CHECK_CLUSTER:
            return {"work": check_key(self.press)}
        if self.press.action not in (RECHECK, HAND_OVER, SHARE_ANSWER, SETTLE_YES, SETTLE_NO):
            return {}
        with contextlib.suppress(ValueError):
            value = ButtonValue.loads(self.press.value)
            if self.press.action in (SETTLE_YES, SETTLE_NO):
                return {"work": settle_key(value)}
            of = value.case if self.press.action == HAND_OVER else value.answer
            return {"work": once_key(self.press.action, of)}
        return {}

    async def _accept_recheck(self) -> Json:
        case, answer = await self._find_open_case()
        if not answer.question:
            raise UserError("The words of this question were erased, so it cannot be checked again: ask it anew.")
        key, payload = once_key(RECHECK, answer.id), CasePress(**vars(self.press), case=case.id, answer=answer.id)
        is_answered_ = partial(is_answered, self.context)
        if await self.context.accept_unless_succeeded(jobs.RECHECK, key, payload, is_answered_):
            return {}
        raise UserError("This answer is being checked again, or was already: look for the newest one in this thread.")

    async def _accept_settling(self) -> Json:
        """The answer to an entry's question: the first press below an answer counts, whatever it says."""
        case, answer = await self._find_open_case()
        value, yes = ButtonValue.loads(self.press.value), self.press.action == SETTLE_YES
        entry = self.context.services.entries.get(value.entry)
        if not answer.question or entry is None or entry.asks is None:
            raise UserError(f"This question cannot be answered here any more: {ASK_AGAIN}.")
        payload = SettlePress(**vars(self.press), case=case.id, answer=answer.id, entry=entry.id, yes=yes)
        is_answered_ = partial(is_answered, self.context)
        if await self.context.accept_unless_succeeded(jobs.SETTLE, settle_key(value), payload, is_answered_):
            return {}
        given = (await self.context.services.store.run(self.context.settling.given_below, answer.id)).get(entry.id)
        who = f"{await self.context.display_name(given.user)} answered" if given else "Somebody has answered"
        said = f" {'yes' if given.yes else 'no'}" if given else " this"
        raise UserError(
            f"{who}{said} already: the newest answer in this thread goes by it; ask again to say otherwise."
        )

    async def _accept_escalation(self) -> Json:
        if not (self.context.services.settings.oncall_group or self.context.services.settings.oncall):
            raise UserError(NOBODY_NAMED)
        case, answer = await self._find_open_case()
        if case.assignee not in ("", self.press.user) and not case.assignee.startswith("S"):
            name = await self.context.display_name(case.assignee)
            raise UserError(f"{name} is on it: nobody else is called. Ask {name}, who can hand it to on-call.")
        key, payload = handing_over_key(case.id), CasePress(**vars(self.press), case=case.id, answer=answer.id)
        accept = self.context.accept_unless_succeeded
        is_free = not await is_handed_over(self.context, case)
        if is_free and await accept(jobs.ESCALATE, key, payload, self._is_handed_over):
            return {}
        raise UserError(f"Case {case.id} was handed to on-call already.")

    async def _accept_sharing(self) -> Json:
        """A private answer goes to the channel where it was asked, once."""
        case, answer = await find_case(self.context, self.press)
        name = await self.context.channel_name(case.channel)
        if no := self.context.permissions.channel_refusal(case.channel, name):
            raise UserError(no.sentence, no.rule)
        key, payload = once_key(SHARE_ANSWER, answer.id), CasePress(**vars(self.press), case=case.id, answer=answer.id)
        is_shared = partial(is_answered, self.context)
        if await self.context.accept_unless_succeeded(jobs.SHARE_ANSWER, key, payload, is_shared):
            return {}
        raise UserError("This answer was shared to the channel already, or is about to be.")

    async def _is_handed_over(self, _: str) -> bool:
        case, _answer = await find_case(self.context, self.press)
        return await is_handed_over(self.context, case)

    async def _resolve(self) -> Json:
        case, answer = await find_case(self.context, self.press)
        done = await self.context.services.store.run(
            self.context.cases.resolve, case.id, self.press.user, self.context.now()
        )
        again = await self.context.services.store.run(self.context.cases.get, case.id) or case
        is_ours = (
            again.resolved_by == self.press.user
            and self.context.now() - (again.resolved_at or case.opened_at) < SAME_PRESS
        )
        if not done and not is_ours:
            raise UserError(await self._already_resolved(again))
        if done:
            await self.trail.record("case.resolved", cluster=case.cluster, outcome=answer.report.outcome)
        await refresh_answers(self.context, self.trail, case.id, answer.id)
        return {"told": True}

    async def _take(self) -> Json:
        """The one who presses works on it; it is watched from then on, where there is a cluster to look at."""
        case, answer = await self._find_open_case()
        store, user = self.context.services.store, self.press.user
        now_with = await take_case(self.context, self.trail, case, user)
        if now_with != user:
            raise UserError(f"{await self.context.display_name(now_with)} is on it already.")
        if answer.cluster:
            await store.run(self.context.cases.watch, case.id, self._watch_end())
        await refresh_answers(self.context, self.trail, case.id, answer.id)
        return {} if case.assignee == user else {"told": True}

    async def _watch(self) -> Json:
        case, answer = await self._find_open_case()
        if not answer.cluster:
            raise UserError("No cluster was read for this answer, so there is nothing to watch.")
        await self.context.services.store.run(self.context.cases.watch, case.id, self._watch_end())
        await self.trail.record("case.watched", cluster=case.cluster, outcome="on")
        await refresh_answers(self.context, self.trail, case.id, answer.id)
        return {} if case.watched_until else {"told": True}

    def _watch_end(self) -> datetime:
        return self.context.now() + timedelta(seconds=self.context.services.timing.watch_for)

    async def _unwatch(self) -> Json:
        case, answer = await self._find_open_case()
        await self.context.services.store.run(self.context.cases.watch, case.id, None)
        await self.trail.record("case.watched", cluster=case.cluster, outcome="off")
        await refresh_answers(self.context, self.trail, case.id, answer.id)
        return {}

    async def _show_whole(self) -> Json:
        """The whole answer in place of the short message that it stands in another thread."""
        _, answer = await find_case(self.context, self.press)
        message = await self.context.services.store.run(render_answer, self.context, answer)
        await self.context.messenger(self.trail).update(answer.channel, answer.message_ts, message)
        return {}

    async def _accept_check(self) -> Json:
        """Every fault of the FAQ on the answer's cluster, told in the same thread."""
        case, answer = await self._find_open_case()
        question = jobs.Question(
            channel=case.channel,
            user=self.press.user,
            how="form",
            words="check",
            cluster=answer.cluster,
            namespace=answer.namespace,
            is_check=True,
            thread_ts=case.thread_ts,
            team=self.press.team,
            in_shared_channel=self.press.in_shared_channel,
        )
        if await self.context.accept(jobs.QUESTION, once_key(CHECK_ALL, answer.id), question):
            return {}
        raise UserError("Everything is being checked, or was already: look for the newest answer in this thread.")

    async def _store_feedback(self) -> Json:
        case, answer = await find_case(self.context, self.press)
        word = Feedback(
            diagnosis_id=answer.id,
            user=self.press.user,
            case_id=case.id,
            entry=answer.report.diagnoses[0].entry if answer.report.diagnoses else "",
            helped=self.press.action == HELPED,
            at=self.context.now(),
        )
        await self.context.services.store.run(self.context.feedback.save, word)
        if not self.press.is_private:
            await refresh_answers(self.context, self.trail, case.id, answer.id)
        is_typed = not self.press.response_url  # who pressed is shown a form for a note
        return {"told": True} if is_typed else {}

    async def _choose_cluster(self) -> Json:
        """A menu's choice: ``value`` is ``<key of the question> <value of the option>``."""
        key, _, option = self.press.value.partition(" ")
        payload = await self.context.services.queue.payload(key)
        try:
            name = cluster_for_option(option, await asyncio.to_thread(self.context.services.clusters.list_names))
        except ConnectionSettingsError as error:
            raise UserError(str(error)) from error
        if payload is None or name is None:
            raise UserError(f"That question is not waiting here any more, or that cluster is gone: {ASK_AGAIN}.")
        question = jobs.QUESTION.load(payload)
        if question.channel != self.press.channel:
            raise UserError(f"This menu belongs to another channel: {ASK_AGAIN}.")
        again = question.with_cluster(name, self.press.message_ts, self.press.response_url)
        if await self.context.accept(jobs.QUESTION, f"{key}{jobs.CHOSEN}", again):
            return {}
        raise UserError("A cluster was chosen for this question already: its answer is here or on its way.")

    async def _find_open_case(self) -> tuple[Case, StoredAnswer]:
        case, answer = await find_case(self.context, self.press)
        if case.state == RESOLVED:
            raise UserError(f"{await self._already_resolved(case)} A new question in its thread opens it again.")
        return case, answer

    async def _already_resolved(self, case: Case) -> str:
        return f"Case {case.id} was resolved already by {await self.context.display_name(case.resolved_by)}."


def parse_case_id(value: str) -> str | None:
    """The case that a button is about, where it is a button of one."""
    try:
        return ButtonValue.loads(value).case
    except ValueError:
        return None


async def _as_step_result(do: Callable[[], Awaitable[Json]]) -> Json:
    """A refusal is a step's result like any other, so that it is the same when the step is not repeated."""
    try:
        return await do()
    except UserError as why:
        return {"refused": [why.sentence, why.rule]}


def settle_key(value: ButtonValue) -> str:
    """The key of answering an entry's question below one answer."""
    return once_key(jobs.SETTLE.name, f"{value.answer} {value.entry}")
