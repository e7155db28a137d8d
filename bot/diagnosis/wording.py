"""Verdicts, and why there is none, in the words that every door uses alike."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.diagnosis.judge import Verdict
from bot.diagnosis.language import check_name, labels_for
from bot.diagnosis.report import Report, ReportDiagnosis


@dataclass(frozen=True)
class Word:
    """A verdict in words. ``mark`` differs in shape, so that nothing hangs on colour; ``about`` is for newcomers."""

    mark: str
    word: str
    about: str


WORDS: Mapping[Verdict, Word] = {
    Verdict.CONFIRMED: Word("●", "CONFIRMED", "it is so on this cluster, now"),
    Verdict.SUSPECTED: Word("◐", "SUSPECTED", "the cluster could not decide; what would settle it is said"),
    Verdict.RULED_OUT: Word("○", "RULED OUT", "it is not so on this cluster"),
    Verdict.ANSWERED: Word("▸", "ANSWER", "a guide: nothing is broken by itself"),
}

_CHINESE = {
    Verdict.CONFIRMED: "已确认",
    Verdict.SUSPECTED: "疑似",
    Verdict.RULED_OUT: "已排除",
    Verdict.ANSWERED: "解答",
}
FAILING = "Failing here"
KNOWLEDGE_ALONE = "What follows is knowledge alone; nothing of it was checked. Ask again when kubectl answers."


# A fault that is about other clusters: ruled out too, but nothing was looked for.
NOT_HERE = Word("⊘", "DOES NOT APPLY", "it cannot be so on a cluster of this kind")


def word_of(item: ReportDiagnosis) -> Word:
    """How the verdict is said, in the language of the title."""
    word = NOT_HERE if item.elsewhere else WORDS[item.verdict]
    if not item.title_zh:
        return word
    return replace(word, word="不适用" if item.elsewhere else _CHINESE[item.verdict])


def verdict_in(verdict: Verdict, *, chinese: bool) -> str:
    """The same within a sentence."""
    return _CHINESE[verdict] if chinese else WORDS[verdict].word.lower()


def explain_unmatched(report: Report) -> str:
    """Why no entry is told, in the language of the question."""
    labels = labels_for(report)
    if not report.requests:
        return labels.unmatched_unread
    if report.failing:
        return labels.unmatched_failing
    return labels.unmatched_partly if report.missed else labels.unmatched


def looked_at(report: Report) -> str:
    """Where it was looked, where nothing fails; empty where something does, or nothing was read."""
    if report.failing or not report.looked_at:
        return ""
    labels = labels_for(report)
    return labels.looked_at.format(labels.listed.join(check_name(what, labels) for what in report.looked_at))
