"""The one question that settles a setting: when it is asked, and what a person's answer makes of the words."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.probes.findings import Finding
from knowledge.logic import Outcome
from knowledge.model import Call, SettlingQuestion
from knowledge.settling import WORDS_PROBE

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


def with_words(findings: Findings, outcome: Outcome, why: str = "") -> dict[Call, Finding]:
    """The findings, had the words said it (``PRESENT``) or the contrary (``ABSENT``)."""
    said = {call: found for call, found in findings.items() if call.probe == WORDS_PROBE}
    return {**findings} | {
        call: replace(found, outcome=outcome, summary=why or found.summary, is_hint=False)
        for call, found in said.items()
    }
