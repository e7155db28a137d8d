"""Versions as ACK writes them: ``v0.15.1.11-7e95fe23-aliyun``, ``v1.32.1-aliyun.1``, ``1.20``.

Neither semantic versioning nor packaging's rules fit four numbers, a build hash and a vendor's count, so they have
rules of their own: numbers first, a pre-release before its release, the vendor's count last, hashes ignored.
"""

import re
from dataclasses import dataclass

_STAGES = {"alpha": -3, "beta": -2, "rc": -1}
_FORM = re.compile(
    r"v?(?P<numbers>[0-9]+(?:\.[0-9]+)*)"
    r"(?:-(?P<stage>alpha|beta|rc)[.-]?(?P<stage_count>[0-9]+)?)?"
    r"(?:-[0-9a-f]{7,40}(?=-|$))?"
    r"(?:-(?P<vendor>[a-z]+)(?:\.(?P<count>[0-9]+))?)?"
    r"(?:[-+][0-9a-z.+_-]*)?"
)
# Python refuses to turn very long digit strings into numbers; no version is that long.
_LONGEST = 128


@dataclass(frozen=True, order=True)
class Version:
    """Ordered by its fields from left to right; ``numbers`` without trailing zeros, so that 1.20 equals 1.20.0."""

    numbers: tuple[int, ...]
    stage: tuple[int, int] = (0, 0)
    count: int = 0


def parse_version(text: str) -> Version | None:
    """The version, or ``None`` where the text is none (``latest``, a digest): it can then not be compared."""
    match = _FORM.fullmatch(text.strip().lower()) if len(text) <= _LONGEST else None
    if match is None:
        return None
    numbers = [int(part) for part in match["numbers"].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    stage = (_STAGES.get(match["stage"], 0), int(match["stage_count"] or 0))
    return Version(tuple(numbers), stage, int(match["count"] or 0))
