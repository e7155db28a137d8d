"""Errors that are shown to people, and how a mistake in an entry is reported: where, what is wrong, and the way out."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

BAD_USAGE, FAILED = 2, 1
"""Exit codes of the command line: bad usage or settings; the program failed."""


class UserFacingError(Exception):
    """What cannot be done, told to a person: ``str(error)`` is one sentence that names the thing and the way out.

    Every door shows it as it is, without a traceback. ``exit_code`` is the command line's.
    """

    exit_code: ClassVar[int] = BAD_USAGE

    def message(self) -> str:
        """What the person is shown: one line, unless a subclass has a list to show."""
        return " ".join(str(self).split())


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


class EntryErrors(UserFacingError):
    """Every problem of every file, so that one run shows all there is to mend."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))

    def message(self) -> str:
        """A line for each problem, and where to learn more."""
        mend = "The entries cannot be used until these are mended; `netclinic knowledge lint` tells more."
        return f"{self}\n{mend}"


def suggestion(word: str, known: Iterable[str]) -> str:
    """`` (did you mean "x"?)`` for the nearest known word, else nothing."""
    near = nearest_name(word, known)
    return f' (did you mean "{near}"?)' if near else ""


def nearest_name(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """The known name most like ``word``, empty where none is alike enough; ``cutoff`` from 0 to 1 (the same)."""
    return next(iter(nearest_names(word, known, most=1, cutoff=cutoff)), "")


def nearest_names(word: str, known: Iterable[str], *, most: int, cutoff: float = 0.6) -> list[str]:
    """The known names most like ``word``, best first."""
    return difflib.get_close_matches(word, list(known), n=most, cutoff=cutoff)
