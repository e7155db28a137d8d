"""What is known of which reads each cluster allows: made in the background, shown by the log, ``/healthz`` and Home."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.text import counted

MOST_NAMED = 12  # in a sentence


@dataclass(frozen=True, kw_only=True)
class AccessReport:
    """One cluster. ``missing``: reads that it refuses, ``undecidable``: the entries that need them.

    ``trouble``: why it could not be asked, which leaves the others unknown.
    """

    name: str
    version: str = ""
    missing: tuple[str, ...] = ()
    undecidable: tuple[str, ...] = ()
    trouble: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether every read that netclinic makes is allowed."""
        return not self.missing and not self.trouble

    def to_json(self) -> dict[str, Any]:
        """For ``/healthz``: all that is known."""
        if self.trouble:
            return {"access": "unknown", "trouble": self.trouble}
        if self.missing:
            return {"access": "incomplete", "missing": list(self.missing), "undecidable": list(self.undecidable)}
        return {"access": "complete"}


def describe_gaps(report: AccessReport, most: int = MOST_NAMED) -> str:
    """What is refused and what that leaves undecidable, each named up to ``most``; empty where nothing is."""
    if not report.missing:
        return ""
    refused = f"not allowed to {_listed(report.missing, most)}"
    if not report.undecidable:
        return refused
    entries = _listed(report.undecidable, most)
    return f"{refused}, so {counted(len(report.undecidable), 'entry')} cannot be decided: {entries}"


def _listed(names: Sequence[str], most: int) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


@dataclass
class ClusterAccess:
    """The newest report of each cluster."""

    _reports: dict[str, AccessReport] = field(default_factory=dict)

    def put(self, report: AccessReport) -> bool:
        """Keep it; whether it says anything new."""
        is_new = self._reports.get(report.name) != report
        self._reports[report.name] = report
        return is_new

    def keep_only(self, names: Sequence[str]) -> None:
        """Forget the clusters that are no longer configured."""
        self._reports = {name: report for name, report in self._reports.items() if name in names}

    def report(self, name: str) -> AccessReport | None:
        """What is known of a cluster; ``None`` where it was not asked yet."""
        return self._reports.get(name)

    def reachable(self) -> dict[str, bool]:
        """Which clusters answered when they were last asked."""
        return {name: not report.trouble for name, report in sorted(self._reports.items())}

    def to_json(self) -> dict[str, Any]:
        """All of it, by cluster."""
        return {name: report.to_json() for name, report in sorted(self._reports.items())}
