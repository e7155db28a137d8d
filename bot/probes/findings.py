"""What probing comes to: findings with their evidence, the shape in which every door shows them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from knowledge.logic import Outcome

EXCERPT_LENGTH = 400  # characters: enough for one event or log line, short enough for a narrow terminal


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One thing that was seen: ``object`` as ``Kind namespace/name``, and how a person can see the same."""

    object: str
    excerpt: str
    seen: datetime
    check: str

    def to_json(self) -> dict[str, str]:
        """The contract's shape; ``seen`` in RFC 3339, UTC."""
        return {
            "object": self.object,
            "excerpt": clip(self.excerpt),
            "seen": rfc3339(self.seen),
            "check": self.check,
        }


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A probe's outcome. ``objects`` names what it is about (``node``, ``pod`` as ns/name, …) for the steps.

    ``is_hint``: it was seen, and is unknown only because it proves nothing alone. ``is_contrary``: it speaks against
    what was asked, and is unknown only because words are misread. ``is_unread``: it could not be read, or there was
    nothing to read. ``is_of_cloud``: the cloud was asked for it. ``overrules``: it was measured, later than all else
    that the entry asks for, so that its outcome is the entry's.
    """

    probe: str
    outcome: Outcome
    summary: str
    evidence: tuple[Evidence, ...] = ()
    objects: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_sign: bool = False
    is_hint: bool = False
    is_contrary: bool = False
    is_unread: bool = False
    is_of_cloud: bool = False
    overrules: bool = False

    def to_json(self) -> dict[str, object]:
        """The contract's shape."""
        return {
            "probe": self.probe,
            "outcome": str(self.outcome),
            "summary": self.summary,
            "evidence": [piece.to_json() for piece in self.evidence],
        }

    def as_unknown(self, why: str) -> "Finding":
        """The same finding as unknown, saying why it does not decide."""
        return replace(self, outcome=Outcome.UNKNOWN, summary=f"{self.summary} ({why})")


def clip(text: str, length: int = EXCERPT_LENGTH) -> str:
    """One line of at most ``length`` characters, cut in its middle: errors are wrapped, and the last one tells most."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    head = length // 3
    return f"{line[:head].rstrip()} … {line[head + 3 - length :].lstrip()}"


def rfc3339(moment: datetime) -> str:
    """UTC with a trailing Z, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
