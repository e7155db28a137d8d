"""An answer as people are shown it: plain records that every door renders, the store keeps and the handoff reads back.

An ``Answer`` holds entries, judgements and findings, which live as long as one question; a ``Report`` holds what a
person was shown, and outlives the entries that it was made from.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any

from pydantic import PlainSerializer, TypeAdapter

from bot.diagnosis.answer import Answer, ClusterState, Diagnosis, evidence_for, is_elsewhere
from bot.diagnosis.failing import explains
from bot.diagnosis.headline import healthy_headline
from bot.diagnosis.judge import Verdict
from bot.diagnosis.relevance import speaks_of_trouble
from bot.probes.failure_checks import Failing
from bot.probes.findings import Evidence, Finding, clip
from bot.text import one_line, plain
from knowledge.logic import Outcome
from knowledge.model import Kind, is_chinese
from knowledge.rendering import RenderedStep

Moment = Annotated[datetime, PlainSerializer(datetime.isoformat, when_used="json")]  # with the offset that it had


@dataclass(frozen=True, kw_only=True)
class ReportEvidence:
    """One thing that was seen: ``object`` as ``Kind namespace/name``, ``check`` the command that shows the same."""

    object: str
    excerpt: str
    seen: Moment
    check: str


@dataclass(frozen=True, kw_only=True)
class ReportReading:
    """A fact of this cluster that a guide rests on, with the commands that show it."""

    summary: str
    checks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReportStep:
    """One thing to do or to look at: a sentence, the command to copy, and what it can hurt."""

    text: str
    command: str | None = None
    caution: str = ""


@dataclass(frozen=True, kw_only=True)
class ReportDiagnosis:
    """One entry judged on one cluster. ``elsewhere``: it does not even apply to such a cluster.

    ``asks``: the one question that would settle it, and which answer confirms; empty where none would.
    ``title_zh``: the title in Chinese, where somebody asked in Chinese.
    """

    entry: str
    title: str
    kind: Kind
    verdict: Verdict
    score: float | None
    rests_on_sign: bool
    elsewhere: bool
    reason: str
    evidence: tuple[ReportEvidence, ...] = ()
    readings: tuple[ReportReading, ...] = ()
    cause: str = ""
    asks: str = ""
    settle: tuple[ReportStep, ...] = ()
    steps: tuple[ReportStep, ...] = ()
    prevent: tuple[ReportStep, ...] = ()
    caution: tuple[str, ...] = ()
    verify: tuple[ReportStep, ...] = ()
    title_zh: str = ""

    @property
    def shown_title(self) -> str:
        """The title in the language of the question."""
        return self.title_zh or self.title


@dataclass(frozen=True, kw_only=True)
class ReportFailing:
    """Something that fails here, in the FAQ or not. ``is_shown`` where a confirmed diagnosis shows it already."""

    object: str
    since: Moment
    message: str
    check: str
    is_shown: bool = False


@dataclass(frozen=True, kw_only=True)
class ReportCluster:
    """The cluster as the question found it: ``traits`` in one line, ``facts`` by name, or the ``trouble``."""

    name: str
    reachable: bool
    traits: str = ""
    trouble: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Report:
    """The answer to one question. ``asked_at`` is the cluster's own clock, ``told_at`` ours.

    ``headline`` says what is so where the fault that was asked about is not; ``notes`` what of the question was not
    read, a sentence each.
    """

    question: str
    in_scope: bool
    cluster: ReportCluster | None
    asked_at: Moment | None
    told_at: Moment
    diagnoses: tuple[ReportDiagnosis, ...] = ()
    headline: str = ""
    failing: tuple[ReportFailing, ...] = ()
    more_failing: int = 0
    looked_at: tuple[str, ...] = ()
    not_looked_at: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    requests: int = 0
    bytes: int = 0
    elapsed_ms: int = 0
    notes: tuple[str, ...] = ()

    @property
    def outcome(self) -> str:
        """The verdict of the first diagnosis, ``unmatched`` without one."""
        return str(self.diagnoses[0].verdict) if self.diagnoses else "unmatched"

    @property
    def failing_untold(self) -> tuple[ReportFailing, ...]:
        """What fails and is not told as evidence of a confirmed diagnosis."""
        return tuple(item for item in self.failing if not item.is_shown)

    @property
    def failing_first(self) -> bool:
        """Whether what fails is to be read before the first diagnosis: nothing that fails now confirms that one.

        A guide comes before it only where somebody asked for one.
        """
        first = self.diagnoses[0] if self.diagnoses else None
        is_asked_for = first is not None and first.verdict is Verdict.ANSWERED and not speaks_of_trouble(self.question)
        return first is None or not (is_asked_for or first.rests_on_sign)

    @property
    def missed(self) -> tuple[str, ...]:
        """All that could not be read, and what was therefore not looked at."""
        return (*self.unread, *self.not_looked_at)

    @property
    def was_read(self) -> bool:
        """Whether a cluster was looked at."""
        return self.cluster is not None and self.cluster.reachable

    @property
    def shows_trouble(self) -> bool:
        """Whether something is or may be wrong."""
        seen = (Verdict.CONFIRMED, Verdict.SUSPECTED)
        return bool(self.failing) or any(item.verdict in seen for item in self.diagnoses)

    @property
    def now(self) -> datetime:
        """The time by which ages are told: the cluster's, so that a replayed incident keeps them."""
        return self.asked_at or self.told_at

    def to_json(self) -> dict[str, Any]:
        """Every field, times in ISO 8601; ``from_json`` gives the same record back."""
        return dict(_codec().dump_python(self, mode="json"))

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> "Report":
        """What ``to_json`` wrote, in this version or an earlier one.

        Raises:
            pydantic.ValidationError: it is of another shape.
        """
        return _codec().validate_python(stored)


@cache
def _codec() -> TypeAdapter[Report]:
    return TypeAdapter(Report)


def make_report(answer: Answer, told_at: datetime | None = None) -> Report:
    """The answer as plain records; what could move, hide or colour text is gone from them."""
    return Report(
        question=plain(answer.question),
        in_scope=answer.in_scope,
        cluster=_report_cluster(answer.cluster) if answer.cluster else None,
        asked_at=answer.asked_at,
        told_at=told_at or datetime.now(UTC),
        diagnoses=tuple(_report_diagnosis(item, is_chinese(answer.question)) for item in answer.diagnoses),
        headline=one_line(healthy_headline(answer)),
        failing=tuple(_report_failing(item, answer) for item in answer.failing),
        more_failing=answer.more_failing,
        looked_at=answer.looked_at,
        not_looked_at=tuple(map(one_line, answer.not_looked_at)),
        unread=tuple(map(one_line, answer.unread)),
        requests=answer.requests,
        bytes=answer.bytes,
        elapsed_ms=answer.elapsed_ms,
    )


def _report_cluster(state: ClusterState) -> ReportCluster:
    return ReportCluster(
        name=one_line(state.context),
        reachable=state.reachable,
        traits=one_line(" · ".join(traits(state))) if state.reachable else "",
        trouble=one_line(state.trouble),
        facts={fact.name: one_line(str(fact.value)) for fact in state.facts if fact.value is not None},
    )


def traits(state: ClusterState) -> Iterator[str]:
    """What kind of cluster it is, a few words each."""
    values = {fact.name: str(fact.value) for fact in state.facts if fact.value is not None}
    yield f"Kubernetes {values.get('kubernetes.version', 'version unknown')}"
    yield from (values[name] for name in ("cluster.kind", "network_plugin") if name in values)
    if values.get("network_plugin") == "terway":
        yield from (
            f"{name.split('.')[1]} {values[name]}" for name in ("terway.mode", "terway.datapath") if name in values
        )


def _report_diagnosis(item: Diagnosis, in_chinese: bool) -> ReportDiagnosis:
    is_guide = item.entry.kind is Kind.GUIDE
    return ReportDiagnosis(
        entry=item.entry.id,
        title=one_line(item.entry.title),
        kind=item.entry.kind,
        verdict=item.verdict,
        score=item.score,
        rests_on_sign=item.judgement.rests_on_sign,
        elsewhere=is_elsewhere(item),
        reason=one_line(item.judgement.reason),
        evidence=() if is_guide else tuple(map(_report_evidence, evidence_for(item))),
        readings=tuple(_readings(item)) if is_guide else (),
        cause=plain(item.cause).strip(),
        asks=one_line(item.asks),
        settle=tuple(map(_report_step, item.settle)),
        steps=tuple(map(_report_step, item.steps)),
        prevent=tuple(map(_report_step, item.prevent)),
        caution=tuple(map(one_line, item.caution)),
        verify=tuple(map(_report_step, item.verify)),
        title_zh=one_line(item.entry.title_zh) if in_chinese else "",
    )


def _report_failing(item: Failing, answer: Answer) -> ReportFailing:
    return ReportFailing(
        object=one_line(item.object),
        since=item.since,
        message=clip(plain(item.message)),
        check=plain(item.check),
        is_shown=any(explains(each.judgement, item) for each in answer.diagnoses),
    )


def _report_evidence(piece: Evidence) -> ReportEvidence:
    return ReportEvidence(
        object=one_line(piece.object), excerpt=plain(piece.excerpt), seen=piece.seen, check=plain(piece.check)
    )


def _readings(item: Diagnosis) -> Iterator[ReportReading]:
    """The facts that a guide rests on; what is not known here says nothing."""
    for finding in item.judgement.findings:
        if finding.outcome is Outcome.PRESENT:
            yield _report_reading(finding)


def _report_reading(finding: Finding) -> ReportReading:
    checks = dict.fromkeys(plain(piece.check) for piece in finding.evidence if piece.check)
    return ReportReading(summary=_capital(one_line(finding.summary)), checks=tuple(checks))


def _capital(text: str) -> str:
    """A plain first word is raised; names (kube-proxy, cniVersion, hostPort) keep their spelling."""
    first = text.split(" ", 1)[0].rstrip(":")
    return text[:1].upper() + text[1:] if first.isalpha() and first.islower() else text


def _report_step(step: RenderedStep) -> ReportStep:
    command = plain(step.command) if step.command else None
    return ReportStep(text=one_line(step.text), command=command, caution=one_line(step.caution))


@dataclass(frozen=True)
class Change:
    """One entry's verdict before and now; ``None`` where it was not told."""

    entry: str
    title: str
    before: Verdict | None
    now: Verdict | None


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What changed since an earlier look. ``since`` is that look's time by the cluster's clock.

    ``worse``: suspected then, confirmed now. ``unclear``: seen then, and now nobody can tell.
    """

    since: datetime
    cleared: tuple[Change, ...] = ()
    still: tuple[Change, ...] = ()
    new: tuple[Change, ...] = ()
    worse: tuple[Change, ...] = ()
    unclear: tuple[Change, ...] = ()


def compare(before: Report, now: Report) -> Changes:
    """What changed between two answers to the same question, fault by fault."""
    earlier, later = _faults(before), _faults(now)
    found: dict[str, list[Change]] = {}
    for entry in dict.fromkeys([*later, *earlier]):
        change = Change(
            entry,
            (later.get(entry) or earlier[entry]).shown_title,
            earlier[entry].verdict if entry in earlier else None,
            later[entry].verdict if entry in later else None,
        )
        found.setdefault(_field_of(change, now), []).append(change)
    found.pop("", None)
    return Changes(since=before.now, **{kind: tuple(changes) for kind, changes in found.items()})


def _faults(report: Report) -> dict[str, ReportDiagnosis]:
    return {item.entry: item for item in report.diagnoses if item.kind is Kind.FAULT}


def _field_of(change: Change, now: Report) -> str:
    """The field of ``Changes`` that it belongs to; empty where nothing is wrong, then and now."""
    was_wrong = change.before in (Verdict.CONFIRMED, Verdict.SUSPECTED)
    if not now.was_read:
        return "unclear" if was_wrong else ""
    if change.now in (Verdict.CONFIRMED, Verdict.SUSPECTED):
        return _field_of_wrong(change) if was_wrong else "new"
    if not was_wrong:
        return ""
    # What is confirmed by the cluster alone is not told once it is gone, nor where it could not be read again.
    is_known = change.now is Verdict.RULED_OUT or not now.unread
    return "cleared" if is_known else "unclear"


def _field_of_wrong(change: Change) -> str:
    """Of what was wrong then and is not excluded now."""
    if change.before is change.now:
        return "still"
    return "worse" if change.now is Verdict.CONFIRMED else "unclear"
