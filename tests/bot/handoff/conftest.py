"""Shifts that really happened, as far as possible: questions are answered by the clinic on recordings served over HTTP,
stored as Slack's deeds store them, and open cases are looked at again on recordings that may differ by then.

All recordings show 19:02 UTC on 20 November 2026, which is 03:02 of the next morning in Shanghai: a night shift's end.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.cluster.connection import ConnectionSettingsError, connect_to
from bot.cluster.reader import Cluster
from bot.cluster.requests import Budget
from bot.cluster.transport import Transport
from bot.diagnosis.clinic import Clinic
from bot.diagnosis.report import Report, ReportCluster, make_report
from bot.handoff.make import HandoffGenerator, HandoffRequest
from bot.handoff.recheck import Rechecker
from bot.handoff.repository import StoredHandoff
from bot.recordings import load, serve
from bot.store import Store
from bot.store.cases import Case, Cases, StoredAnswer
from bot.store.feedback import Feedback, FeedbackBook
from bot.store.settling import SettlingAnswer, SettlingAnswers
from knowledge.model import Entry

END = datetime(2026, 11, 20, 19, 2, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
MEI, JONAS = "U07MEI", "U08JONAS"
PEOPLE = {MEI: "Mei", JONAS: "Jonas"}
NO_SUCH_PORT = "http://127.0.0.1:9"


@contextlib.asynccontextmanager
async def recorded(name: str, context: str) -> AsyncIterator[Cluster]:
    """A recording as a cluster of this context."""
    store = load(name)
    async with serve(store) as server, connect_to(server.kubeconfig, store.name) as link:
        yield Cluster(Transport(link.client), context)


@contextlib.asynccontextmanager
async def out_of_reach(context: str) -> AsyncIterator[Cluster]:
    """A cluster that nobody answers for."""
    store = load("terway-healthy")
    async with serve(store) as server:
        nowhere: Any = json.loads(json.dumps(dict(server.kubeconfig)).replace(server.url, NO_SUCH_PORT))
    async with connect_to(nowhere, store.name) as link:
        yield Cluster(Transport(link.client), context)


@contextlib.asynccontextmanager
async def hanging(context: str) -> AsyncIterator[Cluster]:
    """A cluster that takes connections and never says a word."""
    silent = await asyncio.start_server(lambda *_: asyncio.sleep(3600), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    kubeconfig: Any = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "u", "user": {}}],
    }
    try:
        async with connect_to(kubeconfig, "c") as link:
            yield Cluster(Transport(link.client), context)
    finally:
        silent.close()


@dataclass
class Clusters:
    """What each context is now: a recording, ``gone``, ``hangs`` or ``unknown``. ``opened`` counts openings."""

    now: Mapping[str, str]
    opened: list[str] = field(default_factory=list)

    def __call__(self, context: str) -> contextlib.AbstractAsyncContextManager[Cluster]:
        self.opened.append(context)
        match self.now.get(context, "unknown"):
            case "gone":
                return out_of_reach(context)
            case "hangs":
                return hanging(context)
            case "unknown":
                raise ConnectionSettingsError(f"There is no context {context!r} in kubeconfig; it has: none.")
            case name:
                return recorded(name, context)


@dataclass(frozen=True)
class Shift:
    """Writes what happens in a shift, minute by minute before its end."""

    store: Store
    entries: Mapping[str, Entry]
    meaning: Any
    end: datetime = END

    def ago(self, minutes: float) -> datetime:
        return self.end - timedelta(minutes=minutes)

    @property
    def cases(self) -> Cases:
        return Cases(self.store)

    async def asked(
        self,
        thread: str,
        question: str,
        scores: Mapping[str, float],
        *,
        before: float,
        recording: str = "",
        cluster: str = "",
        namespace: str = "",
        user: str = MEI,
        channel: str = "C0INCIDENT",
        kind: str = "ask",
        state: str = "open",
        took: float = 12,
    ) -> Case:
        """Somebody asks in a thread, and is answered ``took`` seconds later."""
        at = self.ago(before)
        case = Case(
            id="",
            team="T0TEAM",
            channel=channel,
            thread_ts=thread,
            opened_at=at,
            opened_by=user,
            question=question,
            updated_at=at,
            link=f"https://example.slack.com/archives/{channel}/p{thread.replace('.', '')}",
            state=state,
        )
        opened = self.cases.open(case)
        told = await self._told(question, scores, recording, cluster, namespace or None)
        self.cases.save_answer(
            StoredAnswer(
                id=f"{thread}:{before}",
                case_id=opened.id,
                kind=kind,
                asked_at=at,
                asked_by=user,
                question=question,
                report=_then(replace(told, told_at=at), before),
                finished_at=at + timedelta(seconds=took),
                cluster=cluster,
                namespace=namespace,
                channel=channel,
                message_ts=f"{thread}9",
            )
        )
        return opened

    async def _told(
        self, question: str, scores: Mapping[str, float], recording: str, cluster: str, namespace: str | None
    ) -> Report:
        clinic = Clinic(self.entries, self.meaning(scores), Budget(seconds=30))
        if not recording:
            told = make_report(await clinic.ask(question), told_at=END)
            read = ReportCluster(name=cluster or "prod", reachable=True)  # where nothing is, there is no case
            return told if told.diagnoses else replace(told, cluster=read)
        async with Clusters({cluster: recording})(cluster) as reached:
            return make_report(await clinic.ask(question, reached, namespace), told_at=END)

    def resolved(self, case: Case, *, before: float, by: str = MEI) -> None:
        assert self.cases.resolve(case.id, by, self.ago(before))

    def settled(self, case: Case, entry: str, *, yes: bool, before: float, user: str = MEI) -> None:
        """Somebody presses Yes or No below the case's newest answer."""
        answer = self.cases.answers(case.id)[-1]
        SettlingAnswers(self.store).save(
            SettlingAnswer(
                diagnosis_id=answer.id, entry=entry, case_id=case.id, yes=yes, user=user, at=self.ago(before)
            )
        )

    def unhelpful(self, case: Case, note: str, *, before: float, entry: str, user: str = JONAS) -> None:
        answer = self.cases.answers(case.id)[-1]
        word = Feedback(
            diagnosis_id=answer.id,
            user=user,
            case_id=case.id,
            entry=entry,
            helped=False,
            at=self.ago(before),
            note=note,
        )
        FeedbackBook(self.store).save(word)

    async def handed_off(
        self,
        now: Mapping[str, str] | None = None,
        *,
        words: str = "12h",
        seconds: float = 30,
        key: str = "a",
        **more: Any,
    ) -> StoredHandoff:
        """The handoff at the shift's end; ``now`` tells what each cluster shows by then, none: nobody looks again."""
        clinic = Clinic(self.entries, None, Budget(seconds=20))
        rechecker = None if now is None else Rechecker(clinic, Clusters(now), seconds)
        names = more.pop("names", None)
        wish = HandoffRequest(key=key, words=words, now=more.pop("at", END), zone=SHANGHAI, people=PEOPLE, **more)
        return await HandoffGenerator(self.store, rechecker, names).make(wish)


def _then(told: Report, minutes: float) -> Report:
    """What was seen so long before the shift's end, when the question was asked."""
    earlier = timedelta(minutes=minutes)
    diagnoses = [
        replace(item, evidence=tuple(replace(piece, seen=piece.seen - earlier) for piece in item.evidence))
        for item in told.diagnoses
    ]
    return replace(told, diagnoses=tuple(diagnoses), asked_at=told.asked_at and told.asked_at - earlier)


@pytest.fixture
def shift(store: Store, entries: Mapping[str, Entry], meaning: Callable[..., Any]) -> Shift:
    return Shift(store, entries, meaning)
