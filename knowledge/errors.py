"""How a mistake in an entry is reported: where it is, what is wrong, and the way out."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# Keys and positions from the top of the front matter down, e.g. ("confirmed_by", "all", 1).
Place = tuple[str | int, ...]


class ExpressionError(ValueError):
    """An expression that cannot be used; ``place`` is where in the surrounding data it stands."""

    def __init__(self, message: str, place: Place = ()) -> None:
        super().__init__(message)
        self.place = place


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake. ``line`` 0: the file or folder as a whole. ``remedy`` may be empty where the message has it."""

    file: Path
    line: int
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else str(self.file)
        return f"{where}: {self.message}" + (f": {self.remedy}" if self.remedy else "")


class EntryErrors(ValueError):
    """Every problem of every file, so that one run shows all there is to mend."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


def suggestion(word: str, known: Iterable[str]) -> str:
    """`` (did you mean "x"?)`` for the nearest known word, else nothing."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f' (did you mean "{near[0]}"?)' if near else ""
