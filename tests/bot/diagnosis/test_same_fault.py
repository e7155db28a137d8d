"""When an answer tells nothing that another one has not told."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import Report, ReportDiagnosis, ReportEvidence
from bot.diagnosis.same_fault import is_same_fault
from knowledge.model import Kind

NOW = datetime(2026, 11, 29, 1, 0, tzinfo=UTC)


def found(entry: str = "out-of-ips", verdict: Verdict = Verdict.CONFIRMED, *objects: str) -> ReportDiagnosis:
    seen = [ReportEvidence(object=name, excerpt="IpNotEnough", seen=NOW, check="kubectl") for name in objects]
    return ReportDiagnosis(
        **{"entry": entry, "title": entry, "kind": Kind.FAULT, "verdict": verdict, "score": 0.9},
        **{"rests_on_sign": True, "elsewhere": False, "reason": f"vsw-1 is empty on node-7: {entry}"},
        evidence=tuple(seen),
    )


def report(question: str, *diagnoses: ReportDiagnosis) -> Report:
    return Report(
        **{"question": question, "in_scope": True, "cluster": None, "asked_at": NOW, "told_at": NOW},
        diagnoses=diagnoses,
    )


WEB, PAY = "Pod shop/web-0", "Pod pay/api-0"
THEN = report("pods stuck", found("out-of-ips", Verdict.CONFIRMED, WEB, "Pod kube-system/terway-1"))


@pytest.mark.parametrize(
    "now",
    [
        report("pods stuck since noon", found("out-of-ips", Verdict.CONFIRMED, WEB)),
        report("pods stuck", found("out-of-ips", Verdict.CONFIRMED, "Pod kube-system/terway-1", PAY)),
        report("pod web-0 in namespace shop is stuck", found("out-of-ips", Verdict.CONFIRMED, WEB)),
        report("stuck on node-7, InvalidVSwitchId.IpNotEnough", found("out-of-ips", Verdict.CONFIRMED, WEB)),
        report("pods stuck", found("out-of-ips", Verdict.CONFIRMED, WEB), found("other", Verdict.SUSPECTED)),
    ],
)
def test_the_same_cause_on_the_same_objects(now: Report) -> None:
    assert is_same_fault(now, THEN)


@pytest.mark.parametrize(
    "now",
    [
        report("pods stuck", found("mac-not-found", Verdict.CONFIRMED, WEB)),
        report("pods stuck", found("out-of-ips", Verdict.SUSPECTED, WEB)),
        report("pods stuck", found("out-of-ips", Verdict.RULED_OUT, WEB)),
        report("pods stuck", found("out-of-ips", Verdict.CONFIRMED, PAY)),
        report("pod pay/api-0 is stuck", found("out-of-ips", Verdict.CONFIRMED, WEB, PAY)),
        report("node-9 is it too", found("out-of-ips", Verdict.CONFIRMED, WEB)),
        report("pods stuck in namespace pay", found("out-of-ips", Verdict.CONFIRMED, WEB)),
        report("pods stuck", found("out-of-ips", Verdict.CONFIRMED, WEB), found("other", Verdict.CONFIRMED)),
        report("pods stuck"),
    ],
)
def test_what_tells_something_else(now: Report) -> None:
    assert not is_same_fault(now, THEN)
    assert not is_same_fault(now, replace(THEN, diagnoses=()))


def test_what_may_name_others_is_the_same_on_an_object_in_common_alone() -> None:
    now = report("pod pay/api-0 is not ready", found("out-of-ips", Verdict.CONFIRMED, WEB, PAY))
    assert is_same_fault(now, THEN, may_name_others=True)
    elsewhere = report("pod pay/api-0 is not ready", found("out-of-ips", Verdict.CONFIRMED, PAY))
    assert not is_same_fault(elsewhere, THEN, may_name_others=True)


def test_settings_that_no_object_shows_are_the_same() -> None:
    one: Any = report("dns slow", found("ndots", Verdict.SUSPECTED))
    assert is_same_fault(one, report("dns is slow", found("ndots", Verdict.SUSPECTED)))
    assert not is_same_fault(one, report("dns slow", found("ndots", Verdict.CONFIRMED)))
