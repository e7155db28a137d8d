"""Whether an answer tells nothing that another one has not told: the same cause, seen on the same objects."""

from bot.cluster.mentions import Mention, mentions_in
from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import Report, ReportDiagnosis

SEEN = (Verdict.CONFIRMED, Verdict.SUSPECTED)


def is_same_fault(now: Report, then: Report, *, may_name_others: bool = False) -> bool:
    """Whether both found the same first, with the same verdict, and ``now`` tells nothing more.

    Pods come and go while a cause stays, so one object in common is enough; but not where its question names objects of
    its own (unless it ``may_name_others``), or something more is confirmed.
    """
    if not now.diagnoses or not then.diagnoses:
        return False
    new, old = now.diagnoses[0], then.diagnoses[0]
    if new.verdict not in SEEN or (new.entry, new.verdict) != (old.entry, old.verdict):
        return False
    here, there = _objects(new), _objects(old)
    is_other = not may_name_others and _names_others(now, then)
    return not _confirmed(now) - _confirmed(then) and not is_other and bool(here & there or not here)


def tells_the_same(now: Report, then: Report) -> bool:
    """Whether it is the same fault, and nothing else is wrong that was not then, nor was then and is not now."""
    return is_same_fault(now, then) and _wrong(now) == _wrong(then)


def _names_others(now: Report, then: Report) -> bool:
    """Whether the question names something that the other answer and its question speak of nowhere."""
    first = then.diagnoses[0]
    shown = (f"{piece.object}\n{piece.excerpt}" for piece in first.evidence)
    told = "\n".join((then.question, first.reason, *shown)).lower()
    named = (each for each in mentions_in(now.question) if each.plain or each.is_place)
    return any(word not in told for each in named for word in _words(each))


def _words(mention: Mention) -> tuple[str, ...]:
    return tuple(filter(None, (mention.name, mention.namespace)))


def _confirmed(report: Report) -> set[str]:
    return {item.entry for item in report.diagnoses if item.verdict is Verdict.CONFIRMED}


def _wrong(report: Report) -> set[tuple[str, Verdict]]:
    return {(item.entry, item.verdict) for item in report.diagnoses if item.verdict in SEEN}


def _objects(diagnosis: ReportDiagnosis) -> set[str]:
    return {piece.object for piece in diagnosis.evidence}
