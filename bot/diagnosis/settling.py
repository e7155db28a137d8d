"""The one question that settles a setting: when it is asked, and what a person's answer makes of the words."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.probes.findings import Finding
from bot.probes.registry import present, unknown
from knowledge.logic import Outcome
from knowledge.model import Call, SettlingQuestion
from knowledge.settling import WORDS_PROBE
from knowledge.word_patterns import normalize, word_pattern

# By messages that were written by people who had seen neither these patterns nor knowledge/look_alikes.
A_LOOK_ALIKE, MEANT, SURELY_MEANT = 0.44, 0.6, 0.8
SAID_IN_DOUBT, MEANT_IN_DOUBT = 0.52, 0.65  # where the index takes the words for something else: with wordings, without
NEVER_OUTWEIGHED = (
    *(
        "<all is well>",
        "<it is over>",
        "<the others fail>",
        "<another pod is called>",
        "<no pod has an EIP>",
        "<it is not the names>",
    ),
)
Findings = Mapping[Call, Finding]


@dataclass(frozen=True)
class GivenAnswer:
    """What somebody answered to an entry's settling question."""

    yes: bool
    by: str

    def confirms(self, question: SettlingQuestion) -> bool:
        """Whether it speaks for the entry."""
        return (question.yes if self.yes else question.no) == "confirmed"

    def sentence(self, question: SettlingQuestion) -> str:
        """Who answered what."""
        return f'{self.by} answered "{question.text}" with {"yes" if self.yes else "no"}.'


def spoken(findings: Findings) -> list[Finding]:
    """What the words came to, of an entry that says what they must carry."""
    return [found for call, found in findings.items() if call.probe == WORDS_PROBE]


def weighed_words(findings: Findings, text: str, likeness: float | None) -> dict[Call, Finding]:
    """The findings of the words, weighed with how far they mean the entry rather than a look-alike of it (0 to 1).

    Wordings that are said mean nothing in the words of a look-alike; words that mean it need none of the wordings. What
    speaks against it is outweighed only by words that can hardly mean anything else; that nothing is wrong by none.
    """
    said = {call: found for call, found in findings.items() if call.probe == WORDS_PROBE}
    if likeness is None or not said:
        return {**findings}
    is_said = all(found.outcome is Outcome.PRESENT for found in said.values())
    needed = SURELY_MEANT if any(found.is_contrary for found in said.values()) else MEANT
    if any(word_pattern(group).find(normalize(text)) for group in NEVER_OUTWEIGHED):
        needed = 1.0
    if is_said and likeness < A_LOOK_ALIKE:
        weighed = unknown("the words may as well tell of something else")
        return {**findings} | {call: replace(weighed, probe=found.probe) for call, found in said.items()}
    if not is_said and likeness > needed:
        return {**findings} | {call: replace(_said(call), probe=found.probe) for call, found in said.items()}
    return {**findings}


def is_meant_in_doubt(findings: Findings, likeness: float | None) -> bool:
    """Whether words that the index takes for something else mean the entry all the same."""
    said = spoken(findings)
    is_said = bool(said) and all(found.outcome is Outcome.PRESENT for found in said)
    return (likeness or 0.0) > (SAID_IN_DOUBT if is_said else MEANT_IN_DOUBT)


def _said(call: Call) -> Finding:
    return present(f"the words speak of {dict(call.arguments).get('about')}")


def with_words(findings: Findings, outcome: Outcome, why: str = "") -> dict[Call, Finding]:
    """The findings, had the words said it (``PRESENT``) or the contrary (``ABSENT``)."""
    said = {call: found for call, found in findings.items() if call.probe == WORDS_PROBE}
    return {**findings} | {
        call: replace(found, outcome=outcome, summary=why or found.summary, is_hint=False)
        for call, found in said.items()
    }
