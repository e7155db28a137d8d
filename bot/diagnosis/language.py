"""In which language the labels of an answer are."""

from collections.abc import Iterable

from bot.diagnosis.labels import ENGLISH, Labels
from bot.diagnosis.labels_chinese import CHECKS_CHINESE, CHINESE
from bot.diagnosis.report import Report, ReportDiagnosis
from knowledge.model import is_chinese


def labels_of(item: ReportDiagnosis) -> Labels:
    """Those of a diagnosis: Chinese where somebody asked in Chinese and its entry has a Chinese title."""
    return CHINESE if item.title_zh else ENGLISH


def labels_for(report: Report) -> Labels:
    """Those of an answer: of its first diagnosis; where no entry fits, of the question."""
    if report.diagnoses:
        return labels_of(report.diagnoses[0])
    return CHINESE if is_chinese(report.question) else ENGLISH


def labels_among(reports: Iterable[Report]) -> Labels:
    """Those of a case, by the looks at its question: of the first that found an entry; a later one may find none."""
    looks = list(reports)
    telling = next((each for each in looks if each.diagnoses), looks[0] if looks else None)
    return labels_for(telling) if telling else ENGLISH


def check_name(what: str, labels: Labels) -> str:
    """What a failure check looks at, in the language of the labels."""
    return CHECKS_CHINESE.get(what, what) if labels is CHINESE else what
