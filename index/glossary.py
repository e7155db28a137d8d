"""Chinese into English words for an English encoder, by the longest match in a hand-kept glossary.

No translation: the encoder only needs the right words in about the right order.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from index.tokenize import CJK
from knowledge.errors import FAILED, UserFacingError

_RUN = re.compile(f"[{CJK}]+")


class GlossaryError(UserFacingError):
    """A line of the glossary cannot be read; the message names file and line."""

    exit_code = FAILED


@dataclass(frozen=True)
class Glossary:
    """``words`` maps Chinese to English; an empty English side means: say nothing (particles, politeness)."""

    words: dict[str, str]
    longest: int

    @classmethod
    def of(cls, words: dict[str, str]) -> "Glossary":
        return cls(words, max(map(len, words), default=0))

    def english(self, text: str) -> str:
        """The text with its Chinese parts in English words; what the glossary does not know is dropped."""
        return " ".join(_RUN.sub(lambda run: f" {' '.join(self._translate(run.group()))} ", text).split())

    def only_chinese(self, text: str) -> str:
        """The English of the Chinese parts alone."""
        return " ".join(word for run in _RUN.findall(text) for word in self._translate(run))

    def _translate(self, run: str) -> list[str]:
        found: list[str] = []
        start = 0
        while start < len(run):
            length = self._match(run, start)
            if length:
                found.append(self.words[run[start : start + length]])
            start += length or 1
        return [word for word in found if word]

    def _match(self, run: str, start: int) -> int:
        reach = min(self.longest, len(run) - start)
        return next((n for n in range(reach, 0, -1) if run[start : start + n] in self.words), 0)


def load_glossary(path: Path) -> Glossary:
    """Reads ``Chinese<TAB>English`` lines; ``#`` starts a comment line."""
    if not path.is_file():
        return Glossary.of({})
    known: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        chinese, tab, english = line.partition("\t")
        if not tab or not chinese.strip():
            raise GlossaryError(f"{path}:{number}: write Chinese, one tab, then the English words.")
        known[chinese.strip()] = " ".join(english.split())
    return Glossary.of(known)
