"""What is told of one cluster among many: whether it is well, and in short what is not, the worst first.

A summary is all that is kept of a look: an answer with its findings is many times as large.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from bot.diagnosis.answer import Answer, Diagnosis
from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import Moment, Report, ReportFailing, make_report
from bot.probes.findings import clip, rfc3339
from bot.probes.registry import calls, some
from bot.text import counted, lasting
from knowledge.logic import Outcome
from knowledge.model import Kind

MOST_TOLD = 3  # lines of one cluster, where several stand below each other
LONGEST_REASON = 200  # characters


class Health(StrEnum):
    """How a cluster is, by what was seen of it. ``UNCLEAR``: nothing is seen failing, and not all could be read."""

    FAILING = "failing"
    UNREACHABLE = "unreachable"
    UNCLEAR = "unclear"
    WELL = "well"


@dataclass(frozen=True, kw_only=True)
class JudgedFault:
    """An entry that is confirmed or suspected, and why."""

    entry: str
    title: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ClusterSummary:
    """One cluster. ``trouble``: why it could not be read, as a sentence; empty where it could.

    ``suspected`` are faults that something seen, or something unread, leaves open; not those that no cluster can show.
    ``failing`` is what fails beside the confirmed faults, the worst first, ``more_failing`` what was left out of it;
    ``missed`` what could not be looked at. ``at`` is the cluster's own time.
    """

    name: str
    at: Moment
    trouble: str = ""
    traits: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    confirmed: tuple[JudgedFault, ...] = ()
    suspected: tuple[JudgedFault, ...] = ()
    failing: tuple[ReportFailing, ...] = ()
    more_failing: int = 0
    missed: tuple[str, ...] = ()
    requests: int = 0
    bytes: int = 0
    elapsed_ms: int = 0
    cloud_calls: int = 0

    @property
    def health(self) -> Health:
        """Well is only what was looked at whole."""
        if self.trouble:
            return Health.UNREACHABLE
        if self.confirmed or self.failing:
            return Health.FAILING
        return Health.UNCLEAR if self.missed else Health.WELL

    @property
    def sentence(self) -> str:
        """How it is."""
        if self.trouble:
            return self.trouble
        return " ".join(filter(None, (self._seen, self.doubts, self._gaps)))

    @property
    def doubts(self) -> str:
        """What is suspected, by name; empty where nothing is."""
        names = [each.entry for each in self.suspected]
        return f"{len(names)} suspected: {some(names)}." if names else ""

    @property
    def _seen(self) -> str:
        if self.health is Health.FAILING:
            return f"{' and '.join(self._counts())}."
        return "Nothing is seen failing" + (" in what could be read." if self.missed else ".")

    @property
    def _gaps(self) -> str:
        if self.health is Health.FAILING and self.missed:
            return "Not all of it could be looked at."
        more = f" (and {counted(len(self.missed) - 1, 'more gap')})" if len(self.missed) > 1 else ""
        return f"Not looked at: {clip(self.missed[0])}{more}." if self.missed else ""

    def _counts(self) -> Iterator[str]:
        if self.confirmed:
            yield f"{counted(len(self.confirmed), 'fault')} confirmed"
        if number := len(self.failing) + self.more_failing:
            yield f"{counted(number, 'more thing' if self.confirmed else 'thing')} failing"

    def told(self) -> Iterator[tuple[str, str]]:
        """What is not well, the worst first: a line each, what it is and what is seen of it; more than are shown."""
        for fault in self.confirmed:
            yield f"{fault.title} ({fault.entry})", fault.reason
        for item in self.failing:
            yield f"{item.object}, {lasting(item.since, self.at)}", item.message

    @property
    def number_told(self) -> int:
        """How many lines there would be."""
        return len(self.confirmed) + len(self.failing) + self.more_failing

    def to_json(self) -> dict[str, Any]:
        """As programs read it; docs/fleet.md says what each key holds."""
        return {
            "cluster": {"context": self.name, "reachable": not self.trouble, "facts": dict(self.facts)},
            "health": str(self.health),
            "sentence": self.sentence,
            "confirmed": [vars(fault) for fault in self.confirmed],
            "suspected": [vars(fault) for fault in self.suspected],
            "failing": [
                {"object": item.object, "since": rfc3339(item.since), "message": item.message, "check": item.check}
                for item in self.failing
            ],
            "more_failing": self.more_failing,
            "missed": list(self.missed),
            "reads": {"requests": self.requests, "bytes": self.bytes, "cloud_calls": self.cloud_calls},
            "elapsed_ms": self.elapsed_ms,
        }


def summarize(answer: Answer, name: str) -> ClusterSummary:
    """What a check of the cluster ``name`` found."""
    report = make_report(answer)
    cluster = report.cluster
    return ClusterSummary(
        name=name,
        at=report.now,
        trouble=cluster.trouble if cluster else "",
        traits=cluster.traits if cluster else "",
        facts=cluster.facts if cluster else {},
        confirmed=tuple(_confirmed(report)),
        suspected=tuple(map(_judged, _suspected(answer))),
        failing=report.failing_untold if report.was_read else (),
        more_failing=report.more_failing,
        missed=report.missed,
        requests=report.requests,
        bytes=report.bytes,
        elapsed_ms=report.elapsed_ms,
        cloud_calls=answer.cloud_calls,
    )


def unread(name: str, problem: str, elapsed_ms: int = 0) -> ClusterSummary:
    """A cluster of which nothing is known; ``problem`` says why."""
    return ClusterSummary(name=name, at=datetime.now(UTC), trouble=problem, elapsed_ms=elapsed_ms)


def worst_first(summaries: Iterable[ClusterSummary]) -> list[ClusterSummary]:
    """What fails before what could not be read before what is well; of alike ones the order is kept."""
    order = list(Health)
    return sorted(summaries, key=lambda each: (order.index(each.health), -len(each.confirmed), -each.number_told))


def headline(summaries: Sequence[ClusterSummary]) -> str:
    """How all of them are, in a sentence."""
    unwell = sum(1 for each in summaries if each.health is not Health.WELL)
    if not unwell:
        whole = f"All {len(summaries)} clusters are" if len(summaries) > 1 else f"Cluster {summaries[0].name} is"
        return f"{whole} well: nothing is seen failing."
    verb = "is" if unwell == 1 else "are"
    return f"{unwell} of {counted(len(summaries), 'cluster')} {verb} not well."


def dump(summaries: Sequence[ClusterSummary]) -> list[dict[str, Any]]:
    """As JSON that ``load`` gives the same records back from."""
    return list(_codec().dump_python(list(summaries), mode="json"))


def load(stored: Any) -> list[ClusterSummary]:
    """What ``dump`` wrote.

    Raises:
        pydantic.ValidationError: it is of another shape.
    """
    return _codec().validate_python(stored)


def _confirmed(report: Report) -> Iterator[JudgedFault]:
    """What fails now before settings under which something can."""
    found = [item for item in report.diagnoses if item.verdict is Verdict.CONFIRMED and item.kind is Kind.FAULT]
    for item in sorted(found, key=lambda each: not each.rests_on_sign):
        yield JudgedFault(entry=item.entry, title=item.title, reason=clip(item.reason, LONGEST_REASON))


def _suspected(answer: Answer) -> Iterator[Diagnosis]:
    """Of a cluster that was read: faults that it leaves open for a reason of its own.

    What Kubernetes never shows is open on every healthy cluster of its kind, and is told to whoever asks about it.
    """
    if answer.cluster is None or not answer.cluster.reachable:
        return
    for item in answer.diagnoses:
        if item.verdict is Verdict.SUSPECTED and item.entry.kind is Kind.FAULT and _is_left_open(item):
            yield item


def _is_left_open(item: Diagnosis) -> bool:
    """Whether a probe saw something, or could not read it; which cluster it is says nothing."""
    kinds = {str(call) for call in calls(item.entry.applies)}
    found = [each for each in item.judgement.findings if str(each.probe) not in kinds]
    return any(each.is_hint or each.outcome is not Outcome.ABSENT for each in found)


def _judged(item: Diagnosis) -> JudgedFault:
    return JudgedFault(entry=item.entry.id, title=item.entry.title, reason=clip(item.judgement.reason, LONGEST_REASON))


@cache
def _codec() -> TypeAdapter[list[ClusterSummary]]:
    return TypeAdapter(list[ClusterSummary])
