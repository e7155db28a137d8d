"""Exact error strings and identifiers: the strongest words a message can hold, wherever it holds them.

Case, white space and the parts that vary from cluster to cluster (addresses, ids, numbers) do not count.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.tokenize import mask_variables, normalize

_SPACES = re.compile(r"[\s\"'`]+")
_HOLE = re.compile(r"%[sdvq]|<[^<>]*>|\.\.\.|…")
Scores = npt.NDArray[np.float32]


def canonicalize(text: str) -> str:
    """Lower case, one space, varying parts and placeholders as the same mark."""
    return _SPACES.sub(" ", _HOLE.sub(" ", mask_variables(normalize(text)))).lower().strip()


@dataclass(frozen=True)
class Identifiers:
    """``owners`` maps a canonical identifier to the rows of the entries that claim it."""

    owners: dict[str, list[int]]
    entries: int

    @classmethod
    def of(cls, claims: Iterable[tuple[str, ...]]) -> "Identifiers":
        owners: dict[str, list[int]] = defaultdict(list)
        rows = list(claims)
        for row, identifiers in enumerate(rows):
            for text in sorted({canonicalize(identifier) for identifier in identifiers}):
                if len(text) >= 4:
                    owners[text].append(row)
        return cls(dict(owners), len(rows))

    def scores(self, text: str) -> Scores:
        """Per entry: how strongly the identifiers in the text point to it; shared and short ones less."""
        scores = np.zeros(self.entries, dtype=np.float32)
        for identifier in self.found(canonicalize(text)):
            rows = self.owners[identifier]
            scores[rows] += self._strength(identifier) / len(rows)
        return np.minimum(scores, 3.0)

    def within(self, text: str) -> "Identifiers":
        """Those that the whole text holds at all, so that its lines need not be compared with the others."""
        held = canonicalize(text)
        return Identifiers({known: rows for known, rows in self.owners.items() if known in held}, self.entries)

    def interest(self, line: str) -> float:
        """The same for one line of a log, all entries together."""
        text = canonicalize(line)
        return sum(self._strength(identifier) for identifier in self.found(text)) if text else 0.0

    def found(self, text: str) -> list[str]:
        hits = [identifier for identifier in self.owners if identifier in text and _is_whole_word(identifier, text)]
        # a longer identifier says all that a shorter one inside it says
        return [hit for hit in hits if not any(hit != other and hit in other for other in hits)]

    @staticmethod
    def _strength(identifier: str) -> float:
        return min(1.0, 0.4 + len(identifier) / 50)


def _is_whole_word(identifier: str, text: str) -> bool:
    """Not inside a longer word: ``eni`` is not in ``denied``."""
    return re.search(rf"(?<![a-z0-9]){re.escape(identifier)}(?![a-z0-9])", text) is not None
