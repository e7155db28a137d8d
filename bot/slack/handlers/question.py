"""Answering a question: may it be asked, what and which cluster is meant, and then the diagnosis."""

import asyncio
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from bot.cluster.connection import ConnectionSettingsError
from bot.cluster.redaction import redact_text
from bot.diagnosis.labels import ENGLISH, Labels
from bot.diagnosis.labels_chinese import CHINESE
from bot.diagnosis.language import labels_among
from bot.diagnosis.report import Report
from bot.slack.alert_scope import scope_of_text
from bot.slack.api.errors import SlackError, SlackRefused
from bot.slack.api.files import MISSING_SCOPE
from bot.slack.blocks.action_ids import EVIDENCE, STEPS, ButtonValue
from bot.slack.blocks.case import nothing_new_message, refusal_message, welcome_message, working_message
from bot.slack.blocks.elements import Message
from bot.slack.blocks.modals import cluster_menu, evidence_message, steps_message
from bot.slack.chatter import adds_facts, said_beside
from bot.slack.cluster_choice import AmbiguousCluster, ChosenCluster, ClusterChoice
from bot.slack.handlers.case_service import is_worth_telling
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.diagnose import DiagnoseJob
from bot.slack.handlers.errors import UserError, run_reporting_errors
from bot.slack.handlers.messenger import AnswerMessage
from bot.slack.handlers.standing import is_standing
from bot.slack.handlers.typed import typed_press, who_is_on_it
from bot.slack.jobs import PRESS, QUESTION, ButtonPress, Question
from bot.slack.message_text import all_text
from bot.slack.parsing import MAX_LENGTH, is_courtesy, parse_question
from bot.slack.pastes import MOST_READ, pick_errors
from bot.slack.queue.job import Job, Json
from bot.slack.replies import typed_action
from bot.slack.slack_connect import RULE
from bot.store import DatabaseError
from bot.store.cases import DIRECT, OPEN, TALK, Case, case_id, leading
from knowledge.model import is_chinese


async def answer_question(context: HandlerContext, job: Job, question: Question) -> None:
    """The handler of accepted questions."""
    reply = AnswerMessage(
        poster=context.services.poster,
        trail=context.audit_context(
            question.user, question.channel, job.key, await _expected_case_id(context, question)
        ),
        channel=question.channel,
        key=job.key,
        thread_ts=question.thread_ts,
        message_ts=question.message_ts,
        response_url=question.response_url,
        is_in_place=question.is_in_place,
        is_beside=question.is_beside,
    )
    await QuestionHandler(context, job, question, reply).run()


def direct_message_key(key: str) -> str:
    """The key of the same question, answered in direct messages."""
    return f"{key}:direct"


def wants_everything(words: str) -> bool:
    """Whether the words ask for everything to be looked at."""
    return re.search(r"\b(?:everything|all|whole)\b|全部|所有|全面", words, re.IGNORECASE) is not None


async def _expected_case_id(context: HandlerContext, question: Question) -> str | None:
    """The id that the question's case has, or will have: so that its first records are found with the others."""
    if question.is_private or question.looks_first or not question.thread_ts:
        return None
    thread = (context.services.bot.team, question.channel, question.thread_ts)
    try:
        there = await context.services.store.run(context.cases.of_thread, *thread)
        cluster = leading(there).cluster if there else ""
        choose = partial(context.services.clusters.choose, given=question.cluster, thread=cluster)
        words = "" if question.is_check else question.words
        choice = await asyncio.to_thread(choose, words=words) if cluster else None
        cluster = choice.name if isinstance(choice, ChosenCluster) else cluster
        return await context.services.store.run(context.cases.expected_id, *thread, cluster)
    except (ConnectionSettingsError, DatabaseError):  # what comes next says so
        return case_id(*thread)


def _join(before: str, words: str) -> str:
    """Both, within what a question may hold: of what was said before, the end is left out."""
    return f"{before[: max(0, MAX_LENGTH - len(words) - 1)]}\n{words}"


def _why_unread(name: str, error: SlackError) -> str:
    """What of a file was not read, and the way out."""
    if getattr(error, "code", "") == MISSING_SCOPE:
        why = "install the app again with the scope files:read, or paste the lines with the error"
        return f"{name} was not read, because the app may not read files: {why}."
    return f"{name} was not read: paste the lines with the error. {error}"


CHECK = "check"  # the words of a question that has every fault judged


@dataclass(frozen=True)
class QuestionHandler:
    """One question on its way to its answer."""

    context: HandlerContext
    job: Job
    question: Question
    reply: AnswerMessage
    pasted: str = ""

    async def run(self) -> None:
        """Answer it, or say in one sentence why not."""
        try:
            await run_reporting_errors(self._answer, self._show_error, self.reply.trail)
        except SlackRefused as no:
            await self._answer_in_direct_messages(no)

    async def _answer(self) -> None:
        if "silent" in await self._step("may", self._check_permission):
            return
        if self.question.files:
            read = await self._step("files", self._read_files)
            asked = replace(self.question, files=(), notes=tuple(read["notes"]))
            await replace(self, question=asked, pasted=read["text"])._answer_meant()
        else:
            await self._answer_meant()

    async def _answer_meant(self) -> None:
        target = await self._step("meant", self._resolve_target)
        if self.question.looks_first:
            await self._answer_if_confirmed(target)
        elif "menu" in target:
            menu = cluster_menu(target["words"], target["menu"], self.job.key, unknown=target.get("unknown", ""))
            await self.job.step("menu", lambda: self.reply.begin(menu))
        elif "pressed" in target:
            await self._do_as_pressed(target["pressed"], target["value"])
        elif "works" in target:
            await self._say_who_works(target["works"])
        elif "brings_nothing" in target:
            await self.job.step("nothing new", self._say_what_helps)
        elif "thanked" in target:
            await self.job.step("welcome", lambda: self._say_welcome(target["thanked"]))
        elif target["words"] or self.question.is_check:
            await self._diagnose_job(**target).run()
        else:
            await self.job.step("help", lambda: self.reply.begin(self.context.help))

    async def _answer_if_confirmed(self, target: Json) -> None:
        """The cluster is looked at without a sign of it; something is said only where it confirms what the words speak
        of, and that stands in no other thread. What stands for a button is done."""
        if "pressed" in target:
            await self._do_as_pressed(target["pressed"], target["value"])
            return
        if "works" in target:
            await self._say_who_works(target["works"])
        if not target.get("words") or not target.get("cluster"):
            return  # nobody asked: there is no menu, no thanks and no help
        work = self._diagnose_job(**target)
        seen = await self.job.step("look", work.diagnose)
        if await self.job.step("tells", lambda: self._is_worth_telling(work, Report.from_json(seen))):
            await replace(work, seen=seen).run()

    async def _is_worth_telling(self, work: DiagnoseJob, report: Report) -> Json:
        return is_worth_telling(report) and not await is_standing(self.context, work.stored_answer(report, case=""))

    async def _read_files(self) -> Json:
        """What the files say, with the lines that tell of errors where that is long; and what could not be read."""
        question, texts, notes = self.question, [], list(self.question.notes)
        for file in question.files:
            if not file.is_text:
                notes.append(f"{file.name} is no text, so it was not read: paste the lines with the error.")
                continue
            await self.reply.trail.record("file.reading", detail={"text": file.name, "id": file.id})
            try:
                text = await self.context.services.files.read_text(file.id, file.url)
            except SlackError as error:
                notes.append(_why_unread(file.name, error))
                continue
            read = pick_errors(
                redact_text(text[: MOST_READ + 1]),
                max(0, (MAX_LENGTH - len(question.words) - 1) // len(question.files)),
            )
            texts.append(read.text)
            notes += filter(None, [read.note(file.name)])
        return {"text": "\n".join(texts), "notes": notes}

    def _diagnose_job(self, words: str, cluster: str, namespace: str, is_check: bool = False) -> DiagnoseJob:
        """``is_check``: what was typed asks for a check, though no command did."""
        if is_check:
            meant = replace(self, question=replace(self.question, is_check=True))
            return meant._diagnose_job(words, cluster, namespace)
        return DiagnoseJob(
            context=self.context,
            job=self.job,
            reply=self.reply,
            kind="check" if self.question.is_check else "ask",
            user=self.question.user,
            words=words,
            cluster=cluster,
            namespace=namespace,
            is_check=self.question.is_check,
            entries=self.question.entries,
            may_join=self._may_join,
            is_alert=self.question.how == "alert",
            notes=self.question.notes,
        )

    @property
    def _may_join(self) -> bool:
        """Whether it may be told that the question stands in another thread: where others see it too."""
        question = self.question
        is_seen_by_all = not question.is_private and not question.channel.startswith(DIRECT)
        return is_seen_by_all and not question.is_check

    async def _check_permission(self) -> Json:
        question, trail = self.question, self.reply.trail
        if question.how == "unasked" and not await self.context.is_incident_channel(question.channel):
            return {"silent": True}
        options = {name: value for name in ("cluster", "namespace") if (value := getattr(question, name))}
        detail = {
            "question": question.words,
            "how": question.how,
            "text": shlex.join(f"{k}={v}" for k, v in options.items()),
        }
        await trail.record("question.received", detail=detail)
        why = await self._refusal()
        return {"refused": [why.sentence, why.rule]} if why else {}

    async def _refusal(self) -> UserError | None:
        question = self.question
        access, shared = self.context.services.external_access, question.in_shared_channel
        is_alert = question.how == "alert"  # no person asks, and NETCLINIC_ALERT_BOTS or the token has let it in
        no = None if is_alert else await access.refusal(question.user, question.channel, question.team, shared)
        if no := no or (await access.posting_refusal(question.channel) if is_alert else None):
            return UserError(no.sentence, no.rule)
        if not question.channel.startswith("D"):
            name = await self.context.channel_name(question.channel)
            if no := self.context.permissions.channel_refusal(question.channel, name):
                return UserError(no.sentence, no.rule)
        if not is_alert and (no := await self.context.permissions.refusal("ask", question.user)):
            return UserError(no.sentence, no.rule)
        return UserError(question.trouble) if question.trouble else None

    async def _resolve_target(self) -> Json:
        """The words, cluster and namespace; or ``menu``, the clusters of which one has to be chosen, and the name that
        is ``unknown`` if one was said.

        Nothing is asked where the words stand for a button that is ``pressed``, with its ``value``; where we are
        ``thanked``, for the case of that id, where one is open; where somebody asks who ``works`` on it; nor where they
        are talk that ``brings_nothing`` new.
        """
        question, there = self.question, await self._find_cases()
        case = leading(there) if there else None
        if (aside := await self._other_than_question(case, there)) is not None:
            return aside
        about = "" if case else await self._read_thread_start()
        words = await self._resolve_words(next((each.question for each in there if each.state != TALK), about), about)
        words = f"{words}\n{self.pasted}".strip()[:MAX_LENGTH] if self.pasted else words
        try:
            choice = await self._choose_cluster(case, about)
        except ConnectionSettingsError as error:
            return {"refused": [str(error), ""]}
        namespace = question.namespace or (case.namespace if case else scope_of_text(about).namespace)
        if isinstance(choice, ChosenCluster):
            if question.is_check and not choice.name:
                return {"refused": ["No cluster is configured here: set KUBECONFIG where netclinic runs.", ""]}
            if choice.name and await self._asks_for_check(is_alone=not (about or (case and case.state != TALK))):
                return {"words": CHECK, "cluster": choice.name, "namespace": namespace, "is_check": True}
            return {"words": words, "cluster": choice.name, "namespace": namespace}
        if isinstance(choice, AmbiguousCluster):
            if await self._would_read_nothing(words):
                return {"words": words, "cluster": "", "namespace": namespace}
            empty = not words and not question.is_check
            return {"words": "", "cluster": "", "namespace": ""} if empty else {"words": words, "menu": choice.names}
        if choice.offered:
            return {"words": words, "menu": choice.offered, "unknown": choice.name}
        return {"refused": [choice.sentence, ""]}

    async def _other_than_question(self, case: Case | None, there: Sequence[Case]) -> Json:
        """What the words are where they describe nothing that could be looked up; ``None`` where they do."""
        question = self.question
        if self.pasted:
            return None
        if (name := await who_is_on_it(self.context, question, there)) is not None:
            return {"works": name}
        pressed = await typed_press(self.context, question, there)
        if question.looks_first and typed_action(question.words) and "pressed" not in pressed:
            return {"words": "", "cluster": "", "namespace": ""}  # said among people: nobody waits for a word of ours
        if pressed:
            return pressed
        if is_courtesy(question.words):
            return {"thanked": case.id if case and case.state == OPEN and case.entry else ""}
        if question.notes and not question.words:
            return {"refused": [" ".join(question.notes), ""]}
        if self.context.is_command(question.words) and not question.is_check:
            return {"words": "", "cluster": "", "namespace": ""}
        is_worked_on = any(each.state != TALK for each in there)
        return {"brings_nothing": True} if is_worked_on and await self._brings_nothing() else None

    async def _brings_nothing(self) -> bool:
        """Whether what was said in a case's thread holds nothing that could be looked at, as "any idea?"."""
        question, clusters = self.question, self.context.services.clusters
        is_typed = question.how in ("mention", "direct", "unasked") and not question.is_check
        clinic = await self.context.services.clinic()
        if not is_typed or not question.words or question.cluster or question.namespace or clinic.matcher is None:
            return False
        rest = said_beside(question.words)
        if not rest:
            return True
        if adds_facts(rest) or await self._names_only_a_cluster():
            return False
        return not await asyncio.to_thread(clusters.find_known, rest) and not await clinic.is_worth_reading(rest)

    async def _say_what_helps(self) -> Json:
        """To the one who said it, where we were addressed: others talk on."""
        question, messenger = self.question, self.context.messenger(self.reply.trail)
        if question.how != "unasked":
            place = {"channel": question.channel, "user": question.user, "thread_ts": question.thread_ts}
            await messenger.post_privately(**place, message=nothing_new_message(await self._labels()))

    async def _say_welcome(self, case: str) -> Json:
        return await self.reply.begin(welcome_message(case, await self._labels()))

    async def _say_who_works(self, name: str) -> None:
        async def say() -> Json:
            return await self.reply.begin(working_message(name, await self._labels()))

        await self.job.step("works", say)

    async def _labels(self) -> Labels:
        """The language of who speaks to us; where their words have none, that of the thread's newest answer."""
        words = self.question.words
        if is_chinese(words):
            return CHINESE
        there = [] if re.search(r"[A-Za-z]{2}", words) else await self._find_cases()
        if not there:
            return ENGLISH
        answers = await self.context.services.store.run(self.context.cases.answers, leading(there).id)
        return labels_among(each.report for each in reversed(answers))

    async def _do_as_pressed(self, action: str, value: str) -> None:
        """What a button opens in a modal is said in the thread: a message brings no leave to open one."""
        question = self.question
        if action in (EVIDENCE, STEPS):
            await self.job.step("shown", lambda: self._show_as_message(action, ButtonValue.loads(value)))
            return
        press = ButtonPress(
            action=action,
            value=value,
            user=question.user,
            channel=question.channel,
            thread_ts=question.thread_ts,
            team=question.team,
            in_shared_channel=question.in_shared_channel,
        )
        await self.job.step("press", lambda: self._accept_press(press))

    async def _accept_press(self, press: ButtonPress) -> Json:
        await self.context.accept(PRESS, f"{self.job.key}:typed", press)

    async def _show_as_message(self, action: str, value: ButtonValue) -> Json:
        answer = await self.context.services.store.run(self.context.cases.answer, value.answer)
        if answer is None:
            raise LookupError(f"the answer {value.answer} was there, and is gone")
        message = evidence_message(answer.report) if action == EVIDENCE else steps_message(answer.report)
        return await self.reply.begin(message)

    async def _find_cases(self) -> list[Case]:
        """Those of the thread, one a cluster."""
        question = self.question
        if not question.thread_ts:
            return []
        return await self.context.services.store.run(
            self.context.cases.of_thread, self.context.services.bot.team, question.channel, question.thread_ts
        )

    async def _read_thread_start(self) -> str:
        """All words of the message that began the thread in which we were asked, such as an alert; empty where that is
        the question itself, a message of ours, or none that we may see."""
        question, bot = self.question, self.context.services.bot
        if not question.is_reply or not question.thread_ts or question.is_private:
            return ""
        try:
            message = await self.context.services.directory.message(question.channel, question.thread_ts)
        except SlackRefused:
            return ""
        if message is None or message.get("user") == bot.user or (bot.bot and message.get("bot_id") == bot.bot):
            return ""
        return parse_question(all_text(message), bot_user=bot.user).words

    async def _choose_cluster(self, case: Case | None, about: str) -> ClusterChoice:
        question = self.question
        name = await self.context.channel_name(question.channel)
        return await asyncio.to_thread(
            self.context.services.clusters.choose,
            given=question.cluster,
            words="" if question.is_check else question.words,
            thread=case.cluster if case else "",
            about=about,
            channel=question.channel,
            channel_name=name,
        )

    async def _resolve_words(self, before: str, about: str) -> str:
        """Words that say nothing by themselves ("and on staging?") go on with what was asked ``before`` in the thread,
        or with what it is ``about``, which "@netclinic look at this" below an alert means.
        """
        words = self.question.words
        if self.question.is_check or not before:
            return words
        if not re.search(r"\w", words):
            return before if about or self.question.cluster or self.question.namespace else words
        if await self._names_only_a_cluster():
            return _join(before, words)
        matcher = (await self.context.services.clinic()).matcher
        alone = matcher is None or (await asyncio.to_thread(matcher.match, words)).in_scope
        return words if alone else _join(before, words)

    async def _asks_for_check(self, is_alone: bool) -> bool:
        """Whether everything is to be judged: "check everything on prod-b", and "check prod-b" where the words stand
        ``is_alone``, so that there is no question to go on with there."""
        is_typed = self.question.how in ("mention", "direct") and not self.question.is_check and not self.pasted
        return is_typed and (is_alone or wants_everything(self.question.words)) and await self._names_only_a_cluster()

    async def _would_read_nothing(self, words: str) -> bool:
        """Whether no cluster would be looked at for the words, so that nobody need say which: "good morning"."""
        question = self.question
        if not words or question.is_check or question.how == "alert":
            return False
        if await asyncio.to_thread(self.context.services.clusters.find_known, words):
            return False
        clinic = await self.context.services.clinic()
        return clinic.matcher is not None and not await clinic.is_worth_reading(words)

    async def _names_only_a_cluster(self) -> bool:
        """Whether the words are "and on prod-b?" and the like."""
        try:
            return await asyncio.to_thread(self.context.services.clusters.is_only_a_name, self.question.words)
        except ConnectionSettingsError:
            return False

    async def _step(self, name: str, act: Any) -> dict[str, Any]:
        outcome: dict[str, Any] = await self.job.step(name, act)
        if "refused" in outcome:
            raise UserError(*outcome["refused"])
        return outcome

    async def _show_error(self, message: Message) -> None:
        """The last word, in place of whatever stands there; none where nobody asked and nothing stands there."""
        if self.question.how in ("unasked", "alert") and self.reply.ts is None:
            return  # nobody waits for a word of ours
        if message.shows_nothing and self.question.thread_ts:  # said once in a thread, however often it is tried there
            self.reply.key = f"{self.context.services.bot.team}:{self.reply.channel}:{self.question.thread_ts}:{RULE}"
        await self.job.step("say", lambda: self.reply.end_with_error(message))

    async def _answer_in_direct_messages(self, no: SlackRefused) -> None:
        """Slack does not let us answer there: the asker hears why, and has the answer in direct messages."""
        user = self.question.user

        async def tell() -> Json:
            channel = await self.context.services.directory.direct_channel(user)
            message = refusal_message(f"I could not answer where you asked. {no.sentence}", request=self.job.key)
            messenger, key = self.context.messenger(self.reply.trail), f"{self.job.key}:why"
            ts = await messenger.post_once(channel=channel, thread_ts=None, key=key, message=message)
            if channel != self.question.channel and self.question.how in ("form", "shortcut", "command"):
                moved = replace(self.question, channel=channel, thread_ts=ts, message_ts="", response_url="")
                await self.context.accept(QUESTION, direct_message_key(self.job.key), moved)

        await self.job.step("elsewhere", tell)
