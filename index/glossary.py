"""Chinese into English words for an English encoder, by a hand-kept glossary.

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
        """Cut so that as few characters as possible are unknown, and into as few terms as possible."""
        best: list[tuple[int, int, int]] = [(0, 0, 0)]  # of what stands before: unknown characters, terms, last length
        for end in range(1, len(run) + 1):
            unknown, terms, _ = best[end - 1]
            cut = (unknown + 1, terms, 1)
            for length in range(1, min(self.longest, end) + 1):
                if run[end - length : end] in self.words:
                    unknown, terms, _ = best[end - length]
                    cut = min(cut, (unknown, terms + 1, -length))
            best.append((cut[0], cut[1], abs(cut[2])))
        return self._along(run, [length for _, _, length in best])

    def _along(self, run: str, lengths: list[int]) -> list[str]:
        found: list[str] = []
        end = len(run)
        while end > 0:
            found.append(self.words.get(run[end - lengths[end] : end], ""))
            end -= lengths[end]
        return [word for word in reversed(found) if word]


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
