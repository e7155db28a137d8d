"""Alerts, answered unasked: the cluster is looked at first, and what is said is said once a cause.

A bot's alert is answered in its own thread, where it is about the network or the cluster confirms something. One that
came by the webhook is posted, and answered below. Further alerts of the same cause are counted in that thread.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from bot.audit import Actor, AuditContext
from bot.cluster.connection import ConnectionSettingsError
from bot.cluster.reader import Cluster
from bot.diagnosis.answer import Answer
from bot.diagnosis.clinic import Clinic
from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import Report
from bot.slack.alert_scope import AlertScope
from bot.slack.blocks.action_ids import RECHECK
from bot.slack.blocks.alerts import alert_message, count_message, fires_again_message, over_message
from bot.slack.blocks.elements import Message
from bot.slack.cluster_choice import ChosenCluster
from bot.slack.handlers.asked_message import is_posted_alert, joined_alerts, show_joined
from bot.slack.handlers.case_service import is_answered
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.counting import counting_period, wait_until_counted
from bot.slack.handlers.diagnose import DiagnoseJob, diagnose_cluster
from bot.slack.handlers.errors import UserError, run_reporting_errors
from bot.slack.handlers.messenger import AnswerMessage
from bot.slack.jobs import ALERT_COUNT, QUESTION, Alert, AlertCount, CasePress, Question
from bot.slack.jobs import RECHECK as RECHECK_JOB
from bot.slack.queue.job import Job, Json
from bot.store.alerts import FIRING, FRESH, RESOLVED, Alerts, KnownAlert
from bot.store.cases import JOINED, OPEN

KIN_FOR = timedelta(minutes=5)  # since the last one, within which those that are alike are not looked at again
PATIENCE = 300.0  # seconds that one waits for the thread of another alert
UNKNOWN_CLUSTER = "?"
_OVER = re.compile(r"\W*+(?:(?:resolved|recovered|recovery|closed|ok)\b|已?恢复|已?解决|已关闭)", re.IGNORECASE)
AGAIN = ":again:"  # in the keys of jobs that tell of an alert that was told before


async def answer_alert(context: HandlerContext, job: Job, alert: Alert) -> None:
    """The handler of alerts, firing and resolved."""
    handler = AlertHandler(context, job, alert)
    await run_reporting_errors(handler.act, handler.say, handler.trail)


async def count_alerts(context: HandlerContext, job: Job, due: AlertCount) -> None:
    """The handler that says how many alerts share a thread: in one message, changed as there are more."""
    known = Alerts(context.services.store)
    trail = context.system_audit_context(job.key)

    async def act() -> None:
        await job.step("wait", wait_until_counted)
        owner = await job.retry("owner", lambda: wait_for_thread(context, due.owner, job.timing.poll))
        if owner is None or not owner.thread_ts:
            return
        storm = await job.retry("storm", lambda: context.services.store.run(known.storm, owner.key))
        message = count_message(
            storm.names,
            cluster=owner.cluster,
            firing=storm.firing if is_posted_alert(owner.key) else None,
            times=storm.times,
            last_at=storm.last_at,
        )
        channel, thread, key = owner.channel, owner.thread_ts, f"{owner.job}:count"
        messenger = context.messenger(trail)
        ts = await job.step(
            "post", lambda: messenger.post_once(channel=channel, thread_ts=thread, key=key, message=message)
        )
        await job.step("update", lambda: messenger.update(channel, ts, message))

    async def say(message: Message) -> None:
        """Nobody asked."""

    await run_reporting_errors(act, say, trail)


async def wait_for_thread(context: HandlerContext, owner: str, poll: float) -> KnownAlert | None:
    """The alert once its thread is there, or as it is after some minutes; ``None`` where nothing is known of it."""
    known, until = Alerts(context.services.store), time.monotonic() + PATIENCE
    while True:
        found = await context.services.store.run(known.get, owner)
        if found is None or found.thread_ts or time.monotonic() > until:
            return found
        await asyncio.sleep(poll)


def alert_key(team: str, identity: str) -> str:
    """The key of an alert, whenever and however often it is told."""
    return f"{team}:alert:{identity}"


def firing_key(key: str, since: str) -> str:
    """The key of the job that answers the alert ``key`` as it fires since that time."""
    return f"{key}:{FIRING}:{since}"


def says_it_is_over(words: str) -> bool:
    """Whether a bot's message tells of an alert that is over, as senders begin such: there is nothing to say but
    what the cluster still confirms and no thread tells, and it is none to count."""
    return _OVER.match(words) is not None


@dataclass(frozen=True)
class AlertHandler:
    """One telling of an alert on its way."""

    context: HandlerContext
    job: Job
    alert: Alert

    @property
    def trail(self) -> AuditContext:
        """The records of this alert; its actor is the bot, or Alertmanager."""
        services, alert = self.context.services, self.alert
        actor = Actor("slack", alert.user, alert.user, alert.channel, services.bot.team)
        return AuditContext(services.audit_log, actor, self.job.key, None)

    @property
    def _key(self) -> str:
        """A bot's message is told once; the webhook's alerts have an identity."""
        is_bots = bool(self.alert.thread_ts)
        return self.alert.identity if is_bots else alert_key(self.context.services.bot.team, self.alert.identity)

    @property
    def _alerts(self) -> Alerts:
        return Alerts(self.context.services.store)

    async def act(self) -> None:
        """Answer it, count it, or say that it is over.

        Raises:
            UserError: it cannot be answered, and why.
        """
        channel = (await self._step("may", self._check_place))["channel"]
        before = await self.job.step("before", self._find_before)
        if self.alert.is_resolved:
            await self._end(before)
        elif before:
            await self._tell_again(before)
        elif not self._is_repetition:
            await self._answer(channel)

    async def say(self, message: Message) -> None:
        """Nobody asked: the log and the audit log have it."""

    async def _step(self, name: str, act: Callable[[], Awaitable[Json]]) -> dict[str, Json]:
        outcome: dict[str, Json] = await self.job.step(name, act)
        if "refused" in outcome:
            raise UserError(*outcome["refused"])
        return outcome

    async def _check_place(self) -> Json:
        """The id of the channel, where it may be answered there."""
        alert, services = self.alert, self.context.services
        detail = {"question": alert.words, "how": "alert", "text": alert.name, "resolved": alert.is_resolved}
        await self.trail.record("alert.received", detail=detail)
        channel = alert.channel if alert.thread_ts else await services.directory.find_channel(alert.channel)
        if not channel:
            name = alert.channel
            return {"refused": [f"There is no channel {name} that I am in: correct NETCLINIC_ALERTS_CHANNELS.", ""]}
        if no := await services.external_access.posting_refusal(channel):
            return {"refused": [no.sentence, no.rule]}
        if no := self.context.permissions.channel_refusal(channel, await self.context.channel_name(channel)):
            return {"refused": [no.sentence, no.rule]}
        return {"channel": channel}

    async def _find_before(self) -> Json:
        """What is known of it, if it was told lately. What tells of a job that is still under way waits for that."""
        found = await self.context.services.store.run(self._alerts.get, self._key)
        if found is None and (self.alert.is_resolved or self._is_repetition):
            found = await self._wait_for_firing()
        if found is None or found.job == self.job.key:
            return None
        if not self._is_repetition and self.context.now() - found.last_at > FRESH:
            return None
        return {"owner": found.owner, "state": found.state, "times": found.times}

    @property
    def _is_over(self) -> bool:
        """Whether a bot says so in its message; the webhook tells it otherwise."""
        return bool(self.alert.thread_ts) and says_it_is_over(self.alert.words)

    @property
    def _is_repetition(self) -> bool:
        return AGAIN in self.job.key

    async def _wait_for_firing(self) -> KnownAlert | None:
        """The row of the firing one; ``None`` where that was never accepted, or came to nothing."""
        services = self.context.services
        first, until = firing_key(self._key, self.alert.since), time.monotonic() + PATIENCE
        while time.monotonic() < until:
            is_under_way = await services.queue.is_under_way(first)
            found = await services.store.run(self._alerts.get, self._key)
            if found is not None or not is_under_way:
                return found
            await asyncio.sleep(self.job.timing.poll)
        return None

    async def _answer(self, channel: str) -> None:
        meant = await self._step("meant", lambda: self._choose_cluster(channel))
        cluster = meant["cluster"]
        if not self._is_over and (kin := await self.job.step("kin", lambda: self._join_kin(channel, cluster))):
            await self._accept_count(str(kin))
            await self._show_state(str(kin))
            return
        seen = await self.job.step("look", lambda: self._look(channel, cluster)) if cluster is not None else None
        report = Report.from_json(seen["report"]) if seen else None
        is_network = seen["network"] if seen else meant["network"]
        is_quiet = self._is_over or not is_network
        if self.alert.thread_ts and is_quiet and not (report and _confirms(report)):
            return
        if self._is_over and await self.job.step("told", lambda: self._find_owner(channel, cluster, report)):
            return
        placed = await self.job.step("place", lambda: self._place(channel, cluster, report))
        if placed["owner"] != self._key:
            await self._accept_count(placed["owner"])
            await self._show_state(str(placed["owner"]))
            return
        ts = self.alert.thread_ts or await self.job.step("post", lambda: self._post(channel, cluster or ""))
        await self.job.step("thread", lambda: self._note_thread(ts))
        if report is None or seen is None:
            await self.job.step("ask", lambda: self._ask_for_cluster(channel, ts))
            return
        await self._diagnose(channel, cluster or "", ts, seen["report"])

    async def _choose_cluster(self, channel: str) -> Json:
        """The cluster's name, empty where none is configured; ``None`` where it has to be asked for."""
        alert, clusters = self.alert, self.context.services.clusters
        name = await self.context.channel_name(channel)
        try:
            label = f"cluster: {alert.cluster}" if alert.cluster else ""
            choose = partial(clusters.choose, words=label, about=alert.words, channel=channel, channel_name=name)
            choice = await asyncio.to_thread(choose)
        except ConnectionSettingsError as error:
            return {"refused": [str(error), ""]}
        chosen = choice.name if isinstance(choice, ChosenCluster) else None
        return {"cluster": chosen, "network": await self._is_about_network() if chosen is None else False}

    async def _is_about_network(self) -> bool:
        matcher = (await self.context.services.clinic()).matcher
        if matcher is None:
            return False
        found = await asyncio.to_thread(matcher.match, self.alert.words)
        return found.in_scope and found.confidence >= self.context.services.settings.unasked_confidence

    async def _look(self, channel: str, cluster: str) -> Json:
        """What is seen. Alerts of one name, cluster and namespace within a minute share the look."""
        alert = self.alert

        async def ask(clinic: Clinic, opened: Cluster | None) -> Answer:
            return await clinic.ask(alert.words, opened, alert.namespace or None)

        async def look() -> Json:
            return (await diagnose_cluster(self.context, cluster, self.trail, ask)).to_json()

        same = ["alert", channel, alert.name, cluster, alert.namespace]
        report, _ = await self.context.services.shared_reads.read_shared(same, self.job.key, look)
        return {"report": report, "network": await self._is_about_network()}

    async def _join_kin(self, channel: str, cluster: str | None) -> Json:
        """The owner of the thread in which alerts of this name, cluster and namespace were answered a moment ago, where
        this one is counted without another look; empty where none were."""
        store, now = self.context.services.store, self.context.now()
        row = self._row(channel, cluster, "")
        kin = await store.run(self._alerts.find_kin, row.kin, row.key, now - KIN_FOR)
        if kin is None:
            return ""
        joined = replace(row, cause=kin.cause, owner=kin.owner)
        return (await store.run(self._alerts.place, joined)).owner

    async def _place(self, channel: str, cluster: str | None, report: Report | None) -> Json:
        """In the thread of its cause."""
        row = self._row(channel, cluster, self._cause(report))
        return {"owner": (await self.context.services.store.run(self._alerts.place, row)).owner}

    async def _find_owner(self, channel: str, cluster: str | None, report: Report | None) -> Json:
        """The alert whose thread tells of its cause already; empty where none does."""
        row = self._row(channel, cluster, self._cause(report))
        return await self.context.services.store.run(self._alerts.find_owner, row)

    def _cause(self, report: Report | None) -> str:
        """What the cluster confirms, else what the alert is called."""
        confirmed = report is not None and _confirms(report)
        return report.diagnoses[0].entry if report is not None and confirmed else f"alert {self.alert.name}"

    def _row(self, channel: str, cluster: str | None, cause: str) -> KnownAlert:
        alert, team, now = self.alert, self.context.services.bot.team, self.context.now()
        where = f"{UNKNOWN_CLUSTER}{alert.cluster}" if cluster is None else cluster
        return KnownAlert(
            key=self._key,
            job=self.job.key,
            team=team,
            channel=channel,
            cause="|".join((team, channel, where, cause)),
            kin="|".join((team, channel, where, alert.namespace, alert.name)),
            cluster=cluster or alert.cluster,
            name=alert.name,
            thread_ts=alert.thread_ts,
            first_at=now,
            last_at=now,
        )

    async def _post(self, channel: str, cluster: str) -> Json:
        alert, key = self.alert, f"{self.job.key}:alert"
        scope = AlertScope(namespace=alert.namespace, pod=alert.pod, node=alert.node)
        where = scope.sentence or (f"namespace {alert.namespace}" if alert.namespace else "")
        named = cluster or alert.cluster
        since = datetime.fromisoformat(alert.since)
        message = alert_message(alert.name, cluster=named, scope=where, summary=alert.summary, since=since)
        messenger = self.context.messenger(self.trail)
        return await messenger.post_once(channel=channel, thread_ts=None, key=key, message=message)

    async def _note_thread(self, ts: str, case: str = "") -> Json:
        await self.context.services.store.run(self._alerts.set_thread, self._key, ts, case)

    async def _ask_for_cluster(self, channel: str, ts: str) -> Json:
        """Nothing tells which cluster: the menu is that of a question."""
        alert = self.alert
        label = f"cluster: {alert.cluster}" if alert.cluster and alert.cluster not in alert.words else ""
        question = Question(
            how="alert",
            user=alert.user,
            channel=channel,
            words=f"{alert.words}\n{label}".strip(),
            namespace=alert.namespace,
            thread_ts=ts,
        )
        await self.context.accept(QUESTION, f"{self.job.key}:{QUESTION.name}", question)

    async def _diagnose(self, channel: str, cluster: str, ts: str, seen: Json) -> None:
        reply = AnswerMessage(
            poster=self.context.services.poster, trail=self.trail, channel=channel, key=self.job.key, thread_ts=ts
        )
        work = DiagnoseJob(
            context=self.context,
            job=self.job,
            reply=reply,
            kind="ask",
            user=self.alert.user,
            words=self.alert.words,
            cluster=cluster,
            namespace=self.alert.namespace,
            seen=seen,
            may_join=True,
            is_alert=True,
        )
        await work.run()
        answer = await self.context.services.store.run(self.context.cases.answer, self.job.key)
        case = answer.case_id if answer else ""
        await self.job.step("case of alert", lambda: self._note_thread(ts, case))
        keys = await self.job.retry("alerts", lambda: joined_alerts(self.context, case))
        await self.job.retry("state", lambda: show_joined(self.context, case, keys))

    async def _show_state(self, owner: str) -> None:
        """What was found for the alert in whose thread it stands; where it is not known yet, that one shows it."""
        found = await self.job.retry("owner", lambda: self.context.services.store.run(self._alerts.get, owner))
        if found is not None and found.case_id:
            await self.job.retry("state", lambda: show_joined(self.context, found.case_id, [self.job.key]))

    async def _tell_again(self, before: dict[str, Json]) -> None:
        """A repetition is counted; one that was over and fires again is said, and the cluster looked at again."""

        async def note() -> Json:
            now, times = self.context.now(), int(before["times"]) + 1
            await self.context.services.store.run(self._alerts.tell_again, self._key, FIRING, times, now)

        await self.job.step("again", note)
        if before["state"] == RESOLVED:
            owner = await self.job.retry("owner", lambda: self._wait_for_thread(before))
            if owner is not None and owner.thread_ts:
                looks_again = await self.job.retry("standing", lambda: self._standing_state(owner)) != OPEN
                again = fires_again_message(self.alert.name, cluster=owner.cluster, looks_again=looks_again)
                await self._say_in_thread(owner, again)
                await self.job.step("recheck", lambda: self._accept_recheck(owner))
            return
        await self._accept_count(str(before["owner"]))

    async def _end(self, before: dict[str, Json] | None) -> None:
        """It is over; said once all alerts of the thread are, and the cluster looked at again."""
        if before is None or before["state"] == RESOLVED:
            return

        async def note() -> Json:
            store, now = self.context.services.store, self.context.now()
            await store.run(self._alerts.tell_again, self._key, RESOLVED, int(before["times"]), now)
            storm = await store.run(self._alerts.storm, str(before["owner"]))
            known = await store.run(self._alerts.get, str(before["owner"]))
            joined = known is not None and (await self._standing_state(known)) != ""
            return {"firing": storm.firing, "count": storm.count, "joined": joined}

        left = await self.job.step("over", note)
        owner = await self.job.retry("owner", lambda: self._wait_for_thread(before))
        if owner is None or not owner.thread_ts:
            return
        if left["firing"]:
            await self._accept_count(owner.key)
            return
        message = over_message(
            self.alert.name,
            left["count"],
            cluster=owner.cluster,
            looks_again=bool(owner.case_id) and not left.get("joined"),
        )
        await self._say_in_thread(owner, message)
        await self.job.step("recheck", lambda: self._accept_recheck(owner, is_over=True))
        if left["count"] > 1 or int(before["times"]) > 1:  # so many times told that a count stands there
            await self._accept_count(owner.key)

    async def _wait_for_thread(self, before: dict[str, Json]) -> KnownAlert | None:
        return await wait_for_thread(self.context, str(before["owner"]), self.job.timing.poll)

    async def _say_in_thread(self, owner: KnownAlert, message: Message) -> None:
        messenger, key = self.context.messenger(self.trail), f"{self.job.key}:said"
        where = {"channel": owner.channel, "thread_ts": owner.thread_ts}
        await self.job.step("said", lambda: messenger.post_once(**where, key=key, message=message))

    async def _standing_state(self, owner: KnownAlert) -> str:
        """The state of the case in another thread that the alert's case is joined to; empty where it is to none."""
        store = self.context.services.store
        case = await store.run(self.context.cases.get, owner.case_id) if owner.case_id else None
        standing = await store.run(self.context.cases.get, case.same_as) if case and case.state == JOINED else None
        return standing.state if standing else ""

    async def _accept_recheck(self, owner: KnownAlert, *, is_over: bool = False) -> Json:
        """The newest answer of the case is checked again, as by its button. Where the case stands in another thread,
        that is done there while it is open; and an alert that is over opens none of its own."""
        if (standing := await self._standing_state(owner)) and (is_over or standing == OPEN):
            return
        store = self.context.services.store
        answers = await store.run(self.context.cases.answers, owner.case_id) if owner.case_id else []
        if not answers:
            return
        newest = next((each for each in reversed(answers) if each.cluster == owner.cluster), answers[-1])
        press = CasePress(
            user=self.alert.user,
            channel=owner.channel,
            thread_ts=owner.thread_ts,
            action=RECHECK,
            value="",
            message_ts=newest.message_ts,
            case=owner.case_id,
            answer=newest.id,
        )
        is_done = partial(is_answered, self.context)
        await self.context.accept_unless_succeeded(RECHECK_JOB, f"{self.job.key}:{RECHECK}", press, is_done)

    async def _accept_count(self, owner: str) -> None:
        async def accept() -> Json:
            key = f"{owner}:count:{counting_period()}"
            await self.context.accept(ALERT_COUNT, key, AlertCount(owner=owner))

        await self.job.step("count", accept)


def _confirms(report: Report) -> bool:
    return bool(report.diagnoses) and report.diagnoses[0].verdict is Verdict.CONFIRMED
