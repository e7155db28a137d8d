"""A look at the open cases while the handoff is made: clusters at the same time, and never longer than agreed.

What had been judged is judged again, also what had been ruled out; one opened cluster serves all of its cases. A
cluster that hangs, or cannot be opened, costs its own cases their state and nothing else.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import Report, ReportDiagnosis, make_report
from bot.diagnosis.settling import GivenAnswer
from bot.handoff.records import CurrentState, NearLimit, RecentChange, State, first_evidence
from bot.text import one_line

if TYPE_CHECKING:
    from bot.cluster.reader import Cluster
    from bot.cluster.session import ClusterSession
    from bot.diagnosis.answer import Diagnosis
    from bot.diagnosis.clinic import Clinic

OpenCluster = Callable[[str], "AbstractAsyncContextManager[Cluster]"]
LATELY = timedelta(days=1)  # before the first of the cases that are looked at again
MOST_CHANGES, MOST_LIMITS = 5, 5  # of a cluster
AT_ONCE = 16  # clusters
CLOSING_SECONDS = 2.0  # seconds for a look that was called off to close its connections
_UNREAD = "The cluster could not be read: "
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class RecheckTarget:
    """A case to look at again. ``before`` is the verdict on its entry, ``rests_on_sign`` what that rested on.

    ``given``: what somebody answered to the question that settles the entry.
    """

    case: str
    entry: str
    cluster: str
    namespace: str
    before: str
    rests_on_sign: bool
    given: GivenAnswer | None = None


@dataclass(frozen=True)
class _Group:
    """What cases are looked at together have in common: an answer speaks for its own cases alone."""

    namespace: str
    words_are_clear: bool
    given: GivenAnswer | None


@dataclass(frozen=True)
class Recheck:
    """What the look gave: the ``states`` of cases by their ids, and of each cluster what was changed lately, the newest
    first, and which settings leave little room."""

    states: Mapping[str, State] = field(default_factory=dict)
    changes: tuple[RecentChange, ...] = ()
    near_limits: tuple[NearLimit, ...] = ()


@dataclass
class _Seen:
    """What is gathered from clusters while they are looked at; ``lately``: changes that are not older count."""

    at: datetime
    lately: timedelta
    changes: list[RecentChange] = field(default_factory=list)
    near_limits: list[NearLimit] = field(default_factory=list)

    def as_recheck(self, states: Mapping[str, State]) -> Recheck:
        """At most so many of each cluster, each once."""
        changes = sorted(set(self.changes), key=lambda each: (each.cluster, -each.at.timestamp(), each.object))
        return Recheck(
            states,
            tuple(_first_of_each(changes, MOST_CHANGES)),
            tuple(
                _first_of_each(sorted(set(self.near_limits), key=lambda each: (each.cluster, each.text)), MOST_LIMITS)
            ),
        )


_Told = TypeVar("_Told", RecentChange, NearLimit)


def _first_of_each(items: Iterable[_Told], most: int) -> Iterator[_Told]:
    """Of one object what was told first, which is the newest; of each cluster so many."""
    told: dict[str, set[str]] = defaultdict(set)
    for item in items:
        what = item.object if isinstance(item, RecentChange) else item.text
        if len(told[item.cluster]) < most and what not in told[item.cluster]:
            told[item.cluster].add(what)
            yield item


@dataclass(frozen=True)
class Rechecker:
    """Looks at clusters again. ``open_cluster`` opens one by its name; ``seconds`` is the time for all of them."""

    clinic: "Clinic"
    open_cluster: OpenCluster
    seconds: float

    async def recheck(
        self, targets: Sequence[RecheckTarget], at: datetime | None = None, lately: timedelta = LATELY
    ) -> Recheck:
        """The state of each case now; ``at`` is now by our clock. Never raises for what a cluster does."""
        seen = _Seen(at or datetime.now(UTC), lately)
        by_cluster: dict[str, list[RecheckTarget]] = defaultdict(list)
        states: dict[str, State] = {}
        for item in targets:
            if why := self._reason_not_to(item):
                states[item.case] = State(now=CurrentState.UNASKED, reason=why)
            else:
                by_cluster[item.cluster].append(item)
        places = asyncio.Semaphore(AT_ONCE)
        tasks = {
            asyncio.create_task(self._cluster(name, items, places, at, seen)): items
            for name, items in by_cluster.items()
        }
        return seen.as_recheck(states | await self._states_in_time(tasks))

    def _reason_not_to(self, item: RecheckTarget) -> str:
        if not item.entry:
            return "there is no answer yet"
        if not item.cluster:
            return "no cluster was read for it"
        return "" if item.entry in self.clinic.entries else f"the entry {item.entry} is no longer known"

    async def _states_in_time(
        self, tasks: Mapping["asyncio.Task[dict[str, State]]", list[RecheckTarget]]
    ) -> dict[str, State]:
        states: dict[str, State] = {}
        done, late = await asyncio.wait(tasks, timeout=self.seconds) if tasks else (set(), set())
        for task in late:
            task.cancel()
            slow = State(now=CurrentState.UNREAD, reason=f"no answer within {self.seconds:g} s")
            states |= {item.case: slow for item in tasks[task]}
        if late:
            await asyncio.wait(late, timeout=CLOSING_SECONDS)
        for task in done:
            states |= task.result()
        return states

    async def _cluster(
        self,
        name: str,
        items: Sequence[RecheckTarget],
        places: asyncio.Semaphore,
        at: datetime | None,
        seen: _Seen,
    ) -> dict[str, State]:
        from bot.cluster.connection import ConnectionSettingsError
        from bot.recordings import RecordingError

        try:
            async with places, self.open_cluster(name) as cluster:
                if cluster.context != name:
                    raise ConnectionSettingsError(f"{name} cannot be opened from here: it would be {cluster.context}.")
                groups: dict[_Group, list[RecheckTarget]] = defaultdict(list)
                for item in items:
                    clear = item.before == "confirmed" and not item.rests_on_sign
                    groups[_Group(item.namespace, clear, item.given)].append(item)
                found = await asyncio.gather(
                    *(self._check_group(cluster, group, some, at, seen) for group, some in groups.items())
                )
                return {case: state for states in found for case, state in states.items()}
        except (ConnectionSettingsError, RecordingError) as error:
            why = str(error)
        except Exception as error:
            # One cluster must not cost the whole handoff; what it was is in the log.
            _log.exception("the look at %s for a handoff failed", name)
            why = f"the look failed ({type(error).__name__}: {error})"
        return {item.case: State(now=CurrentState.UNREAD, reason=why) for item in items}

    async def _check_group(
        self,
        cluster: "Cluster",
        group: "_Group",
        items: Sequence[RecheckTarget],
        at: datetime | None,
        seen: _Seen,
    ) -> dict[str, State]:
        entries = dict.fromkeys(item.entry for item in items)
        clinic = replace(self.clinic, given=dict.fromkeys(entries, group.given) if group.given else {})

        async def look(session: "ClusterSession", diagnoses: Sequence["Diagnosis"]) -> None:
            await _look_around(session, [item for item in diagnoses if item.entry.id in entries], cluster.context, seen)

        answer = await clinic.check(
            entries, cluster, group.namespace or None, words_are_clear=group.words_are_clear, look=look
        )
        report = make_report(answer)
        found = {item.entry: item for item in report.diagnoses}
        return {item.case: _state(item, report, found.get(item.entry), at) for item in items}


async def _look_around(session: "ClusterSession", diagnoses: Sequence["Diagnosis"], cluster: str, seen: _Seen) -> None:
    """What was changed lately of that on which the verdicts rest, and what they leave little room for."""
    from bot.probes.near_limits import near_limits
    from bot.probes.recent_changes import recent_changes

    for item in diagnoses:
        if item.verdict not in (Verdict.CONFIRMED, Verdict.SUSPECTED):
            continue
        findings = item.judgement.findings
        seen.changes += [
            RecentChange(
                cluster=cluster,
                object=one_line(change.object),
                what=change.what,
                at=seen.at - timedelta(seconds=round((session.now() - change.at).total_seconds())),
                manager=one_line(change.manager),
            )
            for change in await recent_changes(session, item.entry, findings, seen.lately)
        ]
        seen.near_limits += [
            NearLimit(cluster=cluster, text=one_line(text)) for text in await near_limits(session, findings)
        ]


def _state(target: RecheckTarget, report: Report, now: ReportDiagnosis | None, at: datetime | None) -> State:
    if not report.was_read or now is None:
        trouble = report.cluster.trouble if report.cluster else ""
        return State(now=CurrentState.UNREAD, reason=trouble.removeprefix(_UNREAD))
    return State(now=_now(target.before, str(now.verdict)), reason=now.reason, seen=first_evidence(report, now, at))


def _now(before: str, now: str) -> CurrentState:
    if now == "confirmed":
        return CurrentState.STILL if before == "confirmed" else CurrentState.WORSE
    if now != "ruled_out":
        return CurrentState.UNCLEAR
    return CurrentState.CLEARED if before == "confirmed" else CurrentState.RULED_OUT
