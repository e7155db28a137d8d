"""Which of the findings speak for a verdict: the choice that every door shows."""

from collections.abc import Iterator

from bot.diagnosis.answer import Diagnosis
from bot.diagnosis.judge import NOT_HERE, Verdict
from bot.probes.findings import Evidence, Finding
from bot.probes.registry import calls
from knowledge.logic import Outcome


def is_elsewhere(item: Diagnosis) -> bool:
    """Whether the entry is about other clusters than this one."""
    return item.judgement.reason.startswith(NOT_HERE)


def evidence_of(item: Diagnosis) -> Iterator[Evidence]:
    """What speaks for the verdict comes first; the same piece is shown once."""
    shown: set[tuple[str, str]] = set()
    told = [finding for finding in item.judgement.findings if _speaks(item, finding)]
    for finding in sorted(told, key=lambda each: (each.outcome is not Outcome.PRESENT, not each.is_sign)):
        for piece in finding.evidence:
            if (piece.object, piece.excerpt) not in shown:
                shown.add((piece.object, piece.excerpt))
                yield piece


def _speaks(item: Diagnosis, finding: Finding) -> bool:
    """That an entry fits this kind of cluster is worth showing only where it does not."""
    if item.verdict is Verdict.CONFIRMED and finding.outcome is not Outcome.PRESENT:
        return False
    fits = finding.probe in set(map(str, calls(item.entry.applies)))
    return not fits or is_elsewhere(item)
