"""A long paste, cut down to what tells of a fault: the words around it, and its lines with errors, each kind once."""

import re
from dataclasses import dataclass

MOST_READ = 100_000  # characters of a paste or a file; what is behind them is not read
LONGEST_LINE = 400  # what is longer counts as several
_ERROR = re.compile(
    r"error|fail|fatal|panic|exception|time(?:d |)out|refused|denied|forbidden|unauthori[sz]ed|unreachable|not found"
    r"|no such|cannot|can't|couldn't|unable|exceeded|insufficient|exhausted|notenough|not enough|invalid|backoff"
    r"|back-off|crash|oomkill|evicted|not ?ready|warning|conflict|nxdomain|servfail|no route|reset by peer|dropped"
    r"|错误|失败|超时|异常|拒绝|无法|不足",
    re.IGNORECASE,
)
_VARYING = re.compile(r"[0-9a-f]++", re.IGNORECASE)


@dataclass(frozen=True)
class Paste:
    """What is left of a text: ``lines`` of the ``of`` that it had; ``is_cut``: it is longer than what is read.

    Without ``has_errors`` none of them tells of one.
    """

    text: str
    lines: int
    of: int
    is_cut: bool = False
    has_errors: bool = True

    def note(self, name: str) -> str:
        """What was read of it, as one sentence; empty where that is all. ``name``: of the file, or ``your message``."""
        if self.lines == self.of and not self.is_cut:
            return ""
        which = "those with errors, each kind once" if self.has_errors else "none tells of an error"
        read = f"Of {self.of:,} lines of {name}, {self.lines:,} were read: {which}"
        return f"{read}; what comes after {MOST_READ // 1000} kB was not looked at." if self.is_cut else f"{read}."


def pick_errors(text: str, most: int) -> Paste:
    """What fits into ``most`` characters: all of it where that does; else first and last line, and those with errors.

    Lines that differ in numbers alone are one. Where none tells of an error, the beginning and the end are kept.
    """
    read = text[:MOST_READ]
    lines = [part for line in map(str.strip, read.splitlines()) for part in _parts(line)]
    if len(text) <= most:
        return Paste(text, len(lines), len(lines))
    typed = lines[:1] + lines[-1:]
    found = {_shape(line): line for line in reversed(lines[1:-1]) if _ERROR.search(line)}
    has_errors = bool(found) or any(_ERROR.search(line) for line in typed)
    picked = list(found.values())[::-1] if has_errors else lines[1:-1]
    kept = _fitting(picked, most - sum(len(line) + 1 for line in typed))
    whole = [*typed[:1], *kept, *typed[1:]]
    return Paste("\n".join(whole)[:most], len(whole), len(lines), len(text) > MOST_READ, has_errors)


def _shape(line: str) -> str:
    """The line without what tells one such line from the next: times, addresses, the ends of pods' names."""
    return _VARYING.sub(lambda run: "#" if any(map(str.isdigit, run[0])) else run[0], line)


def _fitting(lines: list[str], most: int) -> list[str]:
    """The first ones that fit."""
    kept: list[str] = []
    for line in lines:
        most -= len(line) + 1
        if most < 0:
            break
        kept.append(line)
    return kept


def _parts(line: str) -> list[str]:
    return [line[at : at + LONGEST_LINE] for at in range(0, len(line), LONGEST_LINE)]
