"""One file of an entry being read: its problems and its line numbers are collected here, so that reading goes on."""

from dataclasses import dataclass, field
from pathlib import Path

from knowledge.errors import Place, Problem


@dataclass(frozen=True)
class FileDiagnostics:
    """``lines`` knows where each part stands: front matter by its keys, sections by ("## Steps",) and ("steps", 0)."""

    path: Path
    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """The line of that part or, where it has none of its own, of what holds it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def add(self, where: Place | int, message: str, remedy: str = "") -> None:
        """Note a problem and go on."""
        line = where if isinstance(where, int) else self.line(where)
        self.problems.append(Problem(self.path, line, message, remedy))
