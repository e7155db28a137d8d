"""A look at the open cases while the handoff is made: clusters at the same time, and never longer than agreed.

What had been judged is judged again, also what had been ruled out; one opened cluster serves all of its cases. A
cluster that hangs, or cannot be opened, costs its own cases their state and nothing else.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from bot.diagnosis.report import Report, ReportDiagnosis, make_report
from bot.diagnosis.settling import GivenAnswer
from bot.handoff.records import CurrentState, State, first_evidence

if TYPE_CHECKING:
    from bot.cluster.reader import Cluster
    from bot.diagnosis.clinic import Clinic

OpenCluster = Callable[[str], "AbstractAsyncContextManager[Cluster]"]
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
class Rechecker:
    """Looks at clusters again. ``open_cluster`` opens one by its name; ``seconds`` is the time for all of them."""

    clinic: "Clinic"
    open_cluster: OpenCluster
    seconds: float

    async def recheck(self, targets: Sequence[RecheckTarget], at: datetime | None = None) -> Mapping[str, State]:
        """The state of each case now, by its id; ``at`` is now by our clock. Never raises for what a cluster does."""
        by_cluster: dict[str, list[RecheckTarget]] = defaultdict(list)
        states: dict[str, State] = {}
        for item in targets:
            if why := self._reason_not_to(item):
                states[item.case] = State(now=CurrentState.UNASKED, reason=why)
            else:
                by_cluster[item.cluster].append(item)
        places = asyncio.Semaphore(AT_ONCE)
        tasks = {
            asyncio.create_task(self._cluster(name, items, places, at)): items for name, items in by_cluster.items()
        }
        return states | await self._states_in_time(tasks)

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
        self, name: str, items: Sequence[RecheckTarget], places: asyncio.Semaphore, at: datetime | None
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
                    *(self._check_group(cluster, group, some, at) for group, some in groups.items())
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
        self, cluster: "Cluster", group: "_Group", items: Sequence[RecheckTarget], at: datetime | None
    ) -> dict[str, State]:
        entries = dict.fromkeys(item.entry for item in items)
        clinic = replace(self.clinic, given=dict.fromkeys(entries, group.given) if group.given else {})
        answer = await clinic.check(entries, cluster, group.namespace or None, words_are_clear=group.words_are_clear)
        report = make_report(answer)
        found = {item.entry: item for item in report.diagnoses}
        return {item.case: _state(item, report, found.get(item.entry), at) for item in items}


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
